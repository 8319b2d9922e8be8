//! Which products a bearer sees (spec 03 §2.7).

use super::{DistributionStrategy, Product};
use crate::auth::bearer::Bearer;
use crate::domain::license::scope as licenses;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::http::listing::{List, Page};
use crate::ids::Id;
use crate::store::keys::Within;
use crate::store::list::{Order, Sources};

/// How many open products a list of them can hold.
const MOST_OPEN: usize = 1000;

/// The product of this id or code, inside what the bearer sees.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find(ctx: &Ctx, identifier: &str) -> Result<Product> {
    let product: Product = ctx.find_by(identifier, Some(Product::by_code(ctx.account(), identifier))).await?;
    if sees(ctx, &product).await? { Ok(product) } else { Err(Error::not_found("product", identifier)) }
}

async fn sees(ctx: &Ctx, product: &Product) -> Result<bool> {
    let open = product.distribution() == DistributionStrategy::Open;
    Ok(match &ctx.bearer {
        Bearer::Anonymous => open,
        Bearer::Environment(_) => true,
        Bearer::Product(own) => own.id == product.id,
        Bearer::License(bearer) => {
            let licensed = product.distribution() == DistributionStrategy::Licensed;
            open || (licensed && bearer.license.product == product.id)
        }
        Bearer::User(_) if ctx.bearer.is_staff() => true,
        Bearer::User(user) => {
            open || licenses::of_user(ctx, user.id).await?.iter().any(|license| license.product == product.id)
        }
    })
}

/// A page of what the bearer sees.
///
/// # Errors
/// 400 of bad paging parameters; 403 of a user whose list would hold a closed product.
pub async fn page(ctx: &Ctx) -> Result<Page<Product>> {
    if ctx.bearer.is_staff() || matches!(ctx.bearer, Bearer::Environment(_)) {
        return ctx.page(List::everything::<Product>(ctx)).await;
    }
    let mut ids: Vec<Id> = licenses::of_bearer(ctx).await?.into_iter().map(|license| license.product).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut products: Vec<Product> = ctx.store.get_many(ctx.account(), &ids).await?;
    products.retain(|product| ctx.sees(product.environment));
    if ctx.bearer.end_user().is_some() {
        let closed = products.iter().any(|product| product.distribution() == DistributionStrategy::Closed);
        ctx.permit("product.read").when(!closed)?;
    } else {
        products.retain(|product| product.distribution() == DistributionStrategy::Licensed);
    }
    let open = Sources::of(ctx.account(), &ctx.environments(), Within::Parent(ctx.account()), Product::OPEN);
    let open = ctx.store.walk(&open, Order::Descending, None).next(MOST_OPEN).await?;
    let open: Vec<Id> = open.into_iter().map(|entry| entry.id).filter(|id| !ids.contains(id)).collect();
    products.extend(ctx.store.get_many::<Product>(ctx.account(), &open).await?);
    ctx.page_through(products)
}
