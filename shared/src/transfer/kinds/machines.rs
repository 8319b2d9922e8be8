//! Machines, components and processes.

use serde_json::{Map, Value, json};

use crate::clock::Time;
use crate::domain::license::License;
use crate::domain::machine::{Component, Machine, Process};
use crate::domain::policy::Policy;
use crate::domain::policy::strategies::HeartbeatBasis;
use crate::domain::user::User;
use crate::transfer::Trouble;
use crate::transfer::kind::{Importable, Work};

impl Importable for Machine {
    const CARRIED: &'static [&'static str] = &["last_death_event_sent_at"];
    const DERIVED: &'static [&'static str] = &["product"];
    const HOME: Option<&'static str> = Some("license");
    const LOOKUP: &'static str = "/attributes/fingerprint";

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        let Some(license) = work.desk.find::<License>(self.account, self.license) else { return Ok(()) };
        self.product = license.product;
        if !work.given("group") && work.before.is_none() {
            let owner = self.owner.and_then(|id| work.desk.find::<User>(self.account, id));
            self.group = license.group.or_else(|| owner.and_then(|owner| owner.group));
        }
        let policy = work.desk.look_up::<Policy>(self.account, license.policy).await?;
        let counts_at_once =
            policy.as_ref().is_some_and(|policy| policy.heartbeat_basis == Some(HeartbeatBasis::FromCreation));
        if !work.given("last_heartbeat") && work.before.is_none() && counts_at_once {
            self.last_heartbeat = Some(work.desk.now);
        }
        if self.timer.is_none() {
            // Without the policy at hand, the sweep finds out whether there is anything to watch.
            self.timer = match policy {
                Some(policy) => self.pulse().deadline(&policy.heartbeat()).map(Time::from),
                None => Some(work.desk.now),
            };
        }
        Ok(())
    }

    fn show(&self, attributes: &mut Map<String, Value>) {
        attributes.insert("updated".to_owned(), json!(self.last_change()));
    }
}

impl Importable for Component {
    const DERIVED: &'static [&'static str] = &["product", "license"];
    const HOME: Option<&'static str> = Some("machine");
    const LOOKUP: &'static str = "/attributes/fingerprint";

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        if let Some(machine) = work.desk.find::<Machine>(self.account, self.machine) {
            (self.product, self.license) = (machine.product, machine.license);
        }
        Ok(())
    }
}

impl Importable for Process {
    const CARRIED: &'static [&'static str] = &["last_death_event_sent_at"];
    const DERIVED: &'static [&'static str] = &["product", "license"];
    const HOME: Option<&'static str> = Some("machine");

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        let Some(machine) = work.desk.find::<Machine>(self.account, self.machine) else { return Ok(()) };
        (self.product, self.license, self.lessee) = (machine.product, machine.license, machine.owner);
        self.fingerprint = machine.fingerprint;
        if !work.given("last_heartbeat") && work.before.is_none() {
            self.last_heartbeat = work.desk.now;
        }
        if self.timer.is_none() {
            let policy = match work.desk.look_up::<License>(self.account, self.license).await? {
                Some(license) => work.desk.look_up::<Policy>(self.account, license.policy).await?,
                None => None,
            };
            let policy = policy.map(|policy| policy.heartbeat()).unwrap_or_default();
            self.timer = self.pulse().deadline(&policy).map(Time::from);
        }
        Ok(())
    }
}
