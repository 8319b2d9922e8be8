//! Which policies a bearer sees (spec 04 §2.1 rule 7).

use super::Policy;
use crate::auth::bearer::Bearer;
use crate::domain::license::scope as licenses;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::http::listing::{List, Page};
use crate::ids::{Id, parse_id};
use crate::store::keys::Within;
use crate::store::list::Sources;

/// The policy of this id, inside what the bearer sees.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find(ctx: &Ctx, identifier: &str) -> Result<Policy> {
    let policy: Policy = ctx.find(identifier).await?;
    if sees(ctx, &policy).await? { Ok(policy) } else { Err(Error::not_found("policy", identifier)) }
}

async fn sees(ctx: &Ctx, policy: &Policy) -> Result<bool> {
    Ok(match &ctx.bearer {
        Bearer::Anonymous => false,
        Bearer::Environment(_) => true,
        Bearer::Product(product) => policy.product == product.id,
        Bearer::License(bearer) => bearer.license.policy == policy.id,
        Bearer::User(_) if ctx.bearer.is_staff() => true,
        Bearer::User(user) => licenses::of_user(ctx, user.id).await?.iter().any(|license| license.policy == policy.id),
    })
}

/// A page of what the bearer sees, narrowed by the query.
///
/// # Errors
/// 400 of bad paging parameters; 403 of a license to which nothing is left.
pub async fn page(ctx: &Ctx) -> Result<Page<Policy>> {
    let wanted = ctx.query.scalar("product").map(parse_id);
    let product = match (ctx.bearer.product(), wanted) {
        (None, None) => None,
        (None, Some(product)) => Some(product),
        (Some(own), None) => Some(Some(own.id)),
        (Some(own), Some(product)) => Some(product.filter(|product| *product == own.id)),
    };
    if ctx.bearer.license().is_some() || ctx.bearer.end_user().is_some() {
        return derived(ctx, product).await;
    }
    ctx.page(match product {
        None => List::everything::<Policy>(ctx),
        Some(Some(product)) => List::within::<Policy>(ctx, Within::Product(product)),
        Some(None) => List::of(Sources::default()),
    })
    .await
}

/// The policies of the licenses that an end user or a license acts with.
async fn derived(ctx: &Ctx, product: Option<Option<Id>>) -> Result<Page<Policy>> {
    let mut ids: Vec<Id> = licenses::of_bearer(ctx).await?.into_iter().map(|license| license.policy).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut policies: Vec<Policy> = ctx.store.get_many(ctx.account(), &ids).await?;
    policies.retain(|policy| ctx.sees(policy.environment) && product.is_none_or(|only| only == Some(policy.product)));
    let page = ctx.page_through(policies)?;
    if ctx.bearer.license().is_some() {
        ctx.permit("policy.read").when(!page.records.is_empty())?;
    }
    Ok(page)
}
