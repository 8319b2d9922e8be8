//! `DELETE /users/{id}`.

use axum::extract::Path;
use shared::auth::permissions::Role;
use shared::cascade;
use shared::domain::user::{access, rules, scope, view};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn delete(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let user = scope::find(&ctx, &id).await?;
    let foreign = match ctx.bearer.product() {
        Some(product) => !scope::is_exclusive(&ctx, user.id, product.id).await?,
        None => false,
    };
    let mut permit = ctx.permit("user.delete");
    if user.role == Role::Admin {
        permit = permit.and("admin.delete");
    }
    permit
        .writes(&user)
        .unless(access::is_outranked(&ctx.bearer, &user), "the user has more rights than the bearer")
        .unless(foreign, "the user has licenses of other products")
        .when(access::delete(&ctx.bearer, &user))?;

    let mut unit = Unit::new();
    rules::keep_admins(&mut unit, &user, None);
    unit.remove(&user);
    let job = cascade::leave(&mut unit, &user, ctx.now);
    let event = ctx.event_about("user.deleted", &user, view::document(&ctx, &user).await?);
    ctx.commit(unit, event).await.map_err(rules::refused)?;
    cascade::begin(&ctx.app, &ctx.store, &job).await;
    Ok(Reply::empty())
}
