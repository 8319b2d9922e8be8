//! `/licenses/{id}/actions/*` (spec 05).

mod check_in;
mod check_out;
mod renew;
mod revoke;
mod suspension;
mod usage;
mod validate;

use shared::http::routes::Routes;

/// The routes of the actions, added to the family's own.
#[must_use]
pub fn routes(routes: Routes) -> Routes {
    routes
        .post("/licenses/actions/validate-key", validate::validate_key)
        .get("/licenses/{id}/actions/validate", validate::quick)
        .post("/licenses/{id}/actions/validate", validate::scoped)
        .post("/licenses/{id}/actions/check-in", check_in::check_in)
        .post("/licenses/{id}/actions/renew", renew::renew)
        .post("/licenses/{id}/actions/suspend", suspension::suspend)
        .post("/licenses/{id}/actions/reinstate", suspension::reinstate)
        .delete("/licenses/{id}/actions/revoke", revoke::revoke)
        .post("/licenses/{id}/actions/increment-usage", usage::increment)
        .post("/licenses/{id}/actions/decrement-usage", usage::decrement)
        .post("/licenses/{id}/actions/reset-usage", usage::reset)
        .get("/licenses/{id}/actions/check-out", check_out::certificate)
        .post("/licenses/{id}/actions/check-out", check_out::file)
}
