//! What is listed under a product: policies, licenses, users.

use axum::extract::Path;
use shared::domain::license::{self, License, LicenseView, scope as licenses};
use shared::domain::policy::Policy;
use shared::domain::product::{Product, access, scope};
use shared::domain::user::{self, User};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::listing::List;
use shared::http::reply::Reply;
use shared::ids::Id;
use shared::jsonapi::document::{self, Extras};
use shared::store::keys::Within;

/// The product, if the bearer may read what is listed under it.
async fn parent(ctx: &Ctx, id: &str, permission: &str) -> Result<Product> {
    let product = scope::find(ctx, id).await?;
    ctx.permit(permission).under(&product).when(access::related(&ctx.bearer, &product))?;
    Ok(product)
}

pub async fn policies(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let product = parent(&ctx, &id, "policy.read").await?;
    let page = ctx.page::<Policy>(List::within::<Policy>(&ctx, Within::Product(product.id))).await?;
    Ok(page.reply(|policy| document::resource(&policy, &Extras::default())))
}

pub async fn policy(ctx: Ctx, Path((id, policy)): Path<(String, String)>) -> Result<Reply> {
    let product = parent(&ctx, &id, "policy.read").await?;
    let found: Policy = ctx.find(&policy).await?;
    if found.product != product.id {
        return Err(Error::not_found("policy", &policy));
    }
    Ok(Reply::data(document::resource(&found, &Extras::default())))
}

pub async fn licenses(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let product = parent(&ctx, &id, "license.read").await?;
    let list = List::within::<License>(&ctx, Within::Product(product.id));
    let filter = license::filter::Filter::of(&ctx, &["policy", "user", "suspended"]).await?;
    let page = license::filter::page(&ctx, list, &filter).await?;
    Ok(page.reply(|view| view.document(ctx.now)))
}

pub async fn license(ctx: Ctx, Path((id, license)): Path<(String, String)>) -> Result<Reply> {
    let product = parent(&ctx, &id, "license.read").await?;
    let view: LicenseView = licenses::find(&ctx, &license).await?;
    if view.license.product != product.id {
        return Err(Error::not_found("license", &license));
    }
    Ok(Reply::data(view.document(ctx.now)))
}

pub async fn users(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let product = parent(&ctx, &id, "user.read").await?;
    let ids: Vec<Id> = user::scope::of_product(&ctx, product.id).await?;
    let users: Vec<User> = ctx.store.get_many(ctx.account(), &ids).await?;
    let users: Vec<User> = user::filter::by_roles(&ctx.query, users);
    let page = ctx.page_through(users)?;
    user::view::reply(&ctx, page).await
}

pub async fn user(ctx: Ctx, Path((id, user)): Path<(String, String)>) -> Result<Reply> {
    let product = parent(&ctx, &id, "user.read").await?;
    let found: User = ctx.find_by(&user, Some(User::by_email(ctx.account(), &user))).await?;
    if !user::scope::of_product(&ctx, product.id).await?.contains(&found.id) {
        return Err(Error::not_found("user", &user));
    }
    Ok(Reply::data(user::view::document(&ctx, &found).await?))
}
