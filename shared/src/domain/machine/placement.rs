//! Owner and group of a machine: what they must be, and what takes them over (spec 06 §3.4).

use aws_sdk_dynamodb::types::AttributeValue;

use super::Machine;
use crate::domain::group::Group;
use crate::domain::license::limits::{Bound, Dimension};
use crate::domain::license::{License, LicenseView, scope as licenses};
use crate::domain::model::{self, Failures};
use crate::domain::user::User;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::ids::Id;
use crate::store::unit::{Condition, Reason};
use crate::store::{Unit, keys};

/// Owner or group changed meanwhile.
pub const MOVED: Reason = Reason::Failed("placement");

/// The owner that a request gives to a machine.
#[derive(Clone, Debug)]
pub struct NewOwner {
    id: Id,
    record: Option<User>,
    belongs: bool,
}

impl NewOwner {
    /// Looks the user up.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read(ctx: &Ctx, id: Id, license: Option<&License>) -> Result<Self> {
        let belongs = async {
            match license {
                Some(license) => licenses::is_user(ctx, license, id).await,
                None => Ok(false),
            }
        };
        let record = async { Ok(ctx.store.get::<User>(ctx.account(), id).await?) };
        let (record, belongs) = futures::try_join!(record, belongs)?;
        Ok(Self { id, record, belongs })
    }

    /// The group it would lend.
    #[must_use]
    pub fn group(&self) -> Option<Id> {
        self.record.as_ref().and_then(|user| user.group)
    }

    /// Reports a user who does not exist.
    pub fn check_exists(&self, failures: &mut Failures) {
        if self.record.is_none() {
            failures.must_exist("owner");
        }
    }

    /// Reports a user of another environment.
    pub fn check_environment(&self, machine: &Machine, shared: bool, failures: &mut Failures) {
        if let Some(user) = &self.record
            && !model::compatible(machine.environment, shared, user.environment)
        {
            failures.environment("owner");
        }
    }

    /// Reports a user who is no user of the license.
    pub fn check_belongs(&self, failures: &mut Failures) {
        if self.record.is_some() && !self.belongs {
            failures.push("owner", "INVALID", "must be a user of the license");
        }
    }

    /// Makes what was checked a condition.
    pub fn require(&self, unit: &mut Unit, view: &LicenseView) {
        let license = &view.license;
        if license.owner == Some(self.id) {
            let owner = AttributeValue::S(self.id.to_string());
            let key = keys::record(license.account, "licenses", license.id);
            unit.require(&key, Condition::Equals("owner".to_owned(), owner), MOVED);
        } else {
            let link = keys::attached_user(license.account, "licenses", license.id, self.id);
            unit.require(&link, Condition::Exists, MOVED);
        }
        unit.require_record(&keys::record(license.account, "users", self.id), MOVED);
    }
}

/// The group that a machine gets.
#[derive(Clone, Debug)]
pub struct NewGroup {
    id: Id,
    record: Option<Group>,
}

impl NewGroup {
    /// Looks the group up.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read(ctx: &Ctx, id: Id) -> Result<Self> {
        Ok(Self { id, record: ctx.store.get::<Group>(ctx.account(), id).await? })
    }

    /// Whether it exists.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.record.is_some()
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// Reports a group that does not exist.
    pub fn check_exists(&self, failures: &mut Failures) {
        if self.record.is_none() {
            failures.must_exist("group");
        }
    }

    /// Reports a group of another environment.
    pub fn check_environment(&self, machine: &Machine, shared: bool, failures: &mut Failures) {
        if let Some(group) = &self.record
            && !model::compatible(machine.environment, shared, group.environment)
        {
            failures.environment("group");
        }
    }

    /// Reports a group that is full.
    pub fn check_room(&self, failures: &mut Failures) {
        let Some((group, bound)) = self.bound() else { return };
        if !bound.admits(u128::try_from(group.machines_count).unwrap_or(0), 1) {
            failures.push("group", "MACHINE_LIMIT_EXCEEDED", bound.detail());
        }
    }

    fn bound(&self) -> Option<(&Group, Bound)> {
        let group = self.record.as_ref()?;
        let limit = group.max_machines.and_then(|most| u64::try_from(most).ok());
        Some((group, Bound::of_group(Dimension::Machines, limit)?))
    }

    /// Makes what was checked a condition.
    pub fn require(&self, unit: &mut Unit) {
        let Some(group) = &self.record else { return };
        let key = keys::record(group.account, "groups", group.id);
        unit.require_record(&key, MOVED);
        if let Some((_, bound)) = self.bound() {
            let most = bound.most_before(1).and_then(|most| i64::try_from(most).ok()).unwrap_or(-1);
            unit.require(&key, Condition::AtMost("machines_count".to_owned(), most), super::capacity::FULL);
        }
    }
}
