//! Joining groups (spec 03 §3.15), for all that can be a member: users, licenses, machines.
//!
//! A member's [`places`](crate::store::Stored::places) change the group's counter; an [`Admission`]
//! makes that depend on the group's limit, in the same transaction:
//!
//! ```ignore
//! let admission = membership::admit(ctx, Member::License, &license, group, &mut failures).await?;
//! failures.result::<License>()?;
//! let mut unit = Unit::new();
//! admission.require(&mut unit);   // before the record itself
//! unit.insert(&license);
//! ctx.commit(unit, event).await.map_err(|error| admission.refusal::<License>(error))?;
//! ```

use super::Group;
use crate::domain::environment::Environment;
use crate::domain::model::{self, Failures};
use crate::domain::resource::Resource;
use crate::http::context::{Ctx, refusal};
use crate::http::error::{Error, Result};
use crate::ids::Id;
use crate::store::unit::{CommitError, Condition, Reason};
use crate::store::{Stored as _, Unit};

/// What is reported when another request took the last place.
const FULL: Reason = Reason::Failed("group");
/// What is reported when the group was deleted meanwhile.
const GONE: Reason = Reason::Failed("group gone");

/// The kinds of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// A user.
    User,
    /// A license.
    License,
    /// A machine.
    Machine,
}

impl Member {
    /// The group's counter of such members.
    #[must_use]
    pub const fn counter(self) -> &'static str {
        match self {
            Self::User => "users_count",
            Self::License => "licenses_count",
            Self::Machine => "machines_count",
        }
    }

    const fn suffix(self) -> &'static str {
        match self {
            Self::User => "USER_LIMIT_EXCEEDED",
            Self::License => "LICENSE_LIMIT_EXCEEDED",
            Self::Machine => "MACHINE_LIMIT_EXCEEDED",
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::License => "license",
            Self::Machine => "machine",
        }
    }
}

impl Group {
    /// How many such members it may have.
    #[must_use]
    pub fn limit(&self, member: Member) -> Option<i64> {
        match member {
            Member::User => self.max_users,
            Member::License => self.max_licenses,
            Member::Machine => self.max_machines,
        }
    }

    fn count(&self, member: Member) -> i64 {
        match member {
            Member::User => self.users_count,
            Member::License => self.licenses_count,
            Member::Machine => self.machines_count,
        }
    }
}

/// A record's change of group, checked as far as reading can tell. Without a new group there is
/// nothing to it.
#[derive(Clone, Debug, Default)]
#[must_use = "its condition belongs into the unit that makes the record a member"]
pub struct Admission(Option<(Group, Member)>);

/// Lets a record join the group it names (none: it joins nothing). `record` is the record as it
/// will be. Call it only where the group changes: members that stay are not counted again.
///
/// # Errors
/// When the table cannot be read. That the group does not exist, is of an incompatible environment
/// or full is noted as a failure.
pub async fn admit<R: Resource>(
    ctx: &Ctx,
    member: Member,
    record: &R,
    group: Option<Id>,
    failures: &mut Failures,
) -> Result<Admission> {
    let Some(id) = group else { return Ok(Admission(None)) };
    let Some(group) = ctx.store.get::<Group>(ctx.account(), id).await? else {
        failures.must_exist("group");
        return Ok(Admission(None));
    };
    let shared = ctx.environment.as_ref().is_some_and(Environment::is_shared);
    if !model::compatible(record.environment(), shared, group.environment) {
        failures.environment("group");
    }
    if group.limit(member).is_some_and(|limit| group.count(member) >= limit) {
        failures.push("group", member.suffix(), exceeded(&group, member));
    }
    Ok(Admission(Some((group, member))))
}

fn exceeded(group: &Group, member: Member) -> String {
    let limit = group.limit(member).unwrap_or_default();
    format!("{} count has exceeded maximum allowed by the group ({limit})", member.noun())
}

impl Admission {
    /// Makes a unit depend on the group still being there with a place left. Call it before the
    /// record is put into the unit.
    pub fn require(&self, unit: &mut Unit) {
        let Some((group, member)) = &self.0 else { return };
        unit.require_record(&group.key(), GONE);
        if let Some(limit) = group.limit(*member) {
            unit.require(&group.key(), Condition::AtMost(member.counter().to_owned(), limit - 1), FULL);
        }
    }

    /// What is wrong, if a unit was refused for the group's sake.
    #[must_use]
    pub fn failures(&self, error: &CommitError) -> Option<Failures> {
        let (CommitError::Refused(refused), Some((group, member))) = (error, &self.0) else { return None };
        let mut failures = Failures::default();
        if refused.has(&GONE) {
            failures.must_exist("group");
        } else if refused.has(&FULL) {
            failures.push("group", member.suffix(), exceeded(group, *member));
        } else {
            return None;
        }
        Some(failures)
    }

    /// The answer to a unit that was refused.
    #[must_use]
    pub fn refusal<R: Resource>(&self, error: CommitError) -> Error {
        match self.failures(&error) {
            Some(failures) => failures.error::<R>(),
            None => refusal::<R>(error),
        }
    }
}
