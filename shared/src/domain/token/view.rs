//! Tokens with their bearers, on whose role and permissions their documents depend.

use std::collections::HashMap;

use serde_json::Value;

use super::{Token, rules};
use crate::auth::bearer::{Bearer, LicenseBearer};
use crate::domain::environment::Environment;
use crate::domain::license::{License, LicenseView, view};
use crate::domain::product::Product;
use crate::domain::user::User;
use crate::http::listing::Listed;
use crate::ids::Id;
use crate::store::{Store, StoreError};

/// A token and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenView {
    /// The token.
    pub token: Token,
    /// Its bearer.
    pub bearer: Bearer,
}

impl TokenView {
    /// Its resource object, without the secret.
    #[must_use]
    pub fn document(&self) -> Value {
        rules::document(&self.token, &self.bearer, None)
    }
}

impl Listed for TokenView {
    fn id(&self) -> Id {
        self.token.id
    }
}

/// Adds to tokens their bearers. A token whose bearer is being deleted is gone with it, and is left out.
///
/// # Errors
/// When the table cannot be read.
pub async fn views(store: &Store, account: Id, tokens: Vec<Token>) -> Result<Vec<TokenView>, StoreError> {
    let ids = |kind: &str| {
        let mut ids: Vec<Id> =
            tokens.iter().filter(|token| token.bearer.kind == kind).map(|token| token.bearer.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let (users, products, environments, licenses) =
        (ids("users"), ids("products"), ids("environments"), ids("licenses"));
    let licenses = async {
        let licenses: Vec<License> = store.get_many(account, &licenses).await?;
        view::with_policies(store, account, licenses).await
    };
    let (users, products, environments, licenses) = futures::try_join!(
        store.get_many::<User>(account, &users),
        store.get_many::<Product>(account, &products),
        store.get_many::<Environment>(account, &environments),
        licenses,
    )?;
    let mut bearers: HashMap<Id, Bearer> = HashMap::new();
    bearers.extend(users.into_iter().map(|user| (user.id, Bearer::User(Box::new(user)))));
    bearers.extend(products.into_iter().map(|product| (product.id, Bearer::Product(Box::new(product)))));
    bearers.extend(environments.into_iter().map(|found| (found.id, Bearer::Environment(Box::new(found)))));
    bearers.extend(licenses.into_iter().map(|found| {
        let LicenseView { license, policy, owner } = found;
        // What a license is entitled to does not show on its tokens.
        let bearer = LicenseBearer { license, policy, owner, entitlements: Vec::new() };
        (bearer.license.id, Bearer::License(Box::new(bearer)))
    }));
    let with_bearer = |token: Token| Some(TokenView { bearer: bearers.get(&token.bearer.id)?.clone(), token });
    Ok(tokens.into_iter().filter_map(with_bearer).collect())
}
