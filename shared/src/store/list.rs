//! Lists: partitions of an index, merged in creation order, read as far as needed.

use std::collections::VecDeque;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use super::keys::{Key, Within};
use super::{Item, Store, StoreError, item, schema};
use crate::ids::Id;

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
    index: &'static str,
    partition: String,
    buffer: VecDeque<Entry>,
    start: Option<Item>,
    exhausted: bool,
}

/// The partitions of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources(Vec<(&'static str, String)>);

impl Sources {
    /// Everything of `kind` in `within`, in each of the environments.
    #[must_use]
    pub fn of(account: Id, environments: &[Option<Id>], within: Within, kind: &str) -> Self {
        let mut sources = Self::default();
        sources.add(account, environments, within, kind);
        sources
    }

    /// Adds everything of `kind` in `within`, in each of the environments.
    pub fn add(&mut self, account: Id, environments: &[Option<Id>], within: Within, kind: &str) {
        for environment in environments {
            self.0.extend(within.partitions(account, *environment, kind).map(|partition| (within.index(), partition)));
        }
    }

    /// Whether it can hold nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Store {
    /// Starts reading a list, behind `after` if given (a position, exclusive).
    #[must_use]
    pub fn walk(&self, sources: &Sources, order: Order, after: Option<String>) -> Walk<'_> {
        let runs = sources.0.iter().map(|(index, partition)| Run {
            index,
            partition: partition.clone(),
            buffer: VecDeque::new(),
            start: None,
            exhausted: false,
        });
        Walk { store: self, order, runs: runs.collect(), last: after }
    }
}

impl Walk<'_> {
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
    async fn fill(
        &mut self,
        store: &Store,
        order: Order,
        after: Option<&str>,
        wanted: usize,
    ) -> Result<(), StoreError> {
        while self.buffer.is_empty() && !self.exhausted {
            let (pk, sk) = (format!("{}_pk", self.index), format!("{}_sk", self.index));
            let mut query = store
                .client
                .query()
                .table_name(&*store.table)
                .index_name(self.index)
                .expression_attribute_names("#pk", pk)
                .expression_attribute_values(":pk", AttributeValue::S(self.partition.clone()))
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
