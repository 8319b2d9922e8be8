//! `/policies/{id}/entitlements`.

use axum::extract::Path;
use shared::domain::entitlement::{AttachedEntitlement, Entitlement, attachment, rules, scope as entitlements};
use shared::domain::policy::{Policy, access, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::ids::Id;

/// The policy, if the bearer may read its entitlements, and which they are.
async fn held(ctx: &Ctx, id: &str) -> Result<(Policy, Vec<Id>)> {
    let policy = scope::find(ctx, id).await?;
    let links = attachment::links::<Policy>(&ctx.store, ctx.account(), policy.id).await?;
    Ok((policy, links.iter().map(AttachedEntitlement::entitlement).collect()))
}

pub async fn list(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let (policy, held) = held(&ctx, &id).await?;
    ctx.permit("entitlement.read").under(&policy).when(access::related(&ctx.bearer, &policy))?;
    let page = entitlements::page_among(&ctx, &held).await?;
    Ok(page.reply(|entitlement| rules::document(&entitlement)))
}

pub async fn show(ctx: Ctx, Path((id, entitlement)): Path<(String, String)>) -> Result<Reply> {
    let (policy, held) = held(&ctx, &id).await?;
    let found: Entitlement = entitlements::find_among(&ctx, &held, &entitlement).await?;
    ctx.permit("entitlement.read").under(&policy).reads(&found).when(access::related(&ctx.bearer, &policy))?;
    Ok(Reply::data(rules::document(&found)))
}

pub async fn attach(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let policy = scope::find(&ctx, &id).await?;
    let named = attachment::Named::read(&ctx).await?;
    ctx.permit("policy.entitlements.attach")
        .under(&policy)
        .relates(policy.environment, named.environments())
        .when(access::update(&ctx.bearer, &policy))?;
    let links = attachment::attach(&ctx, &policy, &named, &[], "policy.entitlements.attached").await?;
    Ok(Reply::data(links.iter().map(attachment::document).collect()))
}

pub async fn detach(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let policy = scope::find(&ctx, &id).await?;
    let named = attachment::Named::read(&ctx).await?;
    ctx.permit("policy.entitlements.detach")
        .under(&policy)
        .relates(policy.environment, named.environments())
        .when(access::update(&ctx.bearer, &policy))?;
    attachment::detach(&ctx, &policy, &named, &[], "policy.entitlements.detached").await?;
    Ok(Reply::empty())
}
