//! What every Latchkey function shares.
//!
//! A request's way: [`http::stack`] → a family's router → [`http::context`] (version, account,
//! environment, credentials) → handler (decode → authorize → rule → one unit of work → encode).
//! Handlers hold no rules, [`domain`] holds no HTTP, [`store`] holds no rules.

pub mod app;
pub mod auth;
pub mod cascade;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod domain;
pub mod events;
pub mod http;
pub mod ids;
pub mod jsonapi;
pub mod lambda;
pub mod mail;
pub mod provision;
pub mod store;
pub mod sweep;
pub mod telemetry;
pub mod tenant;
pub mod transfer;

/// A request is thousands of small allocations; with the system's allocator they take a sixth of its time, and
/// threads wait for each other (`latchkey bench`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
