//! Cookie sessions of the portal (spec 01 §5.3, 03 §3.14).

use http::StatusCode;
use serde_json::Value;

use super::authenticate::{is_banned, load};
use super::bearer::{Bearer, TokenInUse};
use crate::clock::Time;
use crate::crypto::Failure;
use crate::crypto::account_keys::AccountSigner;
use crate::crypto::sealed::CookieSealer;
use crate::domain::token::{Session, Token};
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::http::exchange::Exchange;
use crate::ids::Id;
use crate::store::Unit;

/// Sessions older than this are over whatever their expiry says: 14 days, in seconds.
const LONGEST: i64 = 14 * 86_400;
const HOUR: i64 = 3600;

/// The name of the cookie of an environment's sessions.
#[must_use]
pub fn cookie_name(environment: Option<Id>) -> String {
    environment.map_or_else(|| "session_id".to_owned(), |id| format!("session_id.{id}"))
}

/// The session cookie of the current environment, if the request may use one.
#[must_use]
pub fn cookie(exchange: &Exchange, environment: Option<Id>) -> Option<String> {
    if !exchange.from_portal() {
        return None;
    }
    let name = cookie_name(environment);
    sent(exchange).find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// The session cookies that the client sent.
fn sent(exchange: &Exchange) -> impl Iterator<Item = (&str, &str)> {
    exchange
        .headers
        .get_all(http::header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == "session_id" || name.starts_with("session_id."))
}

/// The cookie of a session: `{name}={value}`.
///
/// # Errors
/// When the value cannot be sealed.
pub fn pair(signer: &AccountSigner, session: &Session) -> Result<String, Failure> {
    let name = cookie_name(session.environment);
    let value = CookieSealer::new(signer.keys().secret_key())?.seal(&name, session.id)?;
    Ok(format!("{name}={value}"))
}

/// Lets the answer set the cookie of a session.
pub fn set(ctx: &Ctx, session: &Session) {
    match pair(&ctx.tenant.signer, session) {
        Ok(pair) => {
            let (domain, expires) = (&ctx.app.config.domain, session.expiry.http_date());
            ctx.exchange.progress().cookies.push(format!(
                "{pair}; Domain={domain}; Path=/; Expires={expires}; Secure; HttpOnly; SameSite=None; Partitioned"
            ));
        }
        Err(error) => tracing::error!(%error, "a session cookie could not be sealed"),
    }
}

/// `Set-Cookie` that removes a cookie.
#[must_use]
pub fn removal(domain: &str, name: &str) -> String {
    let past = Time::default().http_date();
    format!("{name}=; Domain={domain}; Path=/; Expires={past}; Secure; HttpOnly; SameSite=None; Partitioned")
}

/// Removes all session cookies that the client sent, or only those of one environment.
pub fn clear(exchange: &Exchange, only: Option<&str>) {
    let domain = &exchange.app.config.domain;
    let cookies: Vec<String> = sent(exchange)
        .filter(|(name, _)| only.is_none_or(|only| only == *name))
        .map(|(name, _)| removal(domain, name))
        .collect();
    exchange.progress().cookies.extend(cookies);
}

/// Removes the session cookies of a portal request that was refused for its credential.
pub fn clear_refused(exchange: &Exchange, error: &Error) {
    let code = error.errors.first().and_then(|error| error.code.as_deref());
    let refused = error.status == StatusCode::UNAUTHORIZED
        || (error.status == StatusCode::FORBIDDEN && matches!(code, Some("SESSION_NOT_ALLOWED" | "USER_BANNED")));
    if refused && exchange.from_portal() {
        clear(exchange, None);
    }
}

/// Authenticates by the value of a session cookie.
///
/// # Errors
/// 401 and 403 as the chapter lists them.
pub async fn by_session(ctx: &mut Ctx, value: &str) -> Result<()> {
    let invalid = || Error::unauthorized("SESSION_INVALID", "Session is invalid");
    let name = cookie_name(ctx.environment_id());
    let sealer = CookieSealer::new(ctx.tenant.signer.keys().secret_key()).map_err(|_| invalid())?;
    let id = sealer.open(&name, value).ok_or_else(invalid)?;
    let session = ctx.store.get::<Session>(ctx.account(), id).await?.ok_or_else(invalid)?;
    if !ctx.sees(session.environment) {
        return Err(invalid());
    }
    if let Some(parent) = session.parent {
        ctx.store.get::<Session>(ctx.account(), parent).await?.ok_or_else(invalid)?;
    }
    let token = match session.token {
        Some(token) => Some(ctx.store.get::<Token>(ctx.account(), token).await?.ok_or_else(invalid)?),
        None => None,
    };
    if session.expiry < ctx.now || session.created.plus_seconds(LONGEST) < ctx.now {
        return Err(Error::unauthorized("SESSION_EXPIRED", "Session is expired"));
    }
    let bearer = load(&ctx.store, ctx.account(), &session.bearer, (None, None)).await?.ok_or_else(invalid)?;
    if is_banned(&bearer) {
        return Err(Error::unusable("USER_BANNED", "User is banned"));
    }
    if let Bearer::License(license) = &bearer {
        if !license.policy.authentication_strategy.admits_session() {
            return Err(Error::unusable("SESSION_NOT_ALLOWED", "Session authentication is not allowed by the policy"));
        }
    }
    ctx.bearer = bearer;
    ctx.token =
        token.map(|token| TokenInUse { id: token.id, environment: token.environment, permissions: token.permissions });
    keep_alive(ctx, &session).await;
    ctx.session = Some(session);
    Ok(())
}

/// Notes the use of a session, at most once an hour; a session about to end gets another hour.
async fn keep_alive(ctx: &Ctx, session: &Session) {
    if session.last_used.is_some_and(|used| used.plus_seconds(HOUR) > ctx.now) {
        return;
    }
    let agent = ctx.exchange.header("user-agent").map(str::to_owned);
    let mut used =
        Session { last_used: Some(ctx.now), ip: Some(ctx.exchange.ip.clone()), user_agent: agent, ..session.clone() };
    if session.expiry < ctx.now.plus_seconds(HOUR) {
        used.expiry = session.expiry.plus_seconds(HOUR);
        set(ctx, &used);
    }
    used.updated = ctx.now;
    let mut unit = Unit::new();
    unit.touch(
        &used,
        [
            ("last_used", Value::from(used.last_used.map(|at| at.to_string()))),
            ("ip", Value::from(used.ip.clone())),
            ("user_agent", Value::from(used.user_agent.clone())),
            ("expiry", Value::from(used.expiry.to_string())),
            ("updated", Value::from(used.updated.to_string())),
        ],
    );
    if let Err(error) = unit.commit(&ctx.store).await {
        tracing::warn!(%error, "the use of a session could not be noted");
    }
}
