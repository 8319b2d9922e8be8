//! Cookie sessions of the portal (spec 01 §5.3, 03 §3.14).

use http::StatusCode;
use serde_json::Value;

use super::authenticate::{is_banned, load};
use super::bearer::{Bearer, TokenInUse};
use crate::cascade::{self, Job};
use crate::clock::Time;
use crate::crypto::Failure;
use crate::crypto::account_keys::AccountSigner;
use crate::crypto::sealed::CookieSealer;
use crate::domain::resource::Resource;
use crate::domain::token::{Session, Token};
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::http::exchange::Exchange;
use crate::ids::{Id, new_id};
use crate::store::keys::Within;
use crate::store::list::{Order, Sources};
use crate::store::{StoreError, Unit};

/// Sessions older than this are over whatever their expiry says: 14 days, in seconds.
const LONGEST: i64 = 14 * 86_400;
const HOUR: i64 = 3600;
/// How long a session lasts whose token does not expire: 7 days, in seconds.
const LIFETIME: i64 = 7 * 86_400;
/// How many sessions of one token end in the transaction that renews it.
const MOST_SESSIONS: usize = 20;

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

/// Begins the session of a token that its own bearer has just made in the portal, in the same unit
/// of work. One that was begun through another session ends with it.
pub fn begin(ctx: &Ctx, token: &Token, unit: &mut Unit) -> Session {
    let parent = ctx.session.as_ref();
    let expiry = token.expiry.or(parent.map(|parent| parent.expiry));
    let mut session = fresh(ctx, token, expiry.unwrap_or_else(|| ctx.now.plus_seconds(LIFETIME)));
    session.parent = parent.map(|parent| parent.id);
    unit.insert(&session);
    session
}

/// A session of a token, not used yet.
fn fresh(ctx: &Ctx, token: &Token, expiry: Time) -> Session {
    let mut session = Session::draft(new_id(), ctx.account(), token.environment, ctx.now);
    session.bearer = token.bearer.clone();
    session.token = Some(token.id);
    session.expiry = expiry;
    session.ip = Some(ctx.exchange.ip.clone());
    session.user_agent = ctx.exchange.header("user-agent").map(str::to_owned);
    session
}

/// Ends the sessions of a token that gets a new secret, in the same unit of work. If the caller's
/// own is among them, or it uses the token itself from the portal, a new one takes its place.
///
/// # Errors
/// When the table cannot be read.
pub async fn renew(ctx: &Ctx, token: &Token, unit: &mut Unit) -> Result<(Option<Session>, Vec<Job>), StoreError> {
    let sources = Sources::of(ctx.account(), &[token.environment], Within::Owner(token.id), Session::DEFINITION.kind);
    let entries = ctx.store.walk(&sources, Order::Descending, None).next(MOST_SESSIONS).await?;
    let ids: Vec<Id> = entries.iter().map(|entry| entry.id).collect();
    let own = ctx.session.as_ref().filter(|session| session.token == Some(token.id));
    let mut ended: Vec<Session> = ctx.store.get_many(ctx.account(), &ids).await?;
    // Lists lag behind for a moment; the caller's own session is known without them.
    ended.extend(own.filter(|own| !ids.contains(&own.id)).cloned());
    let mut jobs = Vec::with_capacity(ended.len());
    for session in &ended {
        unit.remove(session);
        jobs.push(cascade::leave(unit, session, ctx.now));
    }
    let uses_it = ctx.session.is_none() && ctx.token.as_ref().is_some_and(|used| used.id == token.id);
    let successor = match own {
        Some(own) => Some(Session { parent: own.parent, ..fresh(ctx, token, own.expiry) }),
        None if uses_it && ctx.exchange.from_portal() => {
            Some(fresh(ctx, token, token.expiry.unwrap_or_else(|| ctx.now.plus_seconds(LIFETIME))))
        }
        None => None,
    };
    if let Some(successor) = &successor {
        unit.insert(successor);
    }
    Ok((successor, jobs))
}

/// Names of the cookies sent for sessions that were begun through the current one, and end with it.
///
/// # Errors
/// When the table cannot be read.
pub async fn children(ctx: &Ctx) -> Result<Vec<String>, StoreError> {
    let Some(current) = &ctx.session else { return Ok(Vec::new()) };
    let Ok(sealer) = CookieSealer::new(ctx.tenant.signer.keys().secret_key()) else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for (name, value) in sent(&ctx.exchange) {
        let Some(id) = sealer.open(name, value) else { continue };
        let session = ctx.store.get::<Session>(ctx.account(), id).await?;
        if session.is_some_and(|session| session.parent == Some(current.id)) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
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
    if let Bearer::License(license) = &bearer
        && !license.policy.authentication_strategy.admits_session()
    {
        return Err(Error::unusable("SESSION_NOT_ALLOWED", "Session authentication is not allowed by the policy"));
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
