//! Policies (spec 04 §1.1, §2.2, §2.3) with their licenses, pools and entitlements.

mod create;
mod delete;
mod entitlements;
mod pool;
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
        .get("/policies", read::list)
        .post("/policies", create::create)
        .get("/policies/{id}", read::show)
        .update("/policies/{id}", update::update)
        .delete("/policies/{id}", delete::delete)
        .get("/policies/{id}/product", related::product)
        .get("/policies/{id}/licenses", related::licenses)
        .get("/policies/{id}/licenses/{license}", related::license)
        .get("/policies/{id}/pool", pool::list)
        .delete("/policies/{id}/pool", pool::pop)
        .get("/policies/{id}/pool/{key}", pool::show)
        .get("/policies/{id}/entitlements", entitlements::list)
        .post("/policies/{id}/entitlements", entitlements::attach)
        .delete("/policies/{id}/entitlements", entitlements::detach)
        .get("/policies/{id}/entitlements/{entitlement}", entitlements::show)
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
