//! Groups (spec 03 §1.4).

mod record;

pub use record::{Group, GroupOwner};
