//! Deletions that take others with them (spec 03 §4, 04 §4.2, 06 §4.3).
//!
//! The transaction that deletes a record also leaves a job. The job is begun before the request is
//! answered and, where there is much to do, finished behind it: by the local server's own loop, or
//! by the `sweep` function. A job is gone only when its work is done, so that a killed process
//! takes nothing with it. Until then what hangs on the deleted record cannot be reached, since
//! licenses are only read together with their policy and owner, and machines with their license.
//! What is not read together with what it hangs on, the policies of a product, goes first and at once.
//!
//! A renamed entitlement leaves a job too: its links carry its code. So does a user who is detached from
//! a license, on which it may own machines, a license that moves to another policy, and a policy that
//! asks for heartbeats sooner, or for check-ins in another rhythm.

mod entitlements;
mod licenses;
mod machines;
mod round;

use serde_json::Value;

use crate::app::App;
use crate::clock::Time;
use crate::domain::entitlement::{Entitlement, LicenseEntitlement, PolicyEntitlement};
use crate::domain::environment::Environment;
use crate::domain::group::{Group, GroupOwner};
use crate::domain::key::PoolKey;
use crate::domain::license::{License, LicenseUser};
use crate::domain::machine::{Component, Machine};
use crate::domain::policy::Policy;
use crate::domain::product::Product;
use crate::domain::resource::Resource;
use crate::domain::token::{Session, Token};
use crate::domain::user::{SecondFactor, User};
use crate::ids::{Id, new_id};
use crate::store::keys::{self, Key, Within};
use crate::store::list::{Entry, Order, Sources};
use crate::store::unit::{CommitError, Reason};
use crate::store::{Consistency, Store, StoreError, Stored, Unit, item, read, schema};

/// How many children are taken at a time.
const BATCH: usize = 50;
/// How many records a request deletes before it leaves the rest to the background.
const INLINE: usize = 100;
/// How many policies go in one transaction: each is an item, a job and at most a counter.
const POLICIES: usize = 30;
/// The kind of the job that revokes a bearer's tokens.
const REVOCATION: &str = "revocation";
/// The kind of the job that brings an entitlement's new code to its links.
const RENAMED_ENTITLEMENTS: &str = "renamed-entitlements";
/// The kind of the job that takes machines from a user who is detached from their license.
const DISOWNED: &str = "disowned-machines";
/// The kind of the job that brings what hangs on a license under another policy.
const MOVED: &str = "moved-license";
/// The kind of the job that brings what hangs on a policy's licenses under its new heartbeat.
const QUICKENED: &str = "quickened-policy";

/// The kind of the job that brings a policy's licenses before the sweep of check-ins.
const RHYTHM: &str = "policy-rhythm";

/// Leaves the job of a deleted record in the transaction that deletes it.
#[must_use]
pub fn leave<R: Resource>(unit: &mut Unit, deleted: &R, now: Time) -> Job {
    Job::of(R::DEFINITION.kind, deleted, None, now).put(unit)
}

/// Leaves the job that revokes the tokens of `bearer`, but `spared`, in the transaction that gives
/// the reason to (spec 03 §3.10 rule 5, §3.11).
#[must_use]
pub fn leave_revocation<R: Resource>(unit: &mut Unit, bearer: &R, spared: Option<Id>, now: Time) -> Job {
    Job::of(REVOCATION, bearer, spared, now).put(unit)
}

/// Leaves the job of an entitlement whose code changes in the transaction that changes it.
#[must_use]
pub fn leave_renamed(unit: &mut Unit, renamed: &Entitlement, now: Time) -> Job {
    Job::of(RENAMED_ENTITLEMENTS, renamed, None, now).put(unit)
}

/// Leaves the job of a user who is detached from a license in the transaction that detaches it: the
/// machines that it owns there become nobody's (spec 06 §4.3).
#[must_use]
pub fn leave_detached(unit: &mut Unit, link: &LicenseUser, now: Time) -> Job {
    Job { id: link.user, ..Job::of(DISOWNED, link, None, now) }.put(unit)
}

/// Leaves the job of a license that moves to another policy in the transaction that moves it: its
/// machines, and what hangs on them, go to the policy's product and beat to its heart.
#[must_use]
pub fn leave_moved(unit: &mut Unit, license: &License, from: &Policy, to: &Policy, now: Time) -> Option<Job> {
    let moves = from.product != to.product || quickens(from, to);
    moves.then(|| Job::of(MOVED, license, None, now).put(unit))
}

/// Leaves the job of a policy that asks for heartbeats sooner than before in the transaction that
/// changes it.
#[must_use]
pub fn leave_quickened(unit: &mut Unit, before: &Policy, after: &Policy, now: Time) -> Option<Job> {
    quickens(before, after).then(|| Job::of(QUICKENED, after, None, now).put(unit))
}

/// Leaves the job of a policy that asks for check-ins in another rhythm than before in the transaction that changes it.
#[must_use]
pub fn leave_rhythm(unit: &mut Unit, before: &Policy, after: &Policy, now: Time) -> Option<Job> {
    let (old, new) = (before.check_in(), after.check_in());
    (new.required && new != old).then(|| Job::of(RHYTHM, after, None, now).put(unit))
}

/// Whether hearts stop sooner under `after`. Where they stop later, the sweep finds out by itself.
fn quickens(before: &Policy, after: &Policy) -> bool {
    let (before, after) = (before.heartbeat(), after.heartbeat());
    (after.required && !before.required) || after.seconds() < before.seconds()
}

/// What a deleted record leaves to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    key: Key,
    account: Id,
    environment: Option<Id>,
    kind: String,
    id: Id,
    /// A child that is left alone.
    spared: Option<Id>,
}

impl Job {
    fn of<R: Resource>(kind: &str, about: &R, spared: Option<Id>, now: Time) -> Self {
        Self {
            key: keys::cascade(now, new_id()),
            account: about.account(),
            environment: about.environment(),
            kind: kind.to_owned(),
            id: about.id(),
            spared,
        }
    }

    fn put(self, unit: &mut Unit) -> Self {
        let id = |id: Option<Id>| id.map_or(Value::Null, |id| id.to_string().into());
        let members = [
            ("account", id(Some(self.account))),
            ("environment", id(self.environment)),
            ("kind", self.kind.clone().into()),
            ("target", id(Some(self.id))),
            ("spared", id(self.spared)),
        ];
        let attributes = members.iter().filter_map(|(name, value)| Some(((*name).to_owned(), item::encode(value)?)));
        unit.put(&self.key, attributes.collect(), None);
        self
    }
}

/// Begins a job before the request is answered. What is left is done in the background.
pub async fn begin(app: &App, store: &Store, job: &Job) {
    let mut budget = INLINE;
    match run(store, job, &mut budget).await {
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "a cascade goes on in the background"),
    }
    // Also for the jobs that a finished one may have left.
    app.wake.notify_one();
}

/// Runs all jobs that are left; their number.
///
/// # Errors
/// When the table cannot be used; the jobs stay.
pub async fn run_all(store: &Store) -> Result<usize, StoreError> {
    let mut done = 0;
    loop {
        let items = store.partition(keys::CASCADES, Consistency::Strong).await?;
        let jobs: Vec<Job> = items.iter().filter_map(parse).collect();
        if jobs.is_empty() {
            return Ok(done);
        }
        for job in &jobs {
            run(store, job, &mut usize::MAX.clone()).await?;
            done += 1;
        }
    }
}

/// Runs jobs whenever one is left behind, and those of an earlier process at once.
pub fn spawn(app: App) {
    tokio::spawn(async move {
        loop {
            if let Err(error) = run_all(&app.store.metered()).await {
                tracing::warn!(%error, "cascades could not be finished");
            }
            let pause = std::time::Duration::from_secs(30);
            let _ = tokio::time::timeout(pause, app.wake.notified()).await;
        }
    });
}

fn parse(stored: &crate::store::Item) -> Option<Job> {
    let text = |name: &str| item::text(stored, name);
    Some(Job {
        key: Key { pk: text(schema::PK)?.to_owned(), sk: text(schema::SK)?.to_owned() },
        account: Id::try_parse(text("account")?).ok()?,
        environment: text("environment").and_then(|id| Id::try_parse(id).ok()),
        kind: text("kind")?.to_owned(),
        id: Id::try_parse(text("target")?).ok()?,
        spared: text("spared").and_then(|id| Id::try_parse(id).ok()),
    })
}

/// Runs a job; whether it was finished within the budget.
async fn run(store: &Store, job: &Job, budget: &mut usize) -> Result<bool, StoreError> {
    let purge = Purge { store, account: job.account, spared: job.spared };
    let finished = match job.kind.as_str() {
        RENAMED_ENTITLEMENTS => purge.recode(job.id, budget).await?,
        DISOWNED => purge.disown(job.id, budget).await?,
        MOVED => purge.follow(job.id, budget).await?,
        QUICKENED => purge.follow_policy(job.id, budget).await?,
        RHYTHM => purge.look_at_check_ins(job.id, budget).await?,
        kind => purge.children(kind, job.id, budget).await?,
    };
    if !finished {
        return Ok(false);
    }
    let mut unit = Unit::new();
    unit.delete(&job.key, None);
    settle(unit.commit(store).await)?;
    Ok(true)
}

/// Deletes a policy that goes with its product, and leaves the job of what hangs on it.
fn hide(unit: &mut Unit, policy: &Policy) {
    unit.remove(policy);
    // When it is only orders the jobs.
    let _ = leave(unit, policy, policy.updated);
}

/// What somebody else deleted meanwhile is as good as deleted here.
fn settle(outcome: Result<(), CommitError>) -> Result<(), StoreError> {
    match outcome {
        Ok(()) | Err(CommitError::Refused(_)) => Ok(()),
        Err(CommitError::Store(error)) => Err(error),
    }
}

/// The removal of everything below a record.
struct Purge<'a> {
    store: &'a Store,
    account: Id,
    spared: Option<Id>,
}

/// What happens to a child.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is deleted, with everything below it.
    Deleted,
    /// It loses its link to the parent.
    Released,
}

/// What hangs on a record of a kind: the children's kind, where they are listed, what becomes of them.
fn dependants(kind: &str, id: Id) -> Vec<(&'static str, Within, Fate)> {
    use Fate::{Deleted, Released};
    match kind {
        "products" => vec![
            ("licenses", Within::Product(id), Deleted),
            ("keys", Within::Product(id), Deleted),
            ("tokens", Within::Product(id), Deleted),
        ],
        "policies" => vec![("licenses", Within::Parent(id), Deleted), ("keys", Within::Parent(id), Deleted)],
        "licenses" => vec![("machines", Within::Parent(id), Deleted), ("tokens", Within::Owner(id), Deleted)],
        "users" => vec![
            ("tokens", Within::Owner(id), Deleted),
            ("licenses", Within::Owner(id), Deleted),
            ("machines", Within::Owner(id), Deleted),
            ("second-factors", Within::Owner(id), Deleted),
            ("group-owners", Within::Owner(id), Deleted),
        ],
        "groups" => vec![
            ("group-owners", Within::Parent(id), Deleted),
            ("users", Within::Group(id), Released),
            ("licenses", Within::Group(id), Released),
            ("machines", Within::Group(id), Released),
        ],
        "entitlements" => vec![
            ("license-entitlements", Within::Parent(id), Deleted),
            ("policy-entitlements", Within::Parent(id), Deleted),
        ],
        REVOCATION => vec![("tokens", Within::Owner(id), Deleted)],
        "tokens" => vec![("sessions", Within::Owner(id), Deleted)],
        "sessions" => vec![("sessions", Within::Parent(id), Deleted)],
        _ => Vec::new(),
    }
}

/// Kinds that belong to an environment, in the order in which they go with it.
const ENVIRONMENT_KINDS: &[&str] = &[
    "products",
    "policies",
    "licenses",
    "machines",
    "components",
    "processes",
    "keys",
    "users",
    "groups",
    "entitlements",
    "sessions",
    "tokens",
];

impl Purge<'_> {
    /// Removes what hangs on a record; whether the budget sufficed.
    async fn children(&self, kind: &str, id: Id, budget: &mut usize) -> Result<bool, StoreError> {
        if kind == Machine::DEFINITION.kind {
            return self.parts(id, budget).await;
        }
        if matches!(kind, "licenses" | "policies" | "groups") && !self.satellites(kind, id, budget).await? {
            return Ok(false);
        }
        if kind == "environments" {
            for kind in ENVIRONMENT_KINDS {
                let sources = Sources::of(self.account, &[Some(id)], Within::Account, kind);
                if !self.all(kind, &sources, Fate::Deleted, budget).await? {
                    return Ok(false);
                }
            }
        }
        let dependants = dependants(kind, id);
        if dependants.is_empty() {
            return Ok(true);
        }
        let environments = self.environments().await?;
        if kind == "products" {
            self.hide_policies(id, &environments).await?;
        }
        for (child, within, fate) in dependants {
            let sources = Sources::of(self.account, &environments, within, child);
            if !self.all(child, &sources, fate, budget).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Deletes the policies of a product before anything else, whatever the budget, so that their
    /// licenses cannot be reached any more. Each leaves a job of its own for what hangs on it.
    async fn hide_policies(&self, product: Id, environments: &[Option<Id>]) -> Result<(), StoreError> {
        let within = Within::Product(product);
        let sources = Sources::of(self.account, environments, within, Policy::DEFINITION.kind);
        let mut walk = self.store.walk(&sources, Order::Ascending, None);
        loop {
            let entries = walk.next(POLICIES).await?;
            if entries.is_empty() {
                return Ok(());
            }
            let ids: Vec<Id> = entries.iter().map(|entry| entry.id).collect();
            let policies: Vec<Policy> = self.store.get_many(self.account, &ids).await?;
            let mut unit = Unit::new();
            policies.iter().for_each(|policy| hide(&mut unit, policy));
            match unit.commit(self.store).await {
                Err(CommitError::Refused(_)) => {
                    // Somebody else deleted one of them: each goes alone.
                    for policy in &policies {
                        let mut unit = Unit::new();
                        hide(&mut unit, policy);
                        settle(unit.commit(self.store).await)?;
                    }
                }
                outcome => settle(outcome)?,
            }
        }
    }

    /// Every environment of the account, and the global one: children may lie in any.
    async fn environments(&self) -> Result<Vec<Option<Id>>, StoreError> {
        let sources = Sources::of(self.account, &[None], Within::Account, Environment::DEFINITION.kind);
        let found = self.store.walk(&sources, Order::Ascending, None).next(1000).await?;
        Ok(std::iter::once(None).chain(found.into_iter().map(|entry| Some(entry.id))).collect())
    }

    /// Deals with every record of a list; whether the budget sufficed.
    async fn all(&self, kind: &str, sources: &Sources, fate: Fate, budget: &mut usize) -> Result<bool, StoreError> {
        let mut walk = self.store.walk(sources, Order::Ascending, None);
        loop {
            let entries = walk.next(BATCH).await?;
            if entries.is_empty() {
                return Ok(true);
            }
            for entry in &entries {
                if self.spared == Some(entry.id) {
                    continue;
                }
                if *budget == 0 {
                    return Ok(false);
                }
                *budget -= 1;
                if !Box::pin(self.one(kind, entry, fate, budget)).await? {
                    return Ok(false);
                }
            }
        }
    }

    async fn one(&self, kind: &str, entry: &Entry, fate: Fate, budget: &mut usize) -> Result<bool, StoreError> {
        // A join record that leads to the listed one goes alone: the record itself belongs to somebody else.
        if entry.key.sk.starts_with("U#") && kind == "licenses" {
            self.remove::<LicenseUser>(&entry.key).await?;
            return Ok(true);
        }
        if fate == Fate::Released {
            match kind {
                "users" => self.rewrite(&entry.key, |user: User| User { group: None, ..user }).await?,
                "licenses" => {
                    self.rewrite(&entry.key, |license: License| License { group: None, ..license }).await?;
                }
                "machines" => self.ungroup_machine(&entry.key).await?,
                _ => {}
            }
            return Ok(true);
        }
        if !self.children(kind, entry.id, budget).await? {
            return Ok(false);
        }
        match kind {
            "products" => self.remove::<Product>(&entry.key).await?,
            "policies" => self.remove::<Policy>(&entry.key).await?,
            "licenses" => self.remove::<License>(&entry.key).await?,
            "machines" => self.remove_machine(&entry.key).await?,
            "components" => self.remove::<Component>(&entry.key).await?,
            "processes" => self.remove_process(&entry.key).await?,
            "keys" => self.remove::<PoolKey>(&entry.key).await?,
            "users" => self.remove::<User>(&entry.key).await?,
            "groups" => self.remove::<Group>(&entry.key).await?,
            "group-owners" => self.remove::<GroupOwner>(&entry.key).await?,
            "entitlements" => self.remove::<Entitlement>(&entry.key).await?,
            "license-entitlements" => self.remove::<LicenseEntitlement>(&entry.key).await?,
            "policy-entitlements" => self.remove::<PolicyEntitlement>(&entry.key).await?,
            "second-factors" => self.remove::<SecondFactor>(&entry.key).await?,
            "tokens" => self.remove::<Token>(&entry.key).await?,
            "sessions" => self.remove::<Session>(&entry.key).await?,
            _ => {}
        }
        Ok(true)
    }

    /// Removes what stands in a record's own partition.
    async fn satellites(&self, kind: &str, id: Id, budget: &mut usize) -> Result<bool, StoreError> {
        let head = keys::record(self.account, kind, id);
        // Behind entitlements stand machines, of which there can be many: they have lists of their own.
        let (mut found, behind) = futures::try_join!(
            self.store.range(&head.pk, "A", keys::SATELLITES_END, Consistency::Strong),
            self.store.range(&head.pk, "G", "~", Consistency::Strong)
        )?;
        found.extend(behind);
        for found in found {
            if *budget == 0 {
                return Ok(false);
            }
            *budget -= 1;
            let Some(sk) = item::text(&found, schema::SK) else { continue };
            let key = Key { pk: head.pk.clone(), sk: sk.to_owned() };
            match (kind, sk.split('#').next()) {
                ("licenses", Some("E")) => self.remove::<LicenseEntitlement>(&key).await?,
                ("licenses", Some("U")) => self.remove::<LicenseUser>(&key).await?,
                ("licenses", Some("O")) => {
                    let mut unit = Unit::new();
                    unit.delete(&key, None);
                    settle(unit.commit(self.store).await)?;
                }
                ("policies", Some("E")) => self.remove::<PolicyEntitlement>(&key).await?,
                ("groups", Some("U")) => self.remove::<GroupOwner>(&key).await?,
                _ => {}
            }
        }
        Ok(true)
    }

    async fn remove<R: Stored>(&self, key: &Key) -> Result<(), StoreError> {
        let Some(found) = self.store.item(key, Consistency::Strong).await? else { return Ok(()) };
        let record: R = read(&found)?;
        let mut unit = Unit::new();
        unit.remove(&record);
        settle(unit.commit(self.store).await)
    }

    /// Rewrites a record, again if somebody else rewrites it at the same time.
    async fn rewrite<R: Stored>(&self, key: &Key, change: impl Fn(R) -> R) -> Result<(), StoreError> {
        for _ in 0..10 {
            let Some(found) = self.store.item(key, Consistency::Strong).await? else { return Ok(()) };
            let before: R = read(&found)?;
            let after = change(before.clone());
            let mut unit = Unit::new();
            unit.update(&before, &after);
            match unit.commit(self.store).await {
                Err(CommitError::Refused(refused)) if refused.has(&Reason::Stale) => {}
                outcome => return settle(outcome),
            }
        }
        Ok(())
    }
}
