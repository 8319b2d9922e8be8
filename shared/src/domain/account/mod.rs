//! Accounts and their settings (spec 02).

pub mod defaults;
mod record;

pub use record::{Account, Setting};
