//! Machines and processes as documents show them: with what they take from license and policy (spec 06 §1).

use std::collections::HashMap;

use serde_json::{Value, json};

use super::heartbeat::{HeartbeatPolicy, HeartbeatStatus, Pulse};
use super::limits::machine_processes;
use super::{Component, Machine, Process};
use crate::clock::Time;
use crate::domain::license::{License, LicenseView, view as licenses};
use crate::domain::policy::Policy;
use crate::http::version::Version;
use crate::ids::Id;
use crate::jsonapi::document::{self, Extras};
use crate::store::{Store, StoreError};

impl Policy {
    /// What it says about heartbeats.
    #[must_use]
    pub fn heartbeat(&self) -> HeartbeatPolicy {
        HeartbeatPolicy {
            required: self.require_heartbeat,
            duration: self.heartbeat_duration,
            cull: self.heartbeat_cull_strategy,
            resurrection: self.heartbeat_resurrection_strategy,
        }
    }
}

impl Machine {
    /// Its heartbeat.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        Pulse::Machine { created: self.created.timestamp(), last: self.last_heartbeat.map(Time::timestamp) }
    }

    /// When it last changed, its heartbeat included.
    #[must_use]
    pub fn last_change(&self) -> Time {
        self.beaten.map_or(self.updated, |beaten| beaten.max(self.updated))
    }
}

impl Process {
    /// Its heartbeat.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        Pulse::Process { last: self.last_heartbeat.timestamp() }
    }
}

/// A machine with its license. A machine whose license is being deleted is gone with it.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineView {
    /// The machine, its heartbeat included.
    pub machine: Machine,
    /// Its license.
    pub license: LicenseView,
    /// Whether the request at hand revived it: no stored state says that.
    pub revived: bool,
}

impl MachineView {
    /// A machine as it stands. It follows its license to another product at once; its place in lists does so in the
    /// background.
    #[must_use]
    pub fn new(machine: Machine, license: LicenseView) -> Self {
        let machine = Machine { product: license.license.product, ..machine };
        Self { machine, license, revived: false }
    }

    /// Its policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.license.policy
    }

    /// Its heartbeat's state.
    #[must_use]
    pub fn status(&self, now: Time) -> HeartbeatStatus {
        if self.revived {
            return HeartbeatStatus::Resurrected;
        }
        self.machine.pulse().status(&self.policy().heartbeat(), now.timestamp())
    }

    /// Whether users may not change it by themselves (spec 01 §3.14).
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.license.license.is_protected(self.policy())
    }

    /// Whether a user owns the machine or its license.
    #[must_use]
    pub fn is_owned_by(&self, user: Id) -> bool {
        self.machine.owner == Some(user) || self.license.license.owner == Some(user)
    }

    /// Its resource object.
    #[must_use]
    pub fn document(&self, now: Time) -> Value {
        document::resource(&self.shown(), &self.extras(now))
    }

    /// Its resource object on the way to a client of `version`: up to 1.5 it names the license's owner.
    #[must_use]
    pub fn document_for(&self, version: Version, now: Time) -> Value {
        self.render(&self.extras(now), version)
    }

    /// Its resource object with more than usual.
    #[must_use]
    pub fn render(&self, extras: &Extras, version: Version) -> Value {
        let mut document = document::resource(&self.shown(), extras);
        super::versions::hint(&mut document, version, self.license.license.owner);
        document
    }

    fn shown(&self) -> Machine {
        let mut machine = self.machine.clone();
        machine.updated = machine.last_change();
        machine
    }

    /// What its document shows beyond its stored members.
    #[must_use]
    pub fn extras(&self, now: Time) -> Extras {
        let (pulse, policy) = (self.machine.pulse(), self.policy().heartbeat());
        let own = self.machine.max_processes.and_then(|most| u64::try_from(most).ok());
        let license = self.license.license.limits(self.policy()).processes;
        Extras::default()
            .attribute("require_heartbeat", pulse.is_monitored(&policy))
            .attribute("heartbeat_status", self.status(now).as_str())
            .attribute("heartbeat_duration", policy.seconds())
            .attribute("next_heartbeat", json!(pulse.next(&policy).map(Time::from)))
            .attribute("max_processes", json!(machine_processes(own, license)))
    }
}

impl crate::http::listing::Listed for MachineView {
    fn id(&self) -> Id {
        self.machine.id
    }
}

/// Adds to machines their heartbeats and licenses. What is being deleted, or hangs on something that
/// is, is left out.
///
/// # Errors
/// When the table cannot be read.
pub async fn views(store: &Store, account: Id, machines: Vec<Machine>) -> Result<Vec<MachineView>, StoreError> {
    let mut ids: Vec<Id> = machines.iter().map(|machine| machine.license).collect();
    ids.sort_unstable();
    ids.dedup();
    let licenses = async {
        let found = store.get_many::<License>(account, &ids).await?;
        licenses::with_policies(store, account, found).await
    };
    let (machines, licenses) = futures::try_join!(store.joined(machines), licenses)?;
    let licenses: HashMap<Id, LicenseView> = licenses.into_iter().map(|view| (view.license.id, view)).collect();
    let view = |machine: Machine| {
        let license = licenses.get(&machine.license)?.clone();
        Some(MachineView::new(machine, license))
    };
    Ok(machines.into_iter().filter_map(view).collect())
}

/// Adds to a machine its heartbeat and license; `None` if it is going.
///
/// # Errors
/// When the table cannot be read.
pub async fn view(store: &Store, account: Id, machine: Machine) -> Result<Option<MachineView>, StoreError> {
    Ok(views(store, account, vec![machine]).await?.pop())
}

/// A process with its machine.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessView {
    /// The process.
    pub process: Process,
    /// Its machine.
    pub machine: MachineView,
    /// Whether the request at hand revived it.
    pub revived: bool,
}

impl ProcessView {
    /// A process as it stands, counted among those of its machine's owner.
    #[must_use]
    pub fn new(mut process: Process, machine: MachineView) -> Self {
        process.lessee = machine.machine.owner;
        Self { process, machine, revived: false }
    }

    /// Its heartbeat's state.
    #[must_use]
    pub fn status(&self, now: Time) -> HeartbeatStatus {
        if self.revived {
            return HeartbeatStatus::Resurrected;
        }
        self.process.pulse().status(&self.machine.policy().heartbeat(), now.timestamp())
    }

    /// Its resource object.
    #[must_use]
    pub fn document(&self, now: Time) -> Value {
        let policy = self.machine.policy().heartbeat();
        let extras = Extras::default()
            .attribute("next_heartbeat", json!(self.process.pulse().next(&policy).map(Time::from)))
            .attribute("interval", policy.seconds())
            .attribute("status", self.status(now).as_str());
        document::resource(&self.process, &extras)
    }
}

impl AsRef<MachineView> for ProcessView {
    fn as_ref(&self) -> &MachineView {
        &self.machine
    }
}

impl crate::http::listing::Listed for ProcessView {
    fn id(&self) -> Id {
        self.process.id
    }
}

/// A component with its machine.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentView {
    /// The component.
    pub component: Component,
    /// Its machine.
    pub machine: MachineView,
}

impl ComponentView {
    /// Its resource object.
    #[must_use]
    pub fn document(&self) -> Value {
        component_document(&self.component)
    }
}

impl AsRef<MachineView> for ComponentView {
    fn as_ref(&self) -> &MachineView {
        &self.machine
    }
}

impl crate::http::listing::Listed for ComponentView {
    fn id(&self) -> Id {
        self.component.id
    }
}

/// A component's resource object.
#[must_use]
pub fn component_document(component: &Component) -> Value {
    document::resource(component, &Extras::default())
}
