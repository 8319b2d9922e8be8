//! A license read in one go with all that decides about it: its policy, its owner, what it is entitled to.
//!
//! A license's activity and entitlements stand behind it in its partition, and its policy's behind the policy, so that this costs
//! as much as reading the records alone: one strongly consistent read of the license, and beside it half-price reads
//! of the rest where the reader knows policy and owner already.

use super::by_key::{self, Presented};
use super::validation::Mode;
use super::{License, LicenseView, scope};
use crate::auth::bearer::{Bearer, LicenseBearer};
use crate::domain::entitlement::{AttachedEntitlement, LicenseEntitlement, PolicyEntitlement};
use crate::domain::policy::Policy;
use crate::domain::resource::Resource;
use crate::domain::user::User;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::ids::{Id, parse_id};
use crate::store::annex::join;
use crate::store::{Consistency, Item, Key, Store, StoreError, Stored, item, keys, read, schema};

/// A license with its policy, its owner, and what it is entitled to.
#[derive(Clone, Debug, PartialEq)]
pub struct Holding {
    /// License, policy and owner.
    pub view: LicenseView,
    /// The entitlements of the license and of its policy, each once.
    pub entitlements: Vec<Held>,
}

/// An entitlement that a license holds, by itself or through its policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The entitlement.
    pub id: Id,
    /// Its code.
    pub code: String,
}

/// Where a license is, and what stood beside it lately: read on trust, checked afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// The license.
    pub license: Id,
    /// Its policy, as far as known.
    pub policy: Option<Id>,
    /// Its owner, as far as known.
    pub owner: Option<Id>,
}

impl Whereabouts {
    /// A license of which nothing but the id is known.
    #[must_use]
    pub const fn of(license: Id) -> Self {
        Self { license, policy: None, owner: None }
    }

    /// Reads what the look-up item of a license key carries.
    #[must_use]
    pub fn parse(carried: &Item) -> Option<Self> {
        let id = |name: &str| item::text(carried, name).and_then(parse_id);
        Some(Self { license: id("license")?, policy: id("policy"), owner: id("owner") })
    }
}

/// The license that the look-up item of a key names. A key that was given out just now is seen; one given up just now
/// may be, too, but leads to a license that is gone.
///
/// # Errors
/// When the table cannot be read.
pub async fn at(store: &Store, lookup: &Key) -> Result<Option<Whereabouts>, StoreError> {
    Ok(store.item_cheaply(lookup).await?.as_ref().and_then(Whereabouts::parse))
}

/// Reads a license with all that decides about it. One whose policy or owner is being deleted is gone with it.
///
/// # Errors
/// When the table cannot be read.
pub async fn load(store: &Store, account: Id, at: Whereabouts) -> Result<Option<Holding>, StoreError> {
    let policy = async |id: Option<Id>| match id {
        Some(id) => partition::<Policy, PolicyEntitlement>(store, account, id, Consistency::Eventual).await,
        None => Ok(None),
    };
    let owner = async |id: Option<Id>| match id {
        Some(id) => store.get_eventual::<User>(account, id).await,
        None => Ok(None),
    };
    let license = partition::<License, LicenseEntitlement>(store, account, at.license, Consistency::Strong);
    let (license, mut its_policy, mut its_owner) = futures::try_join!(license, policy(at.policy), owner(at.owner))?;
    let Some((license, mut entitlements)) = license else { return Ok(None) };
    let moved = (at.policy != Some(license.policy), at.owner != license.owner);
    if moved.0 || moved.1 {
        let (read_policy, read_owner) = futures::try_join!(
            policy(Some(license.policy).filter(|_| moved.0)),
            owner(license.owner.filter(|_| moved.1))
        )?;
        its_policy = if moved.0 { read_policy } else { its_policy };
        its_owner = if moved.1 { read_owner } else { its_owner };
    }
    let Some((policy, inherited)) = its_policy else { return Ok(None) };
    if license.owner.is_some() != its_owner.is_some() {
        return Ok(None);
    }
    entitlements.extend(inherited);
    entitlements.sort_by_key(|held| held.id);
    entitlements.dedup_by_key(|held| held.id);
    Ok(Some(Holding { view: LicenseView { license, policy, owner: its_owner }, entitlements }))
}

/// A license or a policy, whole, with the entitlements attached to it. What a cheap read misses is read again.
async fn partition<R: Stored, E: AttachedEntitlement>(
    store: &Store,
    account: Id,
    id: Id,
    consistency: Consistency,
) -> Result<Option<(R, Vec<Held>)>, StoreError> {
    let head = keys::record(account, R::DEFINITION.kind, id);
    let whole = |items: Vec<Item>| {
        let mut items = items.into_iter().peekable();
        let first = items.next_if(|first| item::text(first, schema::SK) == Some(keys::HEAD));
        let Some(first) = first else { return Ok(None) };
        let mut record: R = read(&first)?;
        if let Some(annex) = record.annex()
            && let Some(found) = items.next_if(|next| item::text(next, schema::SK) == Some(annex.key.sk.as_str()))
            && let Some(joined) = join(&record, &found)?
        {
            record = joined;
        }
        let attached = items.map(|found| {
            let attached: E = read(&found)?;
            Ok(Held { id: attached.entitlement(), code: attached.code().to_owned() })
        });
        Ok(Some((record, attached.collect::<Result<_, StoreError>>()?)))
    };
    let found = whole(store.range(&head.pk, keys::HEAD, keys::SATELLITES_END, consistency).await?)?;
    if found.is_some() || consistency == Consistency::Strong {
        return Ok(found);
    }
    whole(store.range(&head.pk, keys::HEAD, keys::SATELLITES_END, Consistency::Strong).await?)
}

/// The license of this id or key, inside what the bearer sees, with all that decides about it.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find(ctx: &Ctx, identifier: &str) -> Result<Holding> {
    let missing = || Error::not_found("license", identifier);
    if let Bearer::License(bearer) = &ctx.bearer {
        // It sees nothing but itself, and was read a moment ago to authenticate it.
        let itself = parse_id(identifier) == Some(bearer.license.id) || *identifier == bearer.license.key;
        let shown = ctx.sees(bearer.license.environment) && !identifier.is_empty();
        return if itself && shown { Ok(Holding::from(&**bearer)) } else { Err(missing()) };
    }
    let (by_id, by_key) = match parse_id(identifier) {
        None => (None, by_key::find(ctx, Presented::Stored(identifier), Mode::Quick).await?.map(|(found, _)| found)),
        Some(id) => {
            let lookup = keys::license_key(ctx.account(), identifier);
            // Strongly: an id is no key, and a miss would be read twice.
            let (found, named) = futures::try_join!(by_id(ctx, id), ctx.store.item(&lookup, Consistency::Strong))?;
            let named = named.as_ref().and_then(Whereabouts::parse).filter(|at| at.license != id);
            let named = match named {
                Some(at) => load(&ctx.store, ctx.account(), at).await?,
                None => None,
            };
            (found, named)
        }
    };
    let mut found: Option<Holding> = None;
    for candidate in [by_id, by_key].into_iter().flatten() {
        let license = &candidate.view.license;
        let older = found.as_ref().is_none_or(|known| license.created < known.view.license.created);
        if older && ctx.sees(license.environment) && scope::sees(ctx, license).await? {
            found = Some(candidate);
        }
    }
    found.ok_or_else(missing)
}

/// The license of an id, whoever sees it, read with what stood beside it the last time.
///
/// # Errors
/// When the table cannot be read.
pub async fn by_id(ctx: &Ctx, id: Id) -> Result<Option<Holding>, StoreError> {
    let place = keys::record(ctx.account(), License::DEFINITION.kind, id);
    let at = ctx.app.trails.of(&place).unwrap_or(Whereabouts::of(id));
    let found = load(&ctx.store, ctx.account(), at).await?;
    if let Some(holding) = &found {
        ctx.app.trails.remember(place, holding.whereabouts());
    }
    Ok(found)
}

impl Holding {
    /// Where it is.
    #[must_use]
    pub const fn whereabouts(&self) -> Whereabouts {
        let license = &self.view.license;
        Whereabouts { license: license.id, policy: Some(license.policy), owner: license.owner }
    }

    /// The codes of its entitlements.
    #[must_use]
    pub fn codes(&self) -> Vec<String> {
        self.entitlements.iter().map(|held| held.code.clone()).collect()
    }
}

impl From<&LicenseBearer> for Holding {
    fn from(bearer: &LicenseBearer) -> Self {
        let LicenseBearer { license, policy, owner, entitlements } = bearer.clone();
        Self { view: LicenseView { license, policy, owner }, entitlements }
    }
}

impl From<Holding> for LicenseBearer {
    fn from(holding: Holding) -> Self {
        let Holding { view: LicenseView { license, policy, owner }, entitlements } = holding;
        Self { license, policy, owner, entitlements }
    }
}
