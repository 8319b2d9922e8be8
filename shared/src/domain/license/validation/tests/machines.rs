//! S-6, S-7, S-8 and heartbeats.

use super::*;

fn by_machine(number: u128) -> Scope {
    Scope { machine: text(id(MACHINE + number)), ..Scope::default() }
}

fn by_fingerprint(number: u128) -> Scope {
    Scope { fingerprint: text(format!("fp-{number}")), ..Scope::default() }
}

fn by_fingerprints(numbers: &[u128]) -> Scope {
    let fingerprints = numbers.iter().map(|number| format!("fp-{number}")).collect();
    Scope { fingerprints: Some(fingerprints), ..Scope::default() }
}

fn no(code: Code, detail: &'static str) -> Answer {
    (false, code, detail)
}

#[test]
fn licenses_without_machines() {
    let mut subject = subject();
    let machines = "machine is not activated (has no associated machines)";
    let fingerprints = "fingerprint is not activated (has no associated machines)";
    assert_eq!(scoped(&subject, &by_machine(1)), no(Code::NoMachines, machines));
    assert_eq!(scoped(&subject, &by_fingerprint(1)), no(Code::NoMachines, fingerprints));
    assert_eq!(scoped(&subject, &by_fingerprints(&[1, 2])), no(Code::NoMachines, fingerprints));
    subject.policy.floating = false;
    let machine = "machine is not activated (has no associated machine)";
    let fingerprint = "fingerprint is not activated (has no associated machine)";
    assert_eq!(scoped(&subject, &by_machine(1)), no(Code::NoMachine, machine));
    assert_eq!(scoped(&subject, &by_fingerprint(1)), no(Code::NoMachine, fingerprint));
}

#[test]
fn machines_by_id() {
    let subject = activated(vec![machine(1)]);
    assert_eq!(scoped(&subject, &by_machine(1)), VALID);
    let bare = Scope { machine: text(id(MACHINE + 1).simple()), ..Scope::default() };
    assert_eq!(scoped(&subject, &bare), VALID);
    let mismatch = no(Code::MachineScopeMismatch, "machine is not activated (does not match any associated machines)");
    for value in [id(MACHINE + 2).to_string(), "foo".into(), "fp-1".into()] {
        assert_eq!(scoped(&subject, &Scope { machine: Some(value), ..Scope::default() }), mismatch);
    }
}

#[test]
fn required_machines() {
    let mut subject = activated(vec![machine(1)]);
    subject.policy.required.components = true;
    let components = no(Code::ComponentsScopeRequired, "components scope is required");
    assert_eq!(scoped(&subject, &Scope::default()), components);
    subject.policy.required.fingerprint = true;
    let fingerprint = no(Code::FingerprintScopeRequired, "fingerprint scope is required");
    assert_eq!(scoped(&subject, &Scope::default()), fingerprint);
    assert_eq!(scoped(&subject, &by_machine(1)), fingerprint);
    assert_eq!(scoped(&subject, &by_fingerprints(&[1])), components);
    subject.policy.required.machine = true;
    let machine = no(Code::MachineScopeRequired, "machine scope is required");
    assert_eq!(scoped(&subject, &by_fingerprint(1)), machine);
    assert_eq!(quick(&subject), VALID);
}

#[test]
fn single_fingerprints() {
    let mut subject = activated(vec![machine(1), machine(2)]);
    let empty = no(Code::FingerprintScopeEmpty, "fingerprint scope is empty");
    assert_eq!(scoped(&subject, &by_fingerprints(&[])), empty);
    let mismatch =
        no(Code::FingerprintScopeMismatch, "fingerprint is not activated (does not match any associated machines)");
    for strategy in MatchingStrategy::ALL.iter().copied() {
        subject.policy.machine_matching = strategy;
        for scope in [by_fingerprint(1), by_fingerprints(&[1]), by_fingerprints(&[2, 2, 2, 2])] {
            assert_eq!(scoped(&subject, &scope), VALID, "{strategy}");
        }
        for scope in [by_fingerprint(3), by_fingerprints(&[3]), by_fingerprints(&[3, 3])] {
            assert_eq!(scoped(&subject, &scope), mismatch, "{strategy}");
        }
    }
    // The singular member wins.
    let both = Scope { fingerprints: texts(&["fp-8", "fp-9"]), ..by_fingerprint(1) };
    assert_eq!(scoped(&subject, &both), VALID);
    let both = Scope { fingerprints: texts(&[]), ..by_fingerprint(1) };
    assert_eq!(scoped(&subject, &both), VALID);
}

#[test]
fn several_fingerprints() {
    use MatchingStrategy::{MatchAll, MatchAny, MatchMost, MatchTwo};
    let any = "one or more fingerprint is not activated (does not match any associated machines)";
    let two = "one or more fingerprint is not activated (does not match at least 2 associated machines)";
    let most = "one or more fingerprint is not activated (does not match enough associated machines)";
    let all = "one or more fingerprint is not activated (does not match all associated machines)";
    // Strategy, how many of how many match, and what is said if too few.
    let table = [
        (MatchAny, 1, 3, None),
        (MatchAny, 0, 3, Some(any)),
        (MatchMost, 3, 5, None),
        (MatchMost, 2, 4, None),
        (MatchMost, 2, 5, Some(most)),
        (MatchMost, 1, 3, Some(most)),
        (MatchMost, 1, 2, None),
        (MatchMost, 0, 2, Some(most)),
        (MatchTwo, 2, 2, None),
        (MatchTwo, 2, 3, None),
        (MatchTwo, 2, 7, None),
        (MatchTwo, 1, 3, Some(two)),
        (MatchTwo, 0, 2, Some(two)),
        (MatchAll, 3, 3, None),
        (MatchAll, 3, 4, Some(all)),
        (MatchAll, 0, 2, Some(all)),
    ];
    for (strategy, hits, given, detail) in table {
        let mut subject = activated((1..=hits).map(machine).collect());
        subject.license.counters.machines += 1;
        subject.policy.machine_matching = strategy;
        let scope = by_fingerprints(&(1..=given).collect::<Vec<_>>());
        let expected = detail.map_or(VALID, |detail| no(Code::FingerprintScopeMismatch, detail));
        assert_eq!(scoped(&subject, &scope), expected, "{strategy} {hits}/{given}");
    }
}

#[test]
fn dead_machines() {
    let dead = no(Code::HeartbeatDead, "machine heartbeat is dead");
    let beats = |number, seconds| MachineFacts { last_heartbeat: Some(ago(seconds)), ..machine(number) };
    for required in [true, false] {
        let heartbeat = HeartbeatPolicy { required, duration: Some(HOUR), ..HeartbeatPolicy::default() };
        for (seconds, expected) in [(59 * 60, VALID), (HOUR, VALID), (HOUR + 1, dead), (2 * HOUR, dead)] {
            let mut subject = activated(vec![beats(1, seconds)]);
            subject.policy.heartbeat = heartbeat;
            for scope in [by_machine(1), by_fingerprint(1), by_fingerprints(&[1, 1])] {
                assert_eq!(scoped(&subject, &scope), expected, "{seconds}");
            }
            assert_eq!(plain(&subject), VALID);
        }
    }
    // All of those given are dead; or some are, and count as not matching.
    let mut subject = activated(vec![beats(1, HOUR), beats(2, HOUR), beats(3, 1)]);
    assert_eq!(scoped(&subject, &by_fingerprints(&[1, 2])), dead);
    assert_eq!(scoped(&subject, &by_fingerprints(&[1, 3])), VALID);
    assert_eq!(scoped(&subject, &by_fingerprints(&[1, 9])).1, Code::FingerprintScopeMismatch);
    subject.policy.machine_matching = MatchingStrategy::MatchAll;
    assert_eq!(scoped(&subject, &by_fingerprints(&[1, 3])).1, Code::FingerprintScopeMismatch);
}

#[test]
fn machines_that_never_pinged() {
    let fresh = || MachineFacts { created: ago(60), ..machine(1) };
    let mut subject = activated(vec![fresh()]);
    for scope in [by_machine(1), by_fingerprint(1)] {
        subject.policy.heartbeat.required = false;
        assert_eq!(scoped(&subject, &scope), VALID);
        subject.policy.heartbeat.required = true;
        let expected = no(Code::HeartbeatNotStarted, "machine heartbeat is required");
        assert_eq!(scoped(&subject, &scope), expected);
        let mut old = subject.clone();
        for found in old.found.machines.iter_mut().chain(&mut old.found.machine) {
            found.created = ago(601);
        }
        assert_eq!(scoped(&old, &scope).1, Code::HeartbeatDead);
    }
    // One that did not start is enough, even if another beats.
    let beating = MachineFacts { last_heartbeat: Some(now()), ..machine(2) };
    let mut pair = activated(vec![fresh(), beating]);
    pair.policy.heartbeat.required = true;
    assert_eq!(scoped(&pair, &by_fingerprints(&[1, 2])).1, Code::HeartbeatNotStarted);
    assert_eq!(scoped(&pair, &by_fingerprints(&[2, 9])), VALID);
}

#[test]
fn owners_of_machines() {
    let machine_owner =
        no(Code::UserScopeMismatch, "user scope does not match (does not match associated machine owner)");
    let machine_owners =
        no(Code::UserScopeMismatch, "user scope does not match (does not match associated machine owners)");
    let owned = |number, owner| MachineFacts { owner: Some(id(owner)), ..machine(number) };
    let of = |scope: Scope, user: &str| Scope { user: Some(text(user)), ..scope };

    let mut subject = activated(vec![owned(1, OWNER), owned(2, LICENSEE), machine(3)]);
    subject.license.owner = Some(id(OWNER));
    subject.license.licensees = 1;
    subject.found.named_user = Some(id(LICENSEE));
    let licensee = id(LICENSEE).to_string();
    assert_eq!(scoped(&subject, &of(by_machine(1), &licensee)), machine_owner);
    assert_eq!(scoped(&subject, &of(by_fingerprint(1), &licensee)), machine_owners);
    assert_eq!(scoped(&subject, &of(by_fingerprint(2), &licensee)), VALID);
    assert_eq!(scoped(&subject, &of(by_fingerprint(3), &licensee)), VALID);
    assert_eq!(scoped(&subject, &of(by_fingerprints(&[2, 3]), &licensee)), VALID);
    assert_eq!(scoped(&subject, &of(by_fingerprints(&[1, 2]), &licensee)), machine_owners);
    assert_eq!(scoped(&subject, &of(by_fingerprint(2), "Ann@Example.com ")), VALID);
    assert_eq!(scoped(&subject, &of(by_fingerprint(9), &licensee)).1, Code::FingerprintScopeMismatch);
    assert_eq!(scoped(&subject, &of(by_machine(9), &licensee)).1, Code::MachineScopeMismatch);

    // By machine, the user is compared as sent.
    let mut subject = activated(vec![owned(2, LICENSEE)]);
    subject.license.licensees = 1;
    subject.found.named_user = Some(id(LICENSEE));
    for (user, expected) in [
        (licensee.as_str(), VALID),
        ("ann@example.com", VALID),
        ("Ann@example.com", machine_owner),
        (" ann@example.com", machine_owner),
        (&licensee.to_uppercase(), machine_owner),
    ] {
        assert_eq!(scoped(&subject, &of(by_machine(2), user)), expected, "{user:?}");
    }
    // A null user asserts nothing about machines, nor does any user about ownerless ones.
    let null = Scope { user: Some(None), ..by_machine(2) };
    assert_eq!(scoped(&subject, &null), VALID);
    subject.found.machine = Some(machine(3));
    assert_eq!(scoped(&subject, &of(by_machine(3), "Ann@example.com")), VALID);
    // A stranger fails before.
    subject.found.named_user = None;
    let stranger = of(by_fingerprint(2), &id(STRANGER).to_string());
    assert_eq!(scoped(&subject, &stranger), no(Code::UserScopeMismatch, "user scope does not match"));
}

#[test]
fn owners_outrank_heartbeats() {
    let machine = MachineFacts { owner: Some(id(OWNER)), last_heartbeat: Some(ago(HOUR)), ..machine(1) };
    let mut subject = activated(vec![machine]);
    subject.found.named_user = Some(id(LICENSEE));
    let user = Some(text(id(LICENSEE)));
    // By machine: owner first. By fingerprint: the dead first.
    assert_eq!(scoped(&subject, &Scope { user: user.clone(), ..by_machine(1) }).1, Code::UserScopeMismatch);
    assert_eq!(scoped(&subject, &Scope { user, ..by_fingerprint(1) }).1, Code::HeartbeatDead);
}

#[test]
fn components() {
    use MatchingStrategy::{MatchAll, MatchAny, MatchMost, MatchTwo};
    let any = "one or more component is not activated (does not match any associated components)";
    let two = "one or more component is not activated (does not match at least 2 associated components)";
    let most = "one or more component is not activated (does not match enough associated components)";
    let all = "one or more component is not activated (does not match all associated components)";
    // Strategy, what is said if too few match, and the least that must of one, two, three, four.
    let table = [
        (MatchAny, any, [1, 1, 1, 1]),
        (MatchTwo, two, [2, 2, 2, 2]),
        (MatchMost, most, [1, 1, 2, 2]),
        (MatchAll, all, [1, 2, 3, 4]),
    ];
    for (strategy, detail, least) in table {
        for (given, least) in (1..).zip(least) {
            for hits in 0..=given {
                let mut subject = activated(vec![machine(1)]);
                subject.policy.component_matching = strategy;
                subject.found.component_hits = hits;
                let mut components: Vec<_> = (0..given).map(|number| format!("c-{number}")).collect();
                components.push("c-0".into());
                let scope = Scope { components: Some(components), ..by_fingerprint(1) };
                let expected = if hits < least { no(Code::ComponentsScopeMismatch, detail) } else { VALID };
                assert_eq!(scoped(&subject, &scope), expected, "{strategy} {hits}/{given}");
            }
        }
    }
}

#[test]
fn components_need_a_fingerprint() {
    let subject = activated(vec![machine(1)]);
    let detail = "fingerprint scope is required when using the components scope";
    for components in [texts(&["c"]), texts(&[])] {
        let alone = Scope { components: components.clone(), ..Scope::default() };
        assert_eq!(scoped(&subject, &alone), no(Code::FingerprintScopeRequired, detail));
        let plural = Scope { components, ..by_fingerprints(&[1]) };
        assert_eq!(scoped(&subject, &plural), no(Code::FingerprintScopeRequired, detail));
    }
    let none = Scope { components: texts(&[]), ..by_fingerprint(1) };
    assert_eq!(scoped(&subject, &none), no(Code::ComponentsScopeEmpty, "components scope is empty"));
    let unknown = Scope { components: texts(&["c"]), ..by_fingerprint(9) };
    assert_eq!(scoped(&subject, &unknown).1, Code::FingerprintScopeMismatch);
}
