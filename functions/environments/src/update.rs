//! `PATCH /environments/{id}`.

use axum::extract::Path;
use shared::auth::permissions::PermissionSet;
use shared::domain::environment::{Environment, access, rules, scope};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let before = scope::find(&ctx, &id).await?;
    ctx.permit("environment.update").writes(&before).when(access::manage(&ctx.bearer))?;
    let data = ctx.decode(&body::update::<Environment>(&ctx))?;

    let (mut after, mut failures) = model::assign(&before, &data, PermissionSet::EMPTY)?;
    after.updated = ctx.now;
    rules::check(&after, &mut failures);
    failures.result::<Environment>()?;

    let mut unit = Unit::new();
    unit.update(&before, &after);
    let document = rules::document(&after);
    let event = ctx.event_about("environment.updated", &after, document.clone()).with_diff(&before, &after);
    ctx.save::<Environment>(unit, event).await?;
    Ok(Reply::data(document))
}
