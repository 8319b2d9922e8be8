//! `PATCH /components/{id}`.

use axum::extract::Path;
use shared::auth::permissions::PermissionSet;
use shared::domain::machine::{Component, access, scope};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let mut found = scope::find_part::<Component>(&ctx, &id).await?;
    ctx.permit("component.update").writes(&found.component).when(access::refit(&ctx.bearer, &found.machine))?;
    let data = ctx.decode(&body::update::<Component>(&ctx))?;

    let before = found.component.clone();
    let (mut after, failures) = model::assign(&before, &data, PermissionSet::EMPTY)?;
    after.updated = ctx.now;
    failures.result::<Component>()?;
    let mut unit = Unit::new();
    unit.update(&before, &after);
    found.component = after;
    let document = found.document();
    let event = ctx.event_about("component.updated", &before, document.clone()).with_diff(&before, &found.component);
    ctx.save::<Component>(unit, event).await?;
    Ok(Reply::data(document))
}
