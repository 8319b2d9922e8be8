//! `GET /licenses/{license}/product`.

use axum::extract::Path;
use shared::domain::license::scope;
use shared::domain::product::{Product, rules};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;

pub async fn show(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    let product: Option<Product> = ctx.store.get(ctx.account(), view.license.product).await?;
    let product = product.ok_or_else(|| Error::absent("product"))?;
    ctx.permit("product.read").under(&view.license).reads(&product).when(true)?;
    Ok(Reply::data(rules::document(&product)))
}
