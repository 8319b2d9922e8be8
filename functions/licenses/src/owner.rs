//! `/licenses/{license}/owner`, and its older name, `/licenses/{license}/user`.

use axum::extract::Path;
use serde_json::Value;
use shared::domain::license::{access, owner, scope};
use shared::domain::{body, user};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::jsonapi::schema::nullable_linkage;

pub async fn show(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    answer(&ctx, &license, false).await
}

pub async fn show_user(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    answer(&ctx, &license, true).await
}

async fn answer(ctx: &Ctx, license: &str, legacy: bool) -> Result<Reply> {
    let view = scope::find(ctx, license).await?;
    let mut permit = ctx.permit("user.read").under(&view.license);
    if let Some(owner) = &view.owner {
        permit = permit.reads(owner);
    }
    permit.when(!legacy || access::legacy_owner(&ctx.bearer, &view.license))?;
    Ok(Reply::data(match &view.owner {
        Some(owner) => user::view::document(ctx, owner).await?,
        None => Value::Null,
    }))
}

pub async fn update(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    change(&ctx, &license, "owner").await
}

pub async fn update_user(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    change(&ctx, &license, "user").await
}

/// Sets or clears the owner, under the name that the route has for it.
async fn change(ctx: &Ctx, license: &str, name: &str) -> Result<Reply> {
    let before = scope::find(ctx, license).await?;
    let mut permit = ctx.permit(&format!("license.{name}.update")).writes(&before.license);
    if ctx.environment.is_some() {
        permit = permit.writes_in(before.owner.as_ref().and_then(|owner| owner.environment));
    }
    permit.when(access::manage(&ctx.bearer, &before.license))?;
    let named = body::named(&ctx.decode(&nullable_linkage(&[body::names("users")]))?);

    let after = owner::change(ctx, &before, named, |after| {
        let event = ctx.event_about(&format!("license.{name}.updated"), &after.license, after.document(ctx.now));
        event.with_diff(&before.license, &after.license)
    });
    Ok(Reply::data(after.await?.document(ctx.now)))
}
