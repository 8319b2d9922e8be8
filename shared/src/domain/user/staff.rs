//! Where an address belongs to staff, over all accounts (spec 02 §3.3).

use crate::ids::{Id, parse_id};
use crate::store::{Consistency, Store, StoreError, item, keys, schema};

/// Account and id of every user of this address (lower-case) who is staff.
///
/// # Errors
/// When the table cannot be read.
pub async fn of_any_account(store: &Store, email: &str) -> Result<Vec<(Id, Id)>, StoreError> {
    let found = store.partition(&keys::staff_of(email), Consistency::Eventual).await?;
    let named = |found: &_| {
        let (account, user) = item::text(found, schema::SK)?.split_once('#')?;
        Some((parse_id(account)?, parse_id(user)?))
    };
    Ok(found.iter().filter_map(named).collect())
}
