//! Users and their second factors (spec 03).

mod record;

pub use record::{SecondFactor, User};
