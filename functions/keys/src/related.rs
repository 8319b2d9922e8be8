//! `/keys/{id}/policy` and `/keys/{id}/product`.

use axum::extract::Path;
use shared::domain::key::{access, scope};
use shared::domain::policy::{self, Policy};
use shared::domain::product::{self, Product};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;

pub async fn policy(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let key = scope::find(&ctx, &id).await?;
    let policy = ctx.store.get::<Policy>(ctx.account(), key.policy).await?;
    let policy = policy.ok_or_else(|| Error::absent("policy"))?;
    ctx.permit("policy.read").under(&key).reads(&policy).when(access::read(&ctx.bearer, &key))?;
    Ok(Reply::data(policy::rules::document(&policy)))
}

pub async fn product(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let key = scope::find(&ctx, &id).await?;
    let product = ctx.store.get::<Product>(ctx.account(), key.product).await?;
    let product = product.ok_or_else(|| Error::absent("product"))?;
    ctx.permit("product.read").under(&key).reads(&product).when(access::read(&ctx.bearer, &key))?;
    Ok(Reply::data(product::rules::document(&product)))
}
