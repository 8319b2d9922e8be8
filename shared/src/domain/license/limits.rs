//! Limits: which one is in force, and how far it may be passed (spec 04 §3.7, §3.12; 05 §3.5; 06 §3.1).

use crate::domain::policy::strategies::OverageStrategy;

/// The limits of a policy, the overrides of a license, or what both amount to. `None` is no limit, or no override.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Machines.
    pub machines: Option<u64>,
    /// Processes.
    pub processes: Option<u64>,
    /// Users, the owner included.
    pub users: Option<u64>,
    /// CPU cores of all machines.
    pub cores: Option<u64>,
    /// Memory of all machines.
    pub memory: Option<u64>,
    /// Disk of all machines.
    pub disk: Option<u64>,
    /// Uses.
    pub uses: Option<u64>,
}

impl Limits {
    /// The limits in force under `overrides` of a license and limits of its policy.
    #[must_use]
    pub const fn effective(overrides: &Self, policy: &Self) -> Self {
        Self {
            machines: effective_limit(overrides.machines, policy.machines),
            processes: effective_limit(overrides.processes, policy.processes),
            users: effective_limit(overrides.users, policy.users),
            cores: effective_limit(overrides.cores, policy.cores),
            memory: effective_limit(overrides.memory, policy.memory),
            disk: effective_limit(overrides.disk, policy.disk),
            uses: effective_limit(overrides.uses, policy.uses),
        }
    }
}

/// The limit in force: the override, unless it is absent or 0, else the one it overrides.
#[must_use]
pub const fn effective_limit(own: Option<u64>, inherited: Option<u64>) -> Option<u64> {
    match own {
        None | Some(0) => inherited,
        own => own,
    }
}

/// The largest total allowed under a limit, `None` when there is none. An integer is at most this exactly when it is
/// at most the unrounded product. Totals beyond 64 bits, which no limit the API accepts leads to, stop there.
#[must_use]
pub fn allowed_total(limit: u64, overage: OverageStrategy) -> Option<u64> {
    let (numerator, denominator) = overage.factor()?;
    let total = u128::from(limit) * u128::from(numerator) / u128::from(denominator);
    Some(u64::try_from(total).unwrap_or(u64::MAX))
}

/// Whether `total` may stand under `limit`.
#[must_use]
pub fn tolerates(total: u128, limit: u64, overage: OverageStrategy) -> bool {
    allowed_total(limit, overage).is_none_or(|allowed| total <= u128::from(allowed))
}

/// What a bound counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Machines.
    Machines,
    /// CPU cores.
    Cores,
    /// Memory.
    Memory,
    /// Disk.
    Disk,
    /// Processes.
    Processes,
    /// Users of a license.
    Users,
    /// Licenses of a group.
    Licenses,
}

impl Dimension {
    const fn spoken(self) -> &'static str {
        match self {
            Self::Machines => "machine count",
            Self::Cores => "machine core count",
            Self::Memory => "machine memory",
            Self::Disk => "machine disk",
            Self::Processes => "process count",
            Self::Users => "user count",
            Self::Licenses => "license count",
        }
    }
}

/// Within what a bound counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Population {
    /// Everything of the license.
    License,
    /// What one owner has of the license; the ownerless count together.
    User,
    /// Everything of the machine.
    Machine,
    /// Everything of the group.
    Group,
}

impl Population {
    const fn spoken(self) -> &'static str {
        match self {
            Self::License => "license",
            Self::User => "user",
            Self::Machine => "machine",
            Self::Group => "group",
        }
    }
}

/// A limit in force on something that is about to grow. The store takes [`Bound::allowed`] as the condition of the
/// write that adds to the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// What is counted.
    pub dimension: Dimension,
    /// Within what.
    pub population: Population,
    /// The limit as set: what the error names.
    pub limit: u64,
    /// The largest total that is allowed.
    pub allowed: u64,
}

impl Bound {
    /// A bound by `limit` and the overage it tolerates; `None` when nothing is refused.
    #[must_use]
    pub fn new(
        dimension: Dimension,
        population: Population,
        limit: Option<u64>,
        overage: OverageStrategy,
    ) -> Option<Self> {
        let limit = limit?;
        Some(Self { dimension, population, limit, allowed: allowed_total(limit, overage)? })
    }

    /// The bound on a license's users, the owner included.
    #[must_use]
    pub fn users(limit: Option<u64>, overage: OverageStrategy) -> Option<Self> {
        Self::new(Dimension::Users, Population::License, limit, overage)
    }

    /// The bound on a group's licenses or machines, which nothing stretches.
    #[must_use]
    pub fn of_group(dimension: Dimension, limit: Option<u64>) -> Option<Self> {
        Self::new(dimension, Population::Group, limit, OverageStrategy::NoOverage)
    }

    /// Whether `added` fits on top of `existing`.
    #[must_use]
    pub fn admits(&self, existing: u128, added: u64) -> bool {
        existing.saturating_add(u128::from(added)) <= u128::from(self.allowed)
    }

    /// The largest count on top of which `added` fits, as a condition on the counter before the write; `None` when
    /// it never does.
    #[must_use]
    pub const fn most_before(&self, added: u64) -> Option<u64> {
        self.allowed.checked_sub(added)
    }

    /// The code of the refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match (self.dimension, self.population) {
            (Dimension::Machines, Population::Group) => "GROUP_MACHINE_LIMIT_EXCEEDED",
            (Dimension::Licenses, _) => "GROUP_LICENSE_LIMIT_EXCEEDED",
            (Dimension::Machines, _) => "MACHINE_LIMIT_EXCEEDED",
            (Dimension::Cores, _) => "MACHINE_CORE_LIMIT_EXCEEDED",
            (Dimension::Memory, _) => "MACHINE_MEMORY_LIMIT_EXCEEDED",
            (Dimension::Disk, _) => "MACHINE_DISK_LIMIT_EXCEEDED",
            (Dimension::Processes, _) => "MACHINE_PROCESS_LIMIT_EXCEEDED",
            (Dimension::Users, _) => "USER_LIMIT_EXCEEDED",
        }
    }

    /// Where the refusal points.
    #[must_use]
    pub const fn pointer(&self) -> &'static str {
        match (self.dimension, self.population) {
            (_, Population::Group) => "/data/relationships/group",
            (Dimension::Users, _) => "/data/relationships/users",
            _ => "/data",
        }
    }

    /// The sentence of the refusal. It ends in the limit as set, in parentheses.
    #[must_use]
    pub fn detail(&self) -> String {
        let (what, whose) = (self.dimension.spoken(), self.population.spoken());
        format!("{what} exceeds the maximum allowed for {whose} ({})", self.limit)
    }
}

#[cfg(test)]
mod tests {
    use OverageStrategy::{Allow1_5xOverage, Allow1_25xOverage, Allow2xOverage, AlwaysAllowOverage, NoOverage};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn overrides_of_zero_are_none() {
        let table = [
            (None, None, None),
            (None, Some(5), Some(5)),
            (Some(0), Some(5), Some(5)),
            (Some(0), None, None),
            (Some(9), Some(5), Some(9)),
            (Some(9), None, Some(9)),
            (None, Some(0), Some(0)),
        ];
        for (own, inherited, expected) in table {
            assert_eq!(effective_limit(own, inherited), expected);
            let all = |limit| Limits {
                machines: limit,
                processes: limit,
                users: limit,
                cores: limit,
                memory: limit,
                disk: limit,
                uses: limit,
            };
            assert_eq!(Limits::effective(&all(own), &all(inherited)), all(expected));
        }
    }

    #[test]
    fn overage_at_its_bounds() {
        let table = [
            (NoOverage, 5, Some(5)),
            (Allow1_25xOverage, 4, Some(5)),
            (Allow1_25xOverage, 5, Some(6)),
            (Allow1_25xOverage, 20, Some(25)),
            (Allow1_25xOverage, 1, Some(1)),
            (Allow1_5xOverage, 4, Some(6)),
            (Allow1_5xOverage, 3, Some(4)),
            (Allow2xOverage, 5, Some(10)),
            (Allow2xOverage, 0, Some(0)),
            (Allow2xOverage, i64::MAX as u64, Some(18_446_744_073_709_551_614)),
            (Allow2xOverage, u64::MAX, Some(u64::MAX)),
            (AlwaysAllowOverage, 1, None),
        ];
        for (overage, limit, allowed) in table {
            assert_eq!(allowed_total(limit, overage), allowed, "{overage} {limit}");
        }
        assert!(tolerates(u128::MAX, 0, AlwaysAllowOverage));
        assert!(!tolerates(u128::MAX, u64::MAX, NoOverage));
    }

    #[test]
    fn refusals() {
        let users = Bound::users(Some(4), Allow1_5xOverage).unwrap();
        assert_eq!((users.code(), users.pointer()), ("USER_LIMIT_EXCEEDED", "/data/relationships/users"));
        assert_eq!(users.detail(), "user count exceeds the maximum allowed for license (4)");
        assert!(users.admits(5, 1) && !users.admits(6, 1));
        assert_eq!((users.most_before(1), users.most_before(7)), (Some(5), None));
        let group = Bound::of_group(Dimension::Machines, Some(1)).unwrap();
        assert_eq!((group.code(), group.pointer()), ("GROUP_MACHINE_LIMIT_EXCEEDED", "/data/relationships/group"));
        assert_eq!(group.detail(), "machine count exceeds the maximum allowed for group (1)");
        let group = Bound::of_group(Dimension::Licenses, Some(2)).unwrap();
        assert_eq!((group.code(), group.pointer()), ("GROUP_LICENSE_LIMIT_EXCEEDED", "/data/relationships/group"));
        assert_eq!(Bound::users(None, NoOverage), None);
        assert_eq!(Bound::users(Some(1), AlwaysAllowOverage), None);
    }

    proptest! {
        /// Rounding the product down changes no answer: the integer forms of the inequalities agree with it.
        #[test]
        fn the_floor_is_exact(limit in 0..=i64::MAX as u64, near in -3i128..=3, far in any::<u64>()) {
            for overage in OverageStrategy::ALL.iter().copied() {
                let Some((numerator, denominator)) = overage.factor() else { continue };
                let product = u128::from(limit) * u128::from(numerator);
                let edge = (product / u128::from(denominator)) as i128 + near;
                for total in [edge.max(0) as u128, u128::from(far)] {
                    let exact = total * u128::from(denominator) <= product;
                    prop_assert_eq!(tolerates(total, limit, overage), exact);
                    if let (Some(bound), Ok(total)) = (Bound::users(Some(limit), overage), u64::try_from(total)) {
                        prop_assert_eq!(bound.admits(0, total), exact);
                        prop_assert_eq!(bound.most_before(total).is_some(), exact);
                    }
                }
            }
        }
    }
}
