//! Work that waits for its time: scheduled jobs, run by name so that a rehearsal need not wait for
//! them, and timers.

use futures::future::BoxFuture;
use serde_json::{Value, json};
use shared::app::App;
use shared::domain::machine::{Machine, Process};
use shared::store::StoreError;
use shared::sweep;

/// A job: it answers with what it did.
pub type Job = fn(&App) -> BoxFuture<'_, Result<Value, StoreError>>;

/// The job of this name in spec 09.
pub fn find(name: &str) -> Option<Job> {
    sweep::find(name).map(|job| job.run)
}

/// Timers, by when they are due.
pub async fn waiting(app: &App) -> Result<Vec<Value>, StoreError> {
    let mut waiting = Vec::new();
    for (kind, of) in [(Machine::HEARTBEAT, "machines"), (Process::HEARTBEAT, "processes")] {
        for timer in app.store.timers(kind, None).await? {
            let job = json!({"kind": kind, "resource": {"type": of, "id": timer.id}, "at": timer.due});
            waiting.push((timer.due, job));
        }
    }
    waiting.sort_by_key(|(due, _)| *due);
    Ok(waiting.into_iter().map(|(_, job)| job).collect())
}
