//! One request and what became known about it on its way.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::negotiate::Accept;
use super::version::Version;
use crate::app::App;
use crate::crypto::signature::Algorithm;
use crate::ids::{Id, new_id};
use crate::store::Store;
use crate::tenant::Tenant;

/// A request under way; shared by the stack and the handler.
#[derive(Clone, Debug)]
pub struct Exchange(Arc<Parts>);

/// The request.
#[derive(Debug)]
pub struct Parts {
    /// The process's state.
    pub app: App,
    /// The table, metered for this request.
    pub store: Store,
    /// The request's id: `X-Request-Id`, `meta.id` of errors, id of its log entry.
    pub id: Id,
    /// Method.
    pub method: Method,
    /// Path and query as the client sent them: what the response signature covers.
    pub target: String,
    /// The host the client called, with a port that is not the default.
    pub host: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Query, as sent.
    pub query: String,
    /// The account segment of the path, if it has one.
    pub account: Option<String>,
    /// Body, as sent.
    pub body: Bytes,
    /// What the client accepts.
    pub accept: Accept,
    /// The client's address.
    pub ip: String,
    progress: Mutex<Progress>,
}

/// What became known so far.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Pattern of the route below the account.
    pub route: String,
    /// API version in effect.
    pub version: Option<Version>,
    /// The account.
    pub tenant: Option<Arc<Tenant>>,
    /// Code of the current environment.
    pub environment: Option<String>,
    /// The bearer.
    pub bearer: Option<Id>,
    /// The token in use.
    pub token: Option<Id>,
    /// How the answer is signed; none once the client asked for something impossible.
    pub signature: Signing,
    /// Scheme that a 401 asks for.
    pub scheme: Option<&'static str>,
    /// `Set-Cookie` headers.
    pub cookies: Vec<String>,
    /// Whether the endpoint keeps its requests out of the request log.
    pub unlogged: bool,
}

/// How an answer is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// In full.
    With(Algorithm),
    /// Only digest and date are given.
    DigestOnly,
    /// Not at all.
    None,
}

impl Default for Signing {
    fn default() -> Self {
        Self::With(Algorithm::Ed25519)
    }
}

impl Exchange {
    /// A request that has just arrived.
    #[must_use]
    pub fn new(app: &App, parts: Arrived) -> Self {
        let Arrived { method, target, host, headers, query, account, body, ip } = parts;
        let accept = Accept::parse(headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok()));
        Self(Arc::new(Parts {
            app: app.clone(),
            store: app.store.metered(),
            id: new_id(),
            method,
            target,
            host,
            headers,
            query,
            account,
            body,
            accept,
            ip,
            progress: Mutex::default(),
        }))
    }

    /// A header, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What is known so far.
    pub fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether the client called the service by its own name, rather than by an account's custom domain.
    #[must_use]
    pub fn is_on_own_host(&self) -> bool {
        let (config, name) = (&self.app.config, self.host.split(':').next().unwrap_or_default());
        name == config.domain
            || name.strip_suffix(&config.domain).is_some_and(|rest| rest.ends_with('.'))
            || name == config.host.split(':').next().unwrap_or_default()
            || name == "localhost"
            || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether the request comes from the portal, which may use cookies.
    #[must_use]
    pub fn from_portal(&self) -> bool {
        self.header("origin") == Some(self.app.config.portal_origin().as_str())
    }
}

/// What the stack reads off a request before anything else.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Arrived {
    pub method: Method,
    pub target: String,
    pub host: String,
    pub headers: HeaderMap,
    pub query: String,
    pub account: Option<String>,
    pub body: Bytes,
    pub ip: String,
}

impl std::ops::Deref for Exchange {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
