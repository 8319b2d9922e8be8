//! Licenses: their expiry, status, limits and validation (spec 04, 05).

pub mod check_in;
pub mod expiry;
pub mod limits;
mod record;
pub mod scope;
pub mod status;
pub mod validation;
pub mod view;

pub use record::{License, LicenseUser};
pub use view::LicenseView;
