//! `DELETE /groups/{id}`.

use axum::extract::Path;
use shared::cascade;
use shared::domain::group::{Group, access, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::jsonapi::document::{self, Extras};
use shared::store::Unit;

pub async fn delete(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let group = scope::find(&ctx, &id).await?;
    ctx.permit("group.delete").writes(&group).when(access::manage(&ctx.bearer))?;

    let mut unit = Unit::new();
    unit.remove(&group);
    let job = cascade::leave(&mut unit, &group, ctx.now);
    let event = ctx.event_about("group.deleted", &group, document::resource(&group, &Extras::default()));
    ctx.save::<Group>(unit, event).await?;
    cascade::begin(&ctx.app, &ctx.store, &job).await;
    Ok(Reply::empty())
}
