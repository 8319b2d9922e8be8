//! Roles, the permission catalogue, and sets of permissions (spec 01 §3.7).
//!
//! A bearer stores a [`PermissionSet`], and so does a token. A set may hold the wildcard `*`, which stands for
//! "everything the other side has": for a bearer that is everything [`allowed`] for its role, for a token it is its
//! bearer's set.

mod catalogue;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use self::catalogue::Mask;
use crate::domain::wire::UnknownName;

/// The wildcard permission.
pub const WILDCARD: &str = "*";

/// The part a bearer plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// A user who administers the account.
    Admin,
    /// An environment acting for itself.
    Environment,
    /// A user who integrates the API.
    Developer,
    /// A product acting for itself.
    Product,
    /// A user who sells licenses.
    SalesAgent,
    /// A user who helps customers.
    SupportAgent,
    /// A user who looks but does not touch.
    ReadOnly,
    /// A license acting for itself.
    License,
    /// A customer.
    #[default]
    User,
}

impl Role {
    /// Every role, highest rank first.
    pub const ALL: [Self; 9] = [
        Self::Admin,
        Self::Environment,
        Self::Developer,
        Self::Product,
        Self::SalesAgent,
        Self::SupportAgent,
        Self::ReadOnly,
        Self::License,
        Self::User,
    ];

    /// Its standing among the roles; licenses and users share the lowest.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Admin => 7,
            Self::Environment => 6,
            Self::Developer => 5,
            Self::Product => 4,
            Self::SalesAgent => 3,
            Self::SupportAgent => 2,
            Self::ReadOnly => 1,
            Self::License | Self::User => 0,
        }
    }

    /// Its name in documents: kebab-case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Environment => "environment",
            Self::Developer => "developer",
            Self::Product => "product",
            Self::SalesAgent => "sales-agent",
            Self::SupportAgent => "support-agent",
            Self::ReadOnly => "read-only",
            Self::License => "license",
            Self::User => "user",
        }
    }

    /// Its name in sentences: words with spaces.
    #[must_use]
    pub const fn spoken(self) -> &'static str {
        match self {
            Self::SalesAgent => "sales agent",
            Self::SupportAgent => "support agent",
            Self::ReadOnly => "read only",
            _ => self.as_str(),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a role's name with dashes or underscores.
impl FromStr for Role {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kebab = text.replace('_', "-");
        Self::ALL.into_iter().find(|role| role.as_str() == kebab).ok_or(UnknownName)
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A set of permissions of the catalogue, and possibly the wildcard. A few machine words: copied, not shared.
///
/// Serialized as an ascending array of names, in which `*` comes first. Reading one back drops names that the
/// catalogue does not know, so that a stored set can only shrink; what clients send goes through [`parse_list`].
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct PermissionSet {
    mask: Mask,
    wildcard: bool,
}

impl PermissionSet {
    /// No permission at all.
    pub const EMPTY: Self = Self { mask: [0; catalogue::WORDS], wildcard: false };

    /// The wildcard alone: the default set of a token.
    pub const WILDCARD: Self = Self { mask: [0; catalogue::WORDS], wildcard: true };

    /// Whether `*` itself is in the set.
    #[must_use]
    pub const fn has_wildcard(self) -> bool {
        self.wildcard
    }

    /// Whether `name` itself is in the set; a wildcard does not stand for other names here.
    #[must_use]
    pub fn contains(self, name: &str) -> bool {
        match catalogue::index(name) {
            Some(index) => self.mask[index / 64] & (1 << (index % 64)) != 0,
            None => self.wildcard && name == WILDCARD,
        }
    }

    /// Puts `name` in. False when it was there already or is unknown.
    pub fn insert(&mut self, name: &str) -> bool {
        if self.contains(name) {
            return false;
        }
        match catalogue::index(name) {
            Some(index) => self.mask[index / 64] |= 1 << (index % 64),
            None if name == WILDCARD => self.wildcard = true,
            None => return false,
        }
        true
    }

    /// This set and the wildcard.
    #[must_use]
    pub const fn with_wildcard(self) -> Self {
        Self { mask: self.mask, wildcard: true }
    }

    /// What is, literally, in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        let mut mask = self.mask;
        mask.iter_mut().zip(other.mask).for_each(|(word, other)| *word &= other);
        Self { mask, wildcard: self.wildcard && other.wildcard }
    }

    /// Whether everything in this set is, literally, in `other`.
    #[must_use]
    pub fn is_subset(self, other: Self) -> bool {
        self.intersection(other) == self
    }

    /// How many names it holds; the wildcard counts as one.
    #[must_use]
    pub fn len(self) -> usize {
        let names: u32 = self.mask.iter().map(|word| word.count_ones()).sum();
        names as usize + usize::from(self.wildcard)
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    /// The names, ascending; `*` comes first.
    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        let names = (0..catalogue::COUNT)
            .filter(move |index| self.mask[index / 64] & (1 << (index % 64)) != 0)
            .filter_map(catalogue::name);
        self.wildcard.then_some(WILDCARD).into_iter().chain(names)
    }

    /// Whether a bearer of `role` that stores this set holds `permission`. A wildcard is everything allowed for the
    /// role; nothing outside that is ever held, whatever the set says.
    #[must_use]
    pub fn holds(&self, role: Role, permission: &str) -> bool {
        permission != WILDCARD && expand(*self, role).contains(permission)
    }

    /// Whether a bearer of `role` that stores this set holds everything allowed for its role. Of an admin: whether
    /// it is root.
    #[must_use]
    pub fn is_full(self, role: Role) -> bool {
        allowed(role).is_subset(expand(self, role))
    }
}

impl fmt::Debug for PermissionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Collects the known names among those given.
impl<T: AsRef<str>> FromIterator<T> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        let mut set = Self::EMPTY;
        for name in names {
            set.insert(name.as_ref());
        }
        set
    }
}

impl Serialize for PermissionSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for PermissionSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Cow<'de, str>>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// Whether the catalogue has `name`, or it is the wildcard.
#[must_use]
pub fn is_known(name: &str) -> bool {
    name == WILDCARD || catalogue::index(name).is_some()
}

/// What bearers of `role` may hold, spelled out.
#[must_use]
pub const fn allowed(role: Role) -> PermissionSet {
    PermissionSet { mask: catalogue::allowed(role), wildcard: false }
}

/// What bearers of `role` hold when nothing else was said.
#[must_use]
pub const fn defaults(role: Role) -> PermissionSet {
    PermissionSet { mask: catalogue::defaults(role), wildcard: false }
}

/// What a bearer of `role` that stores `set` really holds: the wildcard spelled out, the rest cut to what is allowed.
/// With the wildcard added this is also what such a bearer may give to a token.
#[must_use]
pub fn expand(set: PermissionSet, role: Role) -> PermissionSet {
    if set.wildcard { allowed(role) } else { set.intersection(allowed(role)) }
}

/// Intersects two sets in which a wildcard stands for whatever the other one holds.
fn meet(one: PermissionSet, other: PermissionSet) -> PermissionSet {
    match (one.wildcard, other.wildcard) {
        (true, _) => other,
        (_, true) => one,
        _ => one.intersection(other),
    }
}

/// The set a token acts with, given its own and its bearer's. It may be the bearer's wildcard: what that stands for
/// depends on the bearer's role ([`PermissionSet::holds`]).
#[must_use]
pub fn effective_token(token: PermissionSet, bearer: PermissionSet) -> PermissionSet {
    meet(token, bearer)
}

/// The set a license acts with, given its own and its owner's, if it has one (spec 04 §3.11).
#[must_use]
pub fn effective_license(own: PermissionSet, owner: Option<PermissionSet>) -> PermissionSet {
    owner.map_or(own, |owner| meet(own, owner))
}

/// What is left of a user's set when its role becomes `role` (spec 03 §3.10 rule 5).
#[must_use]
pub fn after_role_change(current: PermissionSet, role: Role) -> PermissionSet {
    current.intersection(defaults(role).with_wildcard())
}

/// A list of permissions that names an unknown one, one twice, or one that may not be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsupportedPermissions;

impl fmt::Display for UnsupportedPermissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unsupported permissions")
    }
}

impl std::error::Error for UnsupportedPermissions {}

/// Reads a list of permissions that a client sent. The wildcard may always be given, everything else only when
/// `allowed` has it: [`allowed`] of the role for a bearer, [`expand`] of the bearer's set for a token.
///
/// # Errors
///
/// [`UnsupportedPermissions`] when an entry is unknown, repeated, or not in `allowed`.
pub fn parse_list<T: AsRef<str>>(names: &[T], allowed: PermissionSet) -> Result<PermissionSet, UnsupportedPermissions> {
    let mut set = PermissionSet::EMPTY;
    for name in names {
        let name = name.as_ref();
        if !(name == WILDCARD || allowed.contains(name)) || !set.insert(name) {
            return Err(UnsupportedPermissions);
        }
    }
    Ok(set)
}
