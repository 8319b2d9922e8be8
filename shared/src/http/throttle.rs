//! Rate limits on logins, passwords and second factors (spec 01 §3.11).
//!
//! Windows are aligned to the epoch and counted in the table, with one write for each limited
//! request; ordinary requests are not counted.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use http::{Method, StatusCode};
use serde_json::Value;

use super::error::Error;
use super::exchange::Exchange;
use crate::app::App;
use crate::auth::credentials::{self, Credential};
use crate::jsonapi::parse;
use crate::store::{StoreError, keys, schema};

/// How long work takes at least whose duration must not tell what it found.
const UNIFORM: Duration = Duration::from_millis(500);

/// Does work on behalf of somebody who must not learn from the time it takes what was found, e.g.
/// whether an address is known: the outcome comes no sooner than after `UNIFORM`. Where nothing is
/// throttled, guessing is no matter and nobody waits.
pub async fn uniformly<T>(app: &App, work: impl Future<Output = T>) -> T {
    if !app.config.throttling {
        return work.await;
    }
    let (outcome, ()) = tokio::join!(work, tokio::time::sleep(UNIFORM));
    outcome
}

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limit {
    name: &'static str,
    most: i64,
    /// Seconds.
    period: i64,
}

const LOGIN: Limit = Limit { name: "auth", most: 5, period: 60 };
const RESET: Limit = Limit { name: "rstpwd", most: 5, period: 3600 };
const PASSWORD: Limit = Limit { name: "mutpwd", most: 5, period: 600 };
const FACTOR: Limit = Limit { name: "mutmfa", most: 5, period: 600 };

/// 429 if the request is one too many.
pub async fn refuse(exchange: &Exchange, inner: &str) -> Option<Error> {
    if !exchange.app.config.throttling {
        return None;
    }
    let (limit, subject) = limit(exchange, inner)?;
    let account = exchange.account.as_deref().unwrap_or_default();
    let now = exchange.app.clock.now().seconds();
    let window = now.div_euclid(limit.period);
    let key = keys::rate_window(limit.name, &[account, &exchange.ip, &subject], window);
    let count = match hit(exchange, &key, (window + 2) * limit.period).await {
        Ok(count) => count,
        // A limit that cannot be counted does not keep anybody out.
        Err(error) => {
            tracing::warn!(%error, "a rate limit could not be counted");
            return None;
        }
    };
    (count > limit.most).then(|| {
        let reset = (window + 1) * limit.period;
        Error::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests; please slow down")
            .code("TOO_MANY_REQUESTS")
            .at_the_edge()
            .with_header("x-ratelimit-window", limit.name)
            .with_header("x-ratelimit-count", count.to_string())
            .with_header("x-ratelimit-limit", limit.most.to_string())
            .with_header("x-ratelimit-remaining", "0")
            .with_header("x-ratelimit-reset", reset.to_string())
            .with_header("retry-after", (reset - now).to_string())
    })
}

async fn hit(exchange: &Exchange, key: &keys::Key, expires: i64) -> Result<i64, StoreError> {
    let answer = exchange
        .store
        .client()
        .update_item()
        .table_name(exchange.store.table())
        .key(schema::PK, AttributeValue::S(key.pk.clone()))
        .key(schema::SK, AttributeValue::S(key.sk.clone()))
        .update_expression("ADD n :one SET #ttl = :ttl")
        .expression_attribute_names("#ttl", schema::TTL)
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .expression_attribute_values(":ttl", AttributeValue::N(expires.to_string()))
        .return_values(aws_sdk_dynamodb::types::ReturnValue::UpdatedNew)
        .send()
        .await?;
    Ok(answer.attributes().map_or(0, |item| crate::store::item::number(item, "n")))
}

/// The limit that a request falls under, and whom it counts.
fn limit(exchange: &Exchange, inner: &str) -> Option<(Limit, String)> {
    let segments: Vec<&str> = inner.trim_matches('/').split('/').collect();
    let post = exchange.method == Method::POST;
    match segments.as_slice() {
        ["tokens"] if post => {
            let header = exchange.headers.get(http::header::AUTHORIZATION)?.as_bytes();
            match credentials::present(Some(header), true, None, None).credential {
                Credential::Password { email, password } if !password.is_empty() => Some((LOGIN, email.to_lowercase())),
                _ => None,
            }
        }
        ["passwords"] if post => {
            let body = parse::parse(&exchange.body).ok()?;
            let email = body.pointer("/meta/email").and_then(Value::as_str)?;
            Some((RESET, email.to_lowercase()))
        }
        ["users", user, "actions", "update-password" | "reset-password"] if post => {
            Some((PASSWORD, (*user).to_owned()))
        }
        ["users", user, "second-factors"] if post => Some((FACTOR, (*user).to_owned())),
        ["users", user, "second-factors", _] if !matches!(exchange.method, Method::GET | Method::HEAD) => {
            Some((FACTOR, (*user).to_owned()))
        }
        _ => None,
    }
}
