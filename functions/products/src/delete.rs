//! `DELETE /products/{id}`.

use axum::extract::Path;
use shared::cascade;
use shared::domain::product::{Product, access, rules, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn delete(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let product = scope::find(&ctx, &id).await?;
    ctx.permit("product.delete").writes(&product).when(access::delete(&ctx.bearer))?;

    let mut unit = Unit::new();
    unit.remove(&product);
    let job = cascade::leave(&mut unit, &product, ctx.now);
    let event = ctx.event_about("product.deleted", &product, rules::document(&product));
    ctx.save::<Product>(unit, event).await?;
    cascade::begin(&ctx.app, &ctx.store, &job).await;
    Ok(Reply::empty())
}
