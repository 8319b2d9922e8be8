//! The entry point that every Lambda binary shares.

use axum::Router;

use crate::app::App;

/// Serves a family's router under the Lambda runtime.
///
/// # Errors
/// When the function's settings are incomplete, or the runtime ends.
pub async fn run(router: fn(App) -> Router) -> Result<(), lambda_http::Error> {
    crate::telemetry::init_json();
    let app = App::from_env().await?;
    lambda_http::run(router(app)).await
}
