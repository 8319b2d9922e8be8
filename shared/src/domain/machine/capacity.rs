//! Limits as conditions of the transaction that adds to what they bound (spec 06 §3.1, §3.7).
//!
//! Each bound is held against a counter twice: as it was read, for an answer that names everything
//! that is wrong, and as it stands when the transaction is carried out, which is what counts.

use super::limits::{MachineBounds, process_bound};
use super::{Machine, MachineView, lookup, tally};
use crate::domain::license::limits::{Bound, Dimension, Population};
use crate::domain::license::validation::Counters;
use crate::domain::license::{License, LicenseView};
use crate::domain::model::Failures;
use crate::ids::Id;
use crate::store::unit::{Condition, Reason};
use crate::store::{Key, Store, StoreError, Unit, keys};

/// A limit that others reached meanwhile.
pub const FULL: Reason = Reason::Failed("limit");

/// What a write adds to the counts of a population; less than nothing where it takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Machines.
    pub machines: i64,
    /// Cores.
    pub cores: i64,
    /// Memory.
    pub memory: i64,
    /// Disk.
    pub disk: i64,
}

impl Added {
    /// What a machine takes.
    #[must_use]
    pub fn by(machine: &Machine) -> Self {
        let value = |value: Option<i64>| value.unwrap_or(0);
        Self { machines: 1, cores: value(machine.cores), memory: value(machine.memory), disk: value(machine.disk) }
    }

    /// What is left of it once `other` is taken off.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self {
            machines: self.machines - other.machines,
            cores: self.cores.saturating_sub(other.cores),
            memory: self.memory.saturating_sub(other.memory),
            disk: self.disk.saturating_sub(other.disk),
        }
    }
}

/// A bound on something that is about to change, with the counter it is held against.
#[derive(Clone, Debug)]
pub struct Check {
    bound: Bound,
    existing: u128,
    added: i64,
    counter: (Key, &'static str),
}

impl Check {
    /// Whether the count as it was read leaves room.
    fn holds(&self) -> bool {
        let total = i128::try_from(self.existing).unwrap_or(i128::MAX).saturating_add(self.added.into());
        total <= i128::from(self.bound.allowed)
    }

    /// Makes the bound a condition of a unit of work.
    pub fn require(&self, unit: &mut Unit) {
        let most = i128::from(self.bound.allowed) - i128::from(self.added);
        let most = i64::try_from(most.clamp(i64::MIN.into(), i64::MAX.into())).unwrap_or(i64::MAX);
        let (key, attribute) = &self.counter;
        unit.require(key, Condition::AtMost((*attribute).to_owned(), most), FULL);
    }
}

/// Reports the bounds that do not hold. `prefix` is what the codes of the record's own failures start with.
pub fn report(checks: &[Check], prefix: &str, failures: &mut Failures) {
    for check in checks.iter().filter(|check| !check.holds()) {
        let suffix = check.bound.code().strip_prefix(prefix).unwrap_or("LIMIT_EXCEEDED");
        failures.push("base", suffix, check.bound.detail());
    }
}

/// Whose machines a change concerns: a license's, and among those the ones of one owner.
#[derive(Clone, Debug)]
pub struct Populations<'a> {
    view: &'a LicenseView,
    owner: Option<Id>,
    total: Counters,
    leased: Counters,
}

impl<'a> Populations<'a> {
    /// Counts them. Those of one owner are only counted where a limit is held against them.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn count(store: &Store, view: &'a LicenseView, owner: Option<Id>) -> Result<Self, StoreError> {
        let (license, policy) = (&view.license, &view.policy);
        let limits = license.limits(policy);
        let machines = MachineBounds::new(&limits, policy.machine_leasing_strategy, policy.overage_strategy);
        let processes = limits.processes.is_some().then_some(Population::User);
        let by_user =
            policy.process_leasing_strategy == crate::domain::policy::strategies::ProcessLeasingStrategy::PerUser;
        let leases =
            machines.iter().any(|bound| bound.population == Population::User) || (by_user && processes.is_some());
        let leased =
            if leases { lookup::leased(store, license.account, license, owner).await? } else { Counters::default() };
        Ok(Self { view, owner, total: lookup::total(license), leased })
    }

    /// The bounds on machines of a change that adds so much to the license as a whole, and so much to
    /// what the owner has of it.
    #[must_use]
    pub fn machines(&self, to_license: Added, to_owner: Added) -> Vec<Check> {
        let (license, policy) = (&self.view.license, &self.view.policy);
        let limits = license.limits(policy);
        let bounds = MachineBounds::new(&limits, policy.machine_leasing_strategy, policy.overage_strategy);
        let check = |bound: Bound| {
            let (counters, added) = match bound.population {
                Population::User => (&self.leased, to_owner),
                _ => (&self.total, to_license),
            };
            let (existing, added, counter) = match bound.dimension {
                Dimension::Cores => (counters.cores, added.cores, "machines_cores"),
                Dimension::Memory => (counters.memory, added.memory, "machines_memory"),
                Dimension::Disk => (counters.disk, added.disk, "machines_disk"),
                _ => (counters.machines.into(), added.machines, "machines_count"),
            };
            Check { bound, existing, added, counter: self.counter(license, bound.population, counter) }
        };
        // A number that does not grow is not looked at again; what machines have is, on every change.
        bounds
            .iter()
            .map(check)
            .filter(|check| check.bound.dimension != Dimension::Machines || check.added > 0)
            .collect()
    }

    /// The bound on processes of a change that adds one to a machine.
    #[must_use]
    pub fn process(&self, view: &MachineView) -> Option<Check> {
        let (license, policy) = (&self.view.license, &self.view.policy);
        let own = view.machine.max_processes.and_then(|most| u64::try_from(most).ok());
        let limit = license.limits(policy).processes;
        let bound = process_bound(own, limit, policy.process_leasing_strategy, policy.overage_strategy)?;
        let name = "processes_count";
        let (existing, counter) = match bound.population {
            Population::Machine => {
                let key = keys::fingerprint(license.account, license.id, &view.machine.fingerprint);
                (u64::try_from(view.machine.processes_count).unwrap_or(0), (key, name))
            }
            Population::User => (self.leased.processes, self.counter(license, Population::User, name)),
            _ => (self.total.processes, self.counter(license, Population::License, name)),
        };
        Some(Check { bound, existing: existing.into(), added: 1, counter })
    }

    fn counter(&self, license: &License, population: Population, name: &'static str) -> (Key, &'static str) {
        match population {
            Population::User => tally(license.account, license.id, self.owner, name),
            _ => (keys::record(license.account, "licenses", license.id), name),
        }
    }
}
