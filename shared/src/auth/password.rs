//! Logging in with an e-mail address and a password (spec 03 §3.2).

use serde_json::Value;

use super::bearer::Bearer;
use super::permissions::Role;
use crate::crypto::passwords;
use crate::domain::user::{SecondFactor, User};
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::store::Unit;

fn refused(code: &'static str, detail: &'static str) -> Error {
    Error::unauthorized(code, detail).header("Authorization")
}

/// The bearer that a login makes: the user itself, without a token.
///
/// # Errors
/// 401, by the first of the chapter's steps that fails. The second factor is consumed before the
/// password is looked at, so that its correctness does not show.
pub async fn by_password(ctx: &mut Ctx, email: &str, password: &str) -> Result<()> {
    if !is_plausible(email) {
        return Err(refused("EMAIL_REQUIRED", "email is required"));
    }
    let Some(user) = find(ctx, email).await? else {
        // As slow as for a user that exists.
        passwords::verify_nothing_aside(password).await;
        return Err(refused("EMAIL_INVALID", "email must be valid"));
    };
    let Some(digest) = &user.password_digest else {
        return Err(refused("PASSWORD_NOT_SUPPORTED", "password is unsupported"));
    };
    if password.trim().is_empty() {
        return Err(refused("PASSWORD_REQUIRED", "password is required"));
    }
    check_second_factor(ctx, &user).await?;
    if !passwords::verify_aside(password, digest).await {
        return Err(refused("PASSWORD_INVALID", "password must be valid"));
    }
    if passwords::needs_rehash(digest) {
        rehash(ctx, &user, password).await;
    }
    ctx.bearer = Bearer::User(Box::new(user));
    Ok(())
}

/// `local@domain`: no white space, no second `@`, the domain's last label of at least two letters.
fn is_plausible(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else { return false };
    let mut labels = domain.rsplit('.');
    let tld = labels.next().unwrap_or_default();
    let rest: Vec<&str> = labels.collect();
    let label = |label: &&str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    !local.is_empty()
        && !local.contains(char::is_whitespace)
        && tld.len() >= 2
        && tld.bytes().all(|b| b.is_ascii_alphabetic())
        && !rest.is_empty()
        && rest.iter().all(label)
}

/// The user of an address among those visible here, or a global admin.
async fn find(ctx: &Ctx, email: &str) -> Result<Option<User>> {
    let Some(id) = ctx.store.claimed_by(&User::by_email(ctx.account(), email)).await? else { return Ok(None) };
    let user = ctx.store.get::<User>(ctx.account(), id).await?;
    Ok(user.filter(|user| ctx.sees(user.environment) || (user.role == Role::Admin && user.environment.is_none())))
}

async fn check_second_factor(ctx: &Ctx, user: &User) -> Result<()> {
    let claim = SecondFactor::of_user(ctx.account(), user.id);
    let Some(id) = ctx.store.claimed_by(&claim).await? else { return Ok(()) };
    let Some(factor) = ctx.store.get::<SecondFactor>(ctx.account(), id).await?.filter(|factor| factor.enabled) else {
        return Ok(());
    };
    match ctx.body.pointer("/meta/otp").filter(|otp| !otp.is_null()) {
        None => Err(Error::unauthorized("OTP_REQUIRED", "second factor is required").pointer("/meta/otp")),
        Some(otp) => {
            let accepted = super::second_factor::consume(ctx, &factor, otp.as_str().unwrap_or_default()).await?;
            if accepted { Ok(()) } else { Err(otp_invalid()) }
        }
    }
}

/// 401 of a one-time password that does not hold.
#[must_use]
pub fn otp_invalid() -> Error {
    Error::unauthorized("OTP_INVALID", "second factor must be valid").pointer("/meta/otp")
}

/// Replaces a digest that came by import with one of our own; best effort.
async fn rehash(ctx: &Ctx, user: &User, password: &str) {
    let Ok(digest) = passwords::hash_aside(password).await else { return };
    let mut unit = Unit::new();
    unit.touch(user, [("password_digest", Value::from(digest))]);
    if let Err(error) = unit.commit(&ctx.store).await {
        tracing::warn!(%error, "a password could not be rehashed");
    }
}

#[cfg(test)]
mod tests {
    use super::is_plausible;

    #[test]
    fn plausible_addresses() {
        for email in ["a@b.co", "A.B+c@x-y.example.com", "a\0b@c.io"] {
            assert!(is_plausible(email), "{email:?}");
        }
        for email in ["", "@b.co", "a@", "a@b", "a@b.c", "a b@c.io", "a@b@c.io", "a@b..co", "a@b\0.co", "a@b.co1"] {
            assert!(!is_plausible(email), "{email:?}");
        }
    }
}
