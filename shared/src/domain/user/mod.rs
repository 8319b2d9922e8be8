//! Users and their second factors (spec 03).

pub mod access;
pub mod filter;
pub mod founders;
pub mod password;
mod record;
pub mod rules;
pub mod scope;
pub mod second_factor;
pub mod staff;
pub mod view;

pub use record::{SecondFactor, User};
