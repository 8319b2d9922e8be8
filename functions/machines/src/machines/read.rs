//! `GET /machines` and `GET /machines/{id}`.

use axum::extract::Path;
use shared::domain::machine::filter::{Home, OF_MACHINES, machines};
use shared::domain::machine::{access, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("machine.read").when(access::list(&ctx.bearer))?;
    let page = machines(&ctx, Home::Bearer, OF_MACHINES).await?;
    Ok(page.reply(|view| view.document_for(ctx.version, ctx.now)))
}

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("machine.read").reads(&view.machine).when(true)?;
    Ok(Reply::data(view.document_for(ctx.version, ctx.now)))
}
