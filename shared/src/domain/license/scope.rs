//! Which licenses a bearer sees (spec 04 §2.1 rule 7).

use super::holding::Whereabouts;
use super::{License, LicenseUser, LicenseView, view};
use crate::auth::bearer::Bearer;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::ids::{Id, parse_id};
use crate::store::Consistency;
use crate::store::keys::{self, Within};
use crate::store::list::{Order, Sources};

/// How many licenses of one user are looked at where something is derived from all of them.
pub const MOST_LICENSES: usize = 1000;

/// The license of this id or key, inside what the bearer sees, with what it depends on.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find(ctx: &Ctx, identifier: &str) -> Result<LicenseView> {
    let missing = || Error::not_found("license", identifier);
    for license in named(ctx, identifier).await? {
        if sees(ctx, &license).await? {
            return view::view(&ctx.store, ctx.account(), license).await?.ok_or_else(missing);
        }
    }
    Err(missing())
}

/// The licenses that an id or key can mean, whoever asks, as far as the current environment shows
/// them; the oldest first.
///
/// # Errors
/// When the table cannot be read.
pub async fn named(ctx: &Ctx, identifier: &str) -> Result<Vec<License>> {
    let by_id = async {
        match parse_id(identifier) {
            Some(id) => ctx.visible::<License>(id).await,
            None => Ok(None),
        }
    };
    let lookup = keys::license_key(ctx.account(), identifier);
    // Strongly: an id is no key, and a miss would be read twice.
    let by_key = async { Ok(ctx.store.item(&lookup, Consistency::Strong).await?) };
    let (by_id, by_key) = futures::try_join!(by_id, by_key)?;
    let mut licenses = Vec::from_iter(by_id);
    if let Some(at) = by_key.as_ref().and_then(Whereabouts::parse)
        && licenses.iter().all(|found| found.id != at.license)
    {
        licenses.extend(ctx.visible::<License>(at.license).await?);
    }
    licenses.sort_by_key(|license| license.created);
    Ok(licenses)
}

/// The list that holds what a bearer sees.
#[must_use]
pub fn within(bearer: &Bearer) -> Within {
    match bearer {
        Bearer::Product(product) => Within::Product(product.id),
        Bearer::User(user) if !bearer.is_staff() => Within::Owner(user.id),
        _ => Within::Account,
    }
}

/// Whether the bearer sees a license that the current environment shows.
///
/// # Errors
/// When the table cannot be read.
pub async fn sees(ctx: &Ctx, license: &License) -> Result<bool> {
    Ok(match &ctx.bearer {
        Bearer::Anonymous => false,
        Bearer::Environment(_) => true,
        Bearer::Product(product) => license.product == product.id,
        Bearer::License(bearer) => license.id == bearer.license.id,
        Bearer::User(_) if ctx.bearer.is_staff() => true,
        Bearer::User(user) => is_user(ctx, license, user.id).await?,
    })
}

/// Whether a user owns a license or is attached to it.
///
/// # Errors
/// When the table cannot be read.
pub async fn is_user(ctx: &Ctx, license: &License, user: Id) -> Result<bool> {
    Ok(license.owner == Some(user) || is_licensee(ctx, license.id, user).await?)
}

/// Whether a user is attached to a license.
///
/// # Errors
/// When the table cannot be read.
pub async fn is_licensee(ctx: &Ctx, license: Id, user: Id) -> Result<bool> {
    let key = keys::attached_user(ctx.account(), "licenses", license, user);
    Ok(ctx.store.item(&key, Consistency::Strong).await?.is_some())
}

/// The users attached to a license.
///
/// # Errors
/// When the table cannot be read.
pub async fn licensees(ctx: &Ctx, license: Id) -> Result<Vec<LicenseUser>> {
    let head = keys::record(ctx.account(), "licenses", license);
    Ok(ctx.store.satellites(&head, "U#").await?)
}

/// The licenses that a user owns or is attached to, as far as the current environment shows them;
/// newest first, at most [`MOST_LICENSES`].
///
/// # Errors
/// When the table cannot be read.
pub async fn of_user(ctx: &Ctx, user: Id) -> Result<Vec<License>> {
    let sources = Sources::of(ctx.account(), &ctx.environments(), Within::Owner(user), "licenses");
    let entries = ctx.store.walk(&sources, Order::Descending, None).next(MOST_LICENSES).await?;
    let ids: Vec<Id> = entries.iter().map(|entry| entry.id).collect();
    let mut licenses: Vec<License> = ctx.store.get_many(ctx.account(), &ids).await?;
    licenses.retain(|license| ctx.sees(license.environment));
    Ok(licenses)
}

/// The licenses that an end user or a license acts with.
///
/// # Errors
/// When the table cannot be read.
pub async fn of_bearer(ctx: &Ctx) -> Result<Vec<License>> {
    match &ctx.bearer {
        Bearer::User(user) => of_user(ctx, user.id).await,
        Bearer::License(bearer) => Ok(vec![bearer.license.clone()]),
        _ => Ok(Vec::new()),
    }
}
