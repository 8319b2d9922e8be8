//! Tokens (spec 03 §1.1, §2.1), what a bearer is told about itself, and password resets (§2.4).

mod create;
mod passwords;
mod profile;
mod read;
mod regenerate;
mod revoke;

use axum::Router;
use shared::app::App;
use shared::http::routes::Routes;
use shared::http::stack;

/// The family's routes.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/tokens", read::list)
        .post("/tokens", create::create)
        .put("/tokens", regenerate::current)
        .get("/tokens/{id}", read::show)
        .put("/tokens/{id}", regenerate::regenerate)
        .delete("/tokens/{id}", revoke::revoke)
        .get("/me", profile::me)
        .get("/profile", profile::profile)
        .post("/passwords", passwords::request_reset)
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
