//! Units of work: everything a request changes, in one transaction.
//!
//! Operations on the same item are merged, since DynamoDB takes one for each item. Each condition
//! carries the reason that the caller gets when it fails; when another transaction holds an item,
//! the unit is tried again with jitter.

mod commit;
mod condition;
mod expression;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value};

pub use self::condition::Condition;
use super::annex::{self, Annex};
use super::keys::{self, Key, Within};
use super::record::{Count, Places, Stored};
use super::{Item, StoreError, item, posting};
use crate::ids::Id;

/// The attribute of a claim that names who holds it.
pub const CLAIM_HOLDER: &str = "holder";
/// What is reported when a look-up item is held by another record.
pub const LOOKUP: &str = "lookup";
/// The attribute that counts rewrites of a record.
const REV: &str = "rev";
/// How many items one DynamoDB transaction takes.
pub const MOST_OPERATIONS: usize = 100;

/// Why a unit was not carried out. Nothing of it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A record with this key exists already.
    Exists,
    /// A record that must exist is gone.
    Gone,
    /// A record was changed since it was read.
    Stale,
    /// A claim is held by another record; its name.
    Taken(&'static str),
    /// A condition of the caller's own; its name.
    Failed(&'static str),
}

/// The reasons that apply, in the order in which operations were added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<Reason>);

impl Refused {
    /// Whether this reason is among them.
    #[must_use]
    pub fn has(&self, reason: &Reason) -> bool {
        self.0.contains(reason)
    }
}

/// How a unit can fail.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A condition did not hold.
    #[error("refused: {0:?}")]
    Refused(Refused),
    /// The table could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for Result<Refused, StoreError> {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(refused) => Ok(refused),
            CommitError::Store(error) => Err(error),
        }
    }
}

/// What happens to one item.
#[derive(Clone, Debug, Default)]
struct Operation {
    put: Option<Item>,
    delete: bool,
    set: BTreeMap<String, AttributeValue>,
    add: BTreeMap<String, i64>,
    remove: Vec<String>,
    conditions: Vec<(Condition, Reason)>,
    /// Dropped, and the unit tried again without it, when its item is gone.
    optional: bool,
}

impl Operation {
    fn has_effect(&self) -> bool {
        self.put.is_some() || self.delete || self.is_update()
    }

    /// Whether it updates an item and neither replaces nor removes it.
    fn is_lone_update(&self) -> bool {
        self.put.is_none() && !self.delete && self.is_update()
    }

    fn is_update(&self) -> bool {
        !self.set.is_empty() || !self.add.is_empty() || !self.remove.is_empty()
    }

    /// Writes what differs between two states of an item. The count of rewrites is not looked at.
    fn rewrite(&mut self, old: &Map<String, Value>, new: &Map<String, Value>) {
        for (name, value) in new {
            if name != REV && old.get(name) != Some(value) {
                match item::encode_member(name, value) {
                    Some(attribute) => {
                        self.set.insert(name.clone(), attribute);
                    }
                    None => self.remove.push(name.clone()),
                }
            }
        }
        self.remove.extend(old.keys().filter(|name| !new.contains_key(*name)).cloned());
    }
}

/// A unit of work under construction.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    operations: Vec<(Key, Operation)>,
    positions: HashMap<Key, usize>,
    /// Whether a lone update gives back the item as it left it.
    returning: bool,
}

impl Unit {
    /// An empty unit.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// How many items it touches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    fn operation(&mut self, key: &Key) -> &mut Operation {
        let at = *self.positions.entry(key.clone()).or_insert_with(|| {
            self.operations.push((key.clone(), Operation::default()));
            self.operations.len() - 1
        });
        &mut self.operations[at].1
    }

    /// Takes over everything another unit does.
    pub fn merge(&mut self, other: Self) {
        for (key, operation) in other.operations {
            let mine = self.operation(&key);
            if operation.put.is_some() || operation.delete {
                // The last word on an item's existence wins: a claim given up and taken anew is kept.
                mine.put = operation.put;
                mine.delete = operation.delete;
            }
            mine.set.extend(operation.set);
            for (name, amount) in operation.add {
                *mine.add.entry(name).or_default() += amount;
            }
            mine.remove.extend(operation.remove);
            mine.conditions.extend(operation.conditions);
            mine.optional |= operation.optional;
        }
    }

    /// Stores a new record with all its places. Refused with [`Reason::Exists`] or [`Reason::Taken`].
    pub fn insert<R: Stored>(&mut self, record: &R) {
        let key = record.key();
        let (mut own, annexed) = annex::split(record);
        own.retain(|name, value| {
            !keys::told(&key.pk, &key.sk).any(|told| (name.as_str(), value.as_str()) == (told.0, Some(told.1)))
        });
        let mut stored = item::encode_map(&own);
        stored.extend(index_attributes(record));
        self.put(&key, stored, Some(Reason::Exists));
        if let Some((annex, members)) = annexed {
            self.put_annex(&annex, &members);
        }
        self.occupy(record, &record.places(), &Places::default());
        self.post(&posting::postings(record), &[]);
        if record.listed() {
            self.number(record, 1);
        }
    }

    /// Rewrites what changed from `before` to `after`, places included. Refused with
    /// [`Reason::Stale`] when the record was rewritten since `before` was read.
    pub fn update<R: Stored>(&mut self, before: &R, after: &R) {
        let key = after.key();
        let ((old, old_annexed), (new, new_annexed)) = (annex::split(before), annex::split(after));
        let operation = self.operation(&key);
        operation.conditions.extend(as_read(before));
        operation.rewrite(&old, &new);
        operation.set.insert(REV.to_owned(), AttributeValue::N((before.rev() + 1).to_string()));
        let (old, new) = (index_attributes(before), index_attributes(after));
        for (name, value) in &new {
            if old.get(name) != Some(value) {
                operation.set.insert(name.clone(), value.clone());
            }
        }
        operation.remove.extend(old.keys().filter(|name| !new.contains_key(*name)).cloned());
        match (old_annexed, new_annexed) {
            (Some((held, old)), Some((annex, new))) if held.key == annex.key => {
                let operation = self.operation(&annex.key);
                operation.rewrite(&old, &new);
                // A time that was set back must not be outdone by the one that stands there.
                let (old, new) = (before.to_map(), after.to_map());
                let set_back =
                    |name: &&&str| new.get(**name).and_then(Value::as_str) < old.get(**name).and_then(Value::as_str);
                operation.remove.extend(annex.later.iter().filter(set_back).map(|name| (*name).to_owned()));
            }
            (held, annexed) => {
                if let Some((held, _)) = held {
                    self.delete(&held.key, None);
                }
                if let Some((annex, members)) = annexed {
                    self.put_annex(&annex, &members);
                }
            }
        }
        self.occupy(after, &after.places(), &before.places());
        self.post(&posting::postings(after), &posting::postings(before));
    }

    fn put_annex(&mut self, annex: &Annex, members: &Map<String, Value>) {
        if annex.claim.is_some() || !members.is_empty() {
            self.put(&annex.key, item::encode_map(members), annex.claim.map(Reason::Taken));
        }
    }

    /// Makes it a condition that a record was not rewritten since it was read. Refused with [`Reason::Gone`] or
    /// [`Reason::Stale`].
    pub fn keep<R: Stored>(&mut self, record: &R) {
        for (condition, reason) in as_read(record) {
            self.require(&record.key(), condition, reason);
        }
    }

    /// Sets single attributes of a record that exists, whatever else changed: a touch.
    pub fn touch<R: Stored>(&mut self, record: &R, attributes: impl IntoIterator<Item = (&'static str, Value)>) {
        self.set(&record.key(), attributes);
        self.require(&record.key(), Condition::Exists, Reason::Gone);
    }

    /// Sets single attributes of an item.
    pub fn set(&mut self, key: &Key, attributes: impl IntoIterator<Item = (&'static str, Value)>) {
        let operation = self.operation(key);
        for (name, value) in attributes {
            match item::encode(&value) {
                Some(attribute) => {
                    operation.set.insert(name.to_owned(), attribute);
                }
                None => operation.remove.push(name.to_owned()),
            }
        }
    }

    /// Sets one attribute of an item to what is no JSON value.
    pub fn set_attribute(&mut self, key: &Key, name: &str, value: AttributeValue) {
        self.operation(key).set.insert(name.to_owned(), value);
    }

    /// Removes a record with all its places. Refused with [`Reason::Gone`].
    pub fn remove<R: Stored>(&mut self, record: &R) {
        self.delete(&record.key(), Some(Reason::Gone));
        if let Some(annex) = record.annex() {
            self.delete(&annex.key, None);
        }
        self.occupy(record, &Places::default(), &record.places());
        self.post(&[], &posting::postings(record));
        if record.listed() {
            self.number(record, -1);
        }
    }

    /// Stores an item; with a reason, only where there is none yet.
    pub fn put(&mut self, key: &Key, attributes: Item, unless_exists: Option<Reason>) {
        let operation = self.operation(key);
        operation.put = Some(attributes);
        operation.delete = false;
        if let Some(reason) = unless_exists {
            operation.conditions.push((Condition::Absent, reason));
        }
    }

    /// Removes an item; with a reason, only where there is one.
    pub fn delete(&mut self, key: &Key, if_exists: Option<Reason>) {
        let operation = self.operation(key);
        operation.put = None;
        operation.delete = true;
        if let Some(reason) = if_exists {
            operation.conditions.push((Condition::Exists, reason));
        }
    }

    /// Adds to an integer attribute.
    pub fn add(&mut self, key: &Key, attribute: &str, amount: i64) {
        *self.operation(key).add.entry(attribute.to_owned()).or_default() += amount;
    }

    /// Makes the unit depend on a condition.
    pub fn require(&mut self, key: &Key, condition: Condition, reason: Reason) {
        let operation = self.operation(key);
        if !operation.conditions.iter().any(|(known, _)| *known == condition) {
            operation.conditions.push((condition, reason));
        }
    }

    /// Makes a record's existence a condition.
    pub fn require_record(&mut self, key: &Key, reason: Reason) {
        self.require(key, Condition::Exists, reason);
        self.operation(key).optional = false;
    }

    /// The difference between the places a record had and those it will have.
    fn occupy<R: Stored>(&mut self, record: &R, new: &Places, old: &Places) {
        for claim in old.claims.iter().filter(|claim| !new.claims.contains(claim)) {
            self.delete(&claim.key, None);
        }
        for claim in new.claims.iter().filter(|claim| !old.claims.contains(claim)) {
            let holder = AttributeValue::S(record.id().to_string());
            // Given up and taken in the same unit: the condition is that it was ours.
            let ours = old.claims.iter().any(|other| other.key == claim.key);
            let operation = self.operation(&claim.key);
            operation.put = Some(Item::from([(CLAIM_HOLDER.to_owned(), holder)]));
            operation.delete = false;
            if !ours {
                operation.conditions.push((Condition::Absent, Reason::Taken(claim.name)));
            }
        }
        for (key, _) in old.lookups.iter().filter(|(key, _)| !new.lookups.iter().any(|(kept, _)| kept == key)) {
            self.delete(key, None);
        }
        for lookup in new.lookups.iter().filter(|lookup| !old.lookups.contains(lookup)) {
            let (key, carried) = lookup;
            let attributes =
                carried.iter().filter_map(|(name, value)| Some(((*name).to_owned(), item::encode(value)?))).collect();
            let known = old.lookups.iter().any(|(kept, _)| kept == key);
            self.put(key, attributes, (!known).then_some(Reason::Taken(LOOKUP)));
        }
        for timer in old.timers.iter().filter(|timer| !new.timers.iter().any(|kept| kept.key == timer.key)) {
            self.delete(&timer.key, None);
        }
        for timer in new.timers.iter().filter(|timer| !old.timers.contains(timer)) {
            timer.put(self);
        }
        for count in &old.counts {
            self.count(count, -count.amount);
        }
        for count in &new.counts {
            self.count(count, count.amount);
        }
        self.settle();
    }

    /// The difference between the metadata postings a record had and those it will have.
    fn post(&mut self, new: &[Key], old: &[Key]) {
        for key in old.iter().filter(|key| !new.contains(key)) {
            self.delete(key, None);
        }
        for key in new.iter().filter(|key| !old.contains(key)) {
            self.put(key, Item::new(), None);
        }
    }

    fn count(&mut self, count: &Count, amount: i64) {
        self.add(&count.key, count.attribute, amount);
        if count.of_record {
            let operation = self.operation(&count.key);
            if operation.conditions.is_empty() && operation.put.is_none() && !operation.delete {
                operation.optional = true;
                operation.conditions.push((Condition::Exists, Reason::Gone));
            }
        }
    }

    /// Drops additions of nothing, and carries out those to an item that is put in the same unit.
    fn settle(&mut self) {
        for (_, operation) in &mut self.operations {
            if let Some(put) = &mut operation.put {
                for (name, amount) in std::mem::take(&mut operation.add) {
                    let total = item::number(put, &name) + amount;
                    put.insert(name, AttributeValue::N(total.to_string()));
                }
            }
            operation.add.retain(|_, amount| *amount != 0);
        }
    }

    fn number<R: Stored>(&mut self, record: &R, amount: i64) {
        let shard = rand::random_range(0..keys::COUNT_SHARDS);
        let key = keys::count_shard(record.account(), record.environment(), R::DEFINITION.kind, shard);
        // One counter item per unit and kind, so that imports of many records stay small.
        let key =
            self.operations.iter().map(|(known, _)| known).find(|known| known.pk == key.pk).cloned().unwrap_or(key);
        self.add(&key, super::count::AMOUNT, amount);
    }
}

/// That a record is there, and was not rewritten since it was read.
fn as_read<R: Stored>(record: &R) -> [(Condition, Reason); 2] {
    let rev = AttributeValue::N(record.rev().to_string());
    let unchanged = match record.rev() {
        0 => Condition::MissingOr(REV.to_owned(), rev),
        _ => Condition::Equals(REV.to_owned(), rev),
    };
    [(Condition::Exists, Reason::Gone), (unchanged, Reason::Stale)]
}

/// The list index attributes of a record's item.
fn index_attributes<R: Stored>(record: &R) -> Item {
    let mut attributes = Item::new();
    let own = (record.id(), keys::order(record.created(), record.id()));
    let mut enter = |within: Within, kind: &str, position: &(Id, String)| {
        let partition = within.partition(record.account(), record.environment(), kind, position.0);
        let index = within.index();
        attributes.insert(format!("{index}_pk"), AttributeValue::S(partition));
        attributes.insert(format!("{index}_sk"), AttributeValue::S(position.1.clone()));
    };
    if record.listed() {
        enter(Within::Account, R::DEFINITION.kind, &own);
    }
    for listing in record.places().lists {
        enter(listing.within, listing.kind, listing.position.as_ref().unwrap_or(&own));
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::expression::Expression;
    use super::*;

    fn key(name: &str) -> Key {
        Key { pk: name.to_owned(), sk: "#".to_owned() }
    }

    #[test]
    fn operations_on_one_item_are_merged() {
        let mut unit = Unit::new();
        unit.add(&key("a"), "n", 2);
        unit.add(&key("a"), "n", 3);
        unit.set(&key("a"), [("x", Value::from(1)), ("y", Value::Null)]);
        unit.require(&key("a"), Condition::AtMost("n".to_owned(), 4), Reason::Failed("n"));
        assert_eq!(unit.len(), 1);
        let expression = Expression::of(&unit.operations[0].1);
        assert_eq!(expression.update.as_deref(), Some("SET #1 = :1 ADD #0 :2 REMOVE #2"));
        assert_eq!(expression.condition.as_deref(), Some("(attribute_not_exists(#0) OR #0 <= :0)"));
    }

    #[test]
    fn a_condition_is_judged_by_the_item_as_it_stood() {
        let item = Item::from([("n".to_owned(), AttributeValue::N("5".to_owned()))]);
        assert!(Condition::AtMost("n".to_owned(), 5).holds(Some(&item)));
        assert!(!Condition::AtMost("n".to_owned(), 4).holds(Some(&item)));
        assert!(Condition::AtLeast("m".to_owned(), 0).holds(Some(&item)));
        assert!(!Condition::Absent.holds(Some(&item)) && Condition::Absent.holds(None));
    }

    #[test]
    fn only_changed_metadata_pairs_are_written() {
        let mut unit = Unit::new();
        unit.post(&[key("a"), key("b")], &[key("b"), key("c")]);
        let touched: Vec<&str> = unit.operations.iter().map(|(key, _)| key.pk.as_str()).collect();
        assert_eq!(touched, ["c", "a"]);
    }

    #[test]
    fn an_addition_that_is_taken_back_disappears() {
        let mut unit = Unit::new();
        unit.add(&key("a"), "n", 2);
        unit.add(&key("a"), "n", -2);
        unit.settle();
        assert!(!unit.operations[0].1.is_update());
    }
}
