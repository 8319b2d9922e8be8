//! Controls for rehearsals and black-box suites (spec 20.2), below `/-/sandbox`.
//!
//! No authentication: the server mounts them only with `--sandbox`, which listens on a loopback
//! address only. No Lambda function contains this code.
//!
//! * `records` — reset, import, export
//! * `time` — the clock, queued work, schedules
//! * `reply` — answers

mod records;
mod reply;
mod reset;
mod schedules;
#[cfg(test)]
mod tests;
mod time;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post, put};
use shared::app::App;

/// The most bytes of an import.
const LARGEST_BODY: usize = 64 << 20;

/// What the controls work on.
#[derive(Clone, Debug)]
struct Sandbox {
    app: App,
    /// How many mails had been sent at the last drain.
    drained_mails: Arc<AtomicUsize>,
}

/// The controls.
pub fn router(app: &App) -> Router {
    let sandbox = Sandbox { app: app.clone(), drained_mails: Arc::default() };
    let controls = Router::new()
        .route("/reset", post(records::reset))
        .route("/import", post(records::import))
        .route("/export", get(records::export))
        .route("/clock", put(time::freeze).delete(time::resume).get(time::read))
        .route("/drain", post(time::drain))
        .route("/schedules/{name}", post(time::schedule))
        .route("/mails", get(time::mails))
        .route("/jobs", get(time::jobs))
        .fallback(reply::unknown)
        .method_not_allowed_fallback(reply::wrong_method)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(sandbox);
    Router::new().nest("/-/sandbox", controls)
}
