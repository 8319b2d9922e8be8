//! From a credential to a bearer (spec 01 §3.6).

use super::bearer::{Bearer, LicenseBearer, TokenInUse};
use super::credentials::{self, Credential};
use crate::clock::Time;
use crate::crypto;
use crate::crypto::tokens::{self, Match, Version};
use crate::domain::attribute::Reference;
use crate::domain::environment::Environment;
use crate::domain::license::by_key::{self, Presented};
use crate::domain::license::holding::{self, Whereabouts};
use crate::domain::license::validation::Mode;
use crate::domain::policy::strategies::ExpirationStrategy;
use crate::domain::product::Product;
use crate::domain::token::Token;
use crate::domain::user::User;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::ids::{Id, parse_id};
use crate::store::{Consistency, Store, StoreError, Unit, item, keys};

const TOKENS_GUIDE: &str = "https://keygen.sh/docs/api/authentication/#token-authentication";
const LICENSES_GUIDE: &str = "https://keygen.sh/docs/api/authentication/#license-authentication";
const GUIDE: &str = "https://keygen.sh/docs/api/authentication/";
const REQUIRED: &str = "You must be authenticated to complete the request";

/// Finds out who sends the request.
///
/// # Errors
/// 401 and 403 as the chapter's tables say. A bad credential fails even where none is needed.
pub async fn authenticate(ctx: &mut Ctx, required: bool) -> Result<()> {
    let login = ctx.exchange.method == http::Method::POST && ctx.exchange.progress().route == "/tokens";
    let session = super::session::cookie(&ctx.exchange, ctx.environment_id());
    let query =
        ctx.query.text("token").filter(|v| !v.is_empty()).or_else(|| ctx.query.text("auth").filter(|v| !v.is_empty()));
    let authorization = ctx.exchange.headers.get(http::header::AUTHORIZATION).map(http::HeaderValue::as_bytes);
    let presented = credentials::present(authorization, login, session, query);
    ctx.exchange.progress().scheme = Some(presented.scheme);
    ctx.credential = presented.credential.clone();
    let outcome = match presented.credential {
        Credential::None if required => Err(missing()),
        Credential::None => Ok(()),
        Credential::Garbled => {
            Err(Error::bad_request("The credentials hold an invalid byte sequence").code("ENCODING_INVALID"))
        }
        Credential::Token(raw) => by_token(ctx, &raw).await,
        Credential::License(key) => by_license_key(ctx, &key).await,
        Credential::Password { email, password } => super::password::by_password(ctx, &email, &password).await,
        Credential::Session(value) => super::session::by_session(ctx, &value).await,
    };
    if let Err(error) = &outcome {
        super::session::clear_refused(&ctx.exchange, error);
    }
    outcome
}

fn missing() -> Error {
    Error::unauthorized("TOKEN_MISSING", REQUIRED).about(GUIDE)
}

fn token_invalid() -> Error {
    Error::unauthorized("TOKEN_INVALID", "The token is invalid").about(TOKENS_GUIDE)
}

fn license_invalid() -> Error {
    Error::unauthorized("LICENSE_INVALID", "The license key is invalid").about(LICENSES_GUIDE)
}

/// A user whose ban keeps a bearer out.
fn user_banned() -> Error {
    Error::unusable("USER_BANNED", "User is banned")
}

/// The facts of a token that authentication needs.
struct Facts {
    token: TokenInUse,
    bearer: Reference,
    expiry: Option<Time>,
    /// Policy and owner of a license bearer when the token was made: read beside it on trust.
    hints: (Option<Id>, Option<Id>),
}

async fn by_token(ctx: &mut Ctx, raw: &str) -> Result<()> {
    if tokens::is_uuid_like(raw) {
        let detail = "The token is invalid: it looks like a token's identifier, not its value";
        return Err(Error::unauthorized("TOKEN_FORMAT_INVALID", detail).about(TOKENS_GUIDE));
    }
    let facts = find_token(ctx, raw).await?.ok_or_else(token_invalid)?;
    if !ctx.sees(facts.token.environment) {
        return Err(token_invalid());
    }
    if facts.expiry.is_some_and(|expiry| expiry < ctx.now) {
        ctx.exchange.progress().token = Some(facts.token.id);
        return Err(Error::unauthorized("TOKEN_EXPIRED", "Token is expired"));
    }
    let bearer = load(&ctx.store, ctx.account(), &facts.bearer, facts.hints).await?.ok_or_else(token_invalid)?;
    if is_banned(&bearer) {
        return Err(user_banned());
    }
    if let Bearer::License(license) = &bearer
        && !license.policy.authentication_strategy.admits_token()
    {
        return Err(Error::unusable("TOKEN_NOT_ALLOWED", "Token authentication is not allowed by the policy")
            .about(TOKENS_GUIDE));
    }
    ctx.bearer = bearer;
    ctx.token = Some(facts.token);
    Ok(())
}

async fn find_token(ctx: &Ctx, raw: &str) -> Result<Option<Facts>> {
    let signer = &ctx.tenant.signer;
    let digest = match tokens::version_of(raw) {
        None => return Ok(None),
        Some(Version::V3) => tokens::digest(signer, raw),
        Some(Version::V2) => tokens::digest_v2(signer, raw),
        Some(Version::V1) => return find_v1(ctx, raw).await,
    };
    let found = ctx.store.item(&keys::token_digest(ctx.account(), &digest), Consistency::Strong).await?;
    let Some(found) = found else { return Ok(None) };
    let id = |name: &str| item::text(&found, name).and_then(parse_id);
    let member = |name: &str| found.get(name).map(item::decode).unwrap_or_default();
    let facts = || {
        Some(Facts {
            token: TokenInUse {
                id: id("token")?,
                environment: id("environment"),
                permissions: serde_json::from_value(member("permissions")).ok()?,
            },
            bearer: serde_json::from_value(member("bearer")).ok()?,
            expiry: item::text(&found, "expiry").and_then(|text| text.parse().ok()),
            hints: (id("license_policy"), id("license_owner")),
        })
    };
    Ok(facts())
}

/// Tokens of the first generation name themselves and are verified by a slow digest.
async fn find_v1(ctx: &Ctx, raw: &str) -> Result<Option<Facts>> {
    let Some(parsed) = tokens::parse_v1(raw).filter(|parsed| parsed.account == ctx.account()) else { return Ok(None) };
    let Some(token) = ctx.store.get::<Token>(ctx.account(), parsed.token).await? else { return Ok(None) };
    if token.format != 1 {
        return Ok(None);
    }
    let (presented, digest) = (raw.to_owned(), token.digest.clone());
    match crypto::aside(move || tokens::verify_v1(&presented, &digest)).await {
        Ok(Match::Yes) => {}
        Ok(Match::Rehash(digest)) => rehash(ctx, &token, digest).await,
        Ok(Match::No) | Err(_) => return Ok(None),
    }
    Ok(Some(Facts {
        token: TokenInUse { id: token.id, environment: token.environment, permissions: token.permissions },
        bearer: token.bearer,
        expiry: token.expiry,
        hints: (token.license_policy, token.license_owner),
    }))
}

/// Replaces the digest of an old token by its better form; best effort.
async fn rehash(ctx: &Ctx, token: &Token, digest: String) {
    let mut unit = Unit::new();
    unit.touch(token, [("digest", digest.into())]);
    if let Err(error) = unit.commit(&ctx.store).await {
        tracing::warn!(%error, "a token could not be rehashed");
    }
}

async fn by_license_key(ctx: &mut Ctx, key: &str) -> Result<()> {
    if key.contains('\0') {
        return Err(license_invalid());
    }
    let (found, _) = by_key::find(ctx, Presented::Stored(key), Mode::Quick).await?.ok_or_else(license_invalid)?;
    let bearer = Box::new(LicenseBearer::from(found));
    if bearer.owner.as_ref().is_some_and(User::is_banned) {
        return Err(Error::unusable("LICENSE_BANNED", "License is banned"));
    }
    if bearer.license.suspended {
        return Err(Error::unusable("LICENSE_SUSPENDED", "License is suspended"));
    }
    let expired = bearer.license.expiry.is_some_and(|expiry| expiry < ctx.now);
    let strategy = ExpirationStrategy::effective(bearer.policy.expiration_strategy);
    if expired && strategy == ExpirationStrategy::RevokeAccess {
        return Err(Error::unusable("LICENSE_EXPIRED", "License is expired"));
    }
    if !bearer.policy.authentication_strategy.admits_key() {
        return Err(Error::unusable("LICENSE_NOT_ALLOWED", "License key authentication is not allowed by the policy")
            .about(LICENSES_GUIDE));
    }
    ctx.bearer = Bearer::License(bearer);
    Ok(())
}

/// Whether a bearer is a banned user, or a license that one owns.
#[must_use]
pub fn is_banned(bearer: &Bearer) -> bool {
    match bearer {
        Bearer::User(user) => user.is_banned(),
        Bearer::License(bearer) => bearer.owner.as_ref().is_some_and(User::is_banned),
        _ => false,
    }
}

/// Loads a bearer. The hints name policy and owner of a license as they were lately, so that they
/// can be read beside it; what no longer fits is read again.
///
/// # Errors
/// When the table cannot be read.
pub async fn load(
    store: &Store,
    account: Id,
    bearer: &Reference,
    hints: (Option<Id>, Option<Id>),
) -> Result<Option<Bearer>, StoreError> {
    Ok(match bearer.kind.as_str() {
        "users" => store.get::<User>(account, bearer.id).await?.map(|user| Bearer::User(Box::new(user))),
        "products" => store.get::<Product>(account, bearer.id).await?.map(|product| Bearer::Product(Box::new(product))),
        "environments" => {
            store.get::<Environment>(account, bearer.id).await?.map(|found| Bearer::Environment(Box::new(found)))
        }
        "licenses" => {
            let at = Whereabouts { license: bearer.id, policy: hints.0, owner: hints.1 };
            let found = holding::load(store, account, at).await?;
            found.map(|holding| Bearer::License(Box::new(holding.into())))
        }
        _ => None,
    })
}
