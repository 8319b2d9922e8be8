//! Steps 6 and 9–16: limits, leasing, overage.

use super::*;
use OverageStrategy::{Allow1_5xOverage, Allow1_25xOverage, Allow2xOverage, AlwaysAllowOverage, NoOverage};

const MANY_MACHINES: (Code, &str) = (Code::TooManyMachines, "has too many associated machines");
const MANY_PROCESSES: (Code, &str) = (Code::TooManyProcesses, "has too many associated processes");

fn told(valid: bool, (code, detail): (Code, &'static str)) -> Answer {
    (valid, code, detail)
}

#[test]
fn no_machines() {
    let mut subject = strict(0);
    assert_eq!(plain(&subject), (false, Code::NoMachines, "must have at least 1 associated machine"));
    subject.policy.floating = false;
    assert_eq!(plain(&subject), (false, Code::NoMachine, "must have exactly 1 associated machine"));
    subject.policy.strict = false;
    assert_eq!(plain(&subject), VALID);
}

/// Every dimension of a floating policy at the bounds of every strategy.
#[test]
fn overage() {
    type Set = fn(&mut Subject, u64, u64);
    let dimensions: [(Set, Code, &str); 6] = [
        (
            |subject, total, limit| {
                subject.license.counters.machines = total;
                subject.license.limits.machines = Some(limit);
            },
            Code::TooManyMachines,
            "has too many associated machines",
        ),
        (
            |subject, total, limit| {
                subject.license.counters.cores = total.into();
                subject.license.limits.cores = Some(limit);
            },
            Code::TooManyCores,
            "has too many associated machine cores",
        ),
        (
            |subject, total, limit| {
                subject.license.counters.memory = total.into();
                subject.license.limits.memory = Some(limit);
            },
            Code::TooMuchMemory,
            "has too much associated machine memory",
        ),
        (
            |subject, total, limit| {
                subject.license.counters.disk = total.into();
                subject.license.limits.disk = Some(limit);
            },
            Code::TooMuchDisk,
            "has too much associated machine disk",
        ),
        (
            |subject, total, limit| {
                subject.policy.process_leasing = ProcessLeasingStrategy::PerLicense;
                subject.license.counters.processes = total;
                subject.license.limits.processes = Some(limit);
            },
            Code::TooManyProcesses,
            "has too many associated processes",
        ),
        (
            |subject, total, limit| {
                subject.license.owner = Some(id(OWNER));
                subject.license.licensees = total - 1;
                subject.license.limits.users = Some(limit);
            },
            Code::TooManyUsers,
            "has too many associated users",
        ),
    ];
    // Total, limit, and whether it is tolerated; `None` when it is not even over.
    let table = [
        (NoOverage, 5, 5, None),
        (NoOverage, 6, 5, Some(false)),
        (AlwaysAllowOverage, 60, 5, Some(true)),
        (Allow1_25xOverage, 5, 4, Some(true)),
        (Allow1_25xOverage, 6, 4, Some(false)),
        (Allow1_25xOverage, 6, 5, Some(true)),
        (Allow1_25xOverage, 7, 5, Some(false)),
        (Allow1_5xOverage, 6, 4, Some(true)),
        (Allow1_5xOverage, 4, 2, Some(false)),
        (Allow2xOverage, 4, 2, Some(true)),
        (Allow2xOverage, 5, 2, Some(false)),
    ];
    for (set, code, detail) in dimensions {
        for (overage, total, limit, tolerated) in table {
            let mut subject = strict(1);
            subject.policy.overage = overage;
            set(&mut subject, total, limit);
            let expected = tolerated.map_or(VALID, |valid| (valid, code, detail));
            assert_eq!(plain(&subject), expected, "{code} {overage} {total}/{limit}");
            subject.policy.strict = false;
            let expected = if code == Code::TooManyUsers { expected } else { VALID };
            assert_eq!(plain(&subject), expected, "{code} {overage} {total}/{limit}");
        }
    }
}

#[test]
fn unlimited() {
    let mut subject = strict(11);
    subject.license.counters = Counters { machines: 11, cores: 99, memory: 99, disk: 99, processes: 99 };
    subject.license.licensees = 99;
    assert_eq!(plain(&subject), VALID);
}

#[test]
fn node_locked_machines() {
    // Overage, limit, machines, and whether that is tolerated; `None` when it is not even over.
    let table = [
        (NoOverage, Some(1), 1, None),
        (NoOverage, Some(1), 2, Some(false)),
        (NoOverage, None, 2, Some(false)),
        (AlwaysAllowOverage, None, 3, Some(true)),
        (Allow2xOverage, Some(1), 2, Some(true)),
        (Allow2xOverage, Some(1), 3, Some(false)),
        (Allow1_25xOverage, Some(1), 2, Some(false)),
        (Allow1_5xOverage, Some(1), 2, Some(false)),
        // Not to be reached through the API: fractions are not honoured, whatever the limit.
        (Allow1_5xOverage, Some(4), 5, Some(false)),
        (Allow1_25xOverage, Some(4), 4, None),
    ];
    for (overage, limit, machines, tolerated) in table {
        let mut subject = strict(machines);
        subject.policy.floating = false;
        subject.policy.overage = overage;
        subject.license.limits.machines = limit;
        let expected = tolerated.map_or(VALID, |valid| told(valid, MANY_MACHINES));
        assert_eq!(plain(&subject), expected, "{overage} {limit:?} {machines}");
    }
}

#[test]
fn a_single_machine_is_never_too_many() {
    for floating in [true, false] {
        let mut subject = strict(1);
        subject.policy.floating = floating;
        subject.license.limits.machines = Some(0);
        assert_eq!(plain(&subject), VALID);
    }
}

#[test]
fn limits_fail_in_order() {
    let mut subject = strict(3);
    subject.policy.process_leasing = ProcessLeasingStrategy::PerLicense;
    subject.license.counters = Counters { machines: 3, cores: 3, memory: 3, disk: 3, processes: 3 };
    subject.license.licensees = 3;
    subject.license.expiry = Some(ago(1));
    let two = Some(2);
    subject.license.limits =
        Limits { machines: two, processes: two, users: two, cores: two, memory: two, disk: two, uses: None };
    type Lift = fn(&mut Limits);
    let lifts: &[(Code, Lift)] = &[
        (Code::TooManyUsers, |limits| limits.users = None),
        (Code::TooManyMachines, |limits| limits.machines = None),
        (Code::TooManyCores, |limits| limits.cores = None),
        (Code::TooMuchMemory, |limits| limits.memory = None),
        (Code::TooMuchDisk, |limits| limits.disk = None),
        (Code::TooManyProcesses, |limits| limits.processes = None),
    ];
    for (code, lift) in lifts {
        assert_eq!(plain(&subject).1, *code);
        lift(&mut subject.license.limits);
    }
    assert_eq!(plain(&subject).1, Code::Expired);
}

fn user(number: u128) -> Scope {
    Scope { user: Some(text(id(number))), ..Scope::default() }
}

#[test]
fn machines_leased_per_user() {
    // Floating, limit, machines of the lessee, whether that is tolerated.
    let table = [
        (true, 2, 2, None),
        (true, 2, 4, Some(true)),
        (true, 2, 5, Some(false)),
        (false, 1, 1, None),
        (false, 1, 2, Some(true)),
        (false, 1, 3, Some(false)),
    ];
    for (floating, limit, leased, tolerated) in table {
        let mut subject = strict(99);
        subject.policy.floating = floating;
        subject.policy.overage = Allow2xOverage;
        subject.policy.machine_leasing = MachineLeasingStrategy::PerUser;
        subject.license.limits.machines = Some(limit);
        subject.license.licensees = 1;
        subject.found.leased.machines = leased;
        subject.found.named_user = Some(id(LICENSEE));
        let expected = tolerated.map_or(VALID, |valid| told(valid, MANY_MACHINES));
        assert_eq!(plain(&subject), expected);
        assert_eq!(scoped(&subject, &user(LICENSEE)), expected);
        let null = Scope { user: Some(None), ..Scope::default() };
        assert_eq!(scoped(&subject, &null), expected);
        // The steps are entered by the license's total.
        subject.license.counters.machines = 1;
        assert_eq!(plain(&subject), VALID);
    }
    let mut subject = strict(1);
    subject.policy.machine_leasing = MachineLeasingStrategy::PerUser;
    subject.license.counters.cores = 99;
    subject.license.limits.cores = Some(32);
    assert_eq!(plain(&subject), VALID);
    subject.found.leased.cores = 33;
    assert_eq!(plain(&subject).1, Code::TooManyCores);
}

#[test]
fn lessees() {
    let mut subject = subject();
    subject.license.owner = Some(id(OWNER));
    let null = Scope { user: Some(None), ..Scope::default() };
    assert_eq!(subject.lessee(Mode::Quick), None);
    assert_eq!(subject.lessee(Mode::Scoped(&Scope::default())), None);
    assert_eq!(subject.lessee(Mode::Scoped(&null)), None);
    assert_eq!(subject.lessee(Mode::Scoped(&user(OWNER))), Some(id(OWNER)));
    assert_eq!(subject.lessee(Mode::Scoped(&user(LICENSEE))), None);
    subject.found.named_user = Some(id(LICENSEE));
    assert_eq!(subject.lessee(Mode::Scoped(&user(LICENSEE))), Some(id(LICENSEE)));
}

#[test]
fn processes_leased_per_machine() {
    let busy = |number, processes, own| MachineFacts { processes, max_processes: own, ..machine(number) };
    let by_machine = Scope { machine: text(id(MACHINE + 1)), ..Scope::default() };
    let by_fingerprint = Scope { fingerprint: text("fp-1"), ..Scope::default() };
    let by_fingerprints = Scope { fingerprints: texts(&["fp-9", "fp-1"]), ..Scope::default() };
    // Own limit, processes, whether that is too many for a license's limit of 5.
    for (own, processes, many) in
        [(None, 5, false), (None, 6, true), (Some(9), 9, false), (Some(9), 10, true), (Some(2), 3, true)]
    {
        let mut subject = activated(vec![busy(1, processes, own)]);
        subject.policy.strict = true;
        subject.license.limits.processes = Some(5);
        subject.license.counters.processes = 99;
        let expected = if many { told(false, MANY_PROCESSES) } else { VALID };
        for scope in [&by_machine, &by_fingerprint, &by_fingerprints] {
            assert_eq!(scoped(&subject, scope), expected, "{own:?} {processes}");
        }
        assert_eq!(plain(&subject), VALID);
        // Without a limit of the license a machine's own is not looked at.
        subject.license.limits.processes = None;
        assert_eq!(scoped(&subject, &by_machine), VALID);
    }
    // The fingerprint's machine goes before the machine scope's, and a dead one is passed over.
    let dead = MachineFacts { last_heartbeat: Some(ago(HOUR)), ..busy(2, 0, None) };
    let mut subject = activated(vec![busy(1, 0, None), dead, busy(3, 6, None)]);
    subject.policy.strict = true;
    subject.license.limits.processes = Some(5);
    let both = Scope { fingerprints: texts(&["fp-2", "fp-3"]), ..by_machine };
    assert_eq!(scoped(&subject, &both), told(false, MANY_PROCESSES));
}

#[test]
fn processes_leased_per_user() {
    let mut subject = strict(3);
    subject.policy.process_leasing = ProcessLeasingStrategy::PerUser;
    subject.license.counters.processes = 99;
    subject.license.limits.processes = Some(5);
    subject.license.owner = Some(id(OWNER));
    for (leased, expected) in [(5, VALID), (6, told(false, MANY_PROCESSES))] {
        subject.found.leased.processes = leased;
        assert_eq!(plain(&subject), expected);
        assert_eq!(scoped(&subject, &user(OWNER)), expected);
    }
}
