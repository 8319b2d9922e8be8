//! `PATCH /licenses/{license}`.

use axum::extract::Path;
use shared::auth::permissions::{self, Role};
use shared::domain::license::{License, LicenseView, access, rules, scope};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn update(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let before = scope::find(&ctx, &license).await?;
    ctx.permit("license.update").writes(&before.license).when(access::update(&ctx.bearer, &before.license))?;
    let data = ctx.decode(&body::update::<License>(&ctx))?;

    let (mut license, mut failures) = model::assign(&before.license, &data, permissions::allowed(Role::License))?;
    license.updated = ctx.now;
    rules::check(&license, &before.policy, &mut failures);
    failures.result::<License>()?;

    let mut unit = Unit::new();
    unit.update(&before.license, &license);
    let after = LicenseView { license, ..before.clone() };
    let document = after.document(ctx.now);
    let event = ctx.event_about("license.updated", &after.license, document.clone());
    ctx.save::<License>(unit, event.with_diff(&before.license, &after.license)).await?;
    Ok(Reply::data(document))
}
