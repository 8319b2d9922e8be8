//! Entitlements (spec 03 §1.6).

mod record;

pub use record::{AttachedEntitlement, Entitlement, LicenseEntitlement, PolicyEntitlement};
