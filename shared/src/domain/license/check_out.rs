//! License files: what they include, and what comes of a check-out (spec 05 §3.10).

use serde_json::{Value, json};

use super::holding::Holding;
use super::{LicenseView, scope};
use crate::crypto::certificates::{FileSecret, Kind};
use crate::domain::check_out::{Dataset, Include, Menu, Terms};
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
pub const MENU: Menu = Menu {
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

/// What a license file says.
///
/// # Errors
/// When the table cannot be read.
async fn dataset(ctx: &Ctx, holding: &Holding, terms: &Terms) -> Result<Dataset> {
    let view = &holding.view;
    let surroundings = Surroundings::read(ctx, holding, |name| terms.includes(name)).await?;
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

/// The certificate of a license.
///
/// # Errors
/// When the table cannot be read, or the cryptographic library fails.
pub async fn certificate(ctx: &Ctx, holding: &Holding, terms: &Terms) -> Result<String> {
    let license = &holding.view.license;
    // Nobody knows the digest of a legacy key, so that nobody can open such a file.
    let secret = FileSecret::license(license.legacy_digest.as_deref().unwrap_or(&license.key));
    let dataset = dataset(ctx, holding, terms).await?;
    terms.certify(ctx, Kind::License, &secret, dataset)
}

/// The resource object of a license file.
#[must_use]
pub fn file(ctx: &Ctx, license: Id, terms: &Terms, certificate: &str) -> Value {
    terms.file(ctx, "license-files", certificate, &[("license", "licenses", license)])
}

/// What a check-out leaves on the license.
#[must_use]
pub fn marks(ctx: &Ctx) -> [(&'static str, Value); 2] {
    [("last_check_out", json!(ctx.now)), ("updated", json!(ctx.now))]
}
