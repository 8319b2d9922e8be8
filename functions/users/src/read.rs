//! `GET /users` and `GET /users/{id}`.

use axum::extract::Path;
use shared::auth::bearer::Bearer;
use shared::auth::permissions::Role;
use shared::domain::user::filter::Filter;
use shared::domain::user::{access, scope, view};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("user.read").when(true)?;
    let page = scope::page(&ctx, &Filter::of(&ctx.query)).await?;
    let has = |roles: fn(Role) -> bool| page.records.iter().any(|user| roles(user.role));
    let mut permit = ctx.permit("user.read");
    if has(|role| role == Role::Admin) {
        permit = permit.and("admin.read");
    }
    permit.when(!matches!(ctx.bearer, Bearer::Environment(_)) || !has(|role| role != Role::User))?;
    let documents = view::documents(&ctx, &page.records).await?;
    Ok(page.documents(documents))
}

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let user = scope::find(&ctx, &id).await?;
    let mut permit = ctx.permit("user.read");
    if user.role == Role::Admin {
        permit = permit.and("admin.read");
    }
    permit.reads(&user).when(access::show(&ctx.bearer, &user))?;
    Ok(Reply::data(view::document(&ctx, &user).await?))
}
