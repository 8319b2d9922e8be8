//! Moving in and moving out (spec 20.1): records as JSON:API resource objects, one at a time.
//!
//! Everything follows from a resource's one declaration: its attributes and relationships give the
//! format, its [`Stored::places`](crate::store::record::Stored::places) the claims, look-ups, list
//! entries and counters, which so come out as if the record had been created through the API. What
//! a declaration cannot say (defaults that depend on other records, secrets) stands in its
//! [`Importable`](kind::Importable). A further type is one such `impl` and one line in
//! [`kinds::KINDS`].
//!
//! * [`draft`] — what a record brings
//! * [`kind`] — how a type is imported and exported
//! * [`kinds`] — all types, parents before children
//! * [`desk`] — what records may look at while they are prepared: each other, the table, keys
//! * [`import`] — checking a batch and writing it
//! * [`export`] — reading an account's records

pub mod desk;
pub mod draft;
pub mod export;
pub mod import;
pub mod kind;
pub mod kinds;
mod plan;
#[cfg(test)]
mod tests;

use crate::clock::Time;
use crate::crypto::Failure;
use crate::crypto::sealed::{Vault, VaultError};
use crate::store::{Store, StoreError};

/// What records move in and out of.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<'a> {
    /// The table.
    pub store: &'a Store,
    /// Seals what must not lie open.
    pub vault: &'a Vault,
    /// When.
    pub now: Time,
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer into the record; empty: the record as a whole.
    pub pointer: String,
    /// One sentence.
    pub detail: String,
    /// Whether the record only lacks another one, which may still come.
    pub waits: bool,
}

impl Fault {
    /// Something wrong at `pointer`.
    #[must_use]
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into(), waits: false }
    }

    /// A record that does not exist, or not yet.
    #[must_use]
    pub fn missing(pointer: impl Into<String>) -> Self {
        Self { waits: true, ..Self::new(pointer, "must exist") }
    }

    /// Something wrong with a secret.
    #[must_use]
    pub fn secret(name: &str, detail: impl Into<String>) -> Self {
        Self::new(format!("/meta/secrets/{name}"), detail)
    }
}

/// Why a record cannot be prepared.
#[derive(Debug)]
pub enum Trouble {
    /// It is wrong itself.
    Record(Fault),
    /// The table, the vault or the cryptographic library failed.
    Store(StoreError),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Record(fault)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for Trouble {
    fn from(error: Failure) -> Self {
        Self::Store(StoreError::Broken(error.to_string()))
    }
}

impl From<VaultError> for Trouble {
    fn from(error: VaultError) -> Self {
        Self::Store(sealed(&error))
    }
}

/// A vault's failure, as callers of the store know failures.
fn sealed(error: &VaultError) -> StoreError {
    match error {
        VaultError::Kms(_) => StoreError::Unavailable(error.to_string()),
        _ => StoreError::Broken(error.to_string()),
    }
}
