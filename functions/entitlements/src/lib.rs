//! Entitlements (spec 03 §1.6, §2.6).

mod create;
mod delete;
mod read;
mod update;

use axum::Router;
use shared::app::App;
use shared::http::routes::Routes;
use shared::http::stack;

/// The family's routes.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/entitlements", read::list)
        .post("/entitlements", create::create)
        .get("/entitlements/{id}", read::show)
        .update("/entitlements/{id}", update::update)
        .delete("/entitlements/{id}", delete::delete)
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
