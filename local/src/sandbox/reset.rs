//! Emptying the table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use shared::store::{Store, StoreError, schema};

/// How many items one call deletes.
const BATCH: usize = 25;

/// Deletes every item of the table. For the few records of a rehearsal this is quicker than making
/// the table anew.
pub async fn empty(store: &Store) -> Result<(), StoreError> {
    let mut start = None;
    loop {
        let page = store
            .client()
            .scan()
            .table_name(store.table())
            .projection_expression("pk, sk")
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let batches = page.items.unwrap_or_default();
        let batches = batches.chunks(BATCH).map(|batch| delete(store, batch));
        futures::future::try_join_all(batches).await?;
        start = page.last_evaluated_key;
        if start.is_none() {
            return Ok(());
        }
    }
}

async fn delete(store: &Store, keys: &[HashMap<String, AttributeValue>]) -> Result<(), StoreError> {
    let requests = keys.iter().map(|key| {
        let key = key.iter().filter(|(name, _)| matches!(name.as_str(), schema::PK | schema::SK));
        let key = key.map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(WriteRequest::builder().delete_request(DeleteRequest::builder().set_key(Some(key)).build()?).build())
    });
    let mut pending: Vec<WriteRequest> = requests.collect::<Result<_, StoreError>>()?;
    while !pending.is_empty() {
        let answer = store.client().batch_write_item().request_items(store.table(), pending).send().await?;
        pending = answer.unprocessed_items.and_then(|mut rest| rest.remove(store.table())).unwrap_or_default();
    }
    Ok(())
}
