//! `/licenses/{license}/machines`.

use axum::extract::Path;
use shared::domain::license::{LicenseView, scope};
use shared::domain::machine::filter::{self, Home};
use shared::domain::machine::scope as machines;
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

/// The license, if the bearer may read its machines.
async fn parent(ctx: &Ctx, license: &str) -> Result<LicenseView> {
    let view = scope::find(ctx, license).await?;
    ctx.permit("machine.read").under(&view.license).when(true)?;
    Ok(view)
}

pub async fn list(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let view = parent(&ctx, &license).await?;
    let filters = ["fingerprint", "product", "user"];
    let page = filter::machines(&ctx, Home::License(view.license.id), &filters).await?;
    Ok(page.reply(|view| view.document_for(ctx.version, ctx.now)))
}

pub async fn show(ctx: Ctx, Path((license, machine)): Path<(String, String)>) -> Result<Reply> {
    let view = parent(&ctx, &license).await?;
    let found = machines::find_among(&ctx, &machine, |found| found.license.license.id == view.license.id).await?;
    Ok(Reply::data(found.document_for(ctx.version, ctx.now)))
}
