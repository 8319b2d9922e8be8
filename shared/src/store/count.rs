//! Maintained numbers of records: each creation adds one to one of a few counters, in its own transaction.

use super::{Consistency, Store, StoreError, item, keys};
use crate::ids::Id;

/// The attribute of a counter that holds its share.
pub const AMOUNT: &str = "n";

impl Store {
    /// How many records of a kind there are in these environments.
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses.
    pub async fn count(&self, account: Id, environments: &[Option<Id>], kind: &str) -> Result<u64, StoreError> {
        let mut total = 0;
        for environment in environments {
            let shards = self.range(&keys::count(account, *environment, kind), "0", "a", Consistency::Strong).await?;
            total += shards.iter().map(|shard| item::number(shard, AMOUNT)).sum::<i64>();
        }
        Ok(u64::try_from(total).unwrap_or(0))
    }
}
