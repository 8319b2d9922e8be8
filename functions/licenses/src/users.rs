//! `/licenses/{license}/users`.

use axum::extract::Path;
use shared::domain::license::users::{self, Named};
use shared::domain::license::{access, scope, view};
use shared::domain::user::{self, User};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;

pub async fn list(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    ctx.permit("user.read").under(&view.license).when(true)?;
    let page = ctx.page_through(users::all(&ctx, &view).await?)?;
    let mut documents = user::view::documents(&ctx, &page.records).await?.into_iter();
    Ok(page.reply(|_| documents.next().unwrap_or_default()))
}

pub async fn show(ctx: Ctx, Path((license, identifier)): Path<(String, String)>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    let found: User = ctx.find_by(&identifier, Some(User::by_email(ctx.account(), &identifier))).await?;
    if !scope::is_user(&ctx, &view.license, found.id).await? {
        return Err(Error::not_found("user", &identifier));
    }
    ctx.permit("user.read").under(&view.license).reads(&found).when(true)?;
    Ok(Reply::data(user::view::document(&ctx, &found).await?))
}

pub async fn attach(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let found = scope::find(&ctx, &license).await?;
    let named = Named::read(&ctx).await?;
    ctx.permit("license.users.attach")
        .under(&found.license)
        .relates(found.license.environment, named.environments())
        .when(access::change_users(&ctx.bearer, &found))?;
    let links = users::attach(&ctx, &found, &named).await?;
    Ok(Reply::data(links.iter().map(view::user_document).collect()))
}

pub async fn detach(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let found = scope::find(&ctx, &license).await?;
    let named = Named::read(&ctx).await?;
    ctx.permit("license.users.detach")
        .under(&found.license)
        .relates(found.license.environment, named.environments())
        .when(access::change_users(&ctx.bearer, &found))?;
    users::detach(&ctx, &found, &named).await?;
    Ok(Reply::empty())
}
