//! What a policy must be (spec 04 §3.1).

use serde_json::Value;

use super::strategies::{
    CheckInInterval, ExpirationStrategy, HeartbeatBasis, HeartbeatCullStrategy, HeartbeatResurrectionStrategy,
    OverageStrategy,
};
use super::{Policy, versions};
use crate::crypto::license_keys::Scheme;
use crate::domain::model::Failures;
use crate::http::version::Version;
use crate::jsonapi::document::{self, Extras};

/// How many intervals a check-in may span.
const INTERVAL_COUNTS: std::ops::RangeInclusive<i64> = 1..=365;

/// A new policy with what follows from what it was given.
#[must_use]
pub fn derive(mut policy: Policy) -> Policy {
    if policy.encrypted {
        policy.scheme.get_or_insert(Scheme::LegacyEncrypt);
    }
    policy
}

/// A valid new policy with what it was not given: `data` is the request's.
#[must_use]
pub fn complete(mut policy: Policy, data: &Value, version: Version, protected_account: bool) -> Policy {
    let given = |name: &str| data.pointer("/attributes").and_then(|sent| sent.get(name)).is_some_and(|v| !v.is_null());
    if !given("protected") {
        policy.protected = protected_account;
    }
    if !policy.floating {
        policy.max_machines.get_or_insert(1);
    }
    if !given("overage_strategy") {
        policy.overage_strategy = versions::usual_overage(version);
    }
    policy.expiration_strategy.get_or_insert(ExpirationStrategy::default());
    let heartbeats = policy.require_heartbeat && !versions::starts_heartbeats_late(version);
    policy.heartbeat_basis.get_or_insert(HeartbeatBasis::default_for(heartbeats));
    policy
}

/// The rules beyond those declared. `failures` holds what is declared and broken.
pub fn check(policy: &Policy, failures: &mut Failures) {
    if policy.name.is_empty() {
        failures.push("name", "MISSING", "cannot be blank");
    }
    machines(policy, failures);
    scheme(policy, failures);
    pool(policy, failures);
    check_in(policy, failures);
    if policy.heartbeat_resurrection_strategy == HeartbeatResurrectionStrategy::AlwaysRevive
        && policy.heartbeat_cull_strategy != HeartbeatCullStrategy::KeepDead
    {
        failures.push("heartbeat_cull_strategy", "NOT_ALLOWED", "incompatible heartbeat cull strategy");
    }
    overage(policy, failures);
}

fn machines(policy: &Policy, failures: &mut Failures) {
    match policy.max_machines {
        Some(0) if policy.floating => {
            failures.push("max_machines", "INVALID", "must be greater than or equal to 1 for floating policy");
        }
        Some(count) if !policy.floating && count != 1 => {
            failures.push("max_machines", "INVALID", "must be equal to 1 for non-floating policy");
        }
        _ => {}
    }
}

fn scheme(policy: &Policy, failures: &mut Failures) {
    match policy.scheme {
        Some(scheme) if policy.encrypted && scheme != Scheme::LegacyEncrypt => {
            failures.push("scheme", "NOT_ALLOWED", "unsupported encryption scheme");
        }
        Some(Scheme::LegacyEncrypt) if !policy.encrypted => {
            failures.push("scheme", "INVALID", "must be encrypted when using the legacy encryption scheme");
        }
        _ => {}
    }
}

fn pool(policy: &Policy, failures: &mut Failures) {
    if policy.use_pool && policy.encrypted {
        failures.push("encrypted", "NOT_SUPPORTED", "cannot be encrypted and use a pool");
    }
    if policy.use_pool && policy.scheme.is_some() {
        failures.push("scheme", "NOT_SUPPORTED", "cannot have a scheme and use a pool");
    }
}

fn check_in(policy: &Policy, failures: &mut Failures) {
    if !policy.require_check_in {
        return;
    }
    let interval = policy.check_in_interval.as_deref().and_then(|name| name.parse::<CheckInInterval>().ok());
    if interval.is_none() {
        failures.push("check_in_interval", "NOT_ALLOWED", "must be one of: day, week, month, year");
    }
    if !policy.check_in_interval_count.is_some_and(|count| INTERVAL_COUNTS.contains(&count)) {
        failures.push("check_in_interval_count", "NOT_ALLOWED", "must be a number between 1 and 365 inclusive");
    }
}

/// A fraction of every limit must be a whole number.
fn overage(policy: &Policy, failures: &mut Failures) {
    let divisor = match policy.overage_strategy {
        OverageStrategy::Allow1_25xOverage => 4,
        OverageStrategy::Allow1_5xOverage => 2,
        _ => return,
    };
    let limits = [
        policy.max_machines,
        policy.max_cores,
        policy.max_memory,
        policy.max_disk,
        policy.max_processes,
        policy.max_users,
    ];
    if !policy.floating || limits.into_iter().flatten().any(|limit| limit % divisor != 0) {
        failures.push("overage_strategy", "NOT_ALLOWED", "incompatible overage strategy");
    }
}

/// A policy's resource object.
#[must_use]
pub fn document(policy: &Policy) -> Value {
    document::resource(policy, &Extras::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::domain::policy::strategies::HeartbeatCullStrategy::KeepDead;
    use crate::domain::resource::Resource;
    use crate::ids::Id;
    use serde_json::json;

    fn policy(change: impl FnOnce(&mut Policy)) -> Policy {
        let mut policy = Policy::draft(Id::nil(), Id::nil(), None, Time::default());
        policy.name = "Studio".to_owned();
        policy.floating = true;
        change(&mut policy);
        policy
    }

    /// The codes of what is wrong.
    fn codes(change: impl FnOnce(&mut Policy)) -> Vec<String> {
        let mut failures = Failures::default();
        check(&derive(policy(change)), &mut failures);
        if failures.is_empty() {
            return Vec::new();
        }
        failures.error::<Policy>().errors.into_iter().filter_map(|error| Some(error.code?.into_owned())).collect()
    }

    #[test]
    fn machines_of_floating_and_node_locked_policies() {
        assert!(codes(|p| p.max_machines = Some(3)).is_empty());
        assert_eq!(codes(|p| p.max_machines = Some(0)), ["MAX_MACHINES_INVALID"]);
        let locked = |count| codes(|p| (p.floating, p.max_machines) = (false, count));
        assert!(locked(None).is_empty() && locked(Some(1)).is_empty());
        assert_eq!(locked(Some(5)), ["MAX_MACHINES_INVALID"]);
    }

    #[test]
    fn schemes_and_pools() {
        assert!(codes(|p| p.encrypted = true).is_empty());
        assert!(codes(|p| p.scheme = Some(Scheme::Ed25519Sign)).is_empty());
        assert_eq!(codes(|p| p.scheme = Some(Scheme::LegacyEncrypt)), ["SCHEME_INVALID"]);
        assert_eq!(codes(|p| (p.encrypted, p.scheme) = (true, Some(Scheme::Ed25519Sign))), ["SCHEME_NOT_ALLOWED"]);
        assert_eq!(
            codes(|p| (p.encrypted, p.use_pool) = (true, true)),
            ["ENCRYPTED_NOT_SUPPORTED", "SCHEME_NOT_SUPPORTED"]
        );
        assert_eq!(codes(|p| (p.scheme, p.use_pool) = (Some(Scheme::Ed25519Sign), true)), ["SCHEME_NOT_SUPPORTED"]);
    }

    #[test]
    fn check_ins() {
        let required = |interval: Option<&str>, count| {
            codes(|p| {
                p.require_check_in = true;
                p.check_in_interval = interval.map(str::to_owned);
                p.check_in_interval_count = count;
            })
        };
        let both = ["CHECK_IN_INTERVAL_NOT_ALLOWED", "CHECK_IN_INTERVAL_COUNT_NOT_ALLOWED"];
        assert!(required(Some("month"), Some(3)).is_empty() && required(Some("day"), Some(365)).is_empty());
        assert_eq!(required(Some("millennium"), Some(0)), both);
        assert_eq!(required(None, None), both);
        assert_eq!(required(Some("week"), Some(366)), ["CHECK_IN_INTERVAL_COUNT_NOT_ALLOWED"]);
        assert!(codes(|p| p.check_in_interval = Some("millennium".to_owned())).is_empty(), "unchecked while unused");
    }

    #[test]
    fn the_dead_who_always_revive_are_kept() {
        let always = HeartbeatResurrectionStrategy::AlwaysRevive;
        assert_eq!(codes(|p| p.heartbeat_resurrection_strategy = always), ["HEARTBEAT_CULL_STRATEGY_NOT_ALLOWED"]);
        let kept = |p: &mut Policy| (p.heartbeat_resurrection_strategy, p.heartbeat_cull_strategy) = (always, KeepDead);
        assert!(codes(kept).is_empty());
    }

    #[test]
    fn fractions_of_limits_are_whole() {
        for (strategy, fits, not) in
            [(OverageStrategy::Allow1_25xOverage, 16, 2), (OverageStrategy::Allow1_5xOverage, 2, 3)]
        {
            let limits: [fn(&mut Policy) -> &mut Option<i64>; 6] = [
                |p| &mut p.max_machines,
                |p| &mut p.max_cores,
                |p| &mut p.max_memory,
                |p| &mut p.max_disk,
                |p| &mut p.max_processes,
                |p| &mut p.max_users,
            ];
            for limit in limits {
                let with = |count| {
                    codes(|p| {
                        p.overage_strategy = strategy;
                        *limit(p) = Some(count);
                    })
                };
                assert!(with(fits).is_empty());
                assert_eq!(with(not), ["OVERAGE_STRATEGY_NOT_ALLOWED"]);
            }
            let uses = codes(|p| (p.overage_strategy, p.max_uses) = (strategy, Some(3)));
            assert!(uses.is_empty(), "uses do not count");
            assert_eq!(
                codes(|p| (p.overage_strategy, p.floating) = (strategy, false)),
                ["OVERAGE_STRATEGY_NOT_ALLOWED"]
            );
        }
        let twice = OverageStrategy::Allow2xOverage;
        assert!(codes(|p| (p.overage_strategy, p.floating) = (twice, false)).is_empty());
    }

    #[test]
    fn defaults_depend_on_the_version_and_the_account() {
        let filled = |sent: Value, version: u8, change: fn(&mut Policy)| {
            complete(policy(change), &json!({"attributes": sent}), Version::minor(version), true)
        };
        let newest = filled(json!({}), 8, |_| {});
        assert!(newest.protected);
        assert_eq!(newest.overage_strategy, OverageStrategy::NoOverage);
        assert_eq!(newest.heartbeat_basis, Some(HeartbeatBasis::FromFirstPing));
        assert_eq!(newest.max_machines, None);
        assert!(!filled(json!({"protected": false}), 8, |_| {}).protected);
        assert_eq!(filled(json!({}), 1, |_| {}).overage_strategy, OverageStrategy::AlwaysAllowOverage);
        let told = filled(json!({"overage_strategy": "NO_OVERAGE"}), 1, |_| {});
        assert_eq!(told.overage_strategy, OverageStrategy::NoOverage);
        let beating = |version| filled(json!({}), version, |p| p.require_heartbeat = true).heartbeat_basis;
        assert_eq!(beating(3), Some(HeartbeatBasis::FromCreation));
        assert_eq!(beating(2), Some(HeartbeatBasis::FromFirstPing));
        assert_eq!(filled(json!({}), 8, |p| p.floating = false).max_machines, Some(1));
    }
}
