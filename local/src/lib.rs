//! One process that serves every family over an embedded DynamoDB engine, and the operator's commands.
//!
//! * [`cli`] — the command line
//! * [`engine`] — the table: embedded, in memory, or deployed
//! * [`serve`] — the server
//! * [`sandbox`] — rehearsal controls, for the local server only
//! * [`operator`] — accounts, import, export, table, bench

pub mod cli;
pub mod engine;
mod first_run;
pub mod operator;
pub mod sandbox;
pub mod serve;
