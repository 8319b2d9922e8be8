//! Users and their second factors (spec 03).

pub mod access;
pub mod filter;
pub mod founders;
mod record;
pub mod rules;
pub mod scope;
pub mod second_factor;
pub mod staff;
pub mod view;

pub use record::{SecondFactor, User};
