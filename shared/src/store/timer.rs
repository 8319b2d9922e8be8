//! Timers: items sorted by when they are due.
//!
//! A timer only says that a record is to be looked at; what is done then follows from the record. So one too many, or
//! too early, costs a look and does no harm, and what could make something due sooner just sets another.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::keys::{self, Key};
use super::unit::{Condition, Reason, Unit};
use super::{Consistency, Item, Store, StoreError, item, schema};
use crate::clock::Time;
use crate::ids::{Id, parse_id};

/// The attribute that tells two settings of the same timer apart.
const MARK: &str = "mark";
/// Due, whatever the time.
pub const AT_ONCE: Time = Time::EPOCH;

/// A timer to be set.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its item.
    pub key: Key,
    /// What it carries.
    pub carried: BTreeMap<&'static str, Value>,
}

impl Alarm {
    /// A timer of a record.
    #[must_use]
    pub fn new(kind: &str, due: Time, account: Id, record: Id) -> Self {
        Self { key: keys::timer(kind, due, record), carried: [("account", json!(account))].into() }
    }

    /// Lets it carry something. Set anew with something else, it is another timer in the same place.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.carried.insert(name, value.into());
        self
    }

    /// Lets it carry a mark of its own, so that whoever looked at an earlier setting does not take this one.
    #[must_use]
    pub fn marked(self, mark: Id) -> Self {
        self.with(MARK, mark.to_string())
    }

    /// Sets it.
    pub fn put(&self, unit: &mut Unit) {
        let carried = self.carried.iter();
        let attributes = carried.filter_map(|(name, value)| Some(((*name).to_owned(), item::encode(value)?)));
        unit.put(&self.key, attributes.collect(), None);
    }
}

/// A timer, as it stands in the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Timer {
    key: Key,
    /// When it is due.
    pub due: Time,
    /// The account of the record.
    pub account: Id,
    /// The record.
    pub id: Id,
    /// Its mark.
    pub mark: Option<Id>,
    /// Its item.
    pub carried: Item,
}

impl Timer {
    fn parse(found: Item) -> Option<Self> {
        let text = |name: &str| item::text(&found, name);
        let key = Key { pk: text(schema::PK)?.to_owned(), sk: text(schema::SK)?.to_owned() };
        let (due, id) = key.sk.split_once('#')?;
        let (due, id) = (due.parse().ok()?, parse_id(id)?);
        let (account, mark) = (text("account").and_then(parse_id)?, text(MARK).and_then(parse_id));
        Some(Self { key, due, account, id, mark, carried: found })
    }

    /// Takes it away, whatever it carries.
    pub fn take(&self, unit: &mut Unit) {
        unit.delete(&self.key, None);
    }

    /// Takes it away, unless it was set anew.
    pub fn take_as_found(&self, unit: &mut Unit, otherwise: Reason) {
        unit.delete(&self.key, None);
        let condition = match self.carried.get(MARK) {
            Some(mark) => Condition::MissingOr(MARK.to_owned(), mark.clone()),
            None => Condition::Missing(MARK.to_owned()),
        };
        unit.require(&self.key, condition, otherwise);
    }
}

impl Store {
    /// The timers of a kind: those that are due, or all of them.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn timers(&self, kind: &str, due: Option<Time>) -> Result<Vec<Timer>, StoreError> {
        let end = due.map_or_else(|| "~".to_owned(), |due| format!("{due}$"));
        let shards = (0..keys::TIMER_SHARDS).map(|shard| {
            let partition = keys::timers(kind, shard);
            let end = end.clone();
            async move { self.range(&partition, "0", &end, Consistency::Strong).await }
        });
        let found = futures::future::try_join_all(shards).await?;
        let mut timers: Vec<Timer> = found.into_iter().flatten().filter_map(Timer::parse).collect();
        timers.sort_by_key(|timer| (timer.due, timer.id));
        Ok(timers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::new_id;

    #[test]
    fn a_timer_is_read_as_it_was_set() {
        let (account, record, mark) = (new_id(), new_id(), new_id());
        let due = Time::from_millis(1_900_000_000_000);
        let alarm = Alarm::new("license-expiration", due, account, record).marked(mark).with("retries", 2);
        let mut stored: Item =
            item::encode_map(&alarm.carried.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect());
        stored.insert(schema::PK.to_owned(), item::encode(&json!(alarm.key.pk)).expect("a key"));
        stored.insert(schema::SK.to_owned(), item::encode(&json!(alarm.key.sk)).expect("a key"));
        let timer = Timer::parse(stored).expect("a timer");
        assert_eq!((timer.due, timer.account, timer.id, timer.mark), (due, account, record, Some(mark)));
        assert_eq!(item::number(&timer.carried, "retries"), 2);
    }

    #[test]
    fn what_is_due_at_once_sorts_before_all_else() {
        let id = new_id();
        let at_once = keys::timer("license-check-in", AT_ONCE, id);
        assert!(at_once.sk < keys::timer("license-check-in", Time::from_millis(1), id).sk);
    }
}
