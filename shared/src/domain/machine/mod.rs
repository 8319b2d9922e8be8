//! Machines, their components and processes: activation, heartbeats and limits (spec 06).

pub mod heartbeat;
pub mod limits;
pub mod lookup;
mod record;
pub mod versions;
pub mod view;

pub use record::{Component, Machine, Process, tally};
pub use view::{MachineView, ProcessView};
