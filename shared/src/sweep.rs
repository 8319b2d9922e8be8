//! Scheduled jobs (spec 09 §4.4): each by its name and cadence.
//!
//! Deployed, the `sweep` function runs the job that its schedule names; the local server runs them in
//! loops; the sandbox runs them when told to.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::app::App;
use crate::cascade;
use crate::domain::license::sweep as licenses;
use crate::domain::machine::sweep as machines;
use crate::store::StoreError;

/// A job: it answers with what it did.
pub type Run = fn(&App) -> BoxFuture<'_, Result<Value, StoreError>>;

/// A scheduled job.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// Its name.
    pub name: &'static str,
    /// How many minutes lie between two of its runs.
    pub minutes: u64,
    /// What it does.
    pub run: Run,
}

/// Every job.
pub const JOBS: &[Job] = &[
    Job { name: "dead-machines", minutes: 2, run: |app| async move { said(machines::machines(app).await) }.boxed() },
    Job { name: "dead-processes", minutes: 2, run: |app| async move { said(machines::processes(app).await) }.boxed() },
    Job {
        name: "license-expirations",
        minutes: 10,
        run: |app| async move { said(licenses::expirations(app).await) }.boxed(),
    },
    Job {
        name: "license-check-ins",
        minutes: 10,
        run: |app| async move { said(licenses::check_ins(app).await) }.boxed(),
    },
    Job { name: "cascades", minutes: 1, run: |app| async move { finish_cascades(app).await }.boxed() },
];

/// The job of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Job> {
    JOBS.iter().find(|job| job.name == name)
}

fn said<T: serde::Serialize>(outcome: Result<T, StoreError>) -> Result<Value, StoreError> {
    outcome.map(|done| json!(done))
}

/// Cascades are begun by the requests that cause them; what a request could not finish is left here.
async fn finish_cascades(app: &App) -> Result<Value, StoreError> {
    Ok(json!({"cascades": cascade::run_all(&app.store).await?}))
}

/// Runs every job in a loop of its own.
pub fn spawn(app: &App) {
    for job in JOBS {
        let app = app.clone();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(60 * job.minutes));
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                if let Err(error) = (job.run)(&app).await {
                    tracing::warn!(job = job.name, %error, "a scheduled job could not be finished");
                }
            }
        });
    }
}
