//! Importing a batch of records.
//!
//! Everything is checked before anything is written: what records point at and what must be unique,
//! first within the batch, then against the table, in two batched reads. What passes is written
//! parents first, in as few transactions as it fits into.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use serde_json::Value;

use super::desk::Desk;
use super::draft::{AccountName, Draft};
use super::kind::{attached, complete};
use super::kinds;
use super::plan::Plan;
use super::{Fault, Transfer, Trouble};
use crate::auth::permissions::PermissionSet;
use crate::domain::account::Setting;
use crate::domain::resource::Resource;
use crate::ids::{Id, new_id, parse_id};
use crate::provision;
use crate::store::unit::{CLAIM_HOLDER, CommitError, MOST_OPERATIONS};
use crate::store::{Consistency, Key, StoreError, Unit, item, keys, read};

/// The most bytes of a transaction: DynamoDB takes 4 MiB.
const MOST_BYTES: usize = 3_000_000;
/// How many transactions are under way at once, where a batch takes many.
const ABREAST: usize = 4;
/// How often a batch is checked anew because others wrote at the same time.
const TRIES: usize = 5;
/// Settings that say what new bearers may do.
const PERMISSION_SETTINGS: [(&str, &str); 2] =
    [("users", "default_user_permissions"), ("licenses", "default_license_permissions")];

/// How a batch is imported.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether one bad record means that nothing is stored.
    pub atomic: bool,
    /// The account of records that name none.
    pub account: Option<AccountName>,
}

/// What is wrong with one record of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which record.
    pub index: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// A record that is in the table now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its type.
    pub kind: &'static str,
    /// Its id.
    pub id: Id,
    /// Its account.
    pub account: Id,
}

/// What became of a batch.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What became of each record, in the order they came; none: see [`Report::problems`].
    pub done: Vec<Option<Done>>,
    /// What was refused. Not empty, in atomic mode: nothing was stored.
    pub problems: Vec<Problem>,
    /// Attributes that were passed over because no declaration knows them, with their number.
    pub unknown: BTreeMap<String, u64>,
}

/// A record on its way.
struct Entry {
    draft: Draft,
    account: Id,
    key: Key,
    plan: Option<Arc<dyn Plan>>,
}

/// The batch on its way.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    problems: Vec<Problem>,
}

impl Transfer<'_> {
    /// Says what an import would say, and writes nothing.
    ///
    /// # Errors
    /// When the table or the vault cannot be used.
    pub async fn check(&self, records: &[Value], options: &Options) -> Result<Report, StoreError> {
        let mut report = self.prepare(records, options).await?.report(records.len());
        report.done = vec![None; records.len()];
        Ok(report)
    }

    /// Imports a batch. It emits no event.
    ///
    /// # Errors
    /// When the table or the vault cannot be used. What was written stays; the batch can be
    /// imported again.
    pub async fn import(&self, records: &[Value], options: &Options) -> Result<Report, StoreError> {
        let mut tries = 0;
        loop {
            let batch = self.prepare(records, options).await?;
            let mut report = batch.report(records.len());
            if options.atomic && !report.problems.is_empty() {
                report.done = vec![None; records.len()];
                return Ok(report);
            }
            tries += 1;
            match self.write(&batch.entries).await {
                Ok(()) => return Ok(report),
                // Somebody else wrote meanwhile: look again.
                Err(CommitError::Refused(_)) if tries < TRIES => {}
                Err(CommitError::Refused(refused)) => {
                    return Err(StoreError::Unavailable(format!("other writers were in the way: {refused:?}")));
                }
                Err(CommitError::Store(error)) => return Err(error),
            }
        }
    }

    async fn prepare(&self, records: &[Value], options: &Options) -> Result<Batch, StoreError> {
        let mut batch = Batch::default();
        let mut drafts = Vec::with_capacity(records.len());
        for (index, record) in records.iter().enumerate() {
            match Draft::read(record, index, options.account.as_ref()) {
                Ok(draft) => drafts.push(draft),
                Err(fault) => batch.problems.push(Problem { index, fault }),
            }
        }
        let accounts = self.accounts(&mut drafts).await?;
        batch.enter(drafts, &accounts);

        let mut desk = Desk::new(self.store, self.vault, self.now);
        let wanted = batch.reads();
        desk.stored = self.store.items(&wanted, Consistency::Strong).await?;
        let own = batch.entries.iter().map(|entry| (entry.draft.kind, &entry.key));
        complete(self.store, own, &mut desk.stored).await?;
        self.read_settings(&batch, &mut desk).await?;

        for rank in 0..kinds::KINDS.len() {
            batch.plan(rank, &mut desk).await?;
        }
        self.uniqueness(&mut batch, &desk).await?;
        Ok(batch)
    }

    /// Ids of the accounts that records name by slug; gives ids to accounts that bring none.
    async fn accounts(&self, drafts: &mut [Draft]) -> Result<HashMap<String, Id>, StoreError> {
        let mut known = HashMap::new();
        for draft in drafts.iter_mut().filter(|draft| draft.account == AccountName::Itself) {
            let slug = draft.members.get("slug").and_then(Value::as_str).map(str::to_lowercase);
            if draft.id.is_none() {
                // An account is the same one if it has the same slug.
                draft.id = match &slug {
                    Some(slug) => provision::find(self.store, slug).await?.map(|account| account.id),
                    None => None,
                };
            }
            let id = *draft.id.get_or_insert_with(new_id);
            if let Some(slug) = slug {
                known.insert(slug, id);
            }
        }
        for draft in drafts.iter() {
            if let AccountName::Slug(slug) = &draft.account {
                let slug = slug.to_lowercase();
                if !known.contains_key(&slug)
                    && let Some(account) = provision::find(self.store, &slug).await?
                {
                    known.insert(slug, account.id);
                }
            }
        }
        Ok(known)
    }

    /// What accounts have set about permissions.
    async fn read_settings(&self, batch: &Batch, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        let mut records = Vec::new();
        for (account, key) in batch.settings() {
            let claim = desk.stored.get(&Setting::claim(account, key));
            if let Some(id) = claim.and_then(|claim| item::text(claim, CLAIM_HOLDER)).and_then(parse_id) {
                records.push(keys::record(account, Setting::DEFINITION.kind, id));
            }
        }
        if records.is_empty() {
            return Ok(());
        }
        for (_, item) in self.store.items(&records, Consistency::Strong).await? {
            let setting: Setting = read(&item)?;
            note(desk, &setting);
        }
        Ok(())
    }

    /// Refuses what somebody else has, in the batch or in the table, and all that hangs on it.
    async fn uniqueness(&self, batch: &mut Batch, desk: &Desk<'_>) -> Result<(), StoreError> {
        let mut wanted: HashMap<Key, usize> = HashMap::new();
        let mut refused: HashMap<usize, Fault> = HashMap::new();
        let mut unsure = Vec::new();
        for (at, entry) in batch.entries.iter().enumerate() {
            let Some(plan) = &entry.plan else { continue };
            let home = keys::record(entry.account, "accounts", entry.account);
            // In an account that is new, nothing can be taken; its own claims span all accounts.
            let fresh = !desk.stored.contains_key(&home) && entry.key != home;
            for (key, pointer) in plan.wanted() {
                if wanted.contains_key(&key) {
                    refused.entry(at).or_insert_with(|| taken(&pointer));
                    continue;
                }
                wanted.insert(key.clone(), at);
                if !fresh {
                    unsure.push((key, at, pointer));
                }
            }
        }
        let unsure_keys: Vec<Key> = unsure.iter().map(|(key, ..)| key.clone()).collect();
        if !unsure_keys.is_empty() {
            let held = self.store.items(&unsure_keys, Consistency::Strong).await?;
            for (key, at, pointer) in unsure {
                if held.contains_key(&key) {
                    refused.entry(at).or_insert_with(|| taken(&pointer));
                }
            }
        }
        if !refused.is_empty() {
            batch.refuse(refused, desk);
        }
        Ok(())
    }

    /// Writes what passed, parents first.
    async fn write(&self, entries: &[Entry]) -> Result<(), CommitError> {
        let mut plans: Vec<(usize, &Arc<dyn Plan>)> = entries
            .iter()
            .filter_map(|entry| Some((kinds::rank(entry.draft.kind), entry.plan.as_ref()?)))
            .filter(|(_, plan)| !plan.is_unchanged())
            .collect();
        plans.sort_by_key(|(rank, _)| *rank);
        let total: usize = plans.iter().map(|(_, plan)| plan.weight()).sum();
        let bytes: usize = plans.iter().map(|(_, plan)| plan.size()).sum();
        if total <= MOST_OPERATIONS && bytes <= MOST_BYTES {
            return unit(plans.iter().map(|(_, plan)| *plan)).commit(self.store).await;
        }
        // Records of one type do not depend on each other, so their transactions go side by side.
        for of_kind in plans.chunk_by(|a, b| a.0 == b.0) {
            let mut units = Vec::new();
            let (mut some, mut weight, mut size) = (Vec::new(), 0, 0);
            for (_, plan) in of_kind {
                if !some.is_empty() && (weight + plan.weight() > MOST_OPERATIONS || size + plan.size() > MOST_BYTES) {
                    units.push(unit(std::mem::take(&mut some).into_iter()));
                    (weight, size) = (0, 0);
                }
                some.push(*plan);
                weight += plan.weight();
                size += plan.size();
            }
            units.push(unit(some.into_iter()));
            let commits = units.into_iter().map(|unit| unit.commit(self.store));
            futures::stream::iter(commits).buffer_unordered(ABREAST).try_collect::<()>().await?;
        }
        Ok(())
    }
}

fn unit<'a>(plans: impl Iterator<Item = &'a Arc<dyn Plan>>) -> Unit {
    let mut unit = Unit::new();
    for plan in plans {
        plan.apply(&mut unit);
    }
    unit
}

fn taken(pointer: &str) -> Fault {
    Fault::new(pointer, "has already been taken")
}

fn note(desk: &mut Desk<'_>, setting: &Setting) {
    let names: Vec<&str> = setting.value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !names.is_empty() {
        desk.settings.insert((setting.account, setting.key.clone()), names.into_iter().collect::<PermissionSet>());
    }
}

impl Batch {
    fn fail(&mut self, at: usize, fault: &Fault) {
        let entry = &mut self.entries[at];
        entry.plan = None;
        let problems = entry.draft.indexes.iter().map(|index| Problem { index: *index, fault: fault.clone() });
        self.problems.extend(problems);
    }

    /// Takes in the drafts, those of the same record as one.
    fn enter(&mut self, drafts: Vec<Draft>, accounts: &HashMap<String, Id>) {
        let mut known: HashMap<Key, usize> = HashMap::new();
        for mut draft in drafts {
            let account = match &draft.account {
                AccountName::Itself => draft.id,
                AccountName::Id(id) => Some(*id),
                AccountName::Slug(slug) => accounts.get(&slug.to_lowercase()).copied(),
            };
            let key = match account {
                Some(account) => draft.kind.key(&draft, account).map(|key| (account, key)),
                None => Err(Fault::missing("/relationships/account")),
            };
            let (account, mut key) = match key {
                Ok(found) => found,
                Err(fault) => {
                    self.problems
                        .extend(draft.indexes.iter().map(|index| Problem { index: *index, fault: fault.clone() }));
                    continue;
                }
            };
            // Joins stand under their ends; everything else needs an id to stand under.
            if draft.id.is_none() && key.record().is_some_and(|(_, id)| id.is_nil()) {
                draft.id = Some(new_id());
                key = draft.kind.key(&draft, account).unwrap_or(key);
            }
            let Some(first) = known.get(&key).map(|at| &mut self.entries[*at].draft) else {
                known.insert(key.clone(), self.entries.len());
                self.entries.push(Entry { draft, account, key, plan: None });
                continue;
            };
            if first.id.is_none() || draft.id.is_none() || first.id == draft.id {
                first.id = first.id.or(draft.id);
                first.merge(draft);
            } else {
                let fault = attached(draft.kind.definition());
                self.problems.extend(draft.indexes.iter().map(|index| Problem { index: *index, fault: fault.clone() }));
            }
        }
    }

    /// Accounts and settings' keys that permission defaults may come from.
    fn settings(&self) -> HashSet<(Id, &'static str)> {
        let mut found = HashSet::new();
        for entry in &self.entries {
            let kind = entry.draft.kind.definition().kind;
            for (of, key) in PERMISSION_SETTINGS {
                if of == kind && !entry.draft.members.contains_key("permissions") {
                    found.insert((entry.account, key));
                }
            }
        }
        found
    }

    /// Everything that has to be read before records can be prepared.
    fn reads(&self) -> Vec<Key> {
        let mut wanted = HashSet::new();
        for entry in &self.entries {
            wanted.insert(entry.key.clone());
            wanted.insert(keys::record(entry.account, "accounts", entry.account));
            for target in &entry.draft.targets {
                wanted.insert(keys::record(entry.account, target.kind, target.id));
            }
        }
        wanted.extend(self.settings().into_iter().map(|(account, key)| Setting::claim(account, key)));
        wanted.into_iter().collect()
    }

    /// Prepares the records of one type. Those that point at others of their type come after them.
    async fn plan(&mut self, rank: usize, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        let own = kinds::KINDS[rank].definition().kind;
        let mut open: Vec<usize> =
            (0..self.entries.len()).filter(|at| self.entries[*at].draft.kind.definition().kind == own).collect();
        while !open.is_empty() {
            let pending: HashSet<&Key> = open.iter().map(|at| &self.entries[*at].key).collect();
            let waits = |at: &usize| {
                let entry = &self.entries[*at];
                entry.draft.targets.iter().any(|target| {
                    let key = keys::record(entry.account, target.kind, target.id);
                    target.kind == own && key != entry.key && pending.contains(&key)
                })
            };
            let (later, mut now): (Vec<usize>, Vec<usize>) = open.iter().copied().partition(waits);
            let circle = now.is_empty();
            if circle {
                now.clone_from(&later);
            }
            let results = {
                let (entries, desk) = (&self.entries, &*desk);
                let plans = now.iter().map(|at| {
                    let entry = &entries[*at];
                    entry.draft.kind.plan(&entry.draft, entry.account, desk.stored.get(&entry.key), desk)
                });
                futures::future::join_all(plans).await
            };
            for (at, result) in now.iter().copied().zip(results) {
                match result {
                    Ok(plan) => {
                        if let Some(setting) = plan.record().downcast_ref::<Setting>() {
                            note(desk, setting);
                        }
                        desk.planned.insert(self.entries[at].key.clone(), Arc::clone(&plan));
                        self.entries[at].plan = Some(plan);
                    }
                    Err(Trouble::Record(fault)) => self.fail(at, &fault),
                    Err(Trouble::Store(error)) => return Err(error),
                }
            }
            open = if circle { Vec::new() } else { later };
        }
        Ok(())
    }

    /// Refuses records, and those that point at refused ones which are not in the table.
    fn refuse(&mut self, refused: HashMap<usize, Fault>, desk: &Desk<'_>) {
        let mut gone: HashSet<Key> = HashSet::new();
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|at| kinds::rank(self.entries[*at].draft.kind));
        loop {
            let before = gone.len();
            for at in &order {
                let entry = &self.entries[*at];
                if entry.plan.is_none() {
                    continue;
                }
                let lost = entry
                    .draft
                    .targets
                    .iter()
                    .find(|target| gone.contains(&keys::record(entry.account, target.kind, target.id)));
                let fault = match (refused.get(at), lost) {
                    (Some(fault), _) => fault.clone(),
                    (None, Some(target)) => Fault::missing(target.pointer()),
                    _ if gone.contains(&keys::record(entry.account, "accounts", entry.account)) => {
                        Fault::missing("/relationships/account")
                    }
                    _ => continue,
                };
                if !desk.stored.contains_key(&entry.key) {
                    gone.insert(entry.key.clone());
                }
                self.fail(*at, &fault);
            }
            if gone.len() == before {
                return;
            }
        }
    }

    fn report(&self, records: usize) -> Report {
        let mut report = Report { done: vec![None; records], ..Report::default() };
        for entry in &self.entries {
            let kind = entry.draft.kind.definition().kind;
            for name in &entry.draft.unknown {
                *report.unknown.entry(format!("{kind}.{name}")).or_default() += 1;
            }
            let Some(plan) = &entry.plan else { continue };
            for index in &entry.draft.indexes {
                report.done[*index] = Some(Done { kind, id: plan.id(), account: entry.account });
            }
        }
        report.problems.clone_from(&self.problems);
        report.problems.sort_by_key(|problem| problem.index);
        report
    }
}
