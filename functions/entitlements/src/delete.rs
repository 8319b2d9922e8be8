//! `DELETE /entitlements/{id}`.

use axum::extract::Path;
use shared::cascade;
use shared::domain::entitlement::{Entitlement, access, rules, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn delete(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let entitlement = scope::find(&ctx, &id).await?;
    ctx.permit("entitlement.delete").writes(&entitlement).when(access::manage(&ctx.bearer))?;

    let mut unit = Unit::new();
    unit.remove(&entitlement);
    let job = cascade::leave(&mut unit, &entitlement, ctx.now);
    let event = ctx.event_about("entitlement.deleted", &entitlement, rules::document(&entitlement));
    ctx.save::<Entitlement>(unit, event).await?;
    cascade::begin(&ctx.app, &ctx.store, &job).await;
    Ok(Reply::empty())
}
