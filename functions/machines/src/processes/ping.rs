//! `POST /processes/{id}/actions/ping`.

use axum::extract::Path;
use shared::domain::machine::{Process, access, pulse, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn ping(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let found = scope::find_part::<Process>(&ctx, &id).await?;
    let allowed = access::ping(&ctx.bearer, &found.machine);
    ctx.permit("process.heartbeat.ping").reads(&found.process).when(allowed)?;
    let found = pulse::ping_process(&ctx, found).await?;
    Ok(Reply::data(found.document(ctx.now)))
}
