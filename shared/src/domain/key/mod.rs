//! Keys of a policy's pool (spec 04 §1.3).

pub mod access;
pub mod pool;
mod record;
pub mod rules;
pub mod scope;

pub use record::PoolKey;
