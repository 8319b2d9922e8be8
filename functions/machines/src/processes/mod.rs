//! `/processes` (spec 06 §2.11).

mod create;
mod delete;
mod ping;
mod read;
mod related;
mod update;

use shared::http::routes::Routes;

/// Adds the routes of processes.
#[must_use]
pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/processes", read::list)
        .post("/processes", create::create)
        .get("/processes/{id}", read::show)
        .update("/processes/{id}", update::update)
        .delete("/processes/{id}", delete::delete)
        .get("/processes/{id}/product", related::product)
        .get("/processes/{id}/license", related::license)
        .get("/processes/{id}/machine", related::machine)
        .post("/processes/{id}/actions/ping", ping::ping)
}
