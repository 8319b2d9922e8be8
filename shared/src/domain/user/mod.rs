//! Users and their second factors (spec 03).

pub mod access;
pub mod filter;
mod record;
pub mod rules;
pub mod scope;
pub mod second_factor;
pub mod view;

pub use record::{SecondFactor, User};
