//! `GET /components` and `GET /components/{id}`.

use axum::extract::Path;
use shared::domain::machine::filter::{Home, OF_COMPONENTS, components};
use shared::domain::machine::{Component, access, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("component.read").when(access::list(&ctx.bearer))?;
    let page = components(&ctx, Home::Bearer, OF_COMPONENTS).await?;
    Ok(page.reply(|view| view.document()))
}

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let found = scope::find_part::<Component>(&ctx, &id).await?;
    ctx.permit("component.read").reads(&found.component).when(true)?;
    Ok(Reply::data(found.document()))
}
