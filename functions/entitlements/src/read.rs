//! `GET /entitlements` and `GET /entitlements/{id}`.

use axum::extract::Path;
use shared::domain::entitlement::{rules, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("entitlement.read").when(true)?;
    let page = scope::page(&ctx).await?;
    Ok(page.reply(|entitlement| rules::document(&entitlement)))
}

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let entitlement = scope::find(&ctx, &id).await?;
    ctx.permit("entitlement.read").reads(&entitlement).when(true)?;
    Ok(Reply::data(rules::document(&entitlement)))
}
