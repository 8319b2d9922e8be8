//! What bounds the machines and processes of a license (spec 06 §3.1, §3.7).
//!
//! A [`Bound`] says what is counted, within which population, and the largest total allowed, which the store takes
//! as the condition of the write that adds to the count. No bound, no refusal.

use crate::domain::license::limits::{Bound, Dimension, Limits, Population, effective_limit};
use crate::domain::policy::strategies::{MachineLeasingStrategy, OverageStrategy, ProcessLeasingStrategy};

pub use crate::domain::license::limits::allowed_total;

/// The bounds on a license's machines. With [`Population::User`] the counts are of the license's machines that have
/// the same owner as the machine in question, or as little of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MachineBounds {
    /// On their number. Checked when one is created; the first of a population always fits.
    pub machines: Option<Bound>,
    /// On their cores. Checked on every write of a machine, as memory and disk are.
    pub cores: Option<Bound>,
    /// On their memory.
    pub memory: Option<Bound>,
    /// On their disk.
    pub disk: Option<Bound>,
}

impl MachineBounds {
    /// The bounds under a license's effective limits.
    #[must_use]
    pub fn new(limits: &Limits, leasing: MachineLeasingStrategy, overage: OverageStrategy) -> Self {
        let population = match leasing {
            MachineLeasingStrategy::PerLicense => Population::License,
            MachineLeasingStrategy::PerUser => Population::User,
        };
        let bound = |dimension, limit| Bound::new(dimension, population, limit, overage);
        Self {
            machines: bound(Dimension::Machines, limits.machines)
                .map(|bound| Bound { allowed: bound.allowed.max(1), ..bound }),
            cores: bound(Dimension::Cores, limits.cores),
            memory: bound(Dimension::Memory, limits.memory),
            disk: bound(Dimension::Disk, limits.disk),
        }
    }

    /// The bounds in the order in which their refusals are reported.
    pub fn iter(&self) -> impl Iterator<Item = Bound> {
        [self.machines, self.cores, self.memory, self.disk].into_iter().flatten()
    }
}

/// A machine's own limit on its processes: the one stored with it, else its license's.
#[must_use]
pub const fn machine_processes(own: Option<u64>, license: Option<u64>) -> Option<u64> {
    effective_limit(own, license)
}

/// The bound on processes, checked when one is created. `own` is stored with the machine, `license` is the license's
/// effective limit; only under [`ProcessLeasingStrategy::PerMachine`] does the former count.
#[must_use]
pub fn process_bound(
    own: Option<u64>,
    license: Option<u64>,
    leasing: ProcessLeasingStrategy,
    overage: OverageStrategy,
) -> Option<Bound> {
    let (population, limit) = match leasing {
        ProcessLeasingStrategy::PerMachine => (Population::Machine, machine_processes(own, license)),
        ProcessLeasingStrategy::PerLicense => (Population::License, license),
        ProcessLeasingStrategy::PerUser => (Population::User, license),
    };
    Bound::new(Dimension::Processes, population, limit, overage)
}

#[cfg(test)]
mod tests {
    use MachineLeasingStrategy::{PerLicense, PerUser};
    use OverageStrategy::{Allow1_5xOverage, Allow1_25xOverage, Allow2xOverage, AlwaysAllowOverage, NoOverage};
    use proptest::prelude::*;

    use super::*;

    fn machines(limit: Option<u64>) -> Limits {
        Limits { machines: limit, ..Limits::default() }
    }

    fn fits(bound: Option<Bound>, existing: u64, added: u64) -> bool {
        bound.is_none_or(|bound| bound.admits(existing.into(), added))
    }

    #[test]
    fn machine_counts() {
        // Overage, limit, existing machines of the population, whether one more fits.
        let table = [
            (AlwaysAllowOverage, Some(5), 5, true),
            (Allow1_25xOverage, Some(4), 4, true),
            (Allow1_25xOverage, Some(4), 5, false),
            (Allow1_5xOverage, Some(4), 5, true),
            (Allow1_5xOverage, Some(4), 6, false),
            (Allow2xOverage, Some(5), 9, true),
            (Allow2xOverage, Some(5), 10, false),
            (NoOverage, None, 5, true),
            (NoOverage, Some(5), 4, true),
            (NoOverage, Some(5), 5, false),
            (AlwaysAllowOverage, Some(1), 1, true),
            (Allow2xOverage, Some(1), 1, true),
            (Allow2xOverage, Some(1), 2, false),
            (NoOverage, Some(1), 1, false),
            (NoOverage, None, 3, true),
            (NoOverage, Some(3), 2, true),
            (NoOverage, Some(3), 3, false),
            (Allow2xOverage, Some(3), 5, true),
            (Allow2xOverage, Some(3), 6, false),
            (NoOverage, Some(0), 0, true),
            (NoOverage, Some(0), 1, false),
        ];
        for (overage, limit, existing, expected) in table {
            for leasing in [PerLicense, PerUser] {
                let bound = MachineBounds::new(&machines(limit), leasing, overage).machines;
                assert_eq!(fits(bound, existing, 1), expected, "{overage} {limit:?} {existing}");
            }
        }
    }

    #[test]
    fn cores_memory_and_disk() {
        let table = [
            (NoOverage, 32, 16, 12, true),
            (NoOverage, 32, 24, 12, false),
            (NoOverage, 64, 32, 32, true),
            (AlwaysAllowOverage, 32, 24, 16, true),
            (Allow1_5xOverage, 32, 24, 16, true),
            (Allow1_5xOverage, 32, 48, 16, false),
            (Allow2xOverage, 32, 48, 16, true),
            (Allow2xOverage, 32, 56, 16, false),
            (NoOverage, 8, 0, 8, true),
            (NoOverage, 8, 0, 12, false),
        ];
        for (overage, limit, existing, added, expected) in table {
            let limit = Some(limit);
            let limits = Limits { cores: limit, memory: limit, disk: limit, ..Limits::default() };
            let bounds = MachineBounds::new(&limits, PerLicense, overage);
            assert_eq!(bounds.machines, None);
            for bound in [bounds.cores, bounds.memory, bounds.disk] {
                assert_eq!(fits(bound, existing, added), expected, "{overage} {limit:?} {existing} {added}");
            }
        }
    }

    #[test]
    fn refusals_in_order() {
        let all = Limits { machines: Some(3), cores: Some(32), memory: Some(9), disk: Some(7), ..Limits::default() };
        let told = |leasing| {
            let bounds = MachineBounds::new(&all, leasing, Allow2xOverage);
            bounds.iter().map(|bound| (bound.code(), bound.pointer(), bound.detail())).collect::<Vec<_>>()
        };
        let expected = |whose| {
            [
                ("MACHINE_LIMIT_EXCEEDED", format!("machine count exceeds the maximum allowed for {whose} (3)")),
                (
                    "MACHINE_CORE_LIMIT_EXCEEDED",
                    format!("machine core count exceeds the maximum allowed for {whose} (32)"),
                ),
                (
                    "MACHINE_MEMORY_LIMIT_EXCEEDED",
                    format!("machine memory exceeds the maximum allowed for {whose} (9)"),
                ),
                ("MACHINE_DISK_LIMIT_EXCEEDED", format!("machine disk exceeds the maximum allowed for {whose} (7)")),
            ]
            .map(|(code, detail)| (code, "/data", detail))
        };
        assert_eq!(told(PerLicense), expected("license"));
        assert_eq!(told(PerUser), expected("user"));
    }

    #[test]
    fn processes() {
        use ProcessLeasingStrategy as By;
        // Own and license's limit, leasing, overage, existing processes, whether one more fits.
        let table = [
            (None, None, By::PerMachine, NoOverage, 1000, true),
            (None, None, By::PerLicense, NoOverage, 1000, true),
            (None, None, By::PerUser, NoOverage, 1000, true),
            (None, Some(10), By::PerMachine, NoOverage, 9, true),
            (None, Some(5), By::PerMachine, NoOverage, 5, false),
            (Some(6), Some(5), By::PerMachine, NoOverage, 5, true),
            (Some(6), None, By::PerMachine, NoOverage, 6, false),
            (Some(0), Some(5), By::PerMachine, NoOverage, 4, true),
            (Some(1), Some(10), By::PerLicense, NoOverage, 9, true),
            (Some(1), None, By::PerLicense, NoOverage, 9, true),
            (None, Some(5), By::PerLicense, NoOverage, 5, false),
            (None, Some(8), By::PerUser, NoOverage, 7, true),
            (None, Some(8), By::PerUser, NoOverage, 8, false),
            (None, Some(5), By::PerMachine, AlwaysAllowOverage, 50, true),
            (None, Some(20), By::PerMachine, Allow1_25xOverage, 23, true),
            (None, Some(20), By::PerMachine, Allow1_25xOverage, 25, false),
            (None, Some(8), By::PerUser, Allow1_25xOverage, 10, false),
            (None, Some(6), By::PerMachine, Allow1_5xOverage, 8, true),
            (None, Some(6), By::PerMachine, Allow1_5xOverage, 9, false),
            (None, Some(8), By::PerUser, Allow1_5xOverage, 12, false),
            (None, Some(5), By::PerLicense, Allow2xOverage, 9, true),
            (None, Some(5), By::PerLicense, Allow2xOverage, 10, false),
            (None, Some(8), By::PerUser, Allow2xOverage, 16, false),
            (None, Some(0), By::PerLicense, NoOverage, 0, false),
        ];
        for (own, license, leasing, overage, existing, expected) in table {
            let bound = process_bound(own, license, leasing, overage);
            assert_eq!(fits(bound, existing, 1), expected, "{own:?} {license:?} {leasing} {overage} {existing}");
        }
        let told = [(By::PerMachine, "machine"), (By::PerLicense, "license"), (By::PerUser, "user")];
        for (leasing, whose) in told {
            let bound = process_bound(None, Some(5), leasing, Allow2xOverage).unwrap();
            assert_eq!((bound.code(), bound.pointer()), ("MACHINE_PROCESS_LIMIT_EXCEEDED", "/data"));
            assert_eq!(bound.detail(), format!("process count exceeds the maximum allowed for {whose} (5)"));
        }
    }

    proptest! {
        /// Filling a license one machine at a time stops exactly at the allowed total.
        #[test]
        fn filling_up_ends_at_the_allowed_total(limit in 1u64..500) {
            for overage in OverageStrategy::ALL.iter().copied() {
                let bound = MachineBounds::new(&machines(Some(limit)), PerLicense, overage).machines;
                let count = (0..2000).take_while(|existing| fits(bound, *existing, 1)).count() as u64;
                prop_assert_eq!(count, allowed_total(limit, overage).unwrap_or(2000));
            }
        }

        #[test]
        fn a_higher_limit_refuses_nothing_more(a in any::<u32>(), b in any::<u32>(), existing: u32, added: u32) {
            let (low, high) = (a.min(b), a.max(b));
            for overage in OverageStrategy::ALL.iter().copied() {
                let cores = |limit: u32| {
                    let limits = Limits { cores: Some(limit.into()), ..Limits::default() };
                    MachineBounds::new(&limits, PerLicense, overage).cores
                };
                if fits(cores(low), existing.into(), added.into()) {
                    prop_assert!(fits(cores(high), existing.into(), added.into()));
                }
            }
        }
    }
}
