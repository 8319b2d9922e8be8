//! Machines and their processes: heartbeats and limits.

pub mod heartbeat;
pub mod limits;
