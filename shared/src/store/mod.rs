//! Storage: one DynamoDB table, reached through the AWS SDK and nothing else.
//!
//! * [`keys`] — the key schema, with its access patterns
//! * [`schema`] — the table's definition
//! * [`item`] — records as items
//! * [`annex`] — parts of records that stand in items of their own
//! * [`record`] — where records of each type stand: list entries, claims, look-ups, counters
//! * [`posting`] — metadata pairs, each a list of its own
//! * [`timer`] — what is due when
//! * [`mod@unit`] — units of work: one transaction each
//! * [`list`] — pages of lists
//! * [`count`] — maintained numbers of records
//! * [`meter`] — what a request costs
//!
//! The store holds no rules: conditions come with the reason to report when they fail, and the
//! caller turns reasons into answers.

pub mod annex;
pub mod count;
pub mod error;
pub mod item;
pub mod keys;
pub mod list;
pub mod meter;
pub mod posting;
pub mod record;
pub mod schema;
pub mod timer;
pub mod unit;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity};
use serde::de::DeserializeOwned;

pub use error::StoreError;
pub use item::Item;
pub use keys::Key;
pub use meter::{Cost, Meter};
pub use record::Stored;
pub use unit::{Refused, Unit};

use crate::ids::Id;

/// Whether a read must see every write that was answered before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// Sees every earlier write; one unit for 4 KiB.
    Strong,
    /// May miss writes of the last moments; half the price.
    Eventual,
}

/// The table, and the meter of the request that uses it.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: Arc<str>,
    meter: Arc<Meter>,
}

impl Store {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.into(), meter: Arc::default() }
    }

    /// The same table with a meter of its own.
    #[must_use]
    pub fn metered(&self) -> Self {
        Self { meter: Arc::default(), ..self.clone() }
    }

    /// What was spent through this handle.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.meter.cost()
    }

    /// The SDK's client, for the table's own operations (create, delete, streams).
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The table's name.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// One item.
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses.
    pub async fn item(&self, key: &Key, consistency: Consistency) -> Result<Option<Item>, StoreError> {
        let call = self.meter.start();
        let answer = self
            .client
            .get_item()
            .table_name(&*self.table)
            .set_key(Some(primary_key(key)))
            .consistent_read(consistency == Consistency::Strong)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        self.meter.end(&call, false, answer.consumed_capacity());
        Ok(answer.item)
    }

    /// One item, half the price; a miss is read again strongly.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn item_cheaply(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        match self.item(key, Consistency::Eventual).await? {
            Some(item) => Ok(Some(item)),
            None => self.item(key, Consistency::Strong).await,
        }
    }

    /// One record by its key.
    ///
    /// # Errors
    /// As [`Self::item`], and when the stored record cannot be read.
    pub async fn at<R: Stored>(&self, key: &Key, consistency: Consistency) -> Result<Option<R>, StoreError> {
        self.item(key, consistency).await?.map(|item| read(&item)).transpose()
    }

    /// One record by its id, strongly consistent.
    ///
    /// # Errors
    /// As [`Self::at`].
    pub async fn get<R: Stored>(&self, account: Id, id: Id) -> Result<Option<R>, StoreError> {
        self.at(&keys::record(account, R::DEFINITION.kind, id), Consistency::Strong).await
    }

    /// One record by its id, half the price; a miss is read again strongly.
    ///
    /// # Errors
    /// As [`Self::at`].
    pub async fn get_eventual<R: Stored>(&self, account: Id, id: Id) -> Result<Option<R>, StoreError> {
        self.item_cheaply(&keys::record(account, R::DEFINITION.kind, id)).await?.map(|item| read(&item)).transpose()
    }

    /// The record that holds a claim.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn claimed_by(&self, claim: &Key) -> Result<Option<Id>, StoreError> {
        let item = self.item(claim, Consistency::Strong).await?;
        Ok(item.as_ref().and_then(|item| item::text(item, unit::CLAIM_HOLDER)).and_then(|id| Id::try_parse(id).ok()))
    }

    /// Items of one partition whose sort key lies in `[from, to)`, in ascending order, all pages.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn range(
        &self,
        pk: &str,
        from: &str,
        to: &str,
        consistency: Consistency,
    ) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let call = self.meter.start();
            let answer = self
                .client
                .query()
                .table_name(&*self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
                .expression_attribute_values(":from", AttributeValue::S(from.to_owned()))
                .expression_attribute_values(":to", AttributeValue::S(to.to_owned()))
                .consistent_read(consistency == Consistency::Strong)
                .set_exclusive_start_key(start)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await?;
            self.meter.end(&call, false, answer.consumed_capacity());
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() {
                items.retain(|item| item::text(item, schema::SK).is_some_and(|sk| sk < to));
                return Ok(items);
            }
        }
    }

    /// Every item of a partition, in order.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn partition(&self, pk: &str, consistency: Consistency) -> Result<Vec<Item>, StoreError> {
        // A bound must not be empty: the first and last printable characters frame every sort key we write.
        self.range(pk, "!", "~", consistency).await
    }

    /// Items by their keys, in no order; absent ones are left out. Any number of keys.
    ///
    /// # Errors
    /// As [`Self::item`]; unavailable when keys stay unprocessed after several tries.
    pub async fn items(&self, keys: &[Key], consistency: Consistency) -> Result<HashMap<Key, Item>, StoreError> {
        let mut wanted: Vec<&Key> = keys.iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let batches = wanted.chunks(100).map(|batch| self.batch(batch, consistency));
        let found = futures::future::try_join_all(batches).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn batch(&self, keys: &[&Key], consistency: Consistency) -> Result<Vec<(Key, Item)>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        let mut pending: Vec<Item> = keys.iter().map(|key| primary_key(key)).collect();
        let mut backoff = Duration::from_millis(20);
        for _ in 0..8 {
            if pending.is_empty() {
                return Ok(found);
            }
            let call = self.meter.start();
            let request = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut pending)))
                .consistent_read(consistency == Consistency::Strong)
                .build()?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&*self.table, request)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await?;
            self.meter.end(&call, false, answer.consumed_capacity());
            for item in answer.responses.unwrap_or_default().into_values().flatten() {
                if let (Some(pk), Some(sk)) = (item::text(&item, schema::PK), item::text(&item, schema::SK)) {
                    found.push((Key { pk: pk.to_owned(), sk: sk.to_owned() }, item));
                }
            }
            pending = answer.unprocessed_keys.unwrap_or_default().into_values().flat_map(|rest| rest.keys).collect();
            if !pending.is_empty() {
                tokio::time::sleep(backoff).await;
                backoff *= 2;
            }
        }
        if pending.is_empty() { Ok(found) } else { Err(StoreError::Unavailable("keys stayed unprocessed".to_owned())) }
    }

    /// Records by their ids, in the order asked for; absent ones are left out.
    ///
    /// # Errors
    /// As [`Self::items`].
    pub async fn get_many<R: Stored>(&self, account: Id, ids: &[Id]) -> Result<Vec<R>, StoreError> {
        let keys: Vec<Key> = ids.iter().map(|id| keys::record(account, R::DEFINITION.kind, *id)).collect();
        let mut items = self.items(&keys, Consistency::Strong).await?;
        keys.iter().filter_map(|key| items.remove(key)).map(|item| read(&item)).collect()
    }

    /// Records of one partition whose sort keys start with `prefix`, e.g. all entitlements of a license.
    ///
    /// # Errors
    /// As [`Self::range`].
    pub async fn satellites<R: Stored>(&self, head: &Key, prefix: &str) -> Result<Vec<R>, StoreError> {
        let end = format!("{prefix}\u{10FFFF}");
        self.range(&head.pk, prefix, &end, Consistency::Strong).await?.iter().map(read).collect()
    }
}

/// The record an item stores.
///
/// # Errors
/// When it cannot be read: a bug, or a table written by something else.
pub fn read<R: DeserializeOwned>(item: &Item) -> Result<R, StoreError> {
    serde_json::from_value(serde_json::Value::Object(item::record(item)))
        .map_err(|error| StoreError::Broken(format!("a stored record cannot be read: {error}")))
}

fn primary_key(key: &Key) -> Item {
    HashMap::from([
        (schema::PK.to_owned(), AttributeValue::S(key.pk.clone())),
        (schema::SK.to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}
