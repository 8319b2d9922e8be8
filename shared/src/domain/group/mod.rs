//! Groups and their owners (spec 03 §1.4, §1.5, §2.5).

pub mod access;
pub mod membership;
pub mod owner;
mod record;
pub mod scope;

pub use record::{Group, GroupOwner};
