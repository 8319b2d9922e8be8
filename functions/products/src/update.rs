//! `PATCH /products/{id}`.

use axum::extract::Path;
use shared::auth::permissions::{self, Role};
use shared::domain::product::{Product, access, rules, scope};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let before = scope::find(&ctx, &id).await?;
    ctx.permit("product.update").writes(&before).when(access::update(&ctx.bearer, &before))?;
    let data = ctx.decode(&body::update::<Product>(&ctx))?;

    let (mut after, mut failures) = model::assign(&before, &data, permissions::allowed(Role::Product))?;
    after.updated = ctx.now;
    rules::check(&after, &mut failures);
    failures.result::<Product>()?;

    let mut unit = Unit::new();
    unit.update(&before, &after);
    let document = rules::document(&after);
    let event = ctx.event_about("product.updated", &after, document.clone()).with_diff(&before, &after);
    ctx.save::<Product>(unit, event).await?;
    Ok(Reply::data(document))
}
