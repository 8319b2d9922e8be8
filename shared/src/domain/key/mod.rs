//! Keys of a policy's pool (spec 04 §1.3).

pub mod pool;
mod record;

pub use record::PoolKey;
