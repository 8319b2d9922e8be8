//! `DELETE /policies/{id}`.

use axum::extract::Path;
use shared::cascade;
use shared::domain::policy::{Policy, access, rules, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn delete(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let policy = scope::find(&ctx, &id).await?;
    ctx.permit("policy.delete").writes(&policy).when(access::delete(&ctx.bearer, &policy))?;

    let mut unit = Unit::new();
    unit.remove(&policy);
    let job = cascade::leave(&mut unit, &policy, ctx.now);
    let event = ctx.event_about("policy.deleted", &policy, rules::document(&policy));
    ctx.save::<Policy>(unit, event).await?;
    cascade::begin(&ctx.app, &ctx.store, &job).await;
    Ok(Reply::empty())
}
