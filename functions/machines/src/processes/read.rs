//! `GET /processes` and `GET /processes/{id}`.

use axum::extract::Path;
use shared::domain::machine::filter::{Home, OF_PROCESSES, processes};
use shared::domain::machine::{Process, access, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("process.read").when(access::list(&ctx.bearer))?;
    let page = processes(&ctx, Home::Bearer, OF_PROCESSES).await?;
    Ok(page.reply(|view| view.document(ctx.now)))
}

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let found = scope::find_part::<Process>(&ctx, &id).await?;
    ctx.permit("process.read").reads(&found.process).when(true)?;
    Ok(Reply::data(found.document(ctx.now)))
}
