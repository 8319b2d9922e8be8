//! Products (spec 03 §1.7, §2.7) and what is listed under them.

mod create;
mod delete;
mod read;
mod related;
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
        .get("/products", read::list)
        .post("/products", create::create)
        .get("/products/{id}", read::show)
        .update("/products/{id}", update::update)
        .delete("/products/{id}", delete::delete)
        .get("/products/{id}/tokens", tokens::list)
        .post("/products/{id}/tokens", tokens::generate)
        .get("/products/{id}/tokens/{token}", tokens::show)
        .get("/products/{id}/policies", related::policies)
        .get("/products/{id}/policies/{policy}", related::policy)
        .get("/products/{id}/licenses", related::licenses)
        .get("/products/{id}/licenses/{license}", related::license)
        .get("/products/{id}/machines", related::machines)
        .get("/products/{id}/machines/{machine}", related::machine)
        .get("/products/{id}/users", related::users)
        .get("/products/{id}/users/{user}", related::user)
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
