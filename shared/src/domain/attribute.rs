//! How one attribute or relationship of a resource is declared.
//!
//! A declaration is the only place where a member's name, type, nullability, limits and writers
//! stand. Decoding, validation, encoding, import, export and the OpenAPI document read it.

use serde_json::Value;

use crate::auth::permissions::{PermissionSet, Role};
use crate::clock::Time;
use crate::ids::Id;

/// The JSON shape of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    String,
    /// A JSON integer.
    Integer,
    /// A boolean.
    Boolean,
    /// An instant; coerced on input (spec 01 §3.4).
    Time,
    /// A free-form object (metadata).
    Object,
    /// An array of strings.
    Strings,
    /// Any JSON value.
    Any,
}

/// A Rust type that an attribute can have.
pub trait Field {
    /// Its JSON shape.
    const KIND: Kind;
    /// Whether the stored value may be null.
    const NULLABLE: bool = false;
    /// The values of an enumeration; empty for other types.
    const VALUES: &'static [&'static str] = &[];
}

impl Field for String {
    const KIND: Kind = Kind::String;
}
impl Field for i64 {
    const KIND: Kind = Kind::Integer;
}
impl Field for bool {
    const KIND: Kind = Kind::Boolean;
}
impl Field for Time {
    const KIND: Kind = Kind::Time;
}
impl Field for Role {
    const KIND: Kind = Kind::String;
    /// The roles that a user can have; the others are the resource itself acting.
    const VALUES: &'static [&'static str] =
        &["user", "admin", "developer", "sales-agent", "support-agent", "read-only"];
}
impl Field for Metadata {
    const KIND: Kind = Kind::Object;
}
impl Field for PermissionSet {
    const KIND: Kind = Kind::Strings;
}
impl Field for Vec<String> {
    const KIND: Kind = Kind::Strings;
}
impl Field for Value {
    const KIND: Kind = Kind::Any;
}
impl<T: Field> Field for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
    const VALUES: &'static [&'static str] = T::VALUES;
}

/// Free-form metadata; its keys are stored snake_case (spec 01 §1.4).
pub type Metadata = serde_json::Map<String, Value>;

/// Who may send a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nobody: the member is undeclared, hence unpermitted.
    Never,
    /// Any caller that may perform the operation.
    Anyone,
    /// Only these roles; for others the member is unpermitted.
    Roles(&'static [Role]),
}

impl Access {
    /// Whether a bearer of this role (none: anonymous) may send the member.
    #[must_use]
    pub fn admits(self, role: Option<Role>) -> bool {
        match self {
            Self::Never => false,
            Self::Anyone => true,
            Self::Roles(roles) => role.is_some_and(|role| roles.contains(&role)),
        }
    }
}

/// The declaration of one attribute.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Stored name, snake_case.
    pub name: &'static str,
    /// JSON shape.
    pub kind: Kind,
    /// Whether null can be stored.
    pub nullable: bool,
    /// Whether a null that is sent counts as absent although null can be stored.
    pub null_ignored: bool,
    /// Values of an enumeration.
    pub values: &'static [&'static str],
    /// Whether the body's schema refuses other values (400), before the rules would (422).
    pub enumerated: bool,
    /// Whether a create must bring it (400 otherwise).
    pub required: bool,
    /// Whether an empty string is accepted.
    pub blank: bool,
    /// Who may send it on creation.
    pub create: Access,
    /// Who may send it on update.
    pub update: Access,
    /// Shortest and longest string, in characters.
    pub length: (usize, usize),
    /// Smallest and largest integer the rules admit (422 outside).
    pub range: Option<(i64, i64)>,
    /// Whether integers are 64 bits wide; otherwise beyond 32 bits is 400 "integer is too large".
    pub wide: bool,
    /// Whether it is derived on reading and never stored.
    pub computed: bool,
    /// Whether responses never show it.
    pub hidden: bool,
    /// Former names, each with the newest API version that still accepts it.
    pub former: &'static [(&'static str, &'static str)],
}

impl Attribute {
    /// An optional attribute that anybody may create and update, of the shape of `T`.
    #[must_use]
    pub const fn of<T: Field>(name: &'static str) -> Self {
        Self {
            name,
            kind: T::KIND,
            nullable: T::NULLABLE,
            null_ignored: false,
            values: T::VALUES,
            enumerated: false,
            required: false,
            blank: false,
            create: Access::Anyone,
            update: Access::Anyone,
            length: (0, 255),
            range: None,
            wide: false,
            computed: false,
            hidden: false,
            former: &[],
        }
    }

    /// The body's schema refuses other values than those of the enumeration.
    #[must_use]
    pub const fn enumerated(mut self) -> Self {
        self.enumerated = true;
        self
    }

    /// A create must bring it.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The empty string is a value.
    #[must_use]
    pub const fn blank(mut self) -> Self {
        self.blank = true;
        self
    }

    /// A null that is sent counts as absent.
    #[must_use]
    pub const fn null_ignored(mut self) -> Self {
        self.null_ignored = true;
        self
    }

    /// Never changes after creation.
    #[must_use]
    pub const fn create_only(mut self) -> Self {
        self.update = Access::Never;
        self
    }

    /// Never taken from a request.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.create = Access::Never;
        self.update = Access::Never;
        self
    }

    /// Who may send it on creation.
    #[must_use]
    pub const fn create_by(mut self, roles: &'static [Role]) -> Self {
        self.create = Access::Roles(roles);
        self
    }

    /// Who may send it on update.
    #[must_use]
    pub const fn update_by(mut self, roles: &'static [Role]) -> Self {
        self.update = Access::Roles(roles);
        self
    }

    /// Longest string, in characters.
    #[must_use]
    pub const fn max_length(mut self, characters: usize) -> Self {
        self.length.1 = characters;
        self
    }

    /// Shortest and longest string, in characters.
    #[must_use]
    pub const fn length(mut self, shortest: usize, longest: usize) -> Self {
        self.length = (shortest, longest);
        self
    }

    /// Integers outside are 422 `…_INVALID`. Implies that no width is checked before.
    #[must_use]
    pub const fn range(mut self, smallest: i64, largest: i64) -> Self {
        self.range = Some((smallest, largest));
        self.wide = true;
        self
    }

    /// Never shown.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Derived on reading.
    #[must_use]
    pub const fn computed(mut self) -> Self {
        self.computed = true;
        self.read_only()
    }

    /// Former names and the newest API version that accepts each.
    #[must_use]
    pub const fn formerly(mut self, names: &'static [(&'static str, &'static str)]) -> Self {
        self.former = names;
        self
    }
}

/// Where a to-one relationship's `links.related` points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// `{self}/{name}`, also when there is no target.
    Nested,
    /// `/{type}/{id}` of the target; null without one.
    Direct,
}

/// The declaration of one to-one relationship.
#[derive(Clone, Copy, Debug)]
pub struct ToOne {
    /// Stored name, snake_case.
    pub name: &'static str,
    /// Type of the target; empty if the linkage names it (polymorphic).
    pub target: &'static str,
    /// Whether there may be no target.
    pub nullable: bool,
    /// Where its link points.
    pub link: Link,
    /// Who may send it on creation.
    pub create: Access,
    /// Whether a create must bring it.
    pub required: bool,
    /// Whether responses never show it.
    pub hidden: bool,
    /// Another name that requests may use.
    pub alias: &'static str,
}

/// The Rust types of to-one relationships.
pub trait Linkage {
    /// Whether there may be no target.
    const NULLABLE: bool;
}
impl Linkage for Id {
    const NULLABLE: bool = false;
}
impl Linkage for Option<Id> {
    const NULLABLE: bool = true;
}
impl Linkage for Reference {
    const NULLABLE: bool = false;
}
impl Linkage for Option<Reference> {
    const NULLABLE: bool = true;
}

/// A polymorphic linkage: a type and an id.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reference {
    /// Plural type, e.g. `users`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The target.
    pub id: Id,
}

impl Reference {
    /// A linkage to `id` of type `kind`.
    #[must_use]
    pub fn new(kind: &str, id: Id) -> Self {
        Self { kind: kind.to_owned(), id }
    }
}

impl ToOne {
    /// A nested relationship to records of type `target` that no request sets.
    #[must_use]
    pub const fn of<T: Linkage>(name: &'static str) -> Self {
        Self {
            name,
            target: "",
            nullable: T::NULLABLE,
            link: Link::Nested,
            create: Access::Never,
            required: false,
            hidden: false,
            alias: "",
        }
    }

    /// Type of the target.
    #[must_use]
    pub const fn to(mut self, target: &'static str) -> Self {
        self.target = target;
        self
    }

    /// Links to the target itself.
    #[must_use]
    pub const fn direct(mut self) -> Self {
        self.link = Link::Direct;
        self
    }

    /// A create must bring it.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self.create = Access::Anyone;
        self
    }

    /// A create may bring it.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.create = Access::Anyone;
        self
    }

    /// These roles may send it on creation.
    #[must_use]
    pub const fn create_by(mut self, roles: &'static [Role]) -> Self {
        self.create = Access::Roles(roles);
        self
    }

    /// Never shown.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Another name that requests may use.
    #[must_use]
    pub const fn alias(mut self, name: &'static str) -> Self {
        self.alias = name;
        self
    }
}
