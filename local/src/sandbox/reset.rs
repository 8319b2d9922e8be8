//! Emptying the table.

use std::time::Duration;

use aws_sdk_dynamodb::types::TableStatus;
use shared::store::{Store, StoreError, schema};

/// How long an engine may take to make the table anew, in steps of 20 ms.
const STEPS: u32 = 250;

/// Makes the table anew. In the embedded engine this takes half the time of deleting the items of a
/// usual rehearsal one by one, and leaves nothing behind in the table's stream.
pub async fn empty(store: &Store) -> Result<(), StoreError> {
    let (client, table) = (store.client(), store.table());
    match client.delete_table().table_name(table).send().await {
        Ok(_) => {}
        Err(error)
            if error.as_service_error().is_some_and(
                aws_sdk_dynamodb::operation::delete_table::DeleteTableError::is_resource_not_found_exception,
            ) => {}
        Err(error) => return Err(error.into()),
    }
    let mut step = 0;
    let made = loop {
        match schema::create_table(client, table)?.send().await {
            Ok(made) => break made,
            // Not quite deleted yet.
            Err(error)
                if step < STEPS
                    && error.as_service_error().is_some_and(
                        aws_sdk_dynamodb::operation::create_table::CreateTableError::is_resource_in_use_exception,
                    ) => {}
            Err(error) => return Err(error.into()),
        }
        step += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let mut status = made.table_description.and_then(|table| table.table_status);
    while status != Some(TableStatus::Active) {
        if step > STEPS {
            return Err(StoreError::Unavailable("the table did not become active".to_owned()));
        }
        let described = client.describe_table().table_name(table).send().await?;
        status = described.table.and_then(|table| table.table_status);
        if status != Some(TableStatus::Active) {
            step += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(())
}
