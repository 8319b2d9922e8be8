//! `GET /environments` and `GET /environments/{id}`.

use axum::extract::Path;
use shared::domain::environment::{Environment, access, rules, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::listing::List;
use shared::http::reply::Reply;
use shared::store::keys::Within;
use shared::store::list::Sources;

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("environment.read").when(access::list(&ctx.bearer))?;
    // Environments belong to none, so that all of them are seen from each.
    let sources = Sources::of(ctx.account(), &[None], Within::Account, "environments");
    let page = ctx.page::<Environment>(List::of(sources)).await?;
    Ok(page.reply(|environment| rules::document(&environment)))
}

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let environment = scope::find(&ctx, &id).await?;
    ctx.permit("environment.read").reads(&environment).when(true)?;
    Ok(Reply::data(rules::document(&environment)))
}
