//! Policies: the rules that their licenses share (spec 04).

pub mod access;
mod record;
pub mod rules;
pub mod scope;
pub mod strategies;
pub mod versions;

pub use record::Policy;
