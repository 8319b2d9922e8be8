//! Licenses (spec 04): their life, what is linked to them, and (in [`actions`]) what is done with them (spec 05).

mod actions;

use axum::Router;
use shared::app::App;
use shared::http::routes::Routes;
use shared::http::stack;

/// The family's routes.
#[must_use]
pub fn routes() -> Routes {
    actions::routes(Routes::new())
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
