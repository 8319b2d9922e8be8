//! Accounts as requests meet them: the record with its keys ready to sign, cached for 30 seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::app::App;
use crate::crypto::account_keys::{AccountKeys, AccountSigner};
use crate::domain::account::Account;
use crate::ids::{Id, parse_id};
use crate::store::{Store, StoreError, keys};

/// How long an account is served from memory. A change made elsewhere shows after this long at the latest.
const LIFETIME: Duration = Duration::from_secs(30);

/// An account with its key material.
pub struct Tenant {
    /// The record.
    pub account: Account,
    /// Its private keys, ready to sign.
    pub signer: AccountSigner,
}

impl std::fmt::Debug for Tenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tenant").field("account", &self.account.id).finish_non_exhaustive()
    }
}

/// The accounts in memory.
#[derive(Debug, Default)]
pub struct Tenants(Mutex<HashMap<String, (Instant, Arc<Tenant>)>>);

/// How an account is named.
#[derive(Clone, Copy, Debug)]
pub enum Name<'a> {
    /// By id or slug, as in a path.
    Segment(&'a str),
    /// By its custom domain.
    Domain(&'a str),
}

impl Tenants {
    /// Finds an account.
    ///
    /// # Errors
    /// When the table cannot be read or the account's keys cannot be unsealed.
    pub async fn find(&self, app: &App, store: &Store, name: Name<'_>) -> Result<Option<Arc<Tenant>>, StoreError> {
        let cached_as = match name {
            Name::Segment(segment) => format!("/{segment}"),
            Name::Domain(domain) => format!("//{domain}"),
        };
        if let Some(tenant) = self.cached(&cached_as) {
            return Ok(Some(tenant));
        }
        let Some(account) = look_up(store, name).await? else { return Ok(None) };
        let sealed = &account.sealed_keys;
        let opened = app.vault.open(&account.id.to_string(), sealed).await;
        let opened = opened.map_err(|error| StoreError::Broken(format!("account keys cannot be unsealed: {error}")))?;
        let keys: AccountKeys = serde_json::from_slice(&opened)
            .map_err(|error| StoreError::Broken(format!("account keys cannot be read: {error}")))?;
        let signer = AccountSigner::new(keys)
            .map_err(|error| StoreError::Broken(format!("account keys cannot be used: {error}")))?;
        let tenant = Arc::new(Tenant { account, signer });
        if let Ok(mut cache) = self.0.lock() {
            cache.insert(cached_as, (Instant::now(), Arc::clone(&tenant)));
        }
        Ok(Some(tenant))
    }

    fn cached(&self, name: &str) -> Option<Arc<Tenant>> {
        let mut cache = self.0.lock().ok()?;
        let (since, tenant) = cache.get(name)?;
        if since.elapsed() < LIFETIME {
            return Some(Arc::clone(tenant));
        }
        cache.remove(name);
        None
    }

    /// Forgets an account that was changed here.
    pub fn forget(&self, account: Id) {
        if let Ok(mut cache) = self.0.lock() {
            cache.retain(|_, (_, tenant)| tenant.account.id != account);
        }
    }

    /// Forgets everything (sandbox).
    pub fn clear(&self) {
        if let Ok(mut cache) = self.0.lock() {
            cache.clear();
        }
    }
}

async fn look_up(store: &Store, name: Name<'_>) -> Result<Option<Account>, StoreError> {
    let claim = match name {
        Name::Segment(segment) => {
            if let Some(id) = parse_id(segment)
                && let Some(account) = store.get::<Account>(id, id).await?
            {
                return Ok(Some(account));
            }
            keys::claim(None, "account-slug", segment)
        }
        Name::Domain(domain) => keys::claim(None, "account-cname", domain),
    };
    match store.claimed_by(&claim).await? {
        Some(id) => store.get::<Account>(id, id).await,
        None => Ok(None),
    }
}
