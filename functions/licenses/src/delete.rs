//! `DELETE /licenses/{license}`.

use axum::extract::Path;
use shared::cascade;
use shared::domain::license::{License, access, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn delete(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    ctx.permit("license.delete").writes(&view.license).when(access::delete(&ctx.bearer, &view))?;

    let mut unit = Unit::new();
    unit.remove(&view.license);
    let job = cascade::leave(&mut unit, &view.license, ctx.now);
    let event = ctx.event_about("license.deleted", &view.license, view.document(ctx.now));
    ctx.save::<License>(unit, event).await?;
    cascade::begin(&ctx.app, &ctx.store, &job).await;
    Ok(Reply::empty())
}
