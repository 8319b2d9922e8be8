//! Where a record stands besides its own item: list entries, claims, look-ups, counters, timers.
//!
//! A [`Stored`] type says it once; creating, changing, deleting and importing all follow from it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::annex::Annex;
use super::keys::{self, Key, Within};
use super::timer::Alarm;
use crate::domain::resource::Resource;
use crate::ids::Id;

/// A record type that has a place in the table.
pub trait Stored: Resource {
    /// The key of its own item.
    fn key(&self) -> Key {
        keys::record(self.account(), Self::DEFINITION.kind, self.id())
    }

    /// Everything else that is written with it.
    fn places(&self) -> Places {
        Places::default()
    }

    /// The item in which a part of it stands, if one does.
    fn annex(&self) -> Option<Annex> {
        None
    }

    /// Whether it is listed account-wide (and counted).
    fn listed(&self) -> bool {
        true
    }
}

/// The places of one record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    /// Lists it appears in, besides the account-wide one.
    pub lists: Vec<Listing>,
    /// Values it alone may have.
    pub claims: Vec<Claim>,
    /// Items through which it is found, with what they carry.
    pub lookups: Vec<(Key, BTreeMap<&'static str, Value>)>,
    /// What it adds to counters of other records.
    pub counts: Vec<Count>,
    /// Timers by which it is looked at. They may be gone, or elsewhere, once they were due.
    pub timers: Vec<Alarm>,
}

/// An entry in a list index. A record has at most one entry in each index.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The list.
    pub within: Within,
    /// The kind listed: the record's own, or what a join record leads to.
    pub kind: &'static str,
    /// The record listed and its position: its own, or that of what a join record leads to.
    pub position: Option<(Id, String)>,
}

impl Listing {
    /// The record itself, in `within`.
    #[must_use]
    pub fn of<R: Resource>(within: Within) -> Self {
        Self { within, kind: R::DEFINITION.kind, position: None }
    }
}

/// A value that at most one record may have.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What is reported when somebody else holds it: the name of the attribute, or a rule's own word.
    pub name: &'static str,
    /// The claim's item.
    pub key: Key,
}

/// An amount added to an attribute of another item while the record exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// The item.
    pub key: Key,
    /// Its attribute.
    pub attribute: &'static str,
    /// The amount.
    pub amount: i64,
    /// Whether the item is a record that must exist (and is left alone once it is gone), rather than
    /// a bare counter that comes into being with its first amount.
    pub of_record: bool,
}
