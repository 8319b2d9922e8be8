//! The Lambda binary that runs scheduled jobs: each of its schedules names one (spec 09 §4.4).

use lambda_http::Error;
use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use serde::Deserialize;
use serde_json::Value;
use shared::app::App;
use shared::sweep;

/// What a schedule sends.
#[derive(Debug, Deserialize)]
struct Due {
    /// The job's name.
    job: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    shared::telemetry::init_json();
    let app = App::from_env().await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Due>| run(&app, event.payload.job))).await
}

async fn run(app: &App, name: String) -> Result<Value, Error> {
    let job = sweep::find(&name).ok_or_else(|| format!("there is no job '{name}'"))?;
    Ok((job.run)(app).await?)
}
