//! `GET /tokens` and `GET /tokens/{id}`.

use axum::extract::Path;
use shared::domain::token::filters::BearerFilter;
use shared::domain::token::scope;
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("token.read").when(true)?;
    let page = scope::page(&ctx, &BearerFilter::of(&ctx.query)).await?;
    Ok(page.reply(|view| view.document()))
}

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("token.read").reads(&view.token).when(true)?;
    Ok(Reply::data(view.document()))
}
