//! Licenses: their expiry, status, limits and validation (spec 04, 05).

pub mod access;
pub mod action_access;
pub mod announcement;
pub mod by_key;
pub mod check_in;
pub mod check_out;
pub mod create;
pub mod expiry;
pub mod filter;
pub mod holding;
pub mod key;
pub mod limits;
pub mod owner;
mod record;
pub mod rules;
pub mod schedule;
pub mod scope;
pub mod status;
pub mod sweep;
pub mod trails;
pub mod transfer;
pub mod usage;
pub mod users;
pub mod validate;
pub mod validation;
pub mod versions;
pub mod view;

pub use record::{License, LicenseUser};
pub use view::LicenseView;
