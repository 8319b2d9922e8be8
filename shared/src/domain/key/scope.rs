//! Which pool keys a bearer sees (spec 04 §2.1 rule 7).

use super::{PoolKey, access};
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::http::listing::{List, Page};
use crate::ids::{Id, parse_id};
use crate::store::keys::Within;

/// The key of this id, inside what the bearer sees.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find(ctx: &Ctx, identifier: &str) -> Result<PoolKey> {
    let key: PoolKey = ctx.find(identifier).await?;
    if access::read(&ctx.bearer, &key) { Ok(key) } else { Err(Error::not_found("key", identifier)) }
}

/// A page of what the bearer sees, narrowed by the query.
///
/// # Errors
/// 400 of bad paging parameters.
pub async fn page(ctx: &Ctx) -> Result<Page<PoolKey>> {
    // A filter that is no UUID fits nothing.
    let filter = |name: &str| ctx.query.scalar(name).map(|text| parse_id(text).unwrap_or_default());
    let (product, policy) = (filter("product"), filter("policy"));
    let own = ctx.bearer.product().map(|product| product.id);
    let products: Vec<Id> = own.into_iter().chain(product).collect();
    let list = match (policy, products.first()) {
        (Some(policy), _) => List::within::<PoolKey>(ctx, Within::Parent(policy)),
        (None, Some(product)) => List::within::<PoolKey>(ctx, Within::Product(*product)),
        (None, None) => List::everything::<PoolKey>(ctx),
    };
    let filtered = products.len() + usize::from(policy.is_some()) > 1;
    ctx.page_where(list, filtered, |key: &PoolKey| products.iter().all(|product| key.product == *product)).await
}
