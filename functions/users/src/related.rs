//! What is listed under a user: its licenses, their products and machines.

use axum::extract::Path;
use shared::domain::license::{filter as license_filter, scope as license_scope, view as license_view};
use shared::domain::machine::filter::{self as machine_filter, Home};
use shared::domain::machine::scope as machine_scope;
use shared::domain::product::{Product, rules as product_rules};
use shared::domain::user::{User, access, scope};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::ids::{Id, parse_id};
use shared::store::keys::Within;

/// The user, if the bearer may read what is listed under it.
async fn parent(ctx: &Ctx, id: &str, permission: &str) -> Result<User> {
    let user = scope::find(ctx, id).await?;
    ctx.permit(permission).under(&user).when(access::related(&ctx.bearer, &user))?;
    Ok(user)
}

/// The product that asks, which sees only what is its own.
fn asking_product(ctx: &Ctx) -> Option<Id> {
    ctx.bearer.product().map(|product| product.id)
}

pub async fn products(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let user = parent(&ctx, &id, "product.read").await?;
    let page = ctx.page_through(products_of(&ctx, &user).await?)?;
    Ok(page.reply(|product| product_rules::document(&product)))
}

pub async fn product(ctx: Ctx, Path((id, product)): Path<(String, String)>) -> Result<Reply> {
    let user = parent(&ctx, &id, "product.read").await?;
    let wanted = parse_id(&product);
    let found = products_of(&ctx, &user)
        .await?
        .into_iter()
        .find(|found| Some(found.id) == wanted || found.code.as_ref() == Some(&product));
    let found = found.ok_or_else(|| Error::not_found("product", &product))?;
    Ok(Reply::data(product_rules::document(&found)))
}

/// The distinct products of a user's licenses.
async fn products_of(ctx: &Ctx, user: &User) -> Result<Vec<Product>> {
    let licenses = license_scope::of_user(ctx, user.id).await?;
    let mut ids: Vec<Id> = licenses.into_iter().map(|license| license.product).collect();
    ids.retain(|id| asking_product(ctx).is_none_or(|own| own == *id));
    ids.sort_unstable();
    ids.dedup();
    Ok(ctx.store.get_many(ctx.account(), &ids).await?)
}

pub async fn licenses(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let user = parent(&ctx, &id, "license.read").await?;
    let filter = license_filter::Filter::of(&ctx, &["product", "policy", "suspended"]).await?;
    let filter = filter.of_product(asking_product(&ctx));
    let page = license_filter::page(&ctx, Within::Owner(user.id), &filter).await?;
    Ok(page.reply(|view| view.document(ctx.now)))
}

pub async fn license(ctx: Ctx, Path((id, license)): Path<(String, String)>) -> Result<Reply> {
    let user = parent(&ctx, &id, "license.read").await?;
    let missing = || Error::not_found("license", &license);
    for found in license_scope::named(&ctx, &license).await? {
        let foreign = asking_product(&ctx).is_some_and(|own| own != found.product);
        if !foreign && license_scope::is_user(&ctx, &found, user.id).await? {
            let view = license_view::view(&ctx.store, ctx.account(), found).await?.ok_or_else(missing)?;
            return Ok(Reply::data(view.document(ctx.now)));
        }
    }
    Err(missing())
}

pub async fn machines(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let user = parent(&ctx, &id, "machine.read").await?;
    let page = machine_filter::machines(&ctx, Home::User(user.id), &["fingerprint", "product", "license"]).await?;
    Ok(page.reply(|view| view.document_for(ctx.version, ctx.now)))
}

pub async fn machine(ctx: Ctx, Path((id, machine)): Path<(String, String)>) -> Result<Reply> {
    let user = parent(&ctx, &id, "machine.read").await?;
    let licenses = license_scope::of_user(&ctx, user.id).await?;
    let found = machine_scope::find_among(&ctx, &machine, |view| {
        let license = &view.license.license;
        asking_product(&ctx).is_none_or(|own| own == license.product)
            && licenses.iter().any(|known| known.id == license.id)
    })
    .await?;
    Ok(Reply::data(found.document_for(ctx.version, ctx.now)))
}
