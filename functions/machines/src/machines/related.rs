//! What a machine belongs to.

use axum::extract::Path;
use serde_json::Value;
use shared::domain::group::Group;
use shared::domain::machine::{access, scope};
use shared::domain::product::{self, Product};
use shared::domain::user::{User, view as users};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::ids::Id;
use shared::jsonapi::document::{self, Extras};

pub async fn product(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    let product = ctx.store.get::<Product>(ctx.account(), view.license.license.product).await?;
    let product = product.ok_or_else(|| Error::absent("product"))?;
    ctx.permit("product.read").under(&view.machine).reads(&product).when(true)?;
    Ok(Reply::data(product::rules::document(&product)))
}

pub async fn license(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("license.read").under(&view.machine).reads(&view.license.license).when(true)?;
    Ok(Reply::data(view.license.document(ctx.now)))
}

pub async fn group(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    let group = match view.machine.group {
        Some(id) => ctx.store.get::<Group>(ctx.account(), id).await?,
        None => None,
    };
    let group = group.ok_or_else(|| Error::absent("group"))?;
    ctx.permit("group.read").under(&view.machine).reads(&group).when(true)?;
    Ok(Reply::data(document::resource(&group, &Extras::default())))
}

pub async fn owner(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("user.read").under(&view.machine).when(true)?;
    shown(&ctx, view.machine.owner).await
}

pub async fn user(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("user.read").under(&view.machine).when(access::license_owner(&ctx.bearer, &view))?;
    shown(&ctx, view.license.license.owner).await
}

/// A user, or null.
async fn shown(ctx: &Ctx, id: Option<Id>) -> Result<Reply> {
    let user = match id {
        Some(id) => ctx.store.get::<User>(ctx.account(), id).await?,
        None => None,
    };
    let document = users::documents(ctx, user.as_slice()).await?.pop();
    Ok(Reply::data(document.unwrap_or(Value::Null)))
}
