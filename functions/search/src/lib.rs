//! Search (spec 03 §2.8, §3.12).

mod search;

use axum::Router;
use shared::app::App;
use shared::http::routes::Routes;
use shared::http::stack;

/// The family's routes.
#[must_use]
pub fn routes() -> Routes {
    Routes::new().post("/search", search::search)
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
