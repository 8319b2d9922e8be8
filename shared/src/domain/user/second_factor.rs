//! Second factors (spec 03 §1.3, §5.3).

use serde_json::{Value, json};

use super::{SecondFactor, User};
use crate::crypto::totp::Secret;
use crate::domain::resource::Resource;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::jsonapi::document::{self, Extras};
use crate::store::StoreError;

/// What authenticator apps call the service.
const ISSUER: &str = "Latchkey";

/// A new second factor with a secret of its own, not enabled yet.
///
/// # Errors
/// When there is no randomness, or the secret cannot be sealed.
pub async fn draft(ctx: &Ctx, user: &User) -> Result<SecondFactor> {
    let broken = |error: String| Error::from(StoreError::Broken(error));
    let mut factor: SecondFactor = ctx.draft(&Value::Null, user.environment);
    let secret = Secret::generate().map_err(|error| broken(error.to_string()))?;
    let sealed = ctx.app.vault.seal(&factor.account().to_string(), secret.base32().as_bytes()).await;
    factor.sealed_secret = sealed.map_err(|error| broken(error.to_string()))?;
    factor.user = user.id;
    Ok(factor)
}

/// The second factor of a user, if it has one.
///
/// # Errors
/// When the table cannot be read.
pub async fn of_user(ctx: &Ctx, user: &User) -> Result<Option<SecondFactor>> {
    match ctx.store.claimed_by(&SecondFactor::of_user(ctx.account(), user.id)).await? {
        Some(id) => Ok(ctx.store.get(ctx.account(), id).await?),
        None => Ok(None),
    }
}

/// The resource object that events show: without the secret.
#[must_use]
pub fn payload(factor: &SecondFactor) -> Value {
    document::resource(factor, &extras(factor).omit("uri").omit("secret"))
}

/// The resource object that answers show: with the secret as long as it is not enabled.
///
/// # Errors
/// When the secret cannot be unsealed.
pub async fn document(ctx: &Ctx, factor: &SecondFactor, user: &User) -> Result<Value> {
    if factor.enabled {
        return Ok(payload(factor));
    }
    let secret = crate::auth::second_factor::secret(ctx, factor).await?;
    let extras = extras(factor)
        .attribute("uri", json!(*secret.uri(ISSUER, &user.email, None)))
        .attribute("secret", json!(*secret.base32()));
    Ok(document::resource(factor, &extras))
}

fn extras(factor: &SecondFactor) -> Extras {
    Extras::default().at(format!("/users/{}/second-factors/{}", factor.user, factor.id))
}
