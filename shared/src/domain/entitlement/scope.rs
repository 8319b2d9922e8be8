//! Which entitlements a bearer sees (spec 03 §2.6).

use super::{AttachedEntitlement, Entitlement, attachment};
use crate::domain::license::{License, scope as licenses};
use crate::domain::policy::Policy;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::http::listing::{List, Page};
use crate::ids::Id;

/// How many partitions are read at a time.
const AT_A_TIME: usize = 25;

/// The entitlement of this id or code, inside what the bearer sees.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find(ctx: &Ctx, identifier: &str) -> Result<Entitlement> {
    let entitlement = look_up(ctx, identifier).await?;
    if acts_with_licenses(ctx) && !held(ctx).await?.contains(&entitlement.id) {
        return Err(Error::not_found("entitlement", identifier));
    }
    Ok(entitlement)
}

/// The entitlement of this id or code, if it is one of these.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find_among(ctx: &Ctx, ids: &[Id], identifier: &str) -> Result<Entitlement> {
    let entitlement = look_up(ctx, identifier).await?;
    if ids.contains(&entitlement.id) { Ok(entitlement) } else { Err(Error::not_found("entitlement", identifier)) }
}

async fn look_up(ctx: &Ctx, identifier: &str) -> Result<Entitlement> {
    ctx.find_by(identifier, Some(Entitlement::by_code(ctx.account(), identifier))).await
}

/// A page of what the bearer sees.
///
/// # Errors
/// 400 of bad paging parameters.
pub async fn page(ctx: &Ctx) -> Result<Page<Entitlement>> {
    if acts_with_licenses(ctx) {
        page_among(ctx, &held(ctx).await?).await
    } else {
        ctx.page(List::everything::<Entitlement>(ctx)).await
    }
}

/// A page of these entitlements, as far as the current environment shows them.
///
/// # Errors
/// 400 of bad paging parameters.
pub async fn page_among(ctx: &Ctx, ids: &[Id]) -> Result<Page<Entitlement>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut entitlements: Vec<Entitlement> = ctx.store.get_many(ctx.account(), &ids).await?;
    entitlements.retain(|entitlement| ctx.sees(entitlement.environment));
    ctx.page_through(entitlements)
}

/// Whether the bearer sees only what its licenses hold.
fn acts_with_licenses(ctx: &Ctx) -> bool {
    ctx.bearer.license().is_some() || ctx.bearer.end_user().is_some()
}

/// What the licenses of the bearer hold, of their own and through their policies.
async fn held(ctx: &Ctx) -> Result<Vec<Id>> {
    let licenses = licenses::of_bearer(ctx).await?;
    let mut policies: Vec<Id> = licenses.iter().map(|license| license.policy).collect();
    policies.sort_unstable();
    policies.dedup();
    let mut held = Vec::new();
    for some in licenses.chunks(AT_A_TIME) {
        let reads = some.iter().map(|license| attachment::links::<License>(&ctx.store, ctx.account(), license.id));
        let links = futures::future::try_join_all(reads).await?;
        held.extend(links.iter().flatten().map(AttachedEntitlement::entitlement));
    }
    for some in policies.chunks(AT_A_TIME) {
        let reads = some.iter().map(|policy| attachment::links::<Policy>(&ctx.store, ctx.account(), *policy));
        let links = futures::future::try_join_all(reads).await?;
        held.extend(links.iter().flatten().map(AttachedEntitlement::entitlement));
    }
    Ok(held)
}
