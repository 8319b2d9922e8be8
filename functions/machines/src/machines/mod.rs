//! `/machines` (spec 06 §2).

mod check_out;
mod create;
mod delete;
mod heartbeat;
mod parts;
mod placement;
mod proof;
mod read;
mod related;
mod update;

use shared::http::routes::Routes;

/// Adds the routes of machines.
#[must_use]
pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/machines", read::list)
        .post("/machines", create::create)
        .get("/machines/{id}", read::show)
        .update("/machines/{id}", update::update)
        .delete("/machines/{id}", delete::delete)
        .get("/machines/{id}/product", related::product)
        .get("/machines/{id}/license", related::license)
        .get("/machines/{id}/group", related::group)
        .update("/machines/{id}/group", placement::group)
        .get("/machines/{id}/owner", related::owner)
        .update("/machines/{id}/owner", placement::owner)
        .get("/machines/{id}/user", related::user)
        .get("/machines/{id}/components", parts::components)
        .get("/machines/{id}/components/{component}", parts::component)
        .get("/machines/{id}/processes", parts::processes)
        .get("/machines/{id}/processes/{process}", parts::process)
        .post("/machines/{id}/actions/ping", heartbeat::ping)
        .post("/machines/{id}/actions/ping-heartbeat", heartbeat::ping)
        .post("/machines/{id}/actions/reset", heartbeat::reset)
        .post("/machines/{id}/actions/reset-heartbeat", heartbeat::reset)
        .post("/machines/{id}/actions/check-out", check_out::file)
        .get("/machines/{id}/actions/check-out", check_out::certificate)
        .post("/machines/{id}/actions/generate-offline-proof", proof::generate)
}
