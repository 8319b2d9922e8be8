//! Environments (spec 02 §1.3, 01 §3.8).

pub mod access;
mod record;
pub mod rules;
pub mod scope;

pub use record::{Environment, IsolationStrategy};

use crate::ids::{Id, parse_id};
use crate::store::{Consistency, Store, StoreError, item, unit};

/// The environment of this id or code (exact case) in an account.
///
/// # Errors
/// When the table cannot be read.
pub async fn find(store: &Store, account: Id, name: &str) -> Result<Option<Environment>, StoreError> {
    if name.is_empty() {
        return Ok(None);
    }
    if let Some(id) = parse_id(name) {
        return store.get(account, id).await;
    }
    let found = store.item(&Environment::by_code(account, name), Consistency::Strong).await?;
    match found.as_ref().and_then(|found| item::text(found, unit::CLAIM_HOLDER)).and_then(parse_id) {
        Some(id) => store.get(account, id).await,
        None => Ok(None),
    }
}
