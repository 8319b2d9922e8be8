//! What becomes of machines and of what hangs on them.

use super::{BATCH, Purge, settle};
use crate::domain::license::License;
use crate::domain::machine::{Component, Machine, Process, removal};
use crate::domain::resource::Resource;
use crate::ids::{Id, parse_id};
use crate::store::keys::{self, Key, Within};
use crate::store::list::Sources;
use crate::store::unit::{CLAIM_HOLDER, CommitError};
use crate::store::{Consistency, StoreError, Unit, item, read, schema};

/// How often a machine is rewritten because others rewrite it at the same time.
const TRIES: usize = 10;

impl Purge<'_> {
    /// Changes a machine, or deletes it where `change` says so by making nothing of it.
    async fn machine(&self, key: &Key, change: impl Fn(&Machine) -> Option<Machine>) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let Some(found) = self.store.item(key, Consistency::Strong).await? else { return Ok(()) };
            let machine: Machine = read(&found)?;
            let Some(machine) = self.store.joined(vec![machine]).await?.pop() else { return Ok(()) };
            let mut unit = Unit::new();
            match change(&machine) {
                Some(after) if after == machine => return Ok(()),
                Some(after) => {
                    unit.update(&machine, &after);
                    removal::keep_processes(&mut unit, &machine);
                }
                None => removal::take_off(&mut unit, &machine),
            }
            match unit.commit(self.store).await {
                Err(CommitError::Refused(_)) => {}
                outcome => return settle(outcome),
            }
        }
        Err(StoreError::Unavailable("other requests kept changing a machine".to_owned()))
    }

    /// Deletes what hangs on a machine: its partition names it, and misses nothing. Whether the budget sufficed.
    pub(super) async fn parts(&self, machine: Id, budget: &mut usize) -> Result<bool, StoreError> {
        let head = keys::record(self.account, Machine::DEFINITION.kind, machine);
        for claim in self.store.range(&head.pk, keys::PARTS, keys::PARTS_END, Consistency::Strong).await? {
            let holder = item::text(&claim, CLAIM_HOLDER).and_then(parse_id);
            let (Some(id), Some(sk)) = (holder, item::text(&claim, schema::SK)) else { continue };
            if *budget == 0 {
                return Ok(false);
            }
            *budget -= 1;
            if sk < keys::COMPONENTS_END {
                self.remove::<Component>(&keys::record(self.account, Component::DEFINITION.kind, id)).await?;
            } else {
                self.remove_process(&keys::record(self.account, Process::DEFINITION.kind, id)).await?;
            }
        }
        Ok(true)
    }

    /// Deletes a machine; what hangs on it is gone already.
    pub(super) async fn remove_machine(&self, key: &Key) -> Result<(), StoreError> {
        self.machine(key, |_| None).await
    }

    /// Takes a machine out of its group.
    pub(super) async fn ungroup_machine(&self, key: &Key) -> Result<(), StoreError> {
        self.machine(key, |machine| Some(Machine { group: None, ..machine.clone() })).await
    }

    /// Deletes a process. If its machine is gone, that took it off all counters.
    pub(super) async fn remove_process(&self, key: &Key) -> Result<(), StoreError> {
        let Some(found) = self.store.item(key, Consistency::Strong).await? else { return Ok(()) };
        let mut process: Process = read(&found)?;
        let annex = keys::fingerprint(process.account, process.license, &process.fingerprint);
        let machine = self.store.item(&annex, Consistency::Strong).await?.unwrap_or_default();
        let id = |name: &str| item::text(&machine, name).and_then(parse_id);
        process.uncounted = id(CLAIM_HOLDER) != Some(process.machine);
        process.lessee = id("owner");
        let mut unit = Unit::new();
        unit.remove(&process);
        settle(unit.commit(self.store).await)
    }

    /// Takes machines from a user who is no user of their license any more; whether the budget sufficed.
    pub(super) async fn disown(&self, user: Id, budget: &mut usize) -> Result<bool, StoreError> {
        let keys = |id| keys::attached_user(self.account, License::DEFINITION.kind, id, user);
        let sources = self.sources::<Machine>(Within::Owner(user)).await?;
        let mut round = self.round(&sources, BATCH);
        while let Some(entries) = round.next(budget).await? {
            for entry in entries {
                let Some(machine) = self.store.get::<Machine>(self.account, entry.id).await? else { continue };
                let link = keys(machine.license);
                let (license, link) = futures::try_join!(
                    self.store.get::<License>(self.account, machine.license),
                    self.store.item(&link, Consistency::Strong)
                )?;
                let owns = license.is_some_and(|license| license.owner == Some(user));
                if !owns && link.is_none() {
                    self.machine(&entry.key, |machine| Some(Machine { owner: None, ..machine.clone() })).await?;
                }
            }
        }
        Ok(!round.broke_off)
    }

    /// Brings what hangs on a license under its policy as it is now: into the policy's product, and
    /// before the sweep, which sees when their hearts would stop now. Whether the budget sufficed.
    pub(super) async fn follow(&self, license: Id, budget: &mut usize) -> Result<bool, StoreError> {
        let Some(license) = self.store.get::<License>(self.account, license).await? else { return Ok(true) };
        let (product, environments) = (license.product, self.environments().await?);
        for (kind, within) in [
            (Machine::DEFINITION.kind, Within::Parent(license.id)),
            (Component::DEFINITION.kind, Within::Owner(license.id)),
            (Process::DEFINITION.kind, Within::Owner(license.id)),
        ] {
            let sources = Sources::of(self.account, &environments, within, kind);
            let mut round = self.round(&sources, BATCH);
            while let Some(entries) = round.next(budget).await? {
                for entry in entries {
                    match kind {
                        "machines" => {
                            let followed =
                                |it: &Machine| Some(Machine { product, timer: Some(it.created), ..it.clone() });
                            self.machine(&entry.key, followed).await?;
                        }
                        "components" => {
                            self.rewrite(&entry.key, |part: Component| Component { product, ..part }).await?;
                        }
                        _ => {
                            let followed = |it: Process| Process { product, timer: Some(it.created), ..it };
                            self.rewrite(&entry.key, followed).await?;
                        }
                    }
                }
            }
            if round.broke_off {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Does the same for all licenses of a policy that changed; whether the budget sufficed.
    pub(super) async fn follow_policy(&self, policy: Id, budget: &mut usize) -> Result<bool, StoreError> {
        let sources = self.sources::<License>(Within::Parent(policy)).await?;
        // One at a time: what hangs on a license is paid from the same budget.
        let mut round = self.round(&sources, 1);
        while let Some(entries) = round.next(budget).await? {
            for entry in entries {
                if !self.follow(entry.id, budget).await? {
                    return Ok(false);
                }
            }
        }
        Ok(!round.broke_off)
    }

    pub(super) async fn sources<R: Resource>(&self, within: Within) -> Result<Sources, StoreError> {
        Ok(Sources::of(self.account, &self.environments().await?, within, R::DEFINITION.kind))
    }
}
