//! What a license must be (spec 04 §2.7, §3.7).

use super::License;
use crate::auth::permissions::Role;
use crate::domain::environment::Environment;
use crate::domain::model::{self, Failures};
use crate::domain::policy::Policy;
use crate::domain::user::User;

/// The rules that hold on every save, beyond those declared: a limit of its own must suit the policy. One of 0 is
/// none, so nothing is wrong with it.
pub fn check(license: &License, policy: &Policy, failures: &mut Failures) {
    if !policy.floating && license.max_machines.is_some_and(|max| max != 0 && max != 1) {
        failures.push("max_machines", "INVALID", "must be equal to 1 for non-floating policy");
    }
}

/// What a license is linked to, besides its group, which admits it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Linked<'a> {
    /// Its policy.
    pub policy: Option<&'a Policy>,
    /// Its owner.
    pub owner: Option<&'a User>,
}

/// What a license is linked to must go with its environment, which is the current one. The first that does not is
/// named. Environments tolerate the account's admins as owners.
pub fn check_environments(
    license: &License,
    environment: Option<&Environment>,
    linked: Linked<'_>,
    failures: &mut Failures,
) {
    let own = license.environment;
    let shared = environment.is_some_and(Environment::is_shared);
    let owner = linked.owner.filter(|owner| {
        let global_admin = owner.role == Role::Admin && owner.environment.is_none();
        !(own.is_some() && global_admin)
    });
    let others =
        [("policy", linked.policy.map(|policy| policy.environment)), ("owner", owner.map(|owner| owner.environment))];
    let foreign = others.iter().find(|(_, other)| other.is_some_and(|other| !model::compatible(own, shared, other)));
    if let Some((name, _)) = foreign {
        failures.environment(name);
    }
}
