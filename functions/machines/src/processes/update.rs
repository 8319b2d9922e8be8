//! `PATCH /processes/{id}`.

use axum::extract::Path;
use shared::auth::permissions::PermissionSet;
use shared::domain::machine::{Process, access, scope};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let mut found = scope::find_part::<Process>(&ctx, &id).await?;
    ctx.permit("process.update").writes(&found.process).when(access::refit(&ctx.bearer, &found.machine))?;
    let data = ctx.decode(&body::update::<Process>(&ctx))?;

    let before = found.process.clone();
    let (mut after, failures) = model::assign(&before, &data, PermissionSet::EMPTY)?;
    after.updated = ctx.now;
    failures.result::<Process>()?;
    let mut unit = Unit::new();
    unit.update(&before, &after);
    found.process = after;
    let document = found.document(ctx.now);
    let event = ctx.event_about("process.updated", &before, document.clone()).with_diff(&before, &found.process);
    ctx.save::<Process>(unit, event).await?;
    Ok(Reply::data(document))
}
