//! Exporting an account's records, oldest first.

use futures::{StreamExt, TryStreamExt};
use serde_json::Value;

use super::Transfer;
use super::kind::{Reach, Transferable, complete};
use super::kinds;
use crate::domain::environment::Environment;
use crate::domain::resource::Resource;
use crate::ids::{Id, parse_id};
use crate::store::keys::{self, Key, Within};
use crate::store::list::{Order, Sources};
use crate::store::unit::CLAIM_HOLDER;
use crate::store::{Consistency, Item, StoreError, item};

/// How many records are read at a time.
const PAGE: usize = 100;
/// How many lists are read at once.
const ABREAST: usize = 8;

/// The records of one type, a page at a time.
#[derive(Debug)]
pub struct Pages<'a> {
    transfer: &'a Transfer<'a>,
    kind: &'static dyn Transferable,
    secrets: bool,
    keys: std::vec::IntoIter<Key>,
}

impl<'a> Transfer<'a> {
    /// The records of one type of an account, oldest first, as an import takes them.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn export(
        &'a self,
        account: Id,
        kind: &'static dyn Transferable,
        secrets: bool,
    ) -> Result<Pages<'a>, StoreError> {
        let mut found = self.positions(account, kind).await?;
        found.sort_unstable();
        found.dedup();
        let keys: Vec<Key> = found.into_iter().map(|(_, key)| key).collect();
        Ok(Pages { transfer: self, kind, secrets, keys: keys.into_iter() })
    }

    /// The keys of all records of a type with their positions.
    async fn positions(&self, account: Id, kind: &dyn Transferable) -> Result<Vec<(String, Key)>, StoreError> {
        let name = kind.definition().kind;
        match kind.reach() {
            Reach::Itself => Ok(vec![(String::new(), keys::record(account, name, account))]),
            Reach::List => {
                let environments = self.environments(account).await?;
                self.listed(&Sources::of(account, &environments, Within::Account, name)).await
            }
            Reach::Under(parent, within, counter) => {
                let environments = self.environments(account).await?;
                let parents = self.parents(account, parent, counter).await?;
                let lists = parents.into_iter().map(|id| {
                    let sources = Sources::of(account, &environments, within(id), name);
                    async move { self.listed(&sources).await }
                });
                futures::stream::iter(lists).buffered(ABREAST).try_concat().await
            }
            Reach::Claimed(parent, claim) => {
                let parents = self.parents(account, parent, None).await?;
                let claims: Vec<Key> = parents.into_iter().map(|id| claim(account, id)).collect();
                let holders = self.store.items(&claims, Consistency::Strong).await?;
                let holder = |claim: &Item| item::text(claim, CLAIM_HOLDER).and_then(parse_id);
                let keys: Vec<Key> =
                    holders.values().filter_map(holder).map(|id| keys::record(account, name, id)).collect();
                let records = self.store.items(&keys, Consistency::Strong).await?;
                let position = |key: &Key, record: &Item| {
                    let created = item::text(record, "created")?;
                    Some(format!("{created}#{}", key.record()?.1))
                };
                Ok(records.iter().filter_map(|(key, record)| Some((position(key, record)?, key.clone()))).collect())
            }
        }
    }

    /// Ids of all records of a listed type; those with a number above 0, if it is named.
    async fn parents(&self, account: Id, kind: &str, counter: Option<&str>) -> Result<Vec<Id>, StoreError> {
        let environments = self.environments(account).await?;
        let found = self.listed(&Sources::of(account, &environments, Within::Account, kind)).await?;
        let keys: Vec<Key> = found.into_iter().map(|(_, key)| key).collect();
        let ids = |keys: &mut dyn Iterator<Item = &Key>| keys.filter_map(|key| Some(key.record()?.1)).collect();
        let Some(counter) = counter else { return Ok(ids(&mut keys.iter())) };
        let mut counted = Vec::new();
        for page in keys.chunks(PAGE) {
            let items = self.store.items(page, Consistency::Strong).await?;
            let some = |key: &&Key| items.get(*key).is_some_and(|found| item::number(found, counter) > 0);
            let some: Vec<Id> = ids(&mut page.iter().filter(some));
            counted.extend(some);
        }
        Ok(counted)
    }

    async fn listed(&self, sources: &Sources) -> Result<Vec<(String, Key)>, StoreError> {
        let mut walk = self.store.walk(sources, Order::Ascending, None);
        let mut all = Vec::new();
        loop {
            let entries = walk.next(1000).await?;
            if entries.is_empty() {
                return Ok(all);
            }
            all.extend(entries.into_iter().map(|entry| (entry.position, entry.key)));
        }
    }

    /// Every environment of the account, and the global one.
    async fn environments(&self, account: Id) -> Result<Vec<Option<Id>>, StoreError> {
        let sources = Sources::of(account, &[None], Within::Account, Environment::DEFINITION.kind);
        let found = self.listed(&sources).await?;
        let ids = found.into_iter().filter_map(|(_, key)| Some(Some(key.record()?.1)));
        Ok(std::iter::once(None).chain(ids).collect())
    }
}

impl Pages<'_> {
    /// Number of records left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.keys.len()
    }

    /// The next records; none at the end.
    ///
    /// # Errors
    /// When the table cannot be read or a secret cannot be opened.
    pub async fn next(&mut self) -> Result<Vec<Value>, StoreError> {
        loop {
            let keys: Vec<Key> = self.keys.by_ref().take(PAGE).collect();
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let mut items = self.transfer.store.items(&keys, Consistency::Strong).await?;
            complete(self.transfer.store, keys.iter().map(|key| (self.kind, key)), &mut items).await?;
            let found = keys.iter().filter_map(|key| items.get(key));
            let written = found.map(|item| self.kind.write(item, self.secrets, self.transfer));
            let written = futures::future::try_join_all(written).await?;
            if !written.is_empty() {
                return Ok(written);
            }
        }
    }
}

/// The types an export writes: all of them, or the one named.
#[must_use]
pub fn selection(name: Option<&str>) -> Option<Vec<&'static dyn Transferable>> {
    match name {
        None => Some(kinds::KINDS.to_vec()),
        Some(name) => kinds::find(name).map(|kind| vec![kind]),
    }
}
