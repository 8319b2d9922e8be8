//! Machines, their components and processes: activation, heartbeats and limits (spec 06).

pub mod access;
pub mod activate;
pub mod amend;
pub mod capacity;
pub mod check_out;
pub mod equip;
pub mod filter;
pub mod heartbeat;
pub mod limits;
pub mod lookup;
pub mod placement;
pub mod pulse;
pub mod quota;
mod record;
pub mod removal;
pub mod scope;
pub mod sweep;
pub mod uniqueness;
pub mod versions;
pub mod view;

pub use record::{Component, Machine, Process, tally};
pub use view::{MachineView, ProcessView};
