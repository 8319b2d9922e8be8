//! `/licenses/{license}/actions/*` (spec 05).

use shared::http::routes::Routes;

/// The routes of the actions, added to the family's own.
#[must_use]
pub fn routes(routes: Routes) -> Routes {
    routes
}
