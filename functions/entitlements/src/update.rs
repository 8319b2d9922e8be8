//! `PATCH /entitlements/{id}`.

use axum::extract::Path;
use shared::auth::permissions::PermissionSet;
use shared::cascade;
use shared::domain::entitlement::{Entitlement, access, rules, scope};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let before = scope::find(&ctx, &id).await?;
    ctx.permit("entitlement.update").writes(&before).when(access::manage(&ctx.bearer))?;
    let data = ctx.decode(&body::update::<Entitlement>(&ctx))?;

    let (mut after, mut failures) = model::assign(&before, &data, PermissionSet::EMPTY)?;
    after.updated = ctx.now;
    rules::check(&after, &mut failures);
    failures.result::<Entitlement>()?;

    let mut unit = Unit::new();
    unit.update(&before, &after);
    // Whoever holds the entitlement has its code at hand.
    let renamed = (after.code != before.code).then(|| cascade::leave_renamed(&mut unit, &after, ctx.now));
    let document = rules::document(&after);
    let event = ctx.event_about("entitlement.updated", &after, document.clone()).with_diff(&before, &after);
    ctx.save::<Entitlement>(unit, event).await?;
    if let Some(job) = renamed {
        cascade::begin(&ctx.app, &ctx.store, &job).await;
    }
    Ok(Reply::data(document))
}
