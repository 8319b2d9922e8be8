//! What is listed under a product.

use axum::extract::Path;
use shared::domain::license::filter::{self, Filter};
use shared::domain::license::scope as licenses;
use shared::domain::machine::filter::{self as machine_filter, Home};
use shared::domain::machine::scope as machine_scope;
use shared::domain::policy::{self, Policy};
use shared::domain::product::{Product, access, scope};
use shared::domain::user::{User, filter as user_filter, scope as user_scope, view as user_view};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::listing::List;
use shared::http::reply::Reply;
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
    Ok(page.reply(|policy| policy::rules::document(&policy)))
}

pub async fn policy(ctx: Ctx, Path((id, policy)): Path<(String, String)>) -> Result<Reply> {
    let product = parent(&ctx, &id, "policy.read").await?;
    let found: Policy = ctx.find(&policy).await?;
    if found.product != product.id {
        return Err(Error::not_found("policy", &policy));
    }
    Ok(Reply::data(policy::rules::document(&found)))
}

pub async fn licenses(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let product = parent(&ctx, &id, "license.read").await?;
    let filter = Filter::of(&ctx, &["policy", "user", "suspended"]).await?;
    let page = filter::page(&ctx, Within::Product(product.id), &filter).await?;
    Ok(page.reply(|view| view.document(ctx.now)))
}

pub async fn license(ctx: Ctx, Path((id, license)): Path<(String, String)>) -> Result<Reply> {
    let product = parent(&ctx, &id, "license.read").await?;
    let view = licenses::find(&ctx, &license).await?;
    if view.license.product != product.id {
        return Err(Error::not_found("license", &license));
    }
    Ok(Reply::data(view.document(ctx.now)))
}

pub async fn machines(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let product = parent(&ctx, &id, "machine.read").await?;
    let filters = ["fingerprint", "license", "user"];
    let page = machine_filter::machines(&ctx, Home::Product(product.id), &filters).await?;
    Ok(page.reply(|view| view.document_for(ctx.version, ctx.now)))
}

pub async fn machine(ctx: Ctx, Path((id, machine)): Path<(String, String)>) -> Result<Reply> {
    let product = parent(&ctx, &id, "machine.read").await?;
    let found = machine_scope::find_among(&ctx, &machine, |view| view.license.license.product == product.id).await?;
    Ok(Reply::data(found.document_for(ctx.version, ctx.now)))
}

pub async fn users(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let product = parent(&ctx, &id, "user.read").await?;
    let mut users = users_of(&ctx, &product).await?;
    if let Some(roles) = user_filter::roles(&ctx.query) {
        users.retain(|user| roles.contains(&user.role));
    }
    let page = ctx.page_through(users)?;
    let documents = user_view::documents(&ctx, &page.records).await?;
    Ok(page.documents(documents))
}

pub async fn user(ctx: Ctx, Path((id, user)): Path<(String, String)>) -> Result<Reply> {
    let product = parent(&ctx, &id, "user.read").await?;
    let found = user_scope::find(&ctx, &user).await?;
    if !user_scope::has_license_of(&ctx, found.id, product.id).await? {
        return Err(Error::not_found("user", &user));
    }
    Ok(Reply::data(user_view::document(&ctx, &found).await?))
}

/// The distinct users of a product's licenses.
async fn users_of(ctx: &Ctx, product: &Product) -> Result<Vec<User>> {
    let ids = user_scope::of_product(ctx, product.id).await?;
    let mut users: Vec<User> = ctx.store.get_many(ctx.account(), &ids).await?;
    users.retain(|user| ctx.sees(user.environment));
    Ok(users)
}
