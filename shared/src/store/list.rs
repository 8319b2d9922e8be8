//! Lists: partitions of an index (or of the table itself), merged in creation order, read as far as
//! needed.

use std::collections::VecDeque;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use serde_json::Value;

use super::keys::{self, Key, Within};
use super::{Item, Store, StoreError, Stored, item, schema};
use crate::domain::metadata;
use crate::ids::Id;

/// How far candidates are read to find the narrowest.
const PROBE: usize = 100;

/// Direction of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    #[default]
    Descending,
    /// Oldest first.
    Ascending,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Position in the list: `{created}#{id}`.
    pub position: String,
    /// The listed record.
    pub id: Id,
    /// The item that stands in the list: the record, or a join record that leads to it.
    pub key: Key,
}

impl Entry {
    /// The entry of a record at hand.
    #[must_use]
    pub fn of<R: Stored>(record: &R) -> Self {
        Self { position: keys::order(record.created(), record.id()), id: record.id(), key: record.key() }
    }
}

/// A list being read.
#[derive(Debug)]
pub struct Walk<'a> {
    store: &'a Store,
    order: Order,
    runs: Vec<Run>,
    last: Option<String>,
}

/// One partition of a list being read.
#[derive(Debug)]
struct Run {
    partition: Partition,
    buffer: VecDeque<Entry>,
    start: Option<Item>,
    exhausted: bool,
}

/// Where entries of a list stand.
#[derive(Clone, Debug, PartialEq)]
struct Partition {
    /// The index; none is the table itself.
    index: Option<&'static str>,
    value: String,
}

/// What a list consists of: partitions, and entries at hand. Records that stand in several of them
/// are listed once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    partitions: Vec<Partition>,
    entries: Vec<Entry>,
}

impl Sources {
    /// Everything of `kind` in `within`, in each of the environments.
    #[must_use]
    pub fn of(account: Id, environments: &[Option<Id>], within: Within, kind: &str) -> Self {
        let mut sources = Self::default();
        sources.add(account, environments, within, kind);
        sources
    }

    /// Everything of `kind` that has the metadata pair, and a few others: the caller tests the
    /// records. `None` where pairs are not posted: kinds that do not post any, objects and arrays.
    #[must_use]
    pub fn having(account: Id, environments: &[Option<Id>], kind: &str, name: &str, value: &Value) -> Option<Self> {
        let terms = metadata::terms(value).filter(|_| keys::posts_metadata(kind))?;
        let pairs = terms.iter().map(|term| Some((name, term.as_str()))).chain([None]);
        let mut sources = Self::default();
        for (environment, pair) in environments.iter().flat_map(|e| pairs.clone().map(move |pair| (e, pair))) {
            let postings = keys::postings(account, *environment, kind, pair);
            sources.partitions.extend(postings.map(|value| Partition { index: None, value }));
        }
        Some(sources)
    }

    /// What is listed in a partition of the table itself.
    #[must_use]
    pub fn items(partition: String) -> Self {
        Self { partitions: vec![Partition { index: None, value: partition }], entries: Vec::new() }
    }

    /// Adds everything of `kind` in `within`, in each of the environments.
    pub fn add(&mut self, account: Id, environments: &[Option<Id>], within: Within, kind: &str) {
        for environment in environments {
            let partitions = within.partitions(account, *environment, kind);
            self.partitions.extend(partitions.map(|value| Partition { index: Some(within.index()), value }));
        }
    }

    /// Adds what another list consists of.
    pub fn extend(&mut self, other: Self) {
        self.partitions.extend(other.partitions);
        self.entries.extend(other.entries);
    }

    /// Whether it can hold nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty() && self.entries.is_empty()
    }
}

impl From<Vec<Entry>> for Sources {
    /// A list of entries at hand.
    fn from(entries: Vec<Entry>) -> Self {
        Self { partitions: Vec::new(), entries }
    }
}

impl Store {
    /// Starts reading a list, behind `after` if given (a position, exclusive).
    #[must_use]
    pub fn walk(&self, sources: &Sources, order: Order, after: Option<String>) -> Walk<'_> {
        let run = |partition: &Partition| Run {
            partition: partition.clone(),
            buffer: VecDeque::new(),
            start: None,
            exhausted: false,
        };
        let mut runs: Vec<Run> = sources.partitions.iter().map(run).collect();
        if !sources.entries.is_empty() {
            runs.push(Run::at_hand(sources.entries.clone(), order, after.as_deref()));
        }
        Walk { store: self, order, runs, last: after }
    }

    /// The shortest of several lists, as far as their first entries tell.
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses.
    pub async fn narrowest(&self, mut candidates: Vec<Sources>) -> Result<Option<Sources>, StoreError> {
        if candidates.len() < 2 {
            return Ok(candidates.pop());
        }
        let probes = candidates.into_iter().map(|sources| async move {
            let entries = self.walk(&sources, Order::Descending, None).next(PROBE).await?;
            Ok::<_, StoreError>((entries.len(), sources))
        });
        let probed = futures::future::try_join_all(probes).await?;
        Ok(probed.into_iter().min_by_key(|(length, _)| *length).map(|(_, sources)| sources))
    }
}

impl Walk<'_> {
    /// The position of the last entry given.
    #[must_use]
    pub fn position(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// The next `count` entries; fewer only at the end. A record that stands in several of the
    /// partitions comes once.
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses.
    pub async fn next(&mut self, count: usize) -> Result<Vec<Entry>, StoreError> {
        let mut entries: Vec<Entry> = Vec::with_capacity(count.min(1000));
        while entries.len() < count {
            let (store, order, after) = (self.store, self.order, self.last.clone());
            let wanted = count - entries.len();
            let refills = self.runs.iter_mut().filter(|run| run.buffer.is_empty() && !run.exhausted);
            futures::future::try_join_all(refills.map(|run| run.fill(store, order, after.as_deref(), wanted))).await?;
            let first = self
                .runs
                .iter()
                .enumerate()
                .filter_map(|(at, run)| Some((at, &run.buffer.front()?.position)))
                .min_by(|(_, a), (_, b)| if order == Order::Ascending { a.cmp(b) } else { b.cmp(a) })
                .map(|(at, _)| at);
            let Some(entry) = first.and_then(|at| self.runs[at].buffer.pop_front()) else { break };
            if self.last.as_deref() != Some(&entry.position) {
                self.last = Some(entry.position.clone());
                entries.push(entry);
            }
        }
        Ok(entries)
    }
}

impl Run {
    /// Entries that need no reading.
    fn at_hand(mut entries: Vec<Entry>, order: Order, after: Option<&str>) -> Self {
        match order {
            Order::Ascending => {
                entries.retain(|entry| after.is_none_or(|after| entry.position.as_str() > after));
                entries.sort_by(|a, b| a.position.cmp(&b.position));
            }
            Order::Descending => {
                entries.retain(|entry| after.is_none_or(|after| entry.position.as_str() < after));
                entries.sort_by(|a, b| b.position.cmp(&a.position));
            }
        }
        let partition = Partition { index: None, value: String::new() };
        Self { partition, buffer: entries.into(), start: None, exhausted: true }
    }

    async fn fill(
        &mut self,
        store: &Store,
        order: Order,
        after: Option<&str>,
        wanted: usize,
    ) -> Result<(), StoreError> {
        while self.buffer.is_empty() && !self.exhausted {
            let (pk, sk) = match self.partition.index {
                Some(index) => (format!("{index}_pk"), format!("{index}_sk")),
                None => (schema::PK.to_owned(), schema::SK.to_owned()),
            };
            let mut query = store
                .client
                .query()
                .table_name(&*store.table)
                .set_index_name(self.partition.index.map(str::to_owned))
                .expression_attribute_names("#pk", pk)
                .expression_attribute_values(":pk", AttributeValue::S(self.partition.value.clone()))
                .scan_index_forward(order == Order::Ascending)
                .limit(i32::try_from(wanted.clamp(10, 1000)).unwrap_or(1000))
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            query = match (after, &self.start) {
                (Some(after), None) => query
                    .key_condition_expression(if order == Order::Ascending {
                        "#pk = :pk AND #sk > :sk"
                    } else {
                        "#pk = :pk AND #sk < :sk"
                    })
                    .expression_attribute_names("#sk", &sk)
                    .expression_attribute_values(":sk", AttributeValue::S(after.to_owned())),
                _ => query.key_condition_expression("#pk = :pk").set_exclusive_start_key(self.start.take()),
            };
            let call = store.meter.start();
            let answer = query.send().await?;
            store.meter.end(&call, false, answer.consumed_capacity());
            self.start = answer.last_evaluated_key;
            self.exhausted = self.start.is_none();
            self.buffer.extend(answer.items.unwrap_or_default().iter().filter_map(|item| entry(item, &sk)));
        }
        Ok(())
    }
}

fn entry(found: &Item, sort_attribute: &str) -> Option<Entry> {
    let position = item::text(found, sort_attribute)?.to_owned();
    let id = Id::try_parse(position.rsplit('#').next()?).ok()?;
    let key = Key { pk: item::text(found, schema::PK)?.to_owned(), sk: item::text(found, schema::SK)?.to_owned() };
    Some(Entry { position, id, key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::new_id;

    fn entries(positions: &[&str]) -> Vec<Entry> {
        let key = Key { pk: String::new(), sk: String::new() };
        positions.iter().map(|at| Entry { position: (*at).to_owned(), id: new_id(), key: key.clone() }).collect()
    }

    fn listed(order: Order, after: Option<&str>) -> Vec<String> {
        let run = Run::at_hand(entries(&["b", "c", "a"]), order, after);
        run.buffer.into_iter().map(|entry| entry.position).collect()
    }

    #[test]
    fn entries_at_hand_are_a_list_like_any_other() {
        assert_eq!(listed(Order::Descending, None), ["c", "b", "a"]);
        assert_eq!(listed(Order::Descending, Some("c")), ["b", "a"]);
        assert_eq!(listed(Order::Ascending, Some("a")), ["b", "c"]);
    }

    #[test]
    fn only_scalar_pairs_of_some_kinds_are_lists() {
        let having = |kind, value: Value| Sources::having(new_id(), &[None], kind, "plan", &value);
        assert!(having("licenses", "pro".into()).is_some());
        assert!(having("products", "pro".into()).is_none());
        assert!(having("licenses", serde_json::json!({"a": 1})).is_none());
    }
}
