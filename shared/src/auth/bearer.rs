//! Who a request acts as.

use super::permissions::{self, PermissionSet, Role};
use crate::domain::environment::Environment;
use crate::domain::license::License;
use crate::domain::license::holding::Held;
use crate::domain::policy::Policy;
use crate::domain::product::Product;
use crate::domain::user::User;
use crate::ids::Id;

/// The authenticated principal.
#[derive(Clone, Debug, PartialEq)]
pub enum Bearer {
    /// Nobody.
    Anonymous,
    /// A user.
    User(Box<User>),
    /// A product.
    Product(Box<Product>),
    /// A license, with what its rights depend on.
    License(Box<LicenseBearer>),
    /// An environment.
    Environment(Box<Environment>),
}

/// A license that acts for itself.
#[derive(Clone, Debug, PartialEq)]
pub struct LicenseBearer {
    /// The license.
    pub license: License,
    /// Its policy.
    pub policy: Policy,
    /// Its owner.
    pub owner: Option<User>,
    /// What it is entitled to, by itself or through its policy.
    pub entitlements: Vec<Held>,
}

/// The token through which a bearer acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInUse {
    /// The token.
    pub id: Id,
    /// Its environment.
    pub environment: Option<Id>,
    /// Its stored permissions.
    pub permissions: PermissionSet,
}

impl Bearer {
    /// Its role; none for nobody.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Anonymous => None,
            Self::User(user) => Some(user.role),
            Self::Product(_) => Some(Role::Product),
            Self::License(_) => Some(Role::License),
            Self::Environment(_) => Some(Role::Environment),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Option<Id> {
        match self {
            Self::Anonymous => None,
            Self::User(user) => Some(user.id),
            Self::Product(product) => Some(product.id),
            Self::License(bearer) => Some(bearer.license.id),
            Self::Environment(environment) => Some(environment.id),
        }
    }

    /// Its resource type.
    #[must_use]
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Anonymous => None,
            Self::User(_) => Some("users"),
            Self::Product(_) => Some("products"),
            Self::License(_) => Some("licenses"),
            Self::Environment(_) => Some("environments"),
        }
    }

    /// The environment it belongs to; an environment belongs to itself.
    #[must_use]
    pub fn environment(&self) -> Option<Id> {
        match self {
            Self::Anonymous => None,
            Self::User(user) => user.environment,
            Self::Product(product) => product.environment,
            Self::License(bearer) => bearer.license.environment,
            Self::Environment(environment) => Some(environment.id),
        }
    }

    /// Its stored permissions; a license's are cut to its owner's.
    #[must_use]
    pub fn permissions(&self) -> PermissionSet {
        match self {
            Self::Anonymous => PermissionSet::EMPTY,
            Self::User(user) => user.permissions,
            Self::Product(product) => product.permissions,
            Self::License(bearer) => permissions::effective_license(
                bearer.license.permissions,
                bearer.owner.as_ref().map(|owner| owner.permissions),
            ),
            Self::Environment(environment) => environment.permissions,
        }
    }

    /// Whether it holds a permission.
    #[must_use]
    pub fn holds(&self, permission: &str) -> bool {
        self.role().is_some_and(|role| self.permissions().holds(role, permission))
    }

    /// Whether it is one of the staff: a user of any role but `user`.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        matches!(self, Self::User(user) if user.role != Role::User)
    }

    /// Whether its role is one of these.
    #[must_use]
    pub fn is(&self, roles: &[Role]) -> bool {
        self.role().is_some_and(|role| roles.contains(&role))
    }

    /// The end user, if it is one.
    #[must_use]
    pub fn end_user(&self) -> Option<&User> {
        match self {
            Self::User(user) if user.role == Role::User => Some(user),
            _ => None,
        }
    }

    /// The user, of any role, if it is one.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::User(user) => Some(user),
            _ => None,
        }
    }

    /// The product, if it is one.
    #[must_use]
    pub fn product(&self) -> Option<&Product> {
        match self {
            Self::Product(product) => Some(product),
            _ => None,
        }
    }

    /// The license, if it is one.
    #[must_use]
    pub fn license(&self) -> Option<&LicenseBearer> {
        match self {
            Self::License(bearer) => Some(bearer),
            _ => None,
        }
    }
}
