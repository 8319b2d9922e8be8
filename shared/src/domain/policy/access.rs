//! Who may do what with policies (spec 04 §2.2, §2.3). Permissions come first, and what a bearer
//! does not see it does not find; these are the rules of its role.

use super::Policy;
use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;
use crate::ids::Id;

const EDITORS: &[Role] = &[Role::Admin, Role::Developer, Role::SalesAgent, Role::Environment];
const MANAGERS: &[Role] = &[Role::Admin, Role::Developer, Role::Environment];

/// `POST /policies`, for a product.
#[must_use]
pub fn create(bearer: &Bearer, product: Option<Id>) -> bool {
    bearer.is(EDITORS) || is_of(bearer, product)
}

/// `PATCH /policies/{id}`, and attaching and detaching its entitlements.
#[must_use]
pub fn update(bearer: &Bearer, policy: &Policy) -> bool {
    bearer.is(EDITORS) || is_of(bearer, Some(policy.product))
}

/// `DELETE /policies/{id}`.
#[must_use]
pub fn delete(bearer: &Bearer, policy: &Policy) -> bool {
    bearer.is(MANAGERS) || is_of(bearer, Some(policy.product))
}

/// `DELETE /policies/{id}/pool`.
#[must_use]
pub fn pop(bearer: &Bearer, policy: &Policy) -> bool {
    delete(bearer, policy)
}

/// What is listed under a policy.
#[must_use]
pub fn related(bearer: &Bearer, policy: &Policy) -> bool {
    bearer.is_staff() || bearer.is(&[Role::Environment]) || is_of(bearer, Some(policy.product))
}

fn is_of(bearer: &Bearer, product: Option<Id>) -> bool {
    bearer.product().is_some_and(|own| Some(own.id) == product)
}
