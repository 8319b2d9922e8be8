//! The entitlements family.

use axum::Router;
use shared::app::App;
use shared::http::routes::Routes;
use shared::http::stack;

/// The family's routes.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
