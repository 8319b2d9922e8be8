//! `GET /keys` and `GET /keys/{id}`.

use axum::extract::Path;
use shared::domain::key::{access, rules, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("key.read").when(true)?;
    let page = scope::page(&ctx).await?;
    Ok(page.reply(|key| rules::document(&key)))
}

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let key = scope::find(&ctx, &id).await?;
    ctx.permit("key.read").reads(&key).when(access::read(&ctx.bearer, &key))?;
    Ok(Reply::data(rules::document(&key)))
}
