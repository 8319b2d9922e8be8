//! `/policies/{id}/product` and `/policies/{id}/licenses`.

use axum::extract::Path;
use shared::domain::license::filter::{self, Filter};
use shared::domain::license::scope as licenses;
use shared::domain::policy::{Policy, access, scope};
use shared::domain::product::{self, Product};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::store::keys::Within;

pub async fn product(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let policy = scope::find(&ctx, &id).await?;
    let product = ctx.store.get::<Product>(ctx.account(), policy.product).await?;
    let product = product.ok_or_else(|| Error::absent("product"))?;
    ctx.permit("product.read").under(&policy).reads(&product).when(access::related(&ctx.bearer, &policy))?;
    Ok(Reply::data(product::rules::document(&product)))
}

/// The policy, if the bearer may read its licenses.
async fn licensed(ctx: &Ctx, id: &str) -> Result<Policy> {
    let policy = scope::find(ctx, id).await?;
    ctx.permit("license.read").under(&policy).when(access::related(&ctx.bearer, &policy))?;
    Ok(policy)
}

pub async fn licenses(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let policy = licensed(&ctx, &id).await?;
    let filter = Filter::of(&ctx, &["product", "user", "suspended"]).await?;
    let page = filter::page(&ctx, Within::Parent(policy.id), &filter).await?;
    Ok(page.reply(|view| view.document(ctx.now)))
}

pub async fn license(ctx: Ctx, Path((id, license)): Path<(String, String)>) -> Result<Reply> {
    let policy = licensed(&ctx, &id).await?;
    let view = licenses::find(&ctx, &license).await?;
    if view.license.policy != policy.id {
        return Err(Error::not_found("license", &license));
    }
    Ok(Reply::data(view.document(ctx.now)))
}
