//! Machine files, and offline proofs of activation (spec 06 §2.13, §2.14, §5).

use serde_json::Value;

use super::view::component_document;
use super::{Component, Machine, MachineView, access};
use crate::auth::bearer::Bearer;
use crate::clock::Time;
use crate::crypto::certificates::{self, FileSecret, Kind, ProofSubject};
use crate::crypto::license_keys::Scheme;
use crate::domain::check_out::{Dataset, Include, Menu, Subject, Terms};
use crate::domain::group::Group;
use crate::domain::license::License;
use crate::domain::license::check_out::Surroundings;
use crate::domain::license::holding::{self, Holding, Whereabouts};
use crate::domain::resource::Resource;
use crate::domain::user::{User, view as users};
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::ids::{Id, parse_id};
use crate::jsonapi::document::{self, Extras};
use crate::store::unit::CLAIM_HOLDER;
use crate::store::{Consistency, StoreError, item, keys};

/// What machine files can include.
const MENU: Menu = Menu {
    includes: &[
        Include { name: "license", permission: "license.read" },
        Include { name: "license.entitlements", permission: "entitlement.read" },
        Include { name: "license.product", permission: "product.read" },
        Include { name: "license.policy", permission: "policy.read" },
        Include { name: "license.owner", permission: "user.read" },
        Include { name: "license.users", permission: "user.read" },
        Include { name: "components", permission: "component.read" },
        Include { name: "environment", permission: "environment.read" },
        Include { name: "group", permission: "group.read" },
        Include { name: "owner", permission: "user.read" },
    ],
    alias: ("license.user", "license.owner"),
};

/// Prefix of what is included along with the license.
const OF_LICENSE: &str = "license";

impl Subject for MachineView {
    type Record = Machine;
    const MENU: Menu = MENU;
    const KIND: Kind = Kind::Machine;
    const FILES: &'static str = "machine-files";

    fn record(&self) -> &Machine {
        &self.machine
    }

    fn scheme(&self) -> Option<Scheme> {
        self.policy().scheme
    }

    fn admits(&self, bearer: &Bearer) -> bool {
        access::check_out(bearer, self)
    }

    fn secret(&self) -> FileSecret {
        let license = &self.license.license;
        let key = license.legacy_digest.as_deref().unwrap_or(&license.key);
        FileSecret::machine(key, &self.machine.fingerprint)
    }

    fn about(&self) -> Vec<(&'static str, &'static str, Id)> {
        vec![
            ("license", License::DEFINITION.kind, self.license.license.id),
            ("machine", Machine::DEFINITION.kind, self.machine.id),
        ]
    }

    async fn dataset(&self, ctx: &Ctx, terms: &Terms) -> Result<Dataset> {
        let mut extras = self.extras(ctx.now);
        let mut included = Vec::new();
        if terms.includes.iter().any(|include| include.name.starts_with(OF_LICENSE)) {
            included.extend(license(ctx, self, terms).await?);
        }
        if terms.includes("components") {
            let components = components(ctx, self.machine.id).await?;
            let linkage =
                components.iter().map(|found| document::linkage(Component::DEFINITION.kind, found.id)).collect();
            extras.linkage.push(("components", linkage));
            included.extend(components.iter().map(component_document));
        }
        if let (true, Some(id)) = (terms.includes("group"), self.machine.group) {
            let group: Option<Group> = ctx.store.get_eventual(ctx.account(), id).await?;
            included.extend(group.iter().map(|group| document::resource(group, &Extras::default())));
        }
        if let (true, Some(id)) = (terms.includes("owner"), self.machine.owner) {
            let owner: Option<User> = ctx.store.get_eventual(ctx.account(), id).await?;
            included.extend(users::documents(ctx, owner.as_slice()).await?);
        }
        // Whoever may check a machine out does so in the machine's own environment.
        let environment = ctx.environment.as_ref().filter(|current| self.machine.environment == Some(current.id));
        if let (true, Some(environment)) = (terms.includes("environment"), environment) {
            included.push(document::resource(environment, &Extras::default()));
        }
        Ok(Dataset { data: self.render(&extras, ctx.version), included })
    }
}

/// The license, and what is included along with it.
async fn license(ctx: &Ctx, view: &MachineView, terms: &Terms) -> Result<Vec<Value>> {
    let wanted = |name: &str| terms.includes(&format!("{OF_LICENSE}.{name}"));
    let holding = holding(ctx, view, wanted("entitlements")).await?;
    let surroundings = Surroundings::read(ctx, &holding, |name| name != "group" && wanted(name)).await?;
    let mut included = vec![surroundings.license(ctx, &holding.view)];
    included.extend(surroundings.included(ctx).await?);
    if wanted("owner") {
        included.extend(users::documents(ctx, holding.view.owner.as_slice()).await?);
    }
    if wanted("policy") {
        included.push(document::resource(&holding.view.policy, &Extras::default()));
    }
    Ok(included)
}

async fn holding(ctx: &Ctx, view: &MachineView, entitled: bool) -> Result<Holding> {
    match &ctx.bearer {
        Bearer::License(bearer) => Ok(Holding::from(&**bearer)),
        _ if entitled => {
            let found = holding::load(&ctx.store, ctx.account(), Whereabouts::of(view.license.license.id)).await?;
            found.ok_or_else(|| Error::absent("license"))
        }
        _ => Ok(Holding { view: view.license.clone(), entitlements: Vec::new() }),
    }
}

/// All components of a machine, oldest first: its partition names them.
async fn components(ctx: &Ctx, machine: Id) -> Result<Vec<Component>> {
    let head = keys::record(ctx.account(), Machine::DEFINITION.kind, machine);
    let claims = ctx.store.range(&head.pk, keys::PARTS, keys::COMPONENTS_END, Consistency::Strong).await?;
    let ids: Vec<Id> = claims.iter().filter_map(|claim| item::text(claim, CLAIM_HOLDER).and_then(parse_id)).collect();
    let mut components: Vec<Component> = ctx.store.get_many(ctx.account(), &ids).await?;
    components.sort_by_key(|component| (component.created, component.id));
    Ok(components)
}

/// A proof that a machine is activated, signed with the account's key: of `dataset`, or of the facts.
///
/// # Errors
/// When the cryptographic library fails.
pub fn proof(ctx: &Ctx, view: &MachineView, dataset: Option<&Value>) -> Result<String> {
    let (machine, license) = (&view.machine, &view.license.license);
    let subject = ProofSubject {
        account: machine.account,
        product: license.product,
        policy: license.policy,
        duration: view.policy().duration,
        license: license.id,
        key: Some(license.key.as_str()).filter(|key| !key.is_empty()),
        expiry: license.expiry.map(Time::timestamp),
        machine: machine.id,
        fingerprint: &machine.fingerprint,
        created: machine.created.timestamp(),
    };
    let text = match dataset {
        Some(dataset) => dataset.to_string(),
        None => certificates::default_proof_dataset(&subject, ctx.now.timestamp()),
    };
    let proof = certificates::offline_proof(text.as_bytes(), &ctx.tenant.signer);
    proof.map_err(|error| StoreError::Broken(error.to_string()).into())
}
