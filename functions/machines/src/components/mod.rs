//! `/components` (spec 06 §2.10).

mod create;
mod delete;
mod read;
mod related;
mod update;

use shared::http::routes::Routes;

/// Adds the routes of components.
#[must_use]
pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/components", read::list)
        .post("/components", create::create)
        .get("/components/{id}", read::show)
        .update("/components/{id}", update::update)
        .delete("/components/{id}", delete::delete)
        .get("/components/{id}/product", related::product)
        .get("/components/{id}/license", related::license)
        .get("/components/{id}/machine", related::machine)
}
