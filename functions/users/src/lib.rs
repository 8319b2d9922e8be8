//! Users (spec 03 §1.2, §2.2), their second factors (§2.3) and what is listed under them.

mod ban;
mod create;
mod delete;
mod group;
mod password;
mod read;
mod related;
mod second_factors;
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
        .get("/users", read::list)
        .post("/users", create::create)
        .get("/users/{id}", read::show)
        .update("/users/{id}", update::update)
        .delete("/users/{id}", delete::delete)
        .post("/users/{id}/actions/ban", ban::ban)
        .post("/users/{id}/actions/unban", ban::unban)
        .post("/users/{id}/actions/update-password", password::update)
        .post("/users/{id}/actions/reset-password", password::reset)
        .get("/users/{id}/group", group::show)
        .update("/users/{id}/group", group::update)
        .get("/users/{id}/products", related::products)
        .get("/users/{id}/products/{product}", related::product)
        .get("/users/{id}/licenses", related::licenses)
        .get("/users/{id}/licenses/{license}", related::license)
        .get("/users/{id}/machines", related::machines)
        .get("/users/{id}/machines/{machine}", related::machine)
        .get("/users/{id}/tokens", tokens::list)
        .post("/users/{id}/tokens", tokens::generate)
        .get("/users/{id}/tokens/{token}", tokens::show)
        .get("/users/{id}/second-factors", second_factors::list)
        .post("/users/{id}/second-factors", second_factors::create)
        .get("/users/{id}/second-factors/{factor}", second_factors::show)
        .update("/users/{id}/second-factors/{factor}", second_factors::update)
        .delete("/users/{id}/second-factors/{factor}", second_factors::delete)
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
