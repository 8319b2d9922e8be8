//! `/policies/{id}/pool`.

use axum::extract::Path;
use shared::domain::attribute::Reference;
use shared::domain::key::{PoolKey, pool, rules};
use shared::domain::policy::{access, scope};
use shared::http::context::{Ctx, refusal};
use shared::http::error::{Error, Result};
use shared::http::listing::List;
use shared::http::reply::Reply;
use shared::store::Unit;
use shared::store::keys::Within;

pub async fn list(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let policy = scope::find(&ctx, &id).await?;
    ctx.permit("key.read").under(&policy).when(access::related(&ctx.bearer, &policy))?;
    let page = ctx.page::<PoolKey>(List::within::<PoolKey>(&ctx, Within::Parent(policy.id))).await?;
    Ok(page.reply(|key| rules::document(&key)))
}

pub async fn show(ctx: Ctx, Path((id, key)): Path<(String, String)>) -> Result<Reply> {
    let policy = scope::find(&ctx, &id).await?;
    let found: PoolKey = ctx.find(&key).await?;
    if found.policy != policy.id {
        return Err(Error::not_found("key", &key));
    }
    ctx.permit("key.read").under(&policy).reads(&found).when(access::related(&ctx.bearer, &policy))?;
    Ok(Reply::data(rules::document(&found)))
}

pub async fn pop(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let policy = scope::find(&ctx, &id).await?;
    ctx.permit("policy.pool.pop").under(&policy).when(access::pop(&ctx.bearer, &policy))?;
    if !policy.use_pool {
        return Err(unpoppable("pool is not supported"));
    }
    let mut draw = pool::draw(&ctx, &policy);
    while let Some(key) = draw.next().await? {
        let mut unit = Unit::new();
        pool::take(&mut unit, &key);
        let document = rules::document(&key);
        let subject = Reference::new("policies", policy.id);
        let event = ctx.event("policy.pool.popped", key.environment, subject, document.clone());
        match ctx.commit(unit, event).await {
            Err(error) if pool::lost(&error) => {}
            outcome => return outcome.map(|()| Reply::data(document)).map_err(refusal::<PoolKey>),
        }
    }
    Err(unpoppable("pool is empty"))
}

fn unpoppable(detail: &'static str) -> Error {
    Error::unprocessable(detail).pointer("/data/relationships/pool")
}
