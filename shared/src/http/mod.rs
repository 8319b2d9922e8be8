//! HTTP: the stack that every request goes through.
//!
//! * [`stack`] — in and out
//! * [`exchange`] — one request and what became known about it
//! * [`context`] — what a handler knows
//! * [`reply`], [`error`] — what it answers
//! * [`lookup`] — records named in paths
//! * [`listing`] — pages of lists
//! * [`version`] — answers for older clients
//! * [`negotiate`], [`cors`], [`throttle`], [`journal`] — what their names say
//! * [`families`], [`path`], [`routes`] — which function serves which path

pub mod context;
pub mod cors;
pub mod error;
pub mod exchange;
pub mod families;
pub mod journal;
pub mod listing;
pub mod lookup;
pub mod negotiate;
pub mod path;
pub mod reply;
pub mod routes;
pub mod stack;
pub mod throttle;
pub mod version;
