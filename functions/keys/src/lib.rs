//! Keys of pools (spec 04 §1.3, §2.4).

mod create;
mod delete;
mod read;
mod related;
mod update;

use axum::Router;
use shared::app::App;
use shared::http::routes::Routes;
use shared::http::stack;

/// The family's routes.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/keys", read::list)
        .post("/keys", create::create)
        .get("/keys/{id}", read::show)
        .update("/keys/{id}", update::update)
        .delete("/keys/{id}", delete::delete)
        .get("/keys/{id}/policy", related::policy)
        .get("/keys/{id}/product", related::product)
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
