//! The steps that hold counts against limits, and tolerate what the policy tolerates.

use jiff::Timestamp;

use super::facts::Subject;
use super::leasing;
use super::outcome::{Finding, Step, Verdict, refuse_if};
use super::scope::Mode;
use crate::domain::license::limits::tolerates;
use crate::domain::policy::strategies::OverageStrategy;

/// Ends the procedure when `total` is over the limit; in the license's favour when that is tolerated.
fn over(total: u128, limit: Option<u64>, overage: OverageStrategy, finding: Finding) -> Step {
    match limit {
        Some(limit) if total > u128::from(limit) => {
            Step::Break(Verdict { valid: tolerates(total, limit, overage), finding })
        }
        _ => Step::Continue(()),
    }
}

/// Users. The only limit that policies which are not strict hold licenses to.
pub(super) fn users(subject: &Subject) -> Step {
    let users = subject.license.users().into();
    over(users, subject.license.limits.users, subject.policy.overage, Finding::TOO_MANY_USERS)
}

/// The number of machines.
pub(super) fn machines(subject: &Subject) -> Step {
    let limit = subject.license.limits.machines;
    let overage = subject.policy.overage;
    let (none, limit, overage) = if subject.policy.floating {
        (Finding::NO_MACHINES, limit, overage)
    } else {
        // A fraction more than one machine is no machine more.
        let overage = match overage {
            OverageStrategy::Allow1_25xOverage | OverageStrategy::Allow1_5xOverage => OverageStrategy::NoOverage,
            overage => overage,
        };
        (Finding::NO_MACHINE, limit.or(Some(1)), overage)
    };
    let count = subject.license.counters.machines;
    refuse_if(count == 0, none)?;
    if count == 1 {
        return Step::Continue(());
    }
    over(leasing::machines(subject).machines.into(), limit, overage, Finding::TOO_MANY_MACHINES)
}

/// Cores, memory and disk.
pub(super) fn resources(subject: &Subject) -> Step {
    let leased = leasing::machines(subject);
    let limits = &subject.license.limits;
    let overage = subject.policy.overage;
    over(leased.cores, limits.cores, overage, Finding::TOO_MANY_CORES)?;
    over(leased.memory, limits.memory, overage, Finding::TOO_MUCH_MEMORY)?;
    over(leased.disk, limits.disk, overage, Finding::TOO_MUCH_DISK)
}

/// Processes.
pub(super) fn processes(subject: &Subject, mode: Mode<'_>, now: Timestamp) -> Step {
    let leased = subject.license.limits.processes.and_then(|limit| leasing::processes(subject, mode, limit, now));
    match leased {
        Some((count, limit)) => over(count.into(), Some(limit), subject.policy.overage, Finding::TOO_MANY_PROCESSES),
        None => Step::Continue(()),
    }
}
