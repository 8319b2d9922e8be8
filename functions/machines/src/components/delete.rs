//! `DELETE /components/{id}`.

use axum::extract::Path;
use shared::domain::machine::{Component, access, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn delete(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let found = scope::find_part::<Component>(&ctx, &id).await?;
    let allowed = access::equip(&ctx.bearer, Some(&found.machine));
    ctx.permit("component.delete").writes(&found.component).when(allowed)?;
    let mut unit = Unit::new();
    unit.remove(&found.component);
    let event = ctx.event_about("component.deleted", &found.component, found.document());
    ctx.save::<Component>(unit, event).await?;
    Ok(Reply::empty())
}
