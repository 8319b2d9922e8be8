//! Who may do what with pool keys (spec 04 §2.4).

use super::PoolKey;
use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;
use crate::ids::Id;

const MANAGERS: &[Role] = &[Role::Admin, Role::Developer, Role::Environment];

/// `POST /keys`, into a pool of a product.
#[must_use]
pub fn create(bearer: &Bearer, product: Option<Id>) -> bool {
    bearer.is(MANAGERS) || is_of(bearer, product)
}

/// `PATCH` and `DELETE /keys/{id}`.
#[must_use]
pub fn manage(bearer: &Bearer, key: &PoolKey) -> bool {
    create(bearer, Some(key.product))
}

/// Reading a key, its policy and its product.
#[must_use]
pub fn read(bearer: &Bearer, key: &PoolKey) -> bool {
    bearer.is_staff() || bearer.is(&[Role::Environment]) || is_of(bearer, Some(key.product))
}

fn is_of(bearer: &Bearer, product: Option<Id>) -> bool {
    bearer.product().is_some_and(|own| Some(own.id) == product)
}
