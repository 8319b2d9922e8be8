//! `GET /policies` and `GET /policies/{id}`.

use axum::extract::Path;
use shared::domain::policy::{rules, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("policy.read").when(true)?;
    let page = scope::page(&ctx).await?;
    Ok(page.reply(|policy| rules::document(&policy)))
}

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let policy = scope::find(&ctx, &id).await?;
    ctx.permit("policy.read").reads(&policy).when(true)?;
    Ok(Reply::data(rules::document(&policy)))
}
