//! `GET /licenses` and `GET /licenses/{license}`.

use axum::extract::Path;
use shared::domain::license::{access, filter, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("license.read").when(access::list(&ctx.bearer))?;
    let filter = filter::Filter::of(&ctx, filter::ALL).await?;
    let page = filter::page(&ctx, scope::within(&ctx.bearer), &filter).await?;
    Ok(page.reply(|view| view.document(ctx.now)))
}

pub async fn show(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    ctx.permit("license.read").reads(&view.license).when(true)?;
    Ok(Reply::data(view.document(ctx.now)))
}
