//! Tokens and sessions (spec 03).

pub mod access;
pub mod filters;
pub mod generate;
mod record;
pub mod rules;
pub mod scope;
pub mod view;

pub use record::{Session, Token};
pub use view::TokenView;
