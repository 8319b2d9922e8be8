//! Products (spec 03 §1.7).

mod record;

pub use record::{DistributionStrategy, Product};
