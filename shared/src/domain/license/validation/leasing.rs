//! Which machines and processes a limit counts (spec 05 §3.4).

use jiff::Timestamp;

use super::facts::{Counters, Subject};
use super::scope::Mode;
use crate::domain::machine::limits::machine_processes;
use crate::domain::policy::strategies::{MachineLeasingStrategy, ProcessLeasingStrategy};

/// The sums that machine limits are held against.
pub(super) fn machines(subject: &Subject) -> &Counters {
    match subject.policy.machine_leasing {
        MachineLeasingStrategy::PerLicense => &subject.license.counters,
        MachineLeasingStrategy::PerUser => &subject.found.leased,
    }
}

/// The number of processes and the limit it is held against, where the license has the limit `license`. `None` when
/// processes count by machine and no machine was named.
pub(super) fn processes(subject: &Subject, mode: Mode<'_>, license: u64, now: Timestamp) -> Option<(u64, u64)> {
    match subject.policy.process_leasing {
        ProcessLeasingStrategy::PerLicense => Some((subject.license.counters.processes, license)),
        ProcessLeasingStrategy::PerUser => Some((subject.found.leased.processes, license)),
        ProcessLeasingStrategy::PerMachine => {
            let scope = mode.scope()?;
            let machine = match scope.wanted_fingerprints() {
                Some(wanted) => subject.living_machines(&wanted, now).into_iter().next(),
                None => subject.scoped_machine(scope),
            }?;
            Some((machine.processes, machine_processes(machine.max_processes, Some(license))?))
        }
    }
}
