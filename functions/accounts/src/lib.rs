//! Accounts and their settings (spec 02), sign-up and recovery, and what answers outside of accounts.

mod delete;
mod health;
mod read;
mod recover;
mod settings;
mod signup;
mod update;

use axum::Router;
use shared::app::App;
use shared::http::routes::Routes;
use shared::http::stack;

/// The family's routes. What lies below an account but is not named by a collection of its own
/// stands below `/account`.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .post("/accounts", signup::sign_up)
        .get("/account", read::show)
        .update("/account", update::update)
        .delete("/account", delete::delete)
        .get("/account/settings", settings::list)
        .post("/account/settings", settings::create)
        .get("/account/settings/{id}", settings::show)
        .update("/account/settings/{id}", settings::update)
        .delete("/account/settings/{id}", settings::delete)
        .post("/recover", recover::recover)
        .get("/ping", health::ping)
        .get("/health", health::health)
        .get("/health/webhooks", health::webhooks)
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
