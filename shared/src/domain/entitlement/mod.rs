//! Entitlements (spec 03 §1.6).

pub mod access;
pub mod attachment;
mod record;
pub mod rules;
pub mod scope;

pub use record::{AttachedEntitlement, Entitlement, LicenseEntitlement, PolicyEntitlement};
