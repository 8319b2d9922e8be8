//! What a validation has to look up, asked before anything is looked up.

use jiff::Timestamp;

use super::facts::{LicenseFacts, PolicyFacts};
use super::scope::{Mode, UserName, distinct, policy as policy_step, product, wants_environment_code};
use super::standing;
use crate::domain::policy::strategies::{MachineLeasingStrategy, ProcessLeasingStrategy};
use crate::ids::{Id, parse_id};

/// What the answer may depend on besides the license and its policy. Each member is answered by one of
/// [`Lookups`](super::Lookups).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs<'a> {
    /// Whether this user, the license's owner, is banned.
    pub owner: Option<Id>,
    /// The code of the license's environment.
    pub environment_code: bool,
    /// Which of the license's users this is.
    pub user: Option<UserName>,
    /// Which of these entitlements the license has. Distinct.
    pub entitlements: Vec<&'a str>,
    /// The license's machine with this id.
    pub machine: Option<Id>,
    /// The license's machines with these fingerprints. Distinct.
    pub fingerprints: Vec<&'a str>,
    /// How many of these components a machine has.
    pub components: Option<ComponentsOf<'a>>,
    /// Machine count, cores, memory and disk of the [lessee](super::Subject::lessee).
    pub leased_machines: bool,
    /// Process count of the [lessee](super::Subject::lessee).
    pub leased_processes: bool,
    /// The highest accessible release with an artifact of this checksum.
    pub checksum: Option<&'a str>,
    /// Whether there is an accessible release of this version.
    pub version: Option<&'a str>,
}

/// Components of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentsOf<'a> {
    /// The machine's fingerprint.
    pub fingerprint: &'a str,
    /// The components' fingerprints. Distinct.
    pub components: Vec<&'a str>,
}

impl<'a> Needs<'a> {
    /// What the scope alone may lead to, whatever the license and the policy. Who is banned, whose sums are leased
    /// and the environment's code are left out: they need the license.
    #[must_use]
    pub fn of_scope(mode: Mode<'a>) -> Self {
        let Some(scope) = mode.scope() else {
            return Self::default();
        };
        let components = match (&scope.fingerprint, &scope.components) {
            (Some(fingerprint), Some(components)) if !components.is_empty() => {
                Some(ComponentsOf { fingerprint, components: distinct(components) })
            }
            _ => None,
        };
        Self {
            user: scope.user.as_ref().and_then(|user| user.as_deref()).map(UserName::parse),
            entitlements: scope.entitlements.as_deref().map(distinct).unwrap_or_default(),
            machine: scope.machine.as_deref().and_then(parse_id),
            fingerprints: scope.wanted_fingerprints().unwrap_or_default(),
            components,
            checksum: scope.checksum.as_deref(),
            version: scope.version.as_deref(),
            ..Self::default()
        }
    }
}

/// What to look up before [`decide`](super::decide) is asked about this license.
#[must_use]
pub fn needs<'a>(license: &LicenseFacts, policy: &PolicyFacts, mode: Mode<'a>, now: Timestamp) -> Needs<'a> {
    let mut needs = Needs { owner: license.owner, ..Needs::default() };
    if standing(license, policy, now).is_break() {
        return needs;
    }
    if let Some(scope) = mode.scope() {
        needs.environment_code = wants_environment_code(license, scope);
        if product(policy, scope).is_break() || policy_step(policy, scope).is_break() {
            return needs;
        }
        needs = Needs { owner: needs.owner, environment_code: needs.environment_code, ..Needs::of_scope(mode) };
        needs.user = needs.user.filter(|user| license.owner.is_none_or(|owner| *user != UserName::Id(owner)));
    }
    let machines = license.counters.machines;
    if machines == 0 {
        needs.machine = None;
        needs.fingerprints.clear();
        needs.components = None;
    } else if policy.strict {
        let limits = &license.limits;
        let counted = machines > 1 && (limits.machines.is_some() || !policy.floating);
        let summed = limits.cores.is_some() || limits.memory.is_some() || limits.disk.is_some();
        needs.leased_machines = policy.machine_leasing == MachineLeasingStrategy::PerUser && (counted || summed);
        needs.leased_processes =
            policy.process_leasing == ProcessLeasingStrategy::PerUser && limits.processes.is_some();
    }
    needs
}
