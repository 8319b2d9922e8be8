//! What callers assert about a license, and the steps that hold it against the facts.

use std::collections::HashSet;

use jiff::Timestamp;

use super::facts::{LicenseFacts, PolicyFacts, Subject};
use super::matching;
use super::outcome::{Finding, Step, refuse_if};
use crate::ids::{Id, parse_id};

/// What a caller asserts. A member that is `None` was not given; the inner `None` of `user` and `environment` is a
/// given null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The environment's id or code.
    pub environment: Option<Option<String>>,
    /// The product's id.
    pub product: Option<String>,
    /// The policy's id.
    pub policy: Option<String>,
    /// A user's id or e-mail.
    pub user: Option<Option<String>>,
    /// Codes of entitlements.
    pub entitlements: Option<Vec<String>>,
    /// A machine's id.
    pub machine: Option<String>,
    /// A machine's fingerprint. Given, it overrules `fingerprints`.
    pub fingerprint: Option<String>,
    /// Fingerprints of several machines.
    pub fingerprints: Option<Vec<String>>,
    /// Fingerprints of components of the machine with `fingerprint`.
    pub components: Option<Vec<String>>,
    /// The checksum of an artifact.
    pub checksum: Option<String>,
    /// The version of a release.
    pub version: Option<String>,
}

impl Scope {
    /// The distinct fingerprints that machines have to match, in the order given; `None` when none were given.
    pub(super) fn wanted_fingerprints(&self) -> Option<Vec<&str>> {
        match (&self.fingerprint, &self.fingerprints) {
            (Some(fingerprint), _) => Some(vec![fingerprint]),
            (None, fingerprints) => fingerprints.as_deref().map(distinct),
        }
    }
}

/// The items without repetition, in their order.
pub(super) fn distinct(items: &[String]) -> Vec<&str> {
    let mut seen = HashSet::new();
    items.iter().map(String::as_str).filter(|item| seen.insert(*item)).collect()
}

/// How a validation was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode<'a> {
    /// By the quick `GET`, which skips all scopes, required ones included.
    Quick,
    /// By a `POST`. One that sent no scope sent an empty one.
    Scoped(&'a Scope),
}

impl<'a> Mode<'a> {
    /// The scope, if scopes are looked at.
    #[must_use]
    pub const fn scope(self) -> Option<&'a Scope> {
        match self {
            Self::Quick => None,
            Self::Scoped(scope) => Some(scope),
        }
    }
}

/// How a scope names a user: trimmed and in lower case, as e-mails are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserName {
    /// By id.
    Id(Id),
    /// By what can only be an e-mail.
    Email(String),
}

impl UserName {
    /// Reads the value of a user scope. Only the canonical spelling of an id is one.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let value = normalized(value);
        match parse_id(&value) {
            Some(id) if id.to_string() == value => Self::Id(id),
            _ => Self::Email(value),
        }
    }
}

pub(super) fn normalized(user: &str) -> String {
    user.trim().to_lowercase()
}

/// What the checksum and version scopes matched.
#[derive(Default)]
pub(super) struct MatchedRelease {
    pub(super) checksum: Option<String>,
    pub(super) version: Option<String>,
}

/// The scope steps in their order.
pub(super) fn check(subject: &Subject, scope: &Scope, now: Timestamp, release: &mut MatchedRelease) -> Step {
    environment(subject, scope)?;
    product(&subject.policy, scope)?;
    policy(&subject.policy, scope)?;
    user(subject, scope)?;
    entitlements(subject, scope)?;
    matching::machine(subject, scope, now)?;
    matching::fingerprints(subject, scope, now)?;
    matching::components(subject, scope)?;
    checksum(subject, scope, release)?;
    version(subject, scope, release)
}

/// Whether the environment scope can only match by a code, which has to be looked up.
pub(super) fn wants_environment_code(license: &LicenseFacts, scope: &Scope) -> bool {
    match (&scope.environment, license.environment) {
        (Some(Some(value)), Some(id)) => *value != id.to_string(),
        _ => false,
    }
}

fn environment(subject: &Subject, scope: &Scope) -> Step {
    let Some(value) = &scope.environment else {
        return refuse_if(subject.policy.required.environment, Finding::ENVIRONMENT_REQUIRED);
    };
    let matches = match (value, subject.license.environment) {
        (None, None) => true,
        (Some(value), Some(id)) => *value == id.to_string() || subject.found.environment_code.as_ref() == Some(value),
        _ => false,
    };
    refuse_if(!matches, Finding::ENVIRONMENT_MISMATCH)
}

pub(super) fn product(policy: &PolicyFacts, scope: &Scope) -> Step {
    match &scope.product {
        Some(value) => refuse_if(*value != policy.product.to_string(), Finding::PRODUCT_MISMATCH),
        None => refuse_if(policy.required.product, Finding::PRODUCT_REQUIRED),
    }
}

pub(super) fn policy(policy: &PolicyFacts, scope: &Scope) -> Step {
    match &scope.policy {
        Some(value) => refuse_if(*value != policy.id.to_string(), Finding::POLICY_MISMATCH),
        None => refuse_if(policy.required.policy, Finding::POLICY_REQUIRED),
    }
}

fn user(subject: &Subject, scope: &Scope) -> Step {
    match &scope.user {
        Some(Some(_)) => refuse_if(subject.named_user(scope).is_none(), Finding::USER_MISMATCH),
        Some(None) => refuse_if(subject.license.owner.is_some(), Finding::USER_MISMATCH),
        None => refuse_if(subject.policy.required.user, Finding::USER_REQUIRED),
    }
}

fn entitlements(subject: &Subject, scope: &Scope) -> Step {
    let Some(codes) = &scope.entitlements else {
        return Step::Continue(());
    };
    refuse_if(codes.is_empty(), Finding::ENTITLEMENTS_EMPTY)?;
    let held: HashSet<&String> = subject.found.entitlements.iter().collect();
    refuse_if(!codes.iter().all(|code| held.contains(code)), Finding::ENTITLEMENTS_MISSING)
}

fn checksum(subject: &Subject, scope: &Scope, release: &mut MatchedRelease) -> Step {
    let Some(checksum) = &scope.checksum else {
        return refuse_if(subject.policy.required.checksum, Finding::CHECKSUM_REQUIRED);
    };
    refuse_if(subject.found.checksum_version.is_none(), Finding::CHECKSUM_MISMATCH)?;
    release.checksum = Some(checksum.clone());
    release.version.clone_from(&subject.found.checksum_version);
    Step::Continue(())
}

fn version(subject: &Subject, scope: &Scope, release: &mut MatchedRelease) -> Step {
    let Some(version) = &scope.version else {
        return refuse_if(subject.policy.required.version, Finding::VERSION_REQUIRED);
    };
    refuse_if(!subject.found.version_found, Finding::VERSION_MISMATCH)?;
    release.version = Some(version.clone());
    Step::Continue(())
}
