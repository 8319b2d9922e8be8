//! What hangs on a machine: `/machines/{id}/components` and `/machines/{id}/processes`.

use axum::extract::Path;
use shared::domain::machine::filter::{self, Home};
use shared::domain::machine::{Component, Process, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn components(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("component.read").under(&view.machine).when(true)?;
    let page = filter::components(&ctx, Home::Machine(view.machine.id), &[]).await?;
    Ok(page.reply(|view| view.document()))
}

pub async fn component(ctx: Ctx, Path((id, component)): Path<(String, String)>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    let found = scope::find_part_of::<Component>(&ctx, &view, &component).await?;
    ctx.permit("component.read").under(&view.machine).reads(&found.component).when(true)?;
    Ok(Reply::data(found.document()))
}

pub async fn processes(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("process.read").under(&view.machine).when(true)?;
    let page = filter::processes(&ctx, Home::Machine(view.machine.id), &["status"]).await?;
    Ok(page.reply(|view| view.document(ctx.now)))
}

pub async fn process(ctx: Ctx, Path((id, process)): Path<(String, String)>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    let found = scope::find_part_of::<Process>(&ctx, &view, &process).await?;
    ctx.permit("process.read").under(&view.machine).reads(&found.process).when(true)?;
    Ok(Reply::data(found.document(ctx.now)))
}
