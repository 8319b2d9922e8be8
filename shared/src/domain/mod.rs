//! The domain: one module for each resource, with its declaration and its rules.
//!
//! * [`attribute`], [`resource`] — how resources are declared
//! * [`body`] — what requests about them look like
//! * [`model`] — the rules that every declared attribute obeys
//! * [`metadata`] — what metadata contains
//! * [`lots`] — more links than one transaction takes
//! * [`wire`] — enumerations that travel as strings
//! * [`calendar`] — calendar arithmetic
//! * [`check_out`] — parameters and looks of license files and machine files

pub mod account;
pub mod attribute;
pub mod body;
pub mod calendar;
pub mod check_out;
pub mod entitlement;
pub mod environment;
pub mod group;
pub mod key;
pub mod license;
pub mod lots;
pub mod machine;
pub mod metadata;
pub mod model;
pub mod policy;
pub mod product;
pub mod resource;
pub mod search;
pub mod token;
pub mod user;
pub mod versions;
pub mod wire;

use crate::http::version::Downgrade;

/// Every difference between API versions.
pub fn downgrades() -> impl Iterator<Item = &'static Downgrade> {
    [
        // One a line, so that they can be added side by side.
        versions::DOWNGRADES,
        license::validation::DOWNGRADES,
        machine::versions::DOWNGRADES,
    ]
    .into_iter()
    .flatten()
}
