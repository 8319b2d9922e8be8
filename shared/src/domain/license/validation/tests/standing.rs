//! Steps 1–5, 7, 8, 17, 18 and their precedence.

use super::*;
use crate::domain::policy::strategies::CheckInInterval;

#[test]
fn no_license() {
    let outcome = Outcome::not_found();
    assert_eq!(answer(&outcome), (false, Code::NotFound, "does not exist"));
    assert_eq!((outcome.checksum, outcome.version), (None, None));
}

#[test]
fn a_fresh_license_is_valid() {
    assert_eq!(plain(&subject()), VALID);
    assert_eq!(plain(&strict(1)), VALID);
}

#[test]
fn each_state_outranks_the_next() {
    let mut subject = subject();
    subject.license.expiry = Some(ago(1));
    subject.license.last_check_in = Some(ago(2 * 24 * HOUR));
    subject.policy.check_in = CheckInPolicy { required: true, interval: Some(CheckInInterval::Day), count: Some(1) };
    assert_eq!(plain(&subject), (false, Code::Overdue, "is overdue for check in"));
    for strategy in [None, Some(ExpirationStrategy::RevokeAccess)] {
        subject.policy.expiration_strategy = strategy;
        assert_eq!(plain(&subject), (false, Code::Expired, "is expired"));
    }
    subject.license.suspended = true;
    assert_eq!(plain(&subject), (false, Code::Suspended, "is suspended"));
    subject.found.owner_banned = true;
    assert_eq!(plain(&subject), (false, Code::Banned, "is banned"));
}

#[test]
fn check_ins() {
    let mut subject = subject();
    subject.policy.check_in = CheckInPolicy { required: true, interval: Some(CheckInInterval::Day), count: Some(1) };
    let day = 24 * HOUR;
    let table = [(None, true), (Some(now()), true), (Some(ago(day)), true), (Some(ago(day + 1)), false)];
    for (last, valid) in table {
        subject.license.last_check_in = last;
        assert_eq!(plain(&subject).0, valid, "{last:?}");
    }
}

#[test]
fn expired_licenses() {
    let table = [
        (None, false),
        (Some(ExpirationStrategy::RevokeAccess), false),
        (Some(ExpirationStrategy::RestrictAccess), false),
        (Some(ExpirationStrategy::MaintainAccess), true),
        (Some(ExpirationStrategy::AllowAccess), true),
    ];
    for (strategy, valid) in table {
        for mut subject in [subject(), strict(1)] {
            subject.policy.expiration_strategy = strategy;
            subject.license.expiry = Some(ago(1));
            assert_eq!(plain(&subject), (valid, Code::Expired, "is expired"), "{strategy:?}");
            subject.license.expiry = Some(now());
            assert_eq!(plain(&subject), VALID);
        }
    }
}

#[test]
fn only_revoking_expiry_outranks_the_scopes() {
    for strategy in ExpirationStrategy::ALL.iter().copied() {
        let mut subject = activated(vec![machine(1)]);
        subject.policy.expiration_strategy = Some(strategy);
        subject.license.expiry = Some(ago(1));
        let scope = Scope { fingerprint: text("other"), ..Scope::default() };
        let expected = match strategy {
            ExpirationStrategy::RevokeAccess => Code::Expired,
            _ => Code::FingerprintScopeMismatch,
        };
        let (valid, code, _) = scoped(&subject, &scope);
        assert_eq!((valid, code), (false, expected), "{strategy}");
    }
}

#[test]
fn tolerated_overage_hides_expiry() {
    let mut subject = strict(6);
    subject.license.limits.machines = Some(5);
    subject.license.expiry = Some(ago(1));
    subject.policy.overage = OverageStrategy::AlwaysAllowOverage;
    assert_eq!(plain(&subject), (true, Code::TooManyMachines, "has too many associated machines"));
    subject.policy.expiration_strategy = Some(ExpirationStrategy::RevokeAccess);
    assert_eq!(plain(&subject), (false, Code::Expired, "is expired"));
}

#[test]
fn validity_in_old_versions() {
    let mut subject = strict(6);
    subject.license.limits.machines = Some(5);
    subject.policy.overage = OverageStrategy::AlwaysAllowOverage;
    assert!(!decide(&subject, Mode::Quick, now()).valid_without_overage());
    subject.license.limits.machines = None;
    assert!(decide(&subject, Mode::Quick, now()).valid_without_overage());
    subject.license.expiry = Some(ago(1));
    assert!(!decide(&subject, Mode::Quick, now()).valid_without_overage());
    subject.policy.expiration_strategy = Some(ExpirationStrategy::AllowAccess);
    assert!(decide(&subject, Mode::Quick, now()).valid_without_overage());
}

#[test]
fn codes_on_the_wire() {
    assert_eq!(Code::ALL.len(), 38);
    for code in Code::ALL.iter().copied() {
        // Each variant's name in upper snake case.
        let mut expected = String::new();
        for letter in format!("{code:?}").chars() {
            if letter.is_ascii_uppercase() && !expected.is_empty() {
                expected.push('_');
            }
            expected.push(letter.to_ascii_uppercase());
        }
        assert_eq!(code.as_str(), expected);
    }
}
