//! Entitlements (spec 03 §1.6).

pub mod attachment;
mod record;

pub use record::{AttachedEntitlement, Entitlement, LicenseEntitlement, PolicyEntitlement};
