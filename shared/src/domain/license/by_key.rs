//! The license that a key validates (spec 05 §3.1).

use serde_json::json;

use super::holding::{self, Holding, Whereabouts};
use super::validate;
use super::validation::{Lookups, Mode};
use crate::crypto::bcrypt_secret::Match;
use crate::crypto::license_keys;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::store::{StoreError, Unit, keys};

/// A license key as a request presents it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Presented<'a> {
    /// As it is stored, whatever its scheme.
    Stored(&'a str),
    /// Raw, of a legacy-encrypted license, which stores a digest of it.
    Legacy(&'a str),
}

/// The license that a key leads to in the current environment, whoever asks, and what the scope names of it. Both are
/// read at once: the key says which license it is, and the process remembers where it led before.
///
/// # Errors
/// When the table cannot be read.
pub async fn find(ctx: &Ctx, key: Presented<'_>, mode: Mode<'_>) -> Result<Option<(Holding, Lookups)>> {
    let lookup = match key {
        Presented::Stored(stored) => keys::license_key(ctx.account(), stored),
        Presented::Legacy(raw) => {
            let Some(license) = license_keys::legacy_license(raw) else { return Ok(None) };
            return follow(ctx, key, Whereabouts::of(license), mode).await;
        }
    };
    let mut found = match ctx.app.trails.of(&lookup) {
        Some(at) => follow(ctx, key, at, mode).await?,
        None => None,
    };
    if found.is_none() {
        let Some(at) = holding::at(&ctx.store, &lookup).await? else { return Ok(None) };
        found = follow(ctx, key, at, mode).await?;
    }
    if let Some((holding, _)) = &found {
        ctx.app.trails.remember(lookup, holding.whereabouts());
    }
    Ok(found)
}

/// The license that is there, if it has the key and can be seen in the current environment.
async fn follow(ctx: &Ctx, key: Presented<'_>, at: Whereabouts, mode: Mode<'_>) -> Result<Option<(Holding, Lookups)>> {
    let (holding, found) = futures::try_join!(
        holding::load(&ctx.store, ctx.account(), at),
        validate::look_up(&ctx.store, ctx.account(), at.license, mode)
    )?;
    let Some(holding) = holding.filter(|holding| ctx.sees(holding.view.license.environment)) else { return Ok(None) };
    let fits = match key {
        Presented::Stored(key) => holding.view.license.key == key,
        Presented::Legacy(raw) => has_digest(ctx, &holding, raw).await?,
    };
    Ok(fits.then_some((holding, found)))
}

/// Whether a raw key is the one whose digest the license stores. A digest of the oldest form is replaced on the way.
async fn has_digest(ctx: &Ctx, holding: &Holding, raw: &str) -> Result<bool> {
    let license = &holding.view.license;
    let Some(digest) = license.legacy_digest.clone() else { return Ok(false) };
    let raw = raw.to_owned();
    // bcrypt keeps a core busy for a while.
    let compared = tokio::task::spawn_blocking(move || license_keys::legacy_verify(&raw, &digest)).await;
    let compared = compared.map_err(|error| StoreError::Broken(error.to_string()))?;
    if let Match::Rehash(digest) = &compared {
        let mut unit = Unit::new();
        unit.touch(license, [("legacy_digest", json!(digest))]);
        if let Err(error) = unit.commit(&ctx.store).await {
            tracing::warn!(%error, license = %license.id, "a digest of the oldest form stays");
        }
    }
    Ok(compared.is_match())
}
