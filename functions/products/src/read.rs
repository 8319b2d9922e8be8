//! `GET /products` and `GET /products/{id}`.

use axum::extract::Path;
use shared::domain::product::{access, rules, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("product.read").when(access::list(&ctx.bearer))?;
    let page = scope::page(&ctx).await?;
    Ok(page.reply(|product| rules::document(&product)))
}

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let product = scope::find(&ctx, &id).await?;
    ctx.permit("product.read").reads(&product).when(access::show(&ctx.bearer, &product))?;
    Ok(Reply::data(rules::document(&product)))
}
