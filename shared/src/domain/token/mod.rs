//! Tokens and sessions (spec 03).

mod record;
pub mod rules;

pub use record::{Session, Token};
