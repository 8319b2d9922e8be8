//! `DELETE /keys/{id}`.

use axum::extract::Path;
use shared::domain::key::{PoolKey, access, rules, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn delete(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let key = scope::find(&ctx, &id).await?;
    ctx.permit("key.delete").writes(&key).when(access::manage(&ctx.bearer, &key))?;

    let mut unit = Unit::new();
    unit.remove(&key);
    let event = ctx.event_about("key.deleted", &key, rules::document(&key));
    ctx.save::<PoolKey>(unit, event).await?;
    Ok(Reply::empty())
}
