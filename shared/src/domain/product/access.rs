//! Who may do what with products (spec 03 §2.7).

use super::{DistributionStrategy, Product};
use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;

const MANAGERS: &[Role] = &[Role::Admin, Role::Developer, Role::Environment];

/// `GET /products`: products themselves may not list.
#[must_use]
pub fn list(bearer: &Bearer) -> bool {
    !matches!(bearer, Bearer::Product(_))
}

/// `GET /products/{id}` of a product in scope.
#[must_use]
pub fn show(bearer: &Bearer, product: &Product) -> bool {
    match bearer {
        Bearer::User(_) if !bearer.is_staff() => product.distribution() != DistributionStrategy::Closed,
        _ => true,
    }
}

/// `POST /products`.
#[must_use]
pub fn create(bearer: &Bearer) -> bool {
    bearer.is(MANAGERS)
}

/// `PATCH /products/{id}`.
#[must_use]
pub fn update(bearer: &Bearer, product: &Product) -> bool {
    bearer.is(MANAGERS) || is_self(bearer, product)
}

/// `DELETE /products/{id}`.
#[must_use]
pub fn delete(bearer: &Bearer) -> bool {
    bearer.is(MANAGERS)
}

/// What is listed under a product: policies, licenses, machines, users, tokens.
#[must_use]
pub fn related(bearer: &Bearer, product: &Product) -> bool {
    bearer.is_staff() || matches!(bearer, Bearer::Environment(_)) || is_self(bearer, product)
}

/// `POST /products/{id}/tokens`.
#[must_use]
pub fn generate_token(bearer: &Bearer) -> bool {
    bearer.is(MANAGERS)
}

fn is_self(bearer: &Bearer, product: &Product) -> bool {
    bearer.product().is_some_and(|own| own.id == product.id)
}
