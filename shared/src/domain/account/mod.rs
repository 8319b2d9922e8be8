//! Accounts and their settings (spec 02).

mod record;

pub use record::{Account, Setting};
