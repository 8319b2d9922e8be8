//! Machines, their components and processes (spec 06).

mod components;
mod machines;
mod processes;

use axum::Router;
use shared::app::App;
use shared::http::routes::Routes;
use shared::http::stack;

/// The family's routes.
#[must_use]
pub fn routes() -> Routes {
    processes::routes(components::routes(machines::routes(Routes::new())))
}

/// The family's router.
pub fn router(app: App) -> Router {
    stack::serve(app, routes().into_router())
}
