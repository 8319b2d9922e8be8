//! `DELETE /environments/{id}`.

use axum::extract::Path;
use shared::cascade;
use shared::domain::environment::{Environment, access, rules, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn delete(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let environment = scope::find(&ctx, &id).await?;
    ctx.permit("environment.delete").writes(&environment).when(access::manage(&ctx.bearer))?;

    let mut unit = Unit::new();
    unit.remove(&environment);
    let job = cascade::leave(&mut unit, &environment, ctx.now);
    let event = ctx.event_about("environment.deleted", &environment, rules::document(&environment));
    ctx.save::<Environment>(unit, event).await?;
    cascade::begin(&ctx.app, &ctx.store, &job).await;
    Ok(Reply::empty())
}
