//! What a record may look at while it is prepared.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;

use super::plan::Plan;
use super::{Trouble, sealed};
use crate::auth::permissions::PermissionSet;
use crate::clock::Time;
use crate::crypto::account_keys::{AccountKeys, AccountSigner};
use crate::crypto::sealed::Vault;
use crate::domain::account::Account;
use crate::ids::{Id, parse_id};
use crate::store::{Consistency, Item, Key, Store, StoreError, Stored, item, keys, read};

/// The records of the batch that are prepared already, what the table has of those it points at,
/// and the keys of accounts.
#[derive(Debug)]
pub struct Desk<'a> {
    /// Seals and opens secrets.
    pub vault: &'a Vault,
    /// When.
    pub now: Time,
    store: &'a Store,
    pub(super) planned: HashMap<Key, Arc<dyn Plan>>,
    pub(super) stored: HashMap<Key, Item>,
    /// Permission defaults that accounts set, by account and key of the setting.
    pub(super) settings: HashMap<(Id, String), PermissionSet>,
    signers: Mutex<HashMap<Id, Arc<AccountSigner>>>,
    /// Items that records asked for one by one.
    fetched: Mutex<HashMap<Key, Arc<OnceCell<Option<Item>>>>>,
}

impl<'a> Desk<'a> {
    /// An empty desk.
    #[must_use]
    pub fn new(store: &'a Store, vault: &'a Vault, now: Time) -> Self {
        Self {
            vault,
            now,
            store,
            planned: HashMap::new(),
            stored: HashMap::new(),
            settings: HashMap::new(),
            signers: Mutex::default(),
            fetched: Mutex::default(),
        }
    }

    /// A record as it will be after the import.
    #[must_use]
    pub fn find<R: Stored>(&self, account: Id, id: Id) -> Option<R> {
        let key = keys::record(account, R::DEFINITION.kind, id);
        match self.planned.get(&key) {
            Some(plan) => plan.record().downcast_ref::<R>().cloned(),
            None => self.stored.get(&key).and_then(|item| read(item).ok()),
        }
    }

    /// A record as it will be after the import, also one that is not pointed at directly, such as
    /// the policy behind a machine's license.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn look_up<R: Stored>(&self, account: Id, id: Id) -> Result<Option<R>, Trouble> {
        if let Some(record) = self.find(account, id) {
            return Ok(Some(record));
        }
        let key = keys::record(account, R::DEFINITION.kind, id);
        let cell = match self.fetched.lock() {
            Ok(mut fetched) => Arc::clone(fetched.entry(key.clone()).or_default()),
            Err(_) => Arc::default(),
        };
        let item = cell.get_or_try_init(|| self.store.item(&key, Consistency::Strong)).await?;
        Ok(item.as_ref().map(read).transpose()?)
    }

    /// Whether there is, or will be, a record.
    #[must_use]
    pub fn has(&self, key: &Key) -> bool {
        self.planned.contains_key(key) || self.stored.contains_key(key)
    }

    /// The environment of a record of any kind; an environment is its own.
    #[must_use]
    pub fn environment_of(&self, account: Id, kind: &str, id: Id) -> Option<Id> {
        if kind == "environments" {
            return Some(id);
        }
        let key = keys::record(account, kind, id);
        match self.planned.get(&key) {
            Some(plan) => plan.environment(),
            None => self.stored.get(&key).and_then(|item| item::text(item, "environment")).and_then(parse_id),
        }
    }

    /// What the account's setting says new bearers may do.
    #[must_use]
    pub fn usual_permissions(&self, account: Id, setting: &str) -> Option<PermissionSet> {
        self.settings.get(&(account, setting.to_owned())).copied()
    }

    /// The keys of an account, ready to sign.
    ///
    /// # Errors
    /// When they cannot be opened.
    pub async fn signer(&self, account: Id) -> Result<Arc<AccountSigner>, Trouble> {
        if let Some(signer) = self.signers.lock().ok().and_then(|known| known.get(&account).cloned()) {
            return Ok(signer);
        }
        let gone = || StoreError::Broken(format!("the account {account} is gone"));
        let record: Account = self.find(account, account).ok_or_else(gone)?;
        Ok(self.remember(account, open_keys(self.vault, &record).await?)?)
    }

    /// Keeps the keys of an account at hand.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn remember(&self, account: Id, keys: AccountKeys) -> Result<Arc<AccountSigner>, StoreError> {
        let signer = AccountSigner::shared(keys)
            .map_err(|error| StoreError::Broken(format!("account keys cannot be used: {error}")))?;
        if let Ok(mut known) = self.signers.lock() {
            known.insert(account, Arc::clone(&signer));
        }
        Ok(signer)
    }
}

/// The private keys of an account.
///
/// # Errors
/// When they cannot be opened.
pub async fn open_keys(vault: &Vault, account: &Account) -> Result<AccountKeys, StoreError> {
    let opened = vault.open(&account.id.to_string(), &account.sealed_keys).await.map_err(|error| sealed(&error))?;
    serde_json::from_slice(&opened).map_err(|error| StoreError::Broken(format!("account keys cannot be read: {error}")))
}
