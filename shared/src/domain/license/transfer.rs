//! Moving a license to another policy (spec 04 §3.10).

use super::{License, expiry};
use crate::clock::Time;
use crate::domain::policy::Policy;

/// Why a license cannot move between two policies.
#[must_use]
pub fn obstacle(from: &Policy, to: &Policy) -> Option<&'static str> {
    if from.encrypted != to.encrypted {
        return Some("cannot change from an encrypted policy to an unencrypted policy, or the other way round");
    }
    if from.use_pool != to.use_pool {
        return Some("cannot change from a pooled policy to an unpooled policy, or the other way round");
    }
    if from.scheme != to.scheme {
        return Some("cannot change to a policy with a different scheme");
    }
    let (old, new) = (from.machine_uniqueness_strategy, to.machine_uniqueness_strategy);
    if old != new {
        let stricter = new.rank() > old.rank();
        return stricter.then_some("cannot change to a policy with a more strict machine uniqueness strategy");
    }
    let (old, new) = (from.component_uniqueness_strategy, to.component_uniqueness_strategy);
    let stricter = new.rank() > old.rank();
    stricter.then_some("cannot change to a policy with a more strict component uniqueness strategy")
}

/// The license under its new policy.
#[must_use]
pub fn transferred(license: &License, to: &Policy, now: Time) -> License {
    let old = license.expiry.map(Time::timestamp);
    let expiry = expiry::transferred(to.transfer_strategy, to.duration, old, now.timestamp());
    License { policy: to.id, product: to.product, expiry: expiry.map(Time::from), updated: now, ..license.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::license_keys::Scheme;
    use crate::domain::policy::strategies::{
        ComponentUniquenessStrategy as Component, MachineUniquenessStrategy as Machine,
    };
    use crate::domain::resource::Resource;
    use crate::ids::new_id;

    fn policy(change: impl FnOnce(&mut Policy)) -> Policy {
        let mut policy = Policy::draft(new_id(), new_id(), None, Time::default());
        change(&mut policy);
        policy
    }

    #[test]
    fn obstacles() {
        let plain = policy(|_| {});
        assert_eq!(obstacle(&plain, &policy(|to| to.floating = true)), None);
        for other in [
            policy(|to| to.encrypted = true),
            policy(|to| to.use_pool = true),
            policy(|to| to.scheme = Some(Scheme::Ed25519Sign)),
        ] {
            assert!(obstacle(&plain, &other).is_some() && obstacle(&other, &plain).is_some());
        }
    }

    #[test]
    fn only_stricter_uniqueness_is_an_obstacle() {
        let with = |machine, component| {
            policy(|policy| {
                policy.machine_uniqueness_strategy = machine;
                policy.component_uniqueness_strategy = component;
            })
        };
        let loose = with(Machine::UniquePerLicense, Component::UniquePerMachine);
        let strict = with(Machine::UniquePerAccount, Component::UniquePerMachine);
        assert!(obstacle(&loose, &strict).is_some());
        assert_eq!(obstacle(&strict, &loose), None);
        let components = with(Machine::UniquePerLicense, Component::UniquePerAccount);
        assert!(obstacle(&loose, &components).is_some());
        // Looser about machines: what it says of components is not looked at.
        assert_eq!(obstacle(&strict, &components), None);
    }
}
