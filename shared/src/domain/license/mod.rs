//! Licenses: their expiry, status, limits and validation (spec 04, 05).

pub mod action_access;
pub mod announcement;
pub mod by_key;
pub mod check_in;
pub mod check_out;
pub mod expiry;
pub mod holding;
pub mod limits;
mod record;
pub mod scope;
pub mod status;
pub mod usage;
pub mod validate;
pub mod validation;
pub mod view;

pub use record::{License, LicenseUser};
pub use view::LicenseView;
