//! What a process belongs to.

use axum::extract::Path;
use shared::domain::machine::{Process, scope};
use shared::domain::product::{self, Product};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;

pub async fn product(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let found = scope::find_part::<Process>(&ctx, &id).await?;
    let product = ctx.store.get::<Product>(ctx.account(), found.machine.machine.product).await?;
    let product = product.ok_or_else(|| Error::absent("product"))?;
    ctx.permit("product.read").under(&found.process).reads(&product).when(true)?;
    Ok(Reply::data(product::rules::document(&product)))
}

pub async fn license(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let found = scope::find_part::<Process>(&ctx, &id).await?;
    let license = &found.machine.license;
    ctx.permit("license.read").under(&found.process).reads(&license.license).when(true)?;
    Ok(Reply::data(license.document(ctx.now)))
}

pub async fn machine(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let found = scope::find_part::<Process>(&ctx, &id).await?;
    ctx.permit("machine.read").under(&found.process).reads(&found.machine.machine).when(true)?;
    Ok(Reply::data(found.machine.document_for(ctx.version, ctx.now)))
}
