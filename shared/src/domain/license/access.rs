//! Who may do what with a license that it sees (spec 04 §2.5, §2.6).
//!
//! A license outside what the bearer sees is never found ([`super::scope`]), so these rules only tell apart those who
//! may see it.

use super::{License, LicenseView};
use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;
use crate::domain::policy::Policy;
use crate::ids::Id;

const SELLERS: &[Role] = &[Role::Admin, Role::Developer, Role::SalesAgent, Role::Environment];
const SUPPORTERS: &[Role] = &[Role::Admin, Role::Developer, Role::SalesAgent, Role::SupportAgent, Role::Environment];

/// `GET /licenses`.
#[must_use]
pub fn list(bearer: &Bearer) -> bool {
    bearer.license().is_none()
}

/// `POST /licenses`, for a policy (none: an unknown one) and an owner as named. Users make licenses for themselves.
#[must_use]
pub fn create(bearer: &Bearer, policy: Option<&Policy>, owner: Option<Id>) -> bool {
    match bearer {
        Bearer::Product(product) => policy.is_some_and(|policy| policy.product == product.id),
        Bearer::User(user) if user.role == Role::User => {
            owner == Some(user.id) && policy.is_none_or(|policy| !policy.protected)
        }
        _ => bearer.is(SELLERS),
    }
}

/// `PATCH /licenses/{license}`.
#[must_use]
pub fn update(bearer: &Bearer, license: &License) -> bool {
    bearer.is(SUPPORTERS) || is_product(bearer, license)
}

/// `DELETE /licenses/{license}`: owners too, where the policy leaves it to them.
#[must_use]
pub fn delete(bearer: &Bearer, view: &LicenseView) -> bool {
    bearer.is(SELLERS)
        || is_product(bearer, &view.license)
        || (is_owner(bearer, &view.license) && !view.policy.protected)
}

/// `PUT /licenses/{license}/policy`, to a policy (none: an unknown one).
#[must_use]
pub fn change_policy(bearer: &Bearer, view: &LicenseView, policy: Option<&Policy>) -> bool {
    let license = &view.license;
    bearer.is(SELLERS)
        || (is_product(bearer, license) && policy.is_some_and(|policy| policy.product == license.product))
        || (is_owner(bearer, license)
            && !license.is_protected(&view.policy)
            && policy.is_none_or(|policy| !policy.protected))
}

/// What vendors alone do with a license: its group, owner, entitlements and tokens.
#[must_use]
pub fn manage(bearer: &Bearer, license: &License) -> bool {
    bearer.is(SELLERS) || is_product(bearer, license)
}

/// `POST` and `DELETE /licenses/{license}/users`: owners too, unless the license is protected.
#[must_use]
pub fn change_users(bearer: &Bearer, view: &LicenseView) -> bool {
    update(bearer, &view.license) || (is_owner(bearer, &view.license) && !view.license.is_protected(&view.policy))
}

/// `GET /licenses/{license}/tokens`.
#[must_use]
pub fn tokens(bearer: &Bearer) -> bool {
    bearer.license().is_none() && bearer.end_user().is_none()
}

/// `GET /licenses/{license}/user`: of users only the owner.
#[must_use]
pub fn legacy_owner(bearer: &Bearer, license: &License) -> bool {
    bearer.end_user().is_none() || is_owner(bearer, license)
}

fn is_product(bearer: &Bearer, license: &License) -> bool {
    bearer.product().is_some_and(|product| product.id == license.product)
}

fn is_owner(bearer: &Bearer, license: &License) -> bool {
    bearer.end_user().is_some_and(|user| license.owner == Some(user.id))
}
