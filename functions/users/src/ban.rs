//! `POST /users/{id}/actions/ban` and `…/unban` (spec 03 §3.9).

use axum::extract::Path;
use shared::auth::permissions::Role;
use shared::domain::user::{User, access, scope, view};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn ban(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let before = subject(&ctx, &id, "user.ban").await?;
    let after = User { banned_at: Some(ctx.now), ..before.clone() };
    save(&ctx, "user.banned", &before, after).await
}

pub async fn unban(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let before = subject(&ctx, &id, "user.unban").await?;
    let after = User { banned_at: None, ..before.clone() };
    save(&ctx, "user.unbanned", &before, after).await
}

async fn subject(ctx: &Ctx, id: &str, permission: &str) -> Result<User> {
    let user = scope::find(ctx, id).await?;
    ctx.permit(permission)
        .writes(&user)
        .unless(user.role != Role::User, "the user must have the user role")
        .when(access::ban(&ctx.bearer))?;
    Ok(user)
}

async fn save(ctx: &Ctx, event: &str, before: &User, mut after: User) -> Result<Reply> {
    after.updated = ctx.now;
    let mut unit = Unit::new();
    unit.update(before, &after);
    let document = view::document(ctx, &after).await?;
    let event = ctx.event_about(event, &after, document.clone());
    ctx.save::<User>(unit, event).await?;
    Ok(Reply::data(document))
}
