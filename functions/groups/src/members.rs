//! The users, licenses and machines of a group. No filter by role applies: staff can be members too.

use axum::extract::Path;
use shared::domain::group::{Group, access, scope};
use shared::domain::license::{filter as license_filter, scope as license_scope, view as license_view};
use shared::domain::machine::filter::{self as machine_filter, Home};
use shared::domain::machine::scope as machine_scope;
use shared::domain::user::{User, scope as user_scope, view as user_view};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::listing::List;
use shared::http::reply::Reply;
use shared::ids::Id;
use shared::store::keys::Within;

/// The group, if the bearer may read what is listed under it; none where it reads an empty list: a
/// member who owns some other group.
async fn parent(ctx: &Ctx, id: &str, permission: &str) -> Result<Option<Group>> {
    let (group, standing) = scope::parent(ctx, id).await?;
    let sees = access::members(standing, false);
    let admitted = match ctx.bearer.end_user() {
        Some(user) if !sees => access::members(standing, !scope::owned_by(ctx, user.id).await?.is_empty()),
        _ => sees,
    };
    ctx.permit(permission).under(&group).when(admitted)?;
    Ok(sees.then_some(group))
}

fn nothing() -> Reply {
    Reply::data(serde_json::json!([]))
}

/// Whether something belongs to another product than the one that asks.
fn is_foreign(ctx: &Ctx, product: Id) -> bool {
    ctx.bearer.product().is_some_and(|own| own.id != product)
}

pub async fn users(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let Some(group) = parent(&ctx, &id, "group.users.read").await? else { return Ok(nothing()) };
    let list = List::within::<User>(&ctx, Within::Group(group.id));
    let page = match ctx.bearer.product() {
        Some(product) => {
            let known = user_scope::of_product(&ctx, product.id).await?;
            ctx.page_where(list, true, |user: &User| known.binary_search(&user.id).is_ok()).await?
        }
        None => ctx.page(list).await?,
    };
    let documents = user_view::documents(&ctx, &page.records).await?;
    Ok(page.documents(documents))
}

pub async fn user(ctx: Ctx, Path((id, user)): Path<(String, String)>) -> Result<Reply> {
    let group = parent(&ctx, &id, "group.users.read").await?.map(|group| group.id);
    let found: User = ctx.find_by(&user, Some(User::by_email(ctx.account(), &user))).await?;
    if group.is_none() || found.group != group {
        return Err(Error::not_found("user", &user));
    }
    Ok(Reply::data(user_view::document(&ctx, &found).await?))
}

pub async fn licenses(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let Some(group) = parent(&ctx, &id, "group.licenses.read").await? else { return Ok(nothing()) };
    let own = ctx.bearer.product().map(|product| product.id);
    let filter = license_filter::Filter::of(&ctx, &[]).await?.of_product(own);
    let page = license_filter::page(&ctx, Within::Group(group.id), &filter).await?;
    Ok(page.reply(|view| view.document(ctx.now)))
}

pub async fn license(ctx: Ctx, Path((id, license)): Path<(String, String)>) -> Result<Reply> {
    let group = parent(&ctx, &id, "group.licenses.read").await?.map(|group| group.id);
    let missing = || Error::not_found("license", &license);
    let named = license_scope::named(&ctx, &license).await?;
    let found = named.into_iter().find(|found| group.is_some() && found.group == group).ok_or_else(missing)?;
    ctx.permit("group.licenses.read").reads(&found).when(!is_foreign(&ctx, found.product))?;
    let view = license_view::view(&ctx.store, ctx.account(), found).await?.ok_or_else(missing)?;
    Ok(Reply::data(view.document(ctx.now)))
}

pub async fn machines(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let Some(group) = parent(&ctx, &id, "group.machines.read").await? else { return Ok(nothing()) };
    let page = machine_filter::machines(&ctx, Home::Group(group.id), &[]).await?;
    Ok(page.reply(|view| view.document_for(ctx.version, ctx.now)))
}

pub async fn machine(ctx: Ctx, Path((id, machine)): Path<(String, String)>) -> Result<Reply> {
    let group = parent(&ctx, &id, "group.machines.read").await?.map(|group| group.id);
    let among = |found: Option<Id>| group.is_some() && found == group;
    let found = machine_scope::find_among(&ctx, &machine, |view| among(view.machine.group)).await?;
    let foreign = is_foreign(&ctx, found.license.license.product);
    ctx.permit("group.machines.read").reads(&found.machine).when(!foreign)?;
    Ok(Reply::data(found.document_for(ctx.version, ctx.now)))
}
