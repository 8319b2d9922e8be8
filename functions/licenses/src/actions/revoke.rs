//! `DELETE /licenses/{id}/actions/revoke`.

use axum::extract::Path;
use shared::cascade;
use shared::domain::license::{License, action_access as access, holding};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn revoke(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = holding::find(&ctx, &id).await?.view;
    ctx.permit("license.revoke").writes(&view.license).when(access::renew_or_revoke(&ctx.bearer, &view))?;

    let mut unit = Unit::new();
    unit.remove(&view.license);
    let job = cascade::leave(&mut unit, &view.license, ctx.now);
    let event = ctx.event_about("license.revoked", &view.license, view.document(ctx.now));
    ctx.save::<License>(unit, event).await?;
    cascade::begin(&ctx.app, &ctx.store, &job).await;
    Ok(Reply::empty())
}
