//! `PUT /machines/{id}/group` and `PUT /machines/{id}/owner`.

use axum::extract::Path;
use serde_json::Value;
use shared::domain::body;
use shared::domain::machine::{Machine, access, amend, scope};
use shared::domain::model::Failures;
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::ids::{Id, parse_id};
use shared::jsonapi::schema::nullable_linkage;

/// The record that a body links, if it links one.
fn linked(ctx: &Ctx, plural: &'static str) -> Result<Option<Id>> {
    let data = ctx.decode(&nullable_linkage(&[body::names(plural)]))?;
    Ok(data.get("id").and_then(Value::as_str).and_then(parse_id))
}

/// The machine with a change that breaks no rule by itself.
fn with(machine: &Machine, change: impl FnOnce(&mut Machine)) -> (Machine, Failures) {
    let mut after = machine.clone();
    change(&mut after);
    (after, Failures::default())
}

pub async fn group(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    let group = linked(&ctx, "groups")?;
    ctx.permit("machine.group.update").writes(&view.machine).when(access::manage(&ctx.bearer, &view))?;
    let change = |machine: &Machine| Ok(with(machine, |after| after.group = group));
    let view = amend::amend(&ctx, view, "machine.group.updated", change).await?;
    Ok(Reply::data(view.document_for(ctx.version, ctx.now)))
}

pub async fn owner(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("machine.owner.update").writes(&view.machine).when(access::manage(&ctx.bearer, &view))?;
    let owner = linked(&ctx, "users")?;
    let change = |machine: &Machine| Ok(with(machine, |after| after.owner = owner));
    let view = amend::amend(&ctx, view, "machine.owner.updated", change).await?;
    Ok(Reply::data(view.document(ctx.now)))
}
