//! `PATCH /keys/{id}`.

use axum::extract::Path;
use shared::auth::permissions::PermissionSet;
use shared::domain::key::{PoolKey, access, rules, scope};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let before = scope::find(&ctx, &id).await?;
    ctx.permit("key.update").writes(&before).when(access::manage(&ctx.bearer, &before))?;
    let data = ctx.decode(&body::update::<PoolKey>(&ctx))?;

    let (mut after, mut failures) = model::assign(&before, &data, PermissionSet::EMPTY)?;
    after.updated = ctx.now;
    rules::check(&after, &mut failures);
    failures.result::<PoolKey>()?;

    let mut unit = Unit::new();
    unit.update(&before, &after);
    rules::require_unlicensed(&mut unit, &after);
    let document = rules::document(&after);
    let event = ctx.event_about("key.updated", &after, document.clone()).with_diff(&before, &after);
    ctx.commit(unit, event).await.map_err(rules::refused)?;
    Ok(Reply::data(document))
}
