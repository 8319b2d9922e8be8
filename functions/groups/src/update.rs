//! `PATCH /groups/{id}`.

use axum::extract::Path;
use shared::auth::permissions::PermissionSet;
use shared::domain::group::{Group, access, scope};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::jsonapi::document::{self, Extras};
use shared::store::Unit;

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let before = scope::find(&ctx, &id).await?;
    ctx.permit("group.update").writes(&before).when(access::manage(&ctx.bearer))?;
    let data = ctx.decode(&body::update::<Group>(&ctx))?;
    let (mut after, failures) = model::assign(&before, &data, PermissionSet::EMPTY)?;
    failures.result::<Group>()?;
    after.updated = ctx.now;

    let mut unit = Unit::new();
    unit.update(&before, &after);
    let document = document::resource(&after, &Extras::default());
    let event = ctx.event_about("group.updated", &after, document.clone());
    ctx.save::<Group>(unit, event).await?;
    Ok(Reply::data(document))
}
