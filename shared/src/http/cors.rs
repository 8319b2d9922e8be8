//! CORS (spec 01 §3.13). Answered here and not by the gateway, so that local and deployed answers are the same.

use http::Method;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN,
};

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const EXPOSED: &str = "keygen-accept-signature, keygen-signature, keygen-date, keygen-digest, keygen-account-id, \
    keygen-bearer-id, keygen-token-id, keygen-account, keygen-bearer, keygen-token, keygen-environment, keygen-license, \
    keygen-edition, keygen-mode, keygen-revision, keygen-version, x-ratelimit-window, x-ratelimit-count, \
    x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-request-id, x-signature, date, digest";

/// Whether a request asks what it may send, rather than for a resource.
#[must_use]
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The headers that answer a preflight; none for a method that no endpoint serves.
#[must_use]
pub fn preflight(request: &HeaderMap, portal: &str) -> HeaderMap {
    let known = |method: &HeaderValue| METHODS.split(", ").any(|known| known.as_bytes() == method.as_bytes());
    if !request.get(ACCESS_CONTROL_REQUEST_METHOD).is_some_and(known) {
        return HeaderMap::new();
    }
    let mut headers = actual(request, portal);
    if let Some(asked) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    headers
}

/// The headers of an answer to a request with an origin; none without.
#[must_use]
pub fn actual(request: &HeaderMap, portal: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(origin) = request.get(ORIGIN) else { return headers };
    if origin.as_bytes() == portal.as_bytes() {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    } else {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    headers
}
