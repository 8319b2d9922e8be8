//! Policies: the rules that their licenses share (spec 04).

mod record;
pub mod strategies;

pub use record::Policy;
