//! `/licenses/{license}/entitlements`.

use axum::extract::Path;
use shared::domain::entitlement::attachment::{self, Named};
use shared::domain::entitlement::{AttachedEntitlement, Entitlement};
use shared::domain::license::{License, LicenseView, access, scope};
use shared::domain::policy::Policy;
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::ids::Id;
use shared::jsonapi::document::{self, Extras};

pub async fn list(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    ctx.permit("entitlement.read").under(&view.license).when(true)?;
    let mut held: Vec<Entitlement> = ctx.store.get_many(ctx.account(), &effective(&ctx, &view).await?).await?;
    held.retain(|entitlement| ctx.sees(entitlement.environment));
    Ok(ctx.page_through(held)?.reply(|entitlement| document::resource(&entitlement, &Extras::default())))
}

pub async fn show(ctx: Ctx, Path((license, entitlement)): Path<(String, String)>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    let by_code = Entitlement::by_code(ctx.account(), &entitlement);
    let found: Entitlement = ctx.find_by(&entitlement, Some(by_code)).await?;
    if !effective(&ctx, &view).await?.contains(&found.id) {
        return Err(Error::not_found("entitlement", &entitlement));
    }
    ctx.permit("entitlement.read").under(&view.license).reads(&found).when(true)?;
    Ok(Reply::data(document::resource(&found, &Extras::default())))
}

pub async fn attach(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    let named = Named::read(&ctx).await?;
    ctx.permit("license.entitlements.attach")
        .under(&view.license)
        .relates(view.license.environment, named.environments())
        .when(access::manage(&ctx.bearer, &view.license))?;
    let inherited = inherited(&ctx, &view).await?;
    let links = attachment::attach(&ctx, &view.license, &named, &inherited, "license.entitlements.attached").await?;
    Ok(Reply::data(links.iter().map(attachment::document).collect()))
}

pub async fn detach(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    let named = Named::read(&ctx).await?;
    ctx.permit("license.entitlements.detach")
        .under(&view.license)
        .relates(view.license.environment, named.environments())
        .when(access::manage(&ctx.bearer, &view.license))?;
    let inherited = inherited(&ctx, &view).await?;
    attachment::detach(&ctx, &view.license, &named, &inherited, "license.entitlements.detached").await?;
    Ok(Reply::empty())
}

/// The entitlements of the license's policy.
async fn inherited(ctx: &Ctx, view: &LicenseView) -> Result<Vec<Id>> {
    let links = attachment::links::<Policy>(&ctx.store, ctx.account(), view.policy.id).await?;
    Ok(links.iter().map(AttachedEntitlement::entitlement).collect())
}

/// The entitlements of the license and of its policy, each once.
async fn effective(ctx: &Ctx, view: &LicenseView) -> Result<Vec<Id>> {
    let own = attachment::links::<License>(&ctx.store, ctx.account(), view.license.id).await?;
    let mut ids = inherited(ctx, view).await?;
    ids.extend(own.iter().map(AttachedEntitlement::entitlement));
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
