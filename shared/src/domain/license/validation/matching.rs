//! The scopes that name machines and their components.

use jiff::Timestamp;

use super::facts::{MachineFacts, Subject};
use super::outcome::{Finding, Step, refuse_if};
use super::scope::{Scope, distinct, normalized};
use crate::domain::machine::heartbeat::HeartbeatStatus;
use crate::domain::policy::strategies::MatchingStrategy;
use crate::ids::parse_id;

impl Subject {
    /// The machine that the machine scope names.
    pub(super) fn scoped_machine(&self, scope: &Scope) -> Option<&MachineFacts> {
        let id = parse_id(scope.machine.as_deref()?)?;
        self.found.machine.as_ref().filter(|machine| machine.id == id)
    }

    /// The machines with these fingerprints that are not dead, in the order of the fingerprints.
    pub(super) fn living_machines(&self, fingerprints: &[&str], now: Timestamp) -> Vec<&MachineFacts> {
        let mut machines = self.machines_with(fingerprints);
        machines.retain(|machine| !machine.pulse().is_dead(&self.policy.heartbeat, now));
        machines
    }

    fn machines_with(&self, fingerprints: &[&str]) -> Vec<&MachineFacts> {
        fingerprints
            .iter()
            .filter_map(|fingerprint| self.found.machines.iter().find(|machine| machine.fingerprint == *fingerprint))
            .collect()
    }

    /// Refuses a license without machines, in the words for its kind.
    fn refuse_no_machines(&self, locked: Finding, floating: Finding) -> Step {
        let none = self.license.counters.machines == 0;
        refuse_if(none, if self.policy.floating { floating } else { locked })
    }
}

pub(super) fn machine(subject: &Subject, scope: &Scope, now: Timestamp) -> Step {
    if scope.machine.is_none() {
        return refuse_if(subject.policy.required.machine, Finding::MACHINE_REQUIRED);
    }
    subject.refuse_no_machines(Finding::MACHINE_NONE_LOCKED, Finding::MACHINE_NONE_FLOATING)?;
    let Some(machine) = subject.scoped_machine(scope) else {
        return refuse_if(true, Finding::MACHINE_MISMATCH);
    };
    if let (Some(Some(value)), Some(owner)) = (&scope.user, machine.owner) {
        // Here, unlike everywhere else, the user has to be spelled as stored.
        let owns = subject.named_user(scope) == Some(owner) && *value == normalized(value);
        refuse_if(!owns, Finding::MACHINE_OWNER_MISMATCH)?;
    }
    let heartbeat = &subject.policy.heartbeat;
    let status = machine.pulse().status(heartbeat, now);
    refuse_if(heartbeat.required && status == HeartbeatStatus::NotStarted, Finding::HEARTBEAT_NOT_STARTED)?;
    refuse_if(status == HeartbeatStatus::Dead, Finding::HEARTBEAT_DEAD)
}

pub(super) fn fingerprints(subject: &Subject, scope: &Scope, now: Timestamp) -> Step {
    let Some(wanted) = scope.wanted_fingerprints() else {
        return refuse_if(subject.policy.required.fingerprint, Finding::FINGERPRINT_REQUIRED);
    };
    refuse_if(wanted.is_empty(), Finding::FINGERPRINT_EMPTY)?;
    subject.refuse_no_machines(Finding::FINGERPRINT_NONE_LOCKED, Finding::FINGERPRINT_NONE_FLOATING)?;
    let living = subject.living_machines(&wanted, now);
    let dead = subject.machines_with(&wanted).len() - living.len();
    refuse_if(dead == wanted.len(), Finding::HEARTBEAT_DEAD)?;

    let (required, mismatch) = if wanted.len() == 1 {
        (1, Finding::FINGERPRINT_MISMATCH)
    } else {
        let strategy = subject.policy.machine_matching;
        let mismatch = match strategy {
            MatchingStrategy::MatchAny => Finding::FINGERPRINTS_ANY,
            MatchingStrategy::MatchTwo => Finding::FINGERPRINTS_TWO,
            MatchingStrategy::MatchMost => Finding::FINGERPRINTS_MOST,
            MatchingStrategy::MatchAll => Finding::FINGERPRINTS_ALL,
        };
        (strategy.required(wanted.len() as u64), mismatch)
    };
    refuse_if((living.len() as u64) < required, mismatch)?;

    if let Some(Some(_)) = &scope.user {
        let user = subject.named_user(scope);
        let owns = living.iter().all(|machine| machine.owner.is_none() || machine.owner == user);
        refuse_if(!owns, Finding::MACHINE_OWNERS_MISMATCH)?;
    }
    let heartbeat = &subject.policy.heartbeat;
    let unstarted = living.iter().any(|machine| machine.pulse().status(heartbeat, now) == HeartbeatStatus::NotStarted);
    refuse_if(heartbeat.required && unstarted, Finding::HEARTBEAT_NOT_STARTED)
}

pub(super) fn components(subject: &Subject, scope: &Scope) -> Step {
    let Some(components) = &scope.components else {
        return refuse_if(subject.policy.required.components, Finding::COMPONENTS_REQUIRED);
    };
    refuse_if(scope.fingerprint.is_none(), Finding::COMPONENTS_FINGERPRINT)?;
    let given = distinct(components).len() as u64;
    refuse_if(given == 0, Finding::COMPONENTS_EMPTY)?;
    let strategy = subject.policy.component_matching;
    let mismatch = match strategy {
        MatchingStrategy::MatchAny => Finding::COMPONENTS_ANY,
        MatchingStrategy::MatchTwo => Finding::COMPONENTS_TWO,
        MatchingStrategy::MatchMost => Finding::COMPONENTS_MOST,
        MatchingStrategy::MatchAll => Finding::COMPONENTS_ALL,
    };
    refuse_if(subject.found.component_hits < strategy.required(given), mismatch)
}
