//! Carrying out a validation: what the request asserts, what has to be looked up, what the answer says and what the
//! license remembers (spec 05 §1.1, §2.4, §4.2). The decision itself is [`super::validation`]'s.

use serde_json::{Map, Value, json};

use super::announcement::announce_on;
use super::holding::Holding;
use super::validation::{
    LicenseFacts, Lookups, Mode, Needs, Outcome, PolicyFacts, RequiredScopes, Scope, Subject, UserName, decide, needs,
};
use super::{LicenseView, scope};
use crate::clock::Time;
use crate::domain::license::License;
use crate::domain::machine::lookup;
use crate::domain::policy::Policy;
use crate::domain::user::User;
use crate::events::Event;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::ids::Id;
use crate::jsonapi::schema::{self, Schema};
use crate::store::unit::CommitError;
use crate::store::{Store, StoreError, Unit, keys};

/// What a request says beside the license.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assertions {
    /// The scope; an empty one if none was sent.
    pub scope: Scope,
    /// The scope as it is echoed, if one was sent.
    echo: Option<Value>,
    /// A number to be echoed.
    nonce: Option<Value>,
}

impl Assertions {
    /// The members of `meta` that say it.
    #[must_use]
    pub fn members() -> [(&'static str, Schema); 2] {
        let strings = || Schema::array(Schema::string());
        let scope = Schema::object([
            ("product", Schema::string()),
            ("policy", Schema::string()),
            ("user", Schema::string().nullable()),
            ("machine", Schema::string()),
            ("fingerprint", Schema::string()),
            ("fingerprints", strings()),
            ("components", strings()),
            ("entitlements", strings()),
            ("checksum", Schema::string()),
            ("version", Schema::string()),
            ("environment", Schema::string().nullable()),
        ]);
        [("nonce", Schema::integer()), ("scope", scope)]
    }

    /// The body of a request that says nothing else.
    #[must_use]
    pub fn body() -> Schema {
        schema::action(Self::members())
    }

    /// Reads a decoded body.
    #[must_use]
    pub fn of(body: &Value) -> Self {
        let member = |name: &str| body.pointer(&format!("/meta/{name}")).cloned();
        let echo = member("scope");
        Self { scope: echo.as_ref().map(parse).unwrap_or_default(), echo, nonce: member("nonce") }
    }

    /// The `meta` of the answer.
    #[must_use]
    pub fn meta(&self, outcome: &Outcome, now: Time) -> Value {
        let Outcome { valid, code, detail, .. } = outcome;
        let mut meta = Map::new();
        meta.insert("ts".to_owned(), json!(now));
        meta.insert("valid".to_owned(), json!(valid));
        meta.insert("detail".to_owned(), json!(detail));
        meta.insert("code".to_owned(), json!(code.as_str()));
        for (name, value) in [("nonce", &self.nonce), ("scope", &self.echo)] {
            if let Some(value) = value {
                meta.insert(name.to_owned(), value.clone());
            }
        }
        Value::Object(meta)
    }
}

fn parse(scope: &Value) -> Scope {
    let text = |name: &str| scope.get(name).and_then(Value::as_str).map(str::to_owned);
    let nullable = |name: &str| scope.get(name).map(|value| value.as_str().map(str::to_owned));
    let texts = |name: &str| {
        let items = scope.get(name)?.as_array()?;
        Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    Scope {
        environment: nullable("environment"),
        product: text("product"),
        policy: text("policy"),
        user: nullable("user"),
        entitlements: texts("entitlements"),
        machine: text("machine"),
        fingerprint: text("fingerprint"),
        fingerprints: texts("fingerprints"),
        components: texts("components"),
        checksum: text("checksum"),
        version: text("version"),
    }
}

fn policy_facts(policy: &Policy) -> PolicyFacts {
    PolicyFacts {
        id: policy.id,
        product: policy.product,
        strict: policy.strict,
        floating: policy.floating,
        expiration_strategy: policy.expiration_strategy,
        check_in: policy.check_in(),
        heartbeat: policy.heartbeat(),
        required: RequiredScopes {
            environment: policy.require_environment_scope,
            product: policy.require_product_scope,
            policy: policy.require_policy_scope,
            user: policy.require_user_scope,
            machine: policy.require_machine_scope,
            fingerprint: policy.require_fingerprint_scope,
            components: policy.require_components_scope,
            checksum: policy.require_checksum_scope,
            version: policy.require_version_scope,
        },
        machine_matching: policy.machine_matching_strategy,
        component_matching: policy.component_matching_strategy,
        machine_leasing: policy.machine_leasing_strategy,
        process_leasing: policy.process_leasing_strategy,
        overage: policy.overage_strategy,
    }
}

fn license_facts(license: &License, policy: &Policy) -> LicenseFacts {
    let count = |stored: i64| u64::try_from(stored).unwrap_or(0);
    LicenseFacts {
        owner: license.owner,
        licensees: count(license.licensees_count),
        environment: license.environment,
        suspended: license.suspended,
        expiry: license.expiry.map(Time::timestamp),
        last_check_in: license.last_check_in.map(Time::timestamp),
        limits: license.limits(policy),
        counters: lookup::total(license),
    }
}

/// Looks up what the scope names of a license, of which nothing needs to be known yet: this runs beside the reading of
/// the license.
///
/// # Errors
/// When the table cannot be read.
pub async fn look_up(store: &Store, account: Id, license: Id, mode: Mode<'_>) -> Result<Lookups, StoreError> {
    let named = Needs::of_scope(mode);
    let machine = async {
        match named.machine {
            Some(id) => lookup::by_id(store, account, license, id).await,
            None => Ok(None),
        }
    };
    let machines = lookup::by_fingerprints(store, account, license, &named.fingerprints);
    let (machine, machines) = futures::try_join!(machine, machines)?;
    let component_hits = match &named.components {
        Some(wanted) => {
            let holder = machines.iter().find(|machine| machine.fingerprint == wanted.fingerprint);
            match holder {
                Some(holder) => lookup::component_hits(store, account, holder.id, &wanted.components).await?,
                None => 0,
            }
        }
        None => 0,
    };
    Ok(Lookups { machine, machines, component_hits, ..Lookups::default() })
}

/// Validates a license. `found` is what [`look_up`] found; what takes knowledge of the license is added.
///
/// # Errors
/// When the table cannot be read.
pub async fn examine(ctx: &Ctx, holding: &Holding, mode: Mode<'_>, found: Lookups) -> Result<Outcome> {
    let view = &holding.view;
    let (license, policy) = (license_facts(&view.license, &view.policy), policy_facts(&view.policy));
    let now = ctx.now.timestamp();
    let needs = needs(&license, &policy, mode, now);
    let mut subject = Subject { license, policy, found };
    subject.found.owner_banned = view.owner.as_ref().is_some_and(User::is_banned);
    subject.found.entitlements = holding.codes();
    // A license that can be seen is global or of the current environment.
    let environment = ctx.environment.as_ref().filter(|current| view.license.environment == Some(current.id));
    subject.found.environment_code = environment.map(|current| current.code.clone());
    if let Some(user) = needs.user {
        subject.found.named_user = user_of(ctx, view, user).await?;
    }
    if needs.leased_machines || needs.leased_processes {
        subject.found.leased = lookup::leased(&ctx.store, ctx.account(), &view.license, subject.lessee(mode)).await?;
    }
    Ok(decide(&subject, mode, now))
}

/// The user of a license that has this name.
async fn user_of(ctx: &Ctx, view: &LicenseView, name: UserName) -> Result<Option<Id>> {
    let id = match name {
        UserName::Id(id) => Some(id),
        UserName::Email(email) => match &view.owner {
            Some(owner) if owner.email.eq_ignore_ascii_case(&email) => return Ok(Some(owner.id)),
            _ => ctx.holder(&User::by_email(ctx.account(), &email)).await?,
        },
    };
    let Some(id) = id else { return Ok(None) };
    Ok(scope::is_user(ctx, &view.license, id).await?.then_some(id))
}

/// The license as the answer shows it: validated, but not yet with the expiry that this may have given it.
#[must_use]
pub fn validated(view: &LicenseView, outcome: &Outcome, now: Time) -> LicenseView {
    let license = License {
        last_validated: Some(now),
        version: outcome.version.clone().or_else(|| view.license.version.clone()),
        ..view.license.clone()
    };
    LicenseView { license, ..view.clone() }
}

/// Notes beside the license that it was validated, and announces the event, if the validation is one. This is best
/// effort: the answer stands whether it is written or not. Where the license is deleted at this moment, the note may
/// outlive it; nothing reads it then.
pub async fn note(ctx: &Ctx, view: &LicenseView, outcome: &Outcome, event: Option<Event>) {
    let activity = keys::activity(ctx.account(), view.license.id);
    let mut unit = Unit::new();
    let mut attributes = vec![("last_validated", json!(ctx.now)), ("updated", json!(ctx.now))];
    if let Some(checksum) = &outcome.checksum {
        attributes.push(("last_validated_checksum", json!(checksum)));
    }
    if let Some(version) = &outcome.version {
        attributes.push(("version", json!(version)));
    }
    unit.set(&activity, attributes);
    let noted = match event {
        Some(event) => announce_on(&activity, ctx, view, unit, event).await.map(drop),
        None => unit.commit(&ctx.store).await,
    };
    match noted {
        Ok(()) => {}
        Err(CommitError::Refused(_)) => tracing::debug!(license = %view.license.id, "deleted while being validated"),
        Err(CommitError::Store(error)) => {
            tracing::warn!(%error, license = %view.license.id, "a validation could not be noted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::license::validation::Code;

    fn asserted(meta: Value) -> Assertions {
        let body = schema::validate(&Assertions::body(), &json!({"meta": meta})).expect("a valid body");
        Assertions::of(&body)
    }

    #[test]
    fn null_is_given_where_it_means_something() {
        let assertions = asserted(json!({"scope": {"user": null, "environment": null, "checksum": null}}));
        assert_eq!(assertions.scope.user, Some(None));
        assert_eq!(assertions.scope.environment, Some(None));
        assert_eq!(assertions.scope.checksum, None);
        assert_eq!(assertions.echo, Some(json!({"user": null, "environment": null})));
    }

    #[test]
    fn what_was_sent_is_echoed() {
        let outcome = Outcome { valid: true, code: Code::Valid, detail: "is valid", checksum: None, version: None };
        let now = "2026-02-03T09:15:27.415Z".parse().unwrap();
        let bare = asserted(json!({})).meta(&outcome, now);
        let expected = json!({"ts": "2026-02-03T09:15:27.415Z", "valid": true, "detail": "is valid", "code": "VALID"});
        assert_eq!(bare, expected);
        let scope = json!({"fingerprints": ["b", "a", "b"], "entitlements": []});
        let meta = asserted(json!({"nonce": 0, "scope": scope})).meta(&outcome, now);
        assert_eq!((&meta["nonce"], &meta["scope"]), (&json!(0), &scope));
        assert_eq!(asserted(json!({"scope": {}})).meta(&outcome, now)["scope"], json!({}));
    }

    #[test]
    fn wrong_bodies() {
        let pointer = |meta: Value| {
            let violation = schema::validate(&Assertions::body(), &json!({"meta": meta})).expect_err("a violation");
            violation.pointer().map(str::to_owned).unwrap_or_default()
        };
        assert_eq!(pointer(json!({"nonce": "1"})), "/meta/nonce");
        assert_eq!(pointer(json!({"scope": {"foo": 1}})), "/meta/scope/foo");
        assert_eq!(pointer(json!({"scope": {"fingerprints": [null, null]}})), "/meta/scope/fingerprints/0");
        assert_eq!(pointer(json!({"scope": {"product": ""}})), "/meta/scope/product");
        assert_eq!(pointer(json!({"key": "x"})), "/meta/key");
    }
}
