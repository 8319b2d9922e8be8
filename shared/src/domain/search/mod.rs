//! Search (spec 03 §2.8, §3.12): what can be asked of which type, and how it is found.
//!
//! * [`request`] — a search as it was asked for
//! * [`subject`] — the types that can be searched, and what can be asked of each
//! * [`term`] — when a value matches
//! * [`clause`] — one key of a query: the test of records, and where those that pass may stand
//! * [`plan`] — all keys of a query together
//! * [`parents`] — records that others are found by
//!
//! The design, its costs and its limits: `docs/SEARCH.md`.

pub mod clause;
pub mod parents;
pub mod plan;
pub mod request;
pub mod subject;
pub mod term;

pub use request::Request;
pub use subject::{Searchable, Subject};
