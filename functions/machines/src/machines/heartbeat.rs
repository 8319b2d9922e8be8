//! `POST /machines/{id}/actions/ping` and `…/reset`.

use axum::extract::Path;
use shared::domain::machine::{access, pulse, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn ping(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("machine.heartbeat.ping").reads(&view.machine).when(access::ping(&ctx.bearer, &view))?;
    let view = pulse::ping_machine(&ctx, view).await?;
    Ok(Reply::data(view.document_for(ctx.version, ctx.now)))
}

pub async fn reset(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("machine.heartbeat.reset").reads(&view.machine).when(access::manage(&ctx.bearer, &view))?;
    let view = pulse::reset_machine(&ctx, view).await?;
    Ok(Reply::data(view.document(ctx.now)))
}
