//! Tokens and sessions (spec 03).

pub mod generate;
mod record;
pub mod rules;

pub use record::{Session, Token};
