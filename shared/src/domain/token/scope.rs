//! Which tokens a bearer sees (spec 03 §2.1).

use std::collections::{HashMap, HashSet};

use super::filters::BearerFilter;
use super::view::{TokenView, views};
use super::{Token, access};
use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;
use crate::domain::user::scope as users;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::http::listing::{List, Page};
use crate::ids::Id;
use crate::store::keys::Within;

/// The token of this id, inside what the bearer sees, with its own bearer.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find(ctx: &Ctx, identifier: &str) -> Result<TokenView> {
    let token: Token = ctx.find(identifier).await?;
    let seen = seen(ctx, vec![token]).await?.pop();
    seen.ok_or_else(|| Error::not_found("token", identifier))
}

/// A page of the tokens that the bearer sees and the filter wants.
///
/// A product's customers are found by looking through the account's tokens, newest first, up to the
/// work bound of filtered lists; naming one bearer reads only that one's.
///
/// # Errors
/// 400 of bad paging parameters.
pub async fn page(ctx: &Ctx, filter: &BearerFilter) -> Result<Page<TokenView>> {
    let own = match &ctx.bearer {
        Bearer::License(_) => ctx.bearer.id(),
        bearer => bearer.end_user().map(|user| user.id),
    };
    let list = match own.or(filter.bearer()) {
        Some(bearer) => List::within::<Token>(ctx, Within::Owner(bearer)),
        None => List::everything::<Token>(ctx),
    };
    let all = filter.is_empty() && (own.is_some() || ctx.bearer.is_staff());
    let admit = async |tokens: Vec<Token>| {
        let mut views = seen(ctx, tokens).await?;
        views.retain(|view| filter.admits(view));
        Ok(views)
    };
    ctx.page_of(list, !all, admit).await
}

/// A page of one bearer's tokens, as far as the asking bearer sees them.
///
/// # Errors
/// 400 of bad paging parameters.
pub async fn page_of(ctx: &Ctx, bearer: Id) -> Result<Page<TokenView>> {
    let list = List::within::<Token>(ctx, Within::Owner(bearer));
    ctx.page_of(list, !ctx.bearer.is_staff(), async |tokens: Vec<Token>| seen(ctx, tokens).await).await
}

/// Those of some tokens that the bearer sees, with their own bearers.
async fn seen(ctx: &Ctx, tokens: Vec<Token>) -> Result<Vec<TokenView>> {
    let mut views = views(&ctx.store, ctx.account(), tokens).await?;
    match &ctx.bearer {
        Bearer::Anonymous => views.clear(),
        Bearer::User(_) if ctx.bearer.is_staff() => {}
        Bearer::Environment(_) => {
            views.retain(|view| !view.bearer.is(&[Role::Admin]));
        }
        Bearer::User(_) | Bearer::License(_) => views.retain(|view| access::is_same(&ctx.bearer, &view.bearer)),
        Bearer::Product(product) => {
            let customers = customers(ctx, product.id, &views).await?;
            views.retain(|view| match &view.bearer {
                Bearer::Product(other) => other.id == product.id,
                Bearer::License(license) => license.license.product == product.id,
                Bearer::User(user) => customers.contains(&user.id),
                Bearer::Environment(_) | Bearer::Anonymous => false,
            });
        }
    }
    Ok(views)
}

/// Which of the users among some tokens' bearers have a license of a product.
async fn customers(ctx: &Ctx, product: Id, views: &[TokenView]) -> Result<HashSet<Id>> {
    let users: HashSet<Id> = views.iter().filter_map(|view| view.bearer.user()).map(|user| user.id).collect();
    let looked_up =
        users.into_iter().map(async |user| Ok::<_, Error>((user, users::has_license_of(ctx, user, product).await?)));
    let found: HashMap<Id, bool> = futures::future::try_join_all(looked_up).await?.into_iter().collect();
    Ok(found.into_iter().filter_map(|(user, is_customer)| is_customer.then_some(user)).collect())
}
