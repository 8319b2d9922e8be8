//! `GET /groups` and `GET /groups/{id}`.

use axum::extract::Path;
use shared::domain::group::{access, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::jsonapi::document::{self, Extras};

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("group.read").when(true)?;
    let page = scope::page(&ctx).await?;
    Ok(page.reply(|group| document::resource(&group, &Extras::default())))
}

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let group = scope::find(&ctx, &id).await?;
    let standing = scope::standing(&ctx, &group).await?;
    ctx.permit("group.read").reads(&group).when(access::show(standing))?;
    Ok(Reply::data(document::resource(&group, &Extras::default())))
}
