mod limits;
mod machines;
mod properties;
mod scopes;
mod standing;

use super::*;
use crate::domain::calendar::plus_seconds;
use crate::domain::license::check_in::CheckInPolicy;
use crate::domain::license::limits::Limits;
use crate::domain::machine::heartbeat::HeartbeatPolicy;
use crate::domain::policy::strategies::{
    MachineLeasingStrategy, MatchingStrategy, OverageStrategy, ProcessLeasingStrategy,
};
use crate::ids::Id;

const HOUR: i64 = 3600;

fn now() -> Timestamp {
    "2031-07-02T13:45:00Z".parse().unwrap()
}

fn ago(seconds: i64) -> Timestamp {
    plus_seconds(now(), -seconds)
}

fn id(number: u128) -> Id {
    Id::from_u128(0xa000_0000_0000_7000_8000_0000_0000_0000 + number)
}

const POLICY: u128 = 1;
const PRODUCT: u128 = 2;
const ENVIRONMENT: u128 = 3;
const OWNER: u128 = 4;
const LICENSEE: u128 = 5;
const STRANGER: u128 = 6;
const MACHINE: u128 = 100;

/// A license without machines and users, of a floating policy that asks for nothing.
fn subject() -> Subject {
    Subject {
        license: LicenseFacts {
            owner: None,
            licensees: 0,
            environment: None,
            suspended: false,
            expiry: None,
            last_check_in: None,
            limits: Limits::default(),
            counters: Counters::default(),
        },
        policy: PolicyFacts {
            id: id(POLICY),
            product: id(PRODUCT),
            strict: false,
            floating: true,
            expiration_strategy: Some(ExpirationStrategy::RestrictAccess),
            check_in: CheckInPolicy::default(),
            heartbeat: HeartbeatPolicy::default(),
            required: RequiredScopes::default(),
            machine_matching: MatchingStrategy::MatchAny,
            component_matching: MatchingStrategy::MatchAny,
            machine_leasing: MachineLeasingStrategy::PerLicense,
            process_leasing: ProcessLeasingStrategy::PerMachine,
            overage: OverageStrategy::NoOverage,
        },
        found: Lookups::default(),
    }
}

/// A strict license with so many machines.
fn strict(machines: u64) -> Subject {
    let mut subject = subject();
    subject.policy.strict = true;
    subject.license.counters.machines = machines;
    subject
}

/// The machine of this number: created an hour ago, owned by nobody, without a heartbeat.
fn machine(number: u128) -> MachineFacts {
    MachineFacts {
        id: id(MACHINE + number),
        fingerprint: format!("fp-{number}"),
        owner: None,
        created: ago(HOUR),
        last_heartbeat: None,
        max_processes: None,
        processes: 0,
    }
}

/// A license with these machines, all found by fingerprint, the first by id.
fn activated(machines: Vec<MachineFacts>) -> Subject {
    let mut subject = subject();
    subject.license.counters.machines = machines.len() as u64;
    subject.found.machine = machines.first().cloned();
    subject.found.machines = machines;
    subject
}

fn texts(items: &[&str]) -> Option<Vec<String>> {
    Some(items.iter().copied().map(String::from).collect())
}

fn text(item: impl ToString) -> Option<String> {
    Some(item.to_string())
}

type Answer = (bool, Code, &'static str);

fn answer(outcome: &Outcome) -> Answer {
    (outcome.valid, outcome.code, outcome.detail)
}

fn quick(subject: &Subject) -> Answer {
    answer(&decide(subject, Mode::Quick, now()))
}

fn scoped(subject: &Subject, scope: &Scope) -> Answer {
    answer(&decide(subject, Mode::Scoped(scope), now()))
}

/// The answer of a validation without scopes, quick or not.
fn plain(subject: &Subject) -> Answer {
    let answer = quick(subject);
    assert_eq!(scoped(subject, &Scope::default()), answer);
    answer
}

const VALID: Answer = (true, Code::Valid, "is valid");
