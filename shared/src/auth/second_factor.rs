//! Using up a one-time password (spec 03 §5.3).

use serde_json::Value;

use crate::crypto::totp::Secret;
use crate::domain::resource::Resource;
use crate::domain::user::SecondFactor;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::store::unit::{CommitError, Condition, Reason};
use crate::store::{StoreError, Stored, Unit};

/// What is reported when another request used the code first.
pub const USED: Reason = Reason::Failed("code used");

/// The step (its first second) of a factor's current code, if `code` is that and was not used yet.
/// Whoever acts on it stores it as last verified, under the condition of [`require_unused`].
///
/// # Errors
/// When the secret cannot be unsealed.
pub async fn verify(ctx: &Ctx, factor: &SecondFactor, code: &str) -> Result<Option<i64>> {
    let secret = secret(ctx, factor).await?;
    let last = (factor.last_verified_at > 0).then_some(factor.last_verified_at);
    Ok(secret.verify(code, ctx.now.seconds(), last))
}

/// Makes a unit depend on nobody else having used the code of `step`: it is refused with [`USED`],
/// so that of several requests that bring the same code at once, one is accepted.
pub fn require_unused(unit: &mut Unit, factor: &SecondFactor, step: i64) {
    unit.require(&factor.key(), Condition::AtMost("last_verified_at".to_owned(), step - 1), USED);
}

/// Whether `code` is a factor's current code, which then is used up.
///
/// # Errors
/// When the table cannot be written or the secret cannot be unsealed.
pub async fn consume(ctx: &Ctx, factor: &SecondFactor, code: &str) -> Result<bool> {
    let Some(step) = verify(ctx, factor, code).await? else { return Ok(false) };
    let mut unit = Unit::new();
    unit.touch(factor, [("last_verified_at", Value::from(step))]);
    require_unused(&mut unit, factor, step);
    match unit.commit(&ctx.store).await {
        Ok(()) => Ok(true),
        Err(CommitError::Refused(_)) => Ok(false),
        Err(CommitError::Store(error)) => Err(error.into()),
    }
}

/// A factor's secret.
///
/// # Errors
/// When it cannot be unsealed.
pub async fn secret(ctx: &Ctx, factor: &SecondFactor) -> Result<Secret> {
    let opened = ctx.app.vault.open(&factor.account().to_string(), &factor.sealed_secret).await;
    let opened = opened.map_err(|error| StoreError::Broken(format!("a secret cannot be unsealed: {error}")))?;
    Secret::parse(&String::from_utf8_lossy(&opened))
        .ok_or_else(|| StoreError::Broken("a stored secret is not base32".to_owned()).into())
}
