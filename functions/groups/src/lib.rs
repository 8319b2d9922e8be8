//! Groups (spec 03 §1.4, §2.5), their owners (§1.5) and their members.

mod create;
mod delete;
mod members;
mod owners;
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
        .get("/groups", read::list)
        .post("/groups", create::create)
        .get("/groups/{id}", read::show)
        .update("/groups/{id}", update::update)
        .delete("/groups/{id}", delete::delete)
        .get("/groups/{id}/owners", owners::list)
        .post("/groups/{id}/owners", owners::attach)
        .delete("/groups/{id}/owners", owners::detach)
        .get("/groups/{id}/owners/{owner}", owners::show)
        .get("/groups/{id}/users", members::users)
        .get("/groups/{id}/users/{user}", members::user)
        .get("/groups/{id}/licenses", members::licenses)
        .get("/groups/{id}/licenses/{license}", members::license)
        .get("/groups/{id}/machines", members::machines)
        .get("/groups/{id}/machines/{machine}", members::machine)
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
