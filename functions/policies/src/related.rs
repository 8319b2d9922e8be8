//! `/policies/{id}/product` and `/policies/{id}/licenses`.

use axum::extract::Path;
use shared::domain::policy::{access, scope};
use shared::domain::product::{self, Product};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;

pub async fn product(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let policy = scope::find(&ctx, &id).await?;
    let product = ctx.store.get::<Product>(ctx.account(), policy.product).await?;
    let product = product.ok_or_else(|| Error::absent("product"))?;
    ctx.permit("product.read").under(&policy).reads(&product).when(access::related(&ctx.bearer, &policy))?;
    Ok(Reply::data(product::rules::document(&product)))
}
