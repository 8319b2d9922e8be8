//! The clock, queued work and schedules.

use std::sync::atomic::Ordering;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};
use shared::app::App;
use shared::clock::Time;

use super::Sandbox;
use super::reply::{Refusal, Reply, object, ok};
use super::schedules;

fn clock(app: &App) -> Response {
    ok(&json!({"now": app.clock.now(), "frozen": app.clock.is_frozen()}))
}

/// What time it is.
pub async fn read(State(sandbox): State<Sandbox>) -> Response {
    clock(&sandbox.app)
}

/// Stops the clock.
pub async fn freeze(State(sandbox): State<Sandbox>, body: Bytes) -> Reply {
    let members = object(&body)?;
    let at = match members.get("now") {
        Some(Value::String(text)) => {
            text.parse::<Time>().map_err(|error| Refusal::pointer("/now", &error.to_string()))?
        }
        Some(_) => return Err(Refusal::pointer("/now", "must be a string")),
        None => return Err(Refusal::pointer("/now", "is missing")),
    };
    sandbox.app.clock.freeze(at);
    Ok(clock(&sandbox.app))
}

/// Lets the clock run again.
pub async fn resume(State(sandbox): State<Sandbox>) -> Response {
    sandbox.app.clock.resume();
    clock(&sandbox.app)
}

/// Does all queued work, and tells what was created since the last time.
pub async fn drain(State(sandbox): State<Sandbox>) -> Reply {
    let app = &sandbox.app;
    shared::cascade::run_all(&app.store).await?;
    let (events, requests) = app.journal.take();
    let sent = app.mailer.kept().len();
    let before = sandbox.drained_mails.swap(sent, Ordering::Relaxed);
    let counts = json!({
        "webhookEvents": 0,
        "webhookDeliveries": 0,
        "eventLogs": events,
        "requestLogs": requests,
        "mails": sent.saturating_sub(before),
    });
    Ok(ok(&json!({"meta": counts})))
}

/// Runs a scheduled job now.
pub async fn schedule(State(sandbox): State<Sandbox>, Path(name): Path<String>) -> Reply {
    let job = schedules::find(&name).ok_or_else(|| Refusal::absent(&format!("there is no schedule '{name}'")))?;
    Ok(ok(&job(&sandbox.app).await?))
}

/// Mails sent since the last reset.
pub async fn mails(State(sandbox): State<Sandbox>) -> Response {
    ok(&json!({"data": sandbox.app.mailer.kept()}))
}

/// Work that is queued for later.
pub async fn jobs(State(sandbox): State<Sandbox>) -> Reply {
    Ok(ok(&json!({"data": schedules::waiting(&sandbox.app).await?})))
}
