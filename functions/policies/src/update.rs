//! `PATCH /policies/{id}`.

use axum::extract::Path;
use shared::auth::permissions::PermissionSet;
use shared::cascade;
use shared::domain::model;
use shared::domain::policy::{Policy, access, rules, scope, versions};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let before = scope::find(&ctx, &id).await?;
    ctx.permit("policy.update").writes(&before).when(access::update(&ctx.bearer, &before))?;
    let mut data = ctx.decode(&versions::changing(&ctx))?;
    versions::upgrade(&mut data);

    let (mut after, mut failures) = model::assign(&before, &data, PermissionSet::EMPTY)?;
    after.updated = ctx.now;
    rules::check(&after, &mut failures);
    failures.result::<Policy>()?;

    let mut unit = Unit::new();
    unit.update(&before, &after);
    let jobs = [
        cascade::leave_quickened(&mut unit, &before, &after, ctx.now),
        cascade::leave_rhythm(&mut unit, &before, &after, ctx.now),
    ];
    let document = rules::document(&after);
    let event = ctx.event_about("policy.updated", &after, document.clone()).with_diff(&before, &after);
    ctx.save::<Policy>(unit, event).await?;
    for job in jobs.iter().flatten() {
        cascade::begin(&ctx.app, &ctx.store, job).await;
    }
    Ok(Reply::data(document))
}
