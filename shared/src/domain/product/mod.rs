//! Products (spec 03 §1.7).

pub mod access;
mod record;
pub mod rules;
pub mod scope;

pub use record::{DistributionStrategy, Product};
