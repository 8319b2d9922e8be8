//! What tokens are made of (spec 03 §1.1, 01 §5.2).

use serde_json::{Value, json};

use super::Token;
use crate::auth::bearer::Bearer;
use crate::auth::permissions::{self, Role};
use crate::clock::Time;
use crate::crypto::tokens::{LICENSE_TOKEN_BYTES, TOKEN_BYTES};
use crate::jsonapi::document::{self, Extras};

/// How long tokens of end users live unless told otherwise, and all that expire once regenerated: 14 days, in seconds.
pub const LIFETIME: i64 = 14 * 86_400;

/// What a role calls its tokens: the kind shown, the prefix of raw values, and how many random bytes follow.
#[must_use]
pub const fn style(role: Role) -> (&'static str, &'static str, usize) {
    match role {
        Role::Environment => ("environment-token", "env", TOKEN_BYTES),
        Role::Product => ("product-token", "prod", TOKEN_BYTES),
        Role::Admin => ("admin-token", "admin", TOKEN_BYTES),
        Role::Developer => ("developer-token", "dev", TOKEN_BYTES),
        Role::SalesAgent => ("sales-token", "sales", TOKEN_BYTES),
        Role::SupportAgent => ("support-token", "spprt", TOKEN_BYTES),
        Role::ReadOnly => ("read-only-token", "read", TOKEN_BYTES),
        Role::User => ("user-token", "user", TOKEN_BYTES),
        Role::License => ("activation-token", "activ", LICENSE_TOKEN_BYTES),
    }
}

/// The expiry of a token that was asked for without one.
#[must_use]
pub fn usual_expiry(role: Role, now: Time) -> Option<Time> {
    (role == Role::User).then(|| now.plus_seconds(LIFETIME))
}

/// A token's resource object; `raw` only right after it was made.
#[must_use]
pub fn document(token: &Token, bearer: &Bearer, raw: Option<&str>) -> Value {
    let role = bearer.role().unwrap_or_default();
    let (kind, ..) = style(role);
    let effective = permissions::effective_token(token.permissions, bearer.permissions());
    let mut extras = Extras::default().attribute("kind", kind).attribute("permissions", json!(effective));
    if role != Role::License {
        extras = extras.omit("max_activations").omit("activations").omit("max_deactivations").omit("deactivations");
    }
    let mut object = document::resource(token, &extras);
    if let (Some(raw), Some(Value::Object(attributes))) = (raw, object.get_mut("attributes")) {
        attributes.insert("token".to_owned(), raw.into());
    }
    object
}
