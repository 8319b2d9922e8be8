//! Environments (spec 02 §1.3) and their tokens.

mod create;
mod delete;
mod read;
mod tokens;
mod update;

use axum::Router;
use shared::app::App;
use shared::http::routes::Routes;
use shared::http::stack;

/// The family's routes.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/environments", read::list)
        .post("/environments", create::create)
        .get("/environments/{id}", read::show)
        .update("/environments/{id}", update::update)
        .delete("/environments/{id}", delete::delete)
        .get("/environments/{id}/tokens", tokens::list)
        .post("/environments/{id}/tokens", tokens::generate)
        .get("/environments/{id}/tokens/{token}", tokens::show)
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
