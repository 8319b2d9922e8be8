//! What holds for every license, policy and scope; and what has to be looked up.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::policy::strategies::CheckInInterval;

/// A few values each, so that scopes and facts meet.
fn small_text() -> impl Strategy<Value = String> {
    prop_oneof![
        (1u128..4).prop_map(|number| format!("fp-{number}")),
        (1u128..8).prop_map(|number| id(number).to_string()),
        (MACHINE..MACHINE + 4).prop_map(|number| id(number).to_string()),
        select(vec!["isolated", "Ann@example.com", "ann@example.com"]).prop_map(String::from),
    ]
}

fn given<T: std::fmt::Debug + Clone>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.3, of)
}

fn lists() -> impl Strategy<Value = Option<Vec<String>>> {
    given(prop::collection::vec(small_text(), 0..4))
}

fn scopes() -> impl Strategy<Value = Scope> {
    let ids = (
        given(prop::option::of(select(vec!["isolated".to_owned(), id(ENVIRONMENT).to_string()]))),
        given(select(vec![id(PRODUCT).to_string(), id(PRODUCT).to_string(), "x".into()])),
        given(select(vec![id(POLICY).to_string(), id(POLICY).to_string(), "x".into()])),
        given(prop::option::of(small_text())),
    );
    let rest =
        (lists(), given(small_text()), given(small_text()), lists(), lists(), given(Just("c")), given(Just("v")));
    (ids, rest).prop_map(|(ids, rest)| Scope {
        environment: ids.0,
        product: ids.1,
        policy: ids.2,
        user: ids.3,
        entitlements: rest.0,
        machine: rest.1,
        fingerprint: rest.2,
        fingerprints: rest.3,
        components: rest.4,
        checksum: rest.5.map(String::from),
        version: rest.6.map(String::from),
    })
}

fn moments() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::of((-100i64..100).prop_map(|hours| ago(hours * HOUR)))
}

fn counters() -> impl Strategy<Value = Counters> {
    (0u64..6, 0u64..6, 0u64..6, 0u64..6, 0u64..6).prop_map(|(machines, cores, memory, disk, processes)| Counters {
        machines,
        cores: cores.into(),
        memory: memory.into(),
        disk: disk.into(),
        processes,
    })
}

fn licenses() -> impl Strategy<Value = LicenseFacts> {
    let limit = || prop::option::weighted(0.3, 0u64..6);
    let limits = (limit(), limit(), limit(), limit(), limit(), limit());
    let limits = limits.prop_map(|(machines, processes, users, cores, memory, disk)| Limits {
        machines,
        processes,
        users,
        cores,
        memory,
        disk,
        uses: None,
    });
    let owner = prop::option::of(Just(id(OWNER)));
    let environment = prop::option::of(Just(id(ENVIRONMENT)));
    (owner, 0u64..4, environment, prop::bool::weighted(0.1), moments(), moments(), limits, counters()).prop_map(
        |(owner, licensees, environment, suspended, expiry, last_check_in, limits, counters)| LicenseFacts {
            owner,
            licensees,
            environment,
            suspended,
            expiry,
            last_check_in,
            limits,
            counters,
        },
    )
}

fn policies() -> impl Strategy<Value = PolicyFacts> {
    let flags = prop::collection::vec(prop::bool::weighted(0.05), 9);
    let required = flags.prop_map(|flags| RequiredScopes {
        environment: flags[0],
        product: flags[1],
        policy: flags[2],
        user: flags[3],
        machine: flags[4],
        fingerprint: flags[5],
        components: flags[6],
        checksum: flags[7],
        version: flags[8],
    });
    let strategies = (
        prop::option::of(select(ExpirationStrategy::ALL.to_vec())),
        select(MatchingStrategy::ALL.to_vec()),
        select(MatchingStrategy::ALL.to_vec()),
        select(MachineLeasingStrategy::ALL.to_vec()),
        select(ProcessLeasingStrategy::ALL.to_vec()),
        select(OverageStrategy::ALL.to_vec()),
    );
    (any::<[bool; 4]>(), 1i64..5, required, strategies).prop_map(|(flags, days, required, strategies)| PolicyFacts {
        id: id(POLICY),
        product: id(PRODUCT),
        strict: flags[0],
        floating: flags[1],
        expiration_strategy: strategies.0,
        check_in: CheckInPolicy { required: flags[2], interval: Some(CheckInInterval::Day), count: Some(days) },
        heartbeat: HeartbeatPolicy { required: flags[3], ..HeartbeatPolicy::default() },
        required,
        machine_matching: strategies.1,
        component_matching: strategies.2,
        machine_leasing: strategies.3,
        process_leasing: strategies.4,
        overage: strategies.5,
    })
}

fn machines() -> impl Strategy<Value = MachineFacts> {
    let owner = prop::option::of(select(vec![id(OWNER), id(LICENSEE)]));
    let beat = prop::option::of((0i64..1200).prop_map(ago));
    (1u128..4, owner, 0i64..1200, beat, prop::option::of(0u64..6), 0u64..6).prop_map(
        |(number, owner, created, last_heartbeat, max_processes, processes)| MachineFacts {
            owner,
            created: ago(created),
            last_heartbeat,
            max_processes,
            processes,
            ..machine(number)
        },
    )
}

fn subjects() -> impl Strategy<Value = Subject> {
    let found = (
        prop::bool::weighted(0.1),
        prop::option::of(Just("isolated".to_owned())),
        prop::option::of(select(vec![id(OWNER), id(LICENSEE)])),
        prop::collection::vec(small_text(), 0..6),
        prop::option::of(machines()),
        prop::collection::vec(machines(), 0..4),
        0u64..4,
        counters(),
        prop::option::of(Just("1.0.0".to_owned())),
        any::<bool>(),
    );
    let found = found.prop_map(|found| Lookups {
        owner_banned: found.0,
        environment_code: found.1,
        named_user: found.2,
        entitlements: found.3,
        machine: found.4,
        machines: found.5,
        component_hits: found.6,
        leased: found.7,
        checksum_version: found.8,
        version_found: found.9,
    });
    (licenses(), policies(), found).prop_map(|(license, policy, found)| {
        let owner_banned = found.owner_banned && license.owner.is_some();
        Subject { license, policy, found: Lookups { owner_banned, ..found } }
    })
}

/// What is left of the look-ups when only those asked for are made.
fn cut(found: &Lookups, needs: &Needs<'_>) -> Lookups {
    let mut kept = Lookups::default();
    if needs.owner.is_some() {
        kept.owner_banned = found.owner_banned;
    }
    if needs.environment_code {
        kept.environment_code.clone_from(&found.environment_code);
    }
    if needs.user.is_some() {
        kept.named_user = found.named_user;
    }
    kept.entitlements = found.entitlements.clone();
    kept.entitlements.retain(|code| needs.entitlements.contains(&code.as_str()));
    kept.machine = found.machine.clone().filter(|machine| Some(machine.id) == needs.machine);
    kept.machines.clone_from(&found.machines);
    kept.machines.retain(|machine| needs.fingerprints.contains(&machine.fingerprint.as_str()));
    if needs.components.is_some() {
        kept.component_hits = found.component_hits;
    }
    if needs.leased_machines {
        kept.leased = Counters { processes: 0, ..found.leased };
    }
    if needs.leased_processes {
        kept.leased.processes = found.leased.processes;
    }
    if needs.checksum.is_some() {
        kept.checksum_version.clone_from(&found.checksum_version);
    }
    kept.version_found = found.version_found && needs.version.is_some();
    kept
}

fn modes() -> impl Strategy<Value = Option<Scope>> {
    prop::option::weighted(0.9, scopes())
}

fn mode(scope: Option<&Scope>) -> Mode<'_> {
    scope.map_or(Mode::Quick, Mode::Scoped)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Nothing that is not asked for changes the answer.
    #[test]
    fn the_needs_suffice(subject in subjects(), scope in modes()) {
        let mode = mode(scope.as_ref());
        let needs = needs(&subject.license, &subject.policy, mode, now());
        let informed = Subject { found: cut(&subject.found, &needs), ..subject.clone() };
        prop_assert_eq!(decide(&informed, mode, now()), decide(&subject, mode, now()), "{:?}", needs);
    }

    /// What the scope alone may lead to covers what this license leads to.
    #[test]
    fn the_scope_alone_foretells(subject in subjects(), scope in modes()) {
        let mode = mode(scope.as_ref());
        let needs = needs(&subject.license, &subject.policy, mode, now());
        let all = Needs::of_scope(mode);
        prop_assert!(needs.user.is_none() || needs.user == all.user);
        prop_assert!(needs.machine.is_none() || needs.machine == all.machine);
        prop_assert!(needs.components.is_none() || needs.components == all.components);
        prop_assert!(needs.checksum.is_none() || needs.checksum == all.checksum);
        prop_assert!(needs.version.is_none() || needs.version == all.version);
        prop_assert!(needs.fingerprints.iter().all(|item| all.fingerprints.contains(item)));
        prop_assert!(needs.entitlements.iter().all(|item| all.entitlements.contains(item)));
    }

    /// Valid means: no complaint, or a complaint that the policy tolerates.
    #[test]
    fn valid_for_a_reason(subject in subjects(), scope in modes()) {
        let outcome = decide(&subject, mode(scope.as_ref()), now());
        let limit = matches!(
            outcome.code,
            Code::TooManyUsers | Code::TooManyMachines | Code::TooManyCores | Code::TooMuchMemory
                | Code::TooMuchDisk | Code::TooManyProcesses
        );
        if outcome.code == Code::Valid {
            prop_assert!(outcome.valid);
        } else if outcome.valid {
            let keeps = ExpirationStrategy::effective(subject.policy.expiration_strategy).keeps_validity();
            let tolerates = subject.policy.overage != OverageStrategy::NoOverage;
            prop_assert!(outcome.code == Code::Expired && keeps || limit && tolerates);
        }
        prop_assert_ne!(outcome.code, Code::NotFound);
        prop_assert!(outcome.checksum.is_none() || outcome.version.is_some());
    }

    /// A quick validation is one that asserts nothing of a policy that requires nothing.
    #[test]
    fn quick_is_without_scopes(mut subject in subjects()) {
        let quick = decide(&subject, Mode::Quick, now());
        subject.policy.required = RequiredScopes::default();
        prop_assert_eq!(quick, decide(&subject, Mode::Scoped(&Scope::default()), now()));
    }

    /// Growing never helps: who adds a machine, a core, a process or a user is not told `VALID` if not told before.
    #[test]
    fn growth_never_helps(subject in subjects(), more in counters(), licensees in 0u64..3) {
        prop_assume!(subject.license.counters.machines > 0);
        let grow = |counters: &Counters| Counters {
            machines: counters.machines + more.machines,
            cores: counters.cores + more.cores,
            memory: counters.memory + more.memory,
            disk: counters.disk + more.disk,
            processes: counters.processes + more.processes,
        };
        let mut grown = subject.clone();
        grown.license.counters = grow(&subject.license.counters);
        grown.license.licensees += licensees;
        grown.found.leased = grow(&subject.found.leased);
        if decide(&grown, Mode::Quick, now()).code == Code::Valid {
            prop_assert_eq!(decide(&subject, Mode::Quick, now()).code, Code::Valid);
        }
    }
}

#[test]
fn nothing_is_looked_up_in_vain() {
    let none = Needs::default();
    let all = Scope {
        environment: Some(text("isolated")),
        user: Some(text(" Ann@example.com")),
        entitlements: texts(&["A", "B", "A"]),
        machine: text(id(MACHINE)),
        fingerprint: text("fp-1"),
        fingerprints: texts(&["fp-2"]),
        components: texts(&["c", "c"]),
        checksum: text("c0ffee"),
        version: text("1.0.0"),
        ..Scope::default()
    };
    let of = |subject: &Subject| needs(&subject.license, &subject.policy, Mode::Scoped(&all), now()) == none;
    // A settled answer needs nothing; a fresh license without scopes neither.
    let mut suspended = strict(3);
    suspended.license.suspended = true;
    assert!(of(&suspended));
    let mut foreign = strict(3);
    foreign.policy.required.product = true;
    assert!(of(&foreign));
    let lone = strict(3);
    assert_eq!(needs(&lone.license, &lone.policy, Mode::Quick, now()), none);
    assert_eq!(needs(&lone.license, &lone.policy, Mode::Scoped(&Scope::default()), now()), none);

    let mut subject = strict(3);
    subject.license.owner = Some(id(OWNER));
    subject.license.environment = Some(id(ENVIRONMENT));
    subject.license.limits.cores = Some(1);
    subject.license.limits.processes = Some(1);
    subject.policy.machine_leasing = MachineLeasingStrategy::PerUser;
    subject.policy.process_leasing = ProcessLeasingStrategy::PerUser;
    let everything = Needs {
        owner: Some(id(OWNER)),
        environment_code: true,
        user: Some(UserName::Email("ann@example.com".into())),
        entitlements: vec!["A", "B"],
        machine: Some(id(MACHINE)),
        fingerprints: vec!["fp-1"],
        components: Some(ComponentsOf { fingerprint: "fp-1", components: vec!["c"] }),
        leased_machines: true,
        leased_processes: true,
        checksum: Some("c0ffee"),
        version: Some("1.0.0"),
    };
    assert_eq!(needs(&subject.license, &subject.policy, Mode::Scoped(&all), now()), everything);
    let quick = needs(&subject.license, &subject.policy, Mode::Quick, now());
    let counted = Needs { owner: Some(id(OWNER)), leased_machines: true, leased_processes: true, ..Needs::default() };
    assert_eq!(quick, counted);
    // The owner by id, and no machines: known from the license.
    subject.license.counters.machines = 0;
    let by_owner = Scope { user: Some(text(id(OWNER))), environment: Some(text(id(ENVIRONMENT))), ..all.clone() };
    let rest = needs(&subject.license, &subject.policy, Mode::Scoped(&by_owner), now());
    let expected = Needs {
        environment_code: false,
        user: None,
        machine: None,
        fingerprints: vec![],
        components: None,
        leased_machines: false,
        leased_processes: false,
        ..everything
    };
    assert_eq!(rest, expected);
}
