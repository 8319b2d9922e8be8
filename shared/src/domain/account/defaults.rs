//! What an account's settings say about new records (spec 02 §1.2).

use super::Setting;
use crate::auth::permissions::PermissionSet;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::store::StoreError;

/// The permissions of new users (`default_user_permissions`) or licenses
/// (`default_license_permissions`), where the account chose some.
///
/// # Errors
/// When the table cannot be read.
pub async fn permissions(ctx: &Ctx, setting: &str) -> Result<Option<PermissionSet>> {
    let Some(id) = ctx.store.claimed_by(&Setting::claim(ctx.account(), setting)).await? else { return Ok(None) };
    let Some(setting) = ctx.store.get::<Setting>(ctx.account(), id).await? else { return Ok(None) };
    let chosen: PermissionSet = serde_json::from_value(setting.value)
        .map_err(|error| StoreError::Broken(format!("a setting holds no list of permissions: {error}")))?;
    Ok(Some(chosen).filter(|chosen| !chosen.is_empty()))
}
