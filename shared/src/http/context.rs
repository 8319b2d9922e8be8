//! What a handler knows of its request: resolved in the order of spec 01 §3.12.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use http::request::Parts;
use serde_json::Value;

use super::error::{Error, Result};
use super::exchange::{Exchange, Signing};
use super::negotiate::{self, Reading};
use super::version::Version;
use crate::app::App;
use crate::auth::authenticate;
use crate::auth::authorize::{Caller, Permit};
use crate::auth::bearer::{Bearer, TokenInUse};
use crate::auth::credentials::Credential;
use crate::auth::permissions::Role;
use crate::clock::Time;
use crate::config::Mode;
use crate::crypto::signature::{AcceptError, AcceptSignature};
use crate::domain::attribute::Reference;
use crate::domain::environment::{self, Environment};
use crate::domain::model::{self, Failures};
use crate::domain::resource::Resource;
use crate::events::Event;
use crate::ids::Id;
use crate::jsonapi::parse;
use crate::jsonapi::query::Query;
use crate::jsonapi::schema::{self, Schema};
use crate::store::unit::{CommitError, LOOKUP, Reason};
use crate::store::{Item, Key, Store, Unit};
use crate::tenant::{Name, Tenant};

/// A request to an endpoint that needs credentials.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The process's state.
    pub app: App,
    /// The table, metered for this request.
    pub store: Store,
    /// The request itself.
    pub exchange: Exchange,
    /// The instant the request counts as.
    pub now: Time,
    /// The account.
    pub tenant: Arc<Tenant>,
    /// The current environment; none is the global one.
    pub environment: Option<Environment>,
    /// Who asks.
    pub bearer: Bearer,
    /// The token it uses.
    pub token: Option<TokenInUse>,
    /// The session it uses.
    pub session: Option<crate::domain::token::Session>,
    /// What was presented.
    pub credential: Credential,
    /// API version in effect.
    pub version: Version,
    /// The query.
    pub query: Query,
    /// The body, its keys normalised; `{}` if there is none.
    pub body: Value,
}

/// A request to an endpoint that admits anonymous callers.
#[derive(Clone, Debug)]
pub struct Public(pub Ctx);

/// A request to an endpoint that ignores credentials.
#[derive(Clone, Debug)]
pub struct Open(pub Ctx);

/// A request to an endpoint outside accounts: negotiated and parsed, nothing else.
#[derive(Clone, Debug)]
pub struct Outside {
    /// The request itself.
    pub exchange: Exchange,
    /// API version in effect.
    pub version: Version,
    /// The body, its keys normalised.
    pub body: Value,
}

impl Deref for Public {
    type Target = Ctx;
    fn deref(&self) -> &Ctx {
        &self.0
    }
}

impl Deref for Open {
    type Target = Ctx;
    fn deref(&self) -> &Ctx {
        &self.0
    }
}

/// How an endpoint treats credentials.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Credentials {
    Required,
    Optional,
    Ignored,
}

impl<S: Send + Sync> FromRequestParts<S> for Ctx {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        Self::resolve(parts, Credentials::Required).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Public {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        Ctx::resolve(parts, Credentials::Optional).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Open {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        Ctx::resolve(parts, Credentials::Ignored).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Outside {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        let exchange = arrive(parts)?;
        let (body, _) = read(&exchange)?;
        let version = header_version(&exchange)?.unwrap_or(Version::CURRENT);
        exchange.progress().version = Some(version);
        Ok(Self { exchange, version, body })
    }
}

impl Outside {
    /// The body, checked against a schema.
    ///
    /// # Errors
    /// As [`Ctx::decode_body`].
    pub fn decode_body(&self, schema: &Schema) -> Result<Value> {
        decode(schema, &self.body)
    }
}

impl Ctx {
    async fn resolve(parts: &mut Parts, credentials: Credentials) -> Result<Self> {
        let exchange = arrive(parts)?;
        let (body, query) = read(&exchange)?;
        let asked = header_version(&exchange)?;
        let tenant = resolve_tenant(&exchange).await?;
        let pinned = tenant.account.api_version.parse().ok();
        let version = asked.or(pinned).unwrap_or(Version::CURRENT);
        {
            let mut progress = exchange.progress();
            progress.version = Some(version);
            progress.tenant = Some(Arc::clone(&tenant));
        }
        let environment = resolve_environment(&exchange, &tenant, &query).await?;
        exchange.progress().environment = environment.as_ref().map(|environment| environment.code.clone());
        accept_signature(&exchange, &tenant)?;
        if query.raw().iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(Error::null_byte());
        }
        let mut ctx = Self {
            app: exchange.app.clone(),
            store: exchange.store.clone(),
            now: exchange.app.clock.now(),
            exchange,
            tenant,
            environment,
            bearer: Bearer::Anonymous,
            token: None,
            session: None,
            credential: Credential::None,
            version,
            query,
            body,
        };
        if credentials != Credentials::Ignored {
            authenticate::authenticate(&mut ctx, credentials == Credentials::Required).await?;
            let mut progress = ctx.exchange.progress();
            progress.bearer = ctx.bearer.id();
            progress.token = ctx.token.as_ref().map(|token| token.id);
        }
        Ok(ctx)
    }

    /// The account's id.
    #[must_use]
    #[allow(clippy::misnamed_getters)] // Everything is asked for by the account's id, nothing by the record.
    pub fn account(&self) -> Id {
        self.tenant.account.id
    }

    /// Who asks, for authorization.
    #[must_use]
    pub fn caller(&self) -> Caller<'_> {
        Caller { bearer: &self.bearer, token: self.token.as_ref(), environment: self.environment.as_ref() }
    }

    /// Starts to authorize an operation that needs `permission`.
    pub fn permit(&self, permission: &str) -> Permit<'_> {
        self.caller().permit(permission)
    }

    /// The bearer's role.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.bearer.role()
    }

    /// The environments whose records are visible; `None` is the global one.
    #[must_use]
    pub fn environments(&self) -> Vec<Option<Id>> {
        match &self.environment {
            None => vec![None],
            Some(current) if current.is_shared() => vec![Some(current.id), None],
            Some(current) => vec![Some(current.id)],
        }
    }

    /// Whether a record of `environment` is in the visible set.
    #[must_use]
    pub fn sees(&self, environment: Option<Id>) -> bool {
        self.environments().contains(&environment)
    }

    /// Whether a record of the current environment may be linked to one of another (spec 01 §3.8,
    /// "Model check").
    #[must_use]
    pub fn may_link(&self, other: Option<Id>) -> bool {
        let shared = self.environment.as_ref().is_some_and(Environment::is_shared);
        model::compatible(self.environment_id(), shared, other)
    }

    /// The current environment's id.
    #[must_use]
    pub fn environment_id(&self) -> Option<Id> {
        self.environment.as_ref().map(|environment| environment.id)
    }

    /// The environment of a record about to be made: the one named in the body (null: global), else
    /// the current one, else its natural parent's.
    #[must_use]
    pub fn environment_for(&self, data: &Value, parent: Option<Id>) -> Option<Id> {
        match data.pointer("/relationships/environment") {
            Some(linkage) => linkage.pointer("/data/id").and_then(Value::as_str).and_then(crate::ids::parse_id),
            None => self.environment_id().or(parent),
        }
    }

    /// A new record, in the environment that the body names or the request and its natural parent
    /// give it.
    #[must_use]
    pub fn draft<R: Resource>(&self, data: &Value, parent: Option<Id>) -> R {
        let id =
            data.get("id").and_then(Value::as_str).and_then(crate::ids::parse_id).unwrap_or_else(crate::ids::new_id);
        R::draft(id, self.account(), self.environment_for(data, parent), self.now)
    }

    /// The body's `data`, checked against a schema.
    ///
    /// # Errors
    /// As [`Self::decode_body`].
    pub fn decode(&self, schema: &Schema) -> Result<Value> {
        let mut body = self.decode_body(schema)?;
        Ok(body.get_mut("data").map(Value::take).unwrap_or_default())
    }

    /// The body, checked against a schema.
    ///
    /// # Errors
    /// 400, with the first violation; 400 `ENCODING_INVALID` for NUL characters.
    pub fn decode_body(&self, schema: &Schema) -> Result<Value> {
        decode(schema, &self.body)
    }

    /// An event of this request.
    #[must_use]
    pub fn event(&self, name: &str, environment: Option<Id>, resource: Reference, payload: Value) -> Event {
        let mut event =
            Event::new(name, self.account(), self.environment_id().or(environment), self.now, resource, payload);
        event.whodunnit = self.bearer.kind().zip(self.bearer.id()).map(|(kind, id)| Reference::new(kind, id));
        event.request = Some(self.exchange.id);
        event
    }

    /// An event of this request about `record`.
    #[must_use]
    pub fn event_about<R: Resource>(&self, name: &str, record: &R, payload: Value) -> Event {
        self.event(name, record.environment(), Reference::new(R::DEFINITION.kind, record.id()), payload)
    }

    /// Carries out a unit of work together with the event that announces it.
    ///
    /// # Errors
    /// As [`Unit::commit`].
    pub async fn commit(&self, mut unit: Unit, event: Event) -> Result<(), CommitError> {
        event.record(&mut unit);
        unit.commit(&self.store).await?;
        self.app.journal.event();
        Ok(())
    }

    /// Carries out a unit of work that updates `key` and nothing else, and lets that update carry its event: one write
    /// instead of a transaction. Gives back the item as the update left it.
    ///
    /// # Errors
    /// As [`Unit::commit`].
    pub async fn announce(&self, mut unit: Unit, key: &Key, event: Event) -> Result<Item, CommitError> {
        event.announce(&mut unit, key);
        let item = unit.commit_returning(&self.store).await?;
        self.app.journal.event();
        Ok(item)
    }

    /// Carries out a unit of work together with the event that announces it, and turns the usual
    /// refusals into answers.
    ///
    /// # Errors
    /// 404 if a record is gone, 409 if one was changed meanwhile, 422 if a value is taken.
    pub async fn save<R: Resource>(&self, unit: Unit, event: Event) -> Result<()> {
        self.commit(unit, event).await.map_err(refusal::<R>)
    }
}

fn decode(schema: &Schema, body: &Value) -> Result<Value> {
    let body = schema::validate(schema, body)?;
    if parse::find_nul(&body) { Err(Error::null_byte()) } else { Ok(body) }
}

/// The answer to a unit that was not carried out, where the handler has none of its own.
pub fn refusal<R: Resource>(error: CommitError) -> Error {
    let refused = match error {
        CommitError::Store(error) => return error.into(),
        CommitError::Refused(refused) => refused,
    };
    let mut failures = Failures::default();
    for reason in &refused.0 {
        match reason {
            Reason::Taken(LOOKUP) => {}
            Reason::Taken(name) => failures.taken(name),
            Reason::Exists => failures.push("id", "CONFLICT", "must not conflict with another record"),
            Reason::Gone => return Error::absent(R::DEFINITION.noun),
            Reason::Stale | Reason::Failed(_) => {
                return Error::conflict("The record was changed by another request; please try again");
            }
        }
    }
    if failures.is_empty() { Error::conflict("Another record has the same value") } else { failures.error::<R>() }
}

/// The exchange of a request that reached a route; the first checks of that route.
fn arrive(parts: &mut Parts) -> Result<Exchange> {
    let exchange = parts.extensions.get::<Exchange>().cloned().ok_or_else(|| Error::absent("endpoint"))?;
    let route = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let outside = route.starts_with("/account") || route == "/recover";
    if !exchange.accept.admits_json(!outside) {
        return Err(mime_type_invalid("The media type of the Accept header is not acceptable"));
    }
    exchange.progress().route = route;
    Ok(exchange)
}

fn mime_type_invalid(detail: &'static str) -> Error {
    Error::bad_request(detail).code("MIME_TYPE_INVALID").at_the_edge()
}

/// Body and query.
fn read(exchange: &Exchange) -> Result<(Value, Query)> {
    let has_body = matches!(exchange.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE");
    let body = match negotiate::reading(exchange.header("content-type")) {
        Reading::Malformed if has_body => return Err(mime_type_invalid("The Content-Type header is not a media type")),
        Reading::Json if has_body => {
            let mut body = parse::parse(&exchange.body).map_err(|error| {
                Error::bad_request(format!("The request body is not valid JSON: {error}"))
                    .code("JSON_INVALID")
                    .at_the_edge()
            })?;
            crate::jsonapi::casing::normalise_keys(&mut body);
            body
        }
        _ => Value::Object(serde_json::Map::new()),
    };
    let query = Query::parse(&exchange.query)
        .map_err(|error| Error::bad_request(error.to_string()).code("PARAMETERS_INVALID").at_the_edge())?;
    Ok((body, query))
}

fn header_version(exchange: &Exchange) -> Result<Option<Version>> {
    let Some(header) = exchange.headers.get("keygen-version") else { return Ok(None) };
    match header.to_str().ok().map(str::trim).filter(|text| !text.is_empty()) {
        None if header.is_empty() => Ok(None),
        Some(text) if text.parse::<Version>().is_ok() => Ok(text.parse().ok()),
        _ => Err(Error::bad_request("The API version is not supported")
            .code("INVALID_API_VERSION")
            .about("https://keygen.sh/docs/api/versioning/")
            .without_version()),
    }
}

async fn resolve_tenant(exchange: &Exchange) -> Result<Arc<Tenant>> {
    let app = &exchange.app;
    let find = |name| app.tenants.find(app, &exchange.store, name);
    match (&app.config.mode, &exchange.account) {
        (Mode::Single(id), None) => {
            let own = id.to_string();
            find(Name::Segment(&own)).await?.ok_or_else(|| Error::not_found("account", &own))
        }
        (Mode::Single(id), Some(segment)) => {
            let tenant = find(Name::Segment(segment)).await?;
            let tenant = tenant.ok_or_else(|| Error::not_found("account", segment))?;
            if tenant.account.id == *id {
                Ok(tenant)
            } else {
                Err(Error::new(http::StatusCode::NOT_FOUND, "The account is invalid").code("NOT_FOUND"))
            }
        }
        (Mode::Multi, segment) => {
            let name = exchange.host.split(':').next().unwrap_or_default();
            let own = exchange.is_on_own_host();
            match segment {
                Some(segment) if own => {
                    find(Name::Segment(segment)).await?.ok_or_else(|| Error::not_found("account", segment))
                }
                None if own => Err(Error::new(http::StatusCode::NOT_FOUND, "An account is required").code("NOT_FOUND")),
                Some(segment) => Err(Error::not_found("account", segment)),
                None => find(Name::Domain(name)).await?.ok_or_else(|| Error::not_found("account", name)),
            }
        }
    }
}

async fn resolve_environment(exchange: &Exchange, tenant: &Tenant, query: &Query) -> Result<Option<Environment>> {
    let header = exchange.headers.get("keygen-environment").map(|value| value.to_str().unwrap_or_default().trim());
    let Some(name) = header.or_else(|| query.text("environment")) else { return Ok(None) };
    let found = environment::find(&exchange.store, tenant.account.id, name).await?;
    found.map(Some).ok_or_else(|| {
        Error::bad_request("environment is invalid").code("ENVIRONMENT_INVALID").header("Keygen-Environment")
    })
}

fn accept_signature(exchange: &Exchange, tenant: &Tenant) -> Result<()> {
    let Some(header) = exchange.header("keygen-accept-signature") else { return Ok(()) };
    let mut progress = exchange.progress();
    match AcceptSignature::parse(header, &tenant.account.id.to_string()) {
        Ok(algorithm) => {
            progress.signature = Signing::With(algorithm);
            Ok(())
        }
        Err(error) => {
            progress.signature =
                if matches!(error, AcceptError::KeyNotFound) { Signing::DigestOnly } else { Signing::None };
            Err(Error::bad_request(error.to_string()))
        }
    }
}
