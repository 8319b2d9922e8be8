//! License files: what they include and say, and who gets them (spec 05 §3.10).

use serde_json::Value;

use super::holding::Holding;
use super::{License, LicenseView, action_access, scope};
use crate::auth::bearer::Bearer;
use crate::crypto::certificates::{FileSecret, Kind};
use crate::crypto::license_keys::Scheme;
use crate::domain::check_out::{Dataset, Include, Menu, Subject, Terms};
use crate::domain::entitlement::Entitlement;
use crate::domain::group::Group;
use crate::domain::product::{Product, rules as products};
use crate::domain::resource::Resource;
use crate::domain::user::{User, view as users};
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::ids::Id;
use crate::jsonapi::document::{self, Extras};
use crate::store::Stored;

/// What license files can include.
const MENU: Menu = Menu {
    includes: &[
        Include { name: "entitlements", permission: "entitlement.read" },
        Include { name: "environment", permission: "environment.read" },
        Include { name: "product", permission: "product.read" },
        Include { name: "policy", permission: "policy.read" },
        Include { name: "group", permission: "group.read" },
        Include { name: "owner", permission: "user.read" },
        Include { name: "users", permission: "user.read" },
    ],
    alias: ("user", "owner"),
};

/// The records around a license, as far as they are wanted.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// What it is entitled to, by itself or through its policy.
    pub entitlements: Option<Vec<Entitlement>>,
    /// Its owner and its licensees.
    pub users: Option<Vec<User>>,
    /// Its product.
    pub product: Option<Product>,
    /// Its group.
    pub group: Option<Group>,
}

impl Surroundings {
    /// Reads what is wanted, by the names of the includes.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read(ctx: &Ctx, holding: &Holding, wanted: impl Fn(&str) -> bool) -> Result<Self> {
        let license = &holding.view.license;
        let entitlements = async {
            if !wanted("entitlements") {
                return Ok(None);
            }
            let ids: Vec<Id> = holding.entitlements.iter().map(|held| held.id).collect();
            Ok(Some(ctx.store.get_many::<Entitlement>(ctx.account(), &ids).await?))
        };
        let users = async {
            if !wanted("users") {
                return Ok(None);
            }
            let mut ids: Vec<Id> = scope::licensees(ctx, license.id).await?.iter().map(|link| link.user).collect();
            ids.retain(|id| license.owner != Some(*id));
            let mut users: Vec<User> = holding.view.owner.iter().cloned().collect();
            users.extend(ctx.store.get_many::<User>(ctx.account(), &ids).await?);
            Ok(Some(users))
        };
        let product = one::<Product>(ctx, Some(license.product).filter(|_| wanted("product")));
        let group = one::<Group>(ctx, license.group.filter(|_| wanted("group")));
        let (entitlements, users, product, group) = futures::try_join!(entitlements, users, product, group)?;
        Ok(Self { entitlements, users, product, group })
    }

    /// The license's resource object, linked to what is included of its collections.
    #[must_use]
    pub fn license(&self, ctx: &Ctx, view: &LicenseView) -> Value {
        let mut extras = view.extras(ctx.now);
        if let Some(entitlements) = &self.entitlements {
            extras.linkage.push(("entitlements", linkages(entitlements)));
        }
        if let Some(users) = &self.users {
            extras.linkage.push(("users", linkages(users)));
        }
        document::resource(&view.license, &extras)
    }

    /// The resource objects of what was read.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn included(&self, ctx: &Ctx) -> Result<Vec<Value>> {
        let plain = Extras::default();
        let mut included = Vec::new();
        let entitlements = self.entitlements.iter().flatten();
        included.extend(entitlements.map(|entitlement| document::resource(entitlement, &plain)));
        included.extend(self.product.iter().map(products::document));
        included.extend(self.group.iter().map(|group| document::resource(group, &plain)));
        if let Some(found) = &self.users {
            included.extend(users::documents(ctx, found).await?);
        }
        Ok(included)
    }
}

async fn one<R: Stored>(ctx: &Ctx, id: Option<Id>) -> Result<Option<R>> {
    match id {
        Some(id) => Ok(ctx.store.get_eventual(ctx.account(), id).await?),
        None => Ok(None),
    }
}

fn linkages<R: Resource>(records: &[R]) -> Value {
    records.iter().map(|record| document::linkage(R::DEFINITION.kind, record.id())).collect()
}

impl Subject for Holding {
    type Record = License;
    const MENU: Menu = MENU;
    const KIND: Kind = Kind::License;
    const FILES: &'static str = "license-files";

    fn record(&self) -> &License {
        &self.view.license
    }

    fn scheme(&self) -> Option<Scheme> {
        self.view.policy.scheme
    }

    fn admits(&self, bearer: &Bearer) -> bool {
        action_access::check_out(bearer, &self.view)
    }

    fn secret(&self) -> FileSecret {
        // Nobody knows the digest of a legacy key, so that nobody can open such a file.
        let license = &self.view.license;
        FileSecret::license(license.legacy_digest.as_deref().unwrap_or(&license.key))
    }

    fn about(&self) -> Vec<(&'static str, &'static str, Id)> {
        vec![("license", License::DEFINITION.kind, self.view.license.id)]
    }

    async fn dataset(&self, ctx: &Ctx, terms: &Terms) -> Result<Dataset> {
        let view = &self.view;
        let surroundings = Surroundings::read(ctx, self, |name| terms.includes(name)).await?;
        let mut included = surroundings.included(ctx).await?;
        if terms.includes("owner") {
            included.extend(users::documents(ctx, view.owner.as_slice()).await?);
        }
        if terms.includes("policy") {
            included.push(document::resource(&view.policy, &Extras::default()));
        }
        // Whoever may check a license out does so in the license's own environment.
        let environment = ctx.environment.as_ref().filter(|current| view.license.environment == Some(current.id));
        if let (true, Some(environment)) = (terms.includes("environment"), environment) {
            included.push(document::resource(environment, &Extras::default()));
        }
        Ok(Dataset { data: surroundings.license(ctx, view), included })
    }
}
