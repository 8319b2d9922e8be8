//! Reset, import and export.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use serde_json::{Value, json};
use shared::app::App;
use shared::auth::session;
use shared::domain::token::Session;
use shared::jsonapi::query::Query;
use shared::provision;
use shared::store::StoreError;
use shared::tenant::Name;
use shared::transfer::import::{Done, Options};
use shared::transfer::{Transfer, kinds};

use super::Sandbox;
use super::reply::{Refusal, Reply, nothing, object, ok};

/// Empties everything.
pub async fn reset(State(sandbox): State<Sandbox>) -> Reply {
    let app = &sandbox.app;
    super::reset::empty(&app.store).await?;
    app.tenants.clear();
    app.clock.resume();
    app.mailer.clear();
    app.journal.take();
    sandbox.drained_mails.store(0, std::sync::atomic::Ordering::Relaxed);
    Ok(nothing())
}

fn transfer(app: &App) -> Transfer<'_> {
    Transfer { store: &app.store, vault: &app.vault, now: app.clock.now() }
}

/// Imports all records, or none.
pub async fn import(State(sandbox): State<Sandbox>, body: Bytes) -> Reply {
    let app = &sandbox.app;
    let mut members = object(&body)?;
    let records = match members.remove("data") {
        Some(Value::Array(records)) => records,
        Some(_) => return Err(Refusal::pointer("/data", "must be an array")),
        None => return Err(Refusal::pointer("/data", "is missing")),
    };
    let options = Options { atomic: true, account: None };
    let report = transfer(app).import(&records, &options).await?;
    if !report.problems.is_empty() {
        return Err(Refusal::all(report.problems.iter().map(|problem| {
            let pointer = format!("/data/{}{}", problem.index, problem.fault.pointer);
            Refusal::pointer(&pointer, &problem.fault.detail)
        })));
    }
    let mut imported: BTreeMap<&str, u64> = BTreeMap::new();
    let mut data = Vec::with_capacity(records.len());
    for done in report.done.iter().flatten() {
        *imported.entry(done.kind).or_default() += 1;
        if done.kind == "accounts" {
            app.tenants.forget(done.id);
        }
        let mut item = json!({"type": done.kind, "id": done.id});
        if done.kind == "sessions"
            && let Some(cookie) = cookie(app, done).await?
        {
            item["meta"] = json!({"cookie": cookie});
        }
        data.push(item);
    }
    Ok(ok(&json!({"meta": {"imported": imported}, "data": data})))
}

/// The `Cookie` pair that uses a session.
async fn cookie(app: &App, done: &Done) -> Result<Option<String>, StoreError> {
    let Some(session) = app.store.get::<Session>(done.account, done.id).await? else { return Ok(None) };
    let name = done.account.to_string();
    let Some(tenant) = app.tenants.find(app, &app.store, Name::Segment(&name)).await? else { return Ok(None) };
    let pair = session::pair(&tenant.signer, &session);
    pair.map(Some).map_err(|error| StoreError::Broken(error.to_string()))
}

/// An account's records of one type, oldest first, without secrets.
pub async fn export(State(sandbox): State<Sandbox>, RawQuery(query): RawQuery) -> Reply {
    let app = &sandbox.app;
    let query =
        Query::parse(query.as_deref().unwrap_or_default()).map_err(|_| Refusal::bad("the query cannot be read"))?;
    let name = query.text("account").ok_or_else(|| Refusal::parameter("account", "account is missing"))?;
    let kind = query.text("type").ok_or_else(|| Refusal::parameter("type", "type is missing"))?;
    let kind = kinds::find(kind).ok_or_else(|| Refusal::parameter("type", "there is no such type"))?;
    let account = provision::find(&app.store, name).await?;
    let account = account.ok_or_else(|| Refusal::absent(&format!("there is no account '{name}'")))?;
    let transfer = transfer(app);
    let mut pages = transfer.export(account.id, kind, false).await?;
    let mut data = Vec::with_capacity(pages.left());
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            return Ok(ok(&json!({"data": data})));
        }
        data.extend(page);
    }
}
