//! Accounts and their settings (spec 02).

pub mod access;
pub mod defaults;
pub mod links;
pub mod mail_hosts;
mod record;
pub mod rules;
pub mod settings;
pub mod signup;

pub use record::{Account, Setting};
