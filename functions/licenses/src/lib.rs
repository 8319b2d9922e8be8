//! Licenses (spec 04): their life, what is linked to them, and (in `actions`) what is done with them (spec 05).

mod actions;
mod create;
mod delete;
mod entitlements;
mod group;
mod machines;
mod owner;
mod policy;
mod product;
mod read;
mod tokens;
mod update;
mod users;

use axum::Router;
use shared::app::App;
use shared::http::routes::Routes;
use shared::http::stack;

/// The family's routes.
#[must_use]
pub fn routes() -> Routes {
    let routes = Routes::new()
        .get("/licenses", read::list)
        .post("/licenses", create::create)
        .get("/licenses/{license}", read::show)
        .update("/licenses/{license}", update::update)
        .delete("/licenses/{license}", delete::delete)
        .get("/licenses/{license}/product", product::show)
        .get("/licenses/{license}/policy", policy::show)
        .update("/licenses/{license}/policy", policy::update)
        .get("/licenses/{license}/group", group::show)
        .update("/licenses/{license}/group", group::update)
        .get("/licenses/{license}/owner", owner::show)
        .update("/licenses/{license}/owner", owner::update)
        .get("/licenses/{license}/user", owner::show_user)
        .update("/licenses/{license}/user", owner::update_user)
        .get("/licenses/{license}/users", users::list)
        .post("/licenses/{license}/users", users::attach)
        .delete("/licenses/{license}/users", users::detach)
        .get("/licenses/{license}/users/{user}", users::show)
        .get("/licenses/{license}/entitlements", entitlements::list)
        .post("/licenses/{license}/entitlements", entitlements::attach)
        .delete("/licenses/{license}/entitlements", entitlements::detach)
        .get("/licenses/{license}/entitlements/{entitlement}", entitlements::show)
        .get("/licenses/{license}/machines", machines::list)
        .get("/licenses/{license}/machines/{machine}", machines::show)
        .get("/licenses/{license}/tokens", tokens::list)
        .post("/licenses/{license}/tokens", tokens::generate)
        .get("/licenses/{license}/tokens/{token}", tokens::show);
    actions::routes(routes)
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
