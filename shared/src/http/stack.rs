//! The way in and out that every request takes.
//!
//! In: preflight → request id → throttle → path → router. Out: the answer is shaped for the
//! client's version, serialised, digested, signed and given its headers. Everything between is the
//! handler's, whose first argument ([`super::context`]) resolves version, account, environment and
//! credentials.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Instant;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use lambda_http::RequestExt;
use serde_json::{Map, Value, json};
use tower::ServiceExt;

use super::error::Error;
use super::exchange::{Arrived, Exchange, Progress, Signing};
use super::reply::{Body, Pending, Reply};
use super::version::{self, Occasion, Version};
use super::{cors, journal, path, throttle};
use crate::app::App;
use crate::config::Mode;
use crate::crypto::signature;

/// Largest body taken, in bytes: what a function can receive.
const LARGEST_BODY: usize = 6 * 1024 * 1024;

/// Puts a family's routes behind the stack. Routes are patterns below the account, e.g. `/licenses/{id}`.
pub fn serve(app: App, routes: Router) -> Router {
    let routes = routes.fallback(no_route).method_not_allowed_fallback(no_route);
    Router::new().fallback(move |request: Request<axum::body::Body>| {
        let (app, routes) = (app.clone(), routes.clone());
        async move { answer(app, routes, request).await }
    })
}

async fn no_route(request: Request<axum::body::Body>) -> Error {
    request.extensions().get::<Exchange>().map_or_else(|| Error::absent("endpoint"), no_endpoint)
}

/// 404 of a path or method that no endpoint serves.
#[must_use]
pub fn no_endpoint(exchange: &Exchange) -> Error {
    let accept = exchange.header("accept").unwrap_or("none");
    let path = exchange.target.split('?').next().unwrap_or_default();
    Error::new(StatusCode::NOT_FOUND, format!("There is no endpoint for {} {path} (Accept: {accept})", exchange.method))
        .code("NOT_FOUND")
}

async fn answer(app: App, routes: Router, request: Request<axum::body::Body>) -> Result<Response, Infallible> {
    let started = Instant::now();
    let portal = app.config.portal_origin();
    let received = received_path(&request);
    let (parts, body) = request.into_parts();
    if cors::is_preflight(&parts.method, &parts.headers) {
        let mut response = Response::new(axum::body::Body::empty());
        *response.headers_mut() = cors::preflight(&parts.headers, &portal);
        return Ok(response);
    }
    let ip = client_ip(&parts);
    let known = matches!(
        parts.method,
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::OPTIONS
    );
    let body = Limited::new(body, LARGEST_BODY).collect().await.map(http_body_util::Collected::to_bytes);
    let located = locate(&received);
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let target_path = path::target(&received).into_owned();
    let target = if parts.uri.query().is_some() { format!("{target_path}?{query}") } else { target_path };
    let host = host(&app, &parts.headers, &parts.uri);
    let (account, inner, early) = match (located, &body) {
        _ if !known => (None, String::new(), Some(edge("HTTP_METHOD_INVALID", "The HTTP method is not valid"))),
        (Err(error), _) => (None, String::new(), Some(error)),
        (_, Err(_)) => (None, String::new(), Some(edge("JSON_INVALID", "The request body is too large"))),
        (Ok((account, inner)), Ok(_)) => (account, inner, None),
    };
    let exchange = Exchange::new(
        &app,
        Arrived {
            method: parts.method.clone(),
            target,
            host,
            headers: parts.headers.clone(),
            query: query.clone(),
            account,
            body: body.unwrap_or_default(),
            ip,
        },
    );
    let refused = match early {
        Some(error) => Some(error),
        None => throttle::refuse(&exchange, &inner).await,
    };
    let outcome = match refused {
        Some(error) => Err(error),
        None => route(&exchange, routes, parts, &inner, &query).await,
    };
    let mut response = finish(&exchange, outcome);
    if app.config.server_timing {
        let total = started.elapsed().as_secs_f64() * 1000.0;
        let timing = format!("{}, total;dur={total:.3}", exchange.store.cost());
        insert(response.headers_mut(), "server-timing", &timing);
    }
    if exchange.method == Method::HEAD {
        *response.body_mut() = axum::body::Body::empty();
    }
    Ok(response)
}

/// The path as the gateway, or the client itself, handed it over. The runtime normalises the URI it
/// makes of an event, so the event's own text counts.
fn received_path(request: &Request<axum::body::Body>) -> String {
    match request.raw_http_path() {
        "" => request.uri().path().to_owned(),
        raw => raw.to_owned(),
    }
}

fn edge(code: &'static str, detail: &'static str) -> Error {
    Error::bad_request(detail).code(code).at_the_edge()
}

/// The account segment of a path and the path below the account.
fn locate(received: &str) -> Result<(Option<String>, String), Error> {
    let canonical =
        path::canonical(received).map_err(|_| edge("ENCODING_INVALID", "The path holds an invalid byte sequence"))?;
    if canonical.path.contains("%00") {
        return Err(edge("ENCODING_INVALID", "The path holds an unexpected null byte"));
    }
    match path::split_account(&canonical.path) {
        Some(_) if canonical.extension.is_some() => {
            Err(edge("MIME_TYPE_INVALID", "The extension of the path is not acceptable"))
        }
        Some((account, inner)) => Ok((account, inner)),
        None => Ok((None, "/-/nowhere".to_owned())),
    }
}

/// Hands the request to the family's router and takes what the handler left.
async fn route(
    exchange: &Exchange,
    routes: Router,
    mut parts: http::request::Parts,
    inner: &str,
    query: &str,
) -> Result<Reply, Error> {
    let inner = if query.is_empty() { inner.to_owned() } else { format!("{inner}?{query}") };
    parts.uri = inner.parse::<Uri>().map_err(|_| edge("URI_INVALID", "The path is not a valid URI"))?;
    parts.extensions.insert(exchange.clone());
    let request = Request::from_parts(parts, axum::body::Body::empty());
    let mut response = match routes.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    match response.extensions_mut().remove::<Pending>() {
        Some(Pending(outcome)) => outcome,
        // An extractor of the framework refused (a path segment that is no text).
        None => Err(edge("URI_INVALID", "The path is not a valid URI")),
    }
}

/// The host that the client used, a default port left out.
fn host(app: &App, headers: &HeaderMap, uri: &Uri) -> String {
    let forwarded = app.config.trust_forwarded_host.then(|| headers.get("x-forwarded-host")).flatten();
    forwarded
        .or_else(|| headers.get(HOST))
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
        .or_else(|| uri.authority().map(ToString::to_string))
        .unwrap_or_default()
        .to_ascii_lowercase()
}

/// The client's address: what the gateway says, else the connection's peer.
fn client_ip(parts: &http::request::Parts) -> String {
    use lambda_http::request::RequestContext;
    let gateway = parts.extensions.get::<RequestContext>().and_then(|context| match context {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.clone(),
        RequestContext::ApiGatewayV1(context) => context.identity.source_ip.clone(),
        _ => None,
    });
    gateway
        .or_else(|| parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_string()))
        .unwrap_or_default()
}

/// Shapes, serialises and signs an answer.
fn finish(exchange: &Exchange, outcome: Result<Reply, Error>) -> Response {
    let progress = exchange.progress().clone();
    let version = progress.version.unwrap_or(Version::CURRENT);
    let plain = outcome.as_ref().is_err_and(|error| error.edge || error.unversioned);
    let mut headers = HeaderMap::new();
    let (status, body, content_type) = match outcome {
        Ok(reply) => from_reply(exchange, &progress, version, reply, &mut headers),
        Err(error) => from_error(exchange, &progress, version, error, &mut headers),
    };
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    insert(&mut headers, "x-request-id", &exchange.id.to_string());
    insert(&mut headers, "cache-control", "no-transform, no-store, max-age=0");
    insert(&mut headers, "vary", "Origin");
    headers.extend(cors::actual(&exchange.headers, &exchange.app.config.portal_origin()));
    for cookie in &progress.cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            headers.append(http::header::SET_COOKIE, value);
        }
    }
    if !plain {
        service_headers(exchange, &progress, version, &mut headers);
        sign(exchange, &progress, &body, &mut headers);
        if journal::is_logged(exchange, &progress) {
            exchange.app.journal.request();
        }
    }
    let mut response = Response::new(axum::body::Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn from_reply(
    exchange: &Exchange,
    progress: &Progress,
    version: Version,
    reply: Reply,
    headers: &mut HeaderMap,
) -> (StatusCode, Bytes, Option<&'static str>) {
    for (name, value) in &reply.headers {
        insert(headers, name, value);
    }
    if let (Some(path), Some(tenant)) = (&reply.created, &progress.tenant) {
        let config = &exchange.app.config;
        let location = format!("{}://{}/v1/accounts/{}{path}", config.scheme, config.host, tenant.account.id);
        insert(headers, "location", &location);
    }
    match reply.body {
        Body::Empty => (reply.status, Bytes::new(), None),
        Body::Raw(bytes, content_type) => (reply.status, bytes, Some(content_type)),
        Body::Document(mut document) => {
            let occasion = if reply.apart {
                Occasion::Apart
            } else {
                Occasion::Route { method: exchange.method.as_str(), pattern: &progress.route }
            };
            version::downgrade(&mut document, version, occasion);
            (reply.status, document.to_string().into(), Some(exchange.accept.json_type(false)))
        }
    }
}

fn from_error(
    exchange: &Exchange,
    progress: &Progress,
    version: Version,
    error: Error,
    headers: &mut HeaderMap,
) -> (StatusCode, Bytes, Option<&'static str>) {
    for (name, value) in &error.headers {
        insert(headers, name, value);
    }
    if error.status == StatusCode::UNAUTHORIZED {
        let scheme = progress.scheme.unwrap_or("Bearer");
        insert(headers, "www-authenticate", &format!("{scheme} realm=\"keygen\""));
    }
    let mut document = Map::new();
    if !error.edge {
        document.insert("meta".to_owned(), json!({"id": exchange.id}));
    }
    document.insert("errors".to_owned(), serde_json::to_value(&error.errors).unwrap_or_default());
    let mut document = Value::Object(document);
    let content_type = if error.edge {
        "application/vnd.api+json; charset=utf-8"
    } else {
        let occasion = Occasion::Route { method: exchange.method.as_str(), pattern: &progress.route };
        version::downgrade(&mut document, version, occasion);
        exchange.accept.json_type(false)
    };
    (error.status, document.to_string().into(), Some(content_type))
}

/// The `Keygen-*` headers (spec 01 §3.10).
fn service_headers(exchange: &Exchange, progress: &Progress, version: Version, headers: &mut HeaderMap) {
    insert(headers, "keygen-version", version.name());
    insert(headers, "keygen-edition", "EE");
    let mode = if matches!(exchange.app.config.mode, Mode::Multi) { "multiplayer" } else { "singleplayer" };
    insert(headers, "keygen-mode", mode);
    // Up to 1.3 these headers had other names (spec 01 §6).
    let [account, bearer, token] = if version <= Version::minor(3) {
        ["keygen-account-id", "keygen-bearer-id", "keygen-token-id"]
    } else {
        ["keygen-account", "keygen-bearer", "keygen-token"]
    };
    let ids = [
        (account, progress.tenant.as_ref().map(|tenant| tenant.account.id)),
        (bearer, progress.bearer),
        (token, progress.token),
    ];
    for (name, id) in ids {
        if let Some(id) = id {
            insert(headers, name, &id.to_string());
        }
    }
    if let Some(environment) = &progress.environment {
        insert(headers, "keygen-environment", environment);
    }
}

/// Date, digest and signature (spec 01 §5.1).
fn sign(exchange: &Exchange, progress: &Progress, body: &[u8], headers: &mut HeaderMap) {
    let date = exchange.app.clock.now().http_date();
    insert(headers, "date", &date);
    let Some(tenant) = &progress.tenant else { return };
    if progress.signature == Signing::None {
        return;
    }
    let digest = signature::digest(body);
    for name in ["digest", "keygen-digest"] {
        insert(headers, name, &digest);
    }
    insert(headers, "keygen-date", &date);
    let Signing::With(algorithm) = progress.signature else { return };
    let method = exchange.method.as_str().to_ascii_lowercase();
    let text = signature::signing_string(&method, &exchange.target, &exchange.host, &date, &digest);
    match signature::sign(&tenant.signer, algorithm, text.as_bytes()) {
        Ok(signed) => {
            let value = signature::header_value(&tenant.account.id.to_string(), algorithm, &signed);
            insert(headers, "keygen-signature", &value);
        }
        Err(error) => tracing::error!(%error, "an answer could not be signed"),
    }
    // Accounts older than the signature format get its predecessor too.
    const PREDECESSOR_UNTIL: i64 = 1_623_369_600_000;
    if tenant.account.created.millis() < PREDECESSOR_UNTIL
        && let Ok(value) = signature::legacy_header_value(&tenant.signer, body)
    {
        insert(headers, "x-signature", &value);
    }
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}
