//! All types, parents before children: the order in which they are written and exported.

mod identity;
mod licensing;
mod machines;

use super::kind::{Of, Transferable};
use crate::domain::account::{Account, Setting};
use crate::domain::entitlement::{Entitlement, LicenseEntitlement, PolicyEntitlement};
use crate::domain::environment::Environment;
use crate::domain::group::{Group, GroupOwner};
use crate::domain::key::PoolKey;
use crate::domain::license::{License, LicenseUser};
use crate::domain::machine::{Component, Machine, Process};
use crate::domain::policy::Policy;
use crate::domain::product::Product;
use crate::domain::token::{Session, Token};
use crate::domain::user::{SecondFactor, User};

/// Every type that is imported and exported.
pub const KINDS: &[&dyn Transferable] = &[
    &Of::<Account>::new(),
    &Of::<Environment>::new(),
    &Of::<Setting>::new(),
    &Of::<Group>::new(),
    &Of::<Entitlement>::new(),
    &Of::<User>::new(),
    &Of::<GroupOwner>::new(),
    &Of::<SecondFactor>::new(),
    &Of::<Product>::new(),
    &Of::<Policy>::new(),
    &Of::<PolicyEntitlement>::new(),
    &Of::<PoolKey>::new(),
    &Of::<License>::new(),
    &Of::<LicenseEntitlement>::new(),
    &Of::<LicenseUser>::new(),
    &Of::<Machine>::new(),
    &Of::<Component>::new(),
    &Of::<Process>::new(),
    &Of::<Token>::new(),
    &Of::<Session>::new(),
];

/// The type of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Transferable> {
    KINDS.iter().copied().find(|kind| kind.definition().kind == name)
}

/// The place of a type in [`KINDS`].
#[must_use]
pub fn rank(kind: &dyn Transferable) -> usize {
    let name = kind.definition().kind;
    KINDS.iter().position(|known| known.definition().kind == name).unwrap_or(KINDS.len())
}
