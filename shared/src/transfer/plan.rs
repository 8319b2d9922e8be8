//! A record that is ready to be written.

use std::any::Any;
use std::fmt::Debug;

use super::draft::{attribute, relationship};
use super::kind::Importable;
use crate::ids::Id;
use crate::store::keys::{self, Key};
use crate::store::{Unit, count, posting};

/// A prepared record of any type.
pub trait Plan: Debug + Send + Sync {
    /// The record as it will be.
    fn record(&self) -> &dyn Any;
    /// Its id.
    fn id(&self) -> Id;
    /// Its environment.
    fn environment(&self) -> Option<Id>;
    /// Whether it is not in the table yet.
    fn is_new(&self) -> bool;
    /// Whether the table has it exactly so already.
    fn is_unchanged(&self) -> bool;
    /// Items that nobody else may hold, with the pointer to what asks for them.
    fn wanted(&self) -> Vec<(Key, String)>;
    /// How many items writing it may touch.
    fn weight(&self) -> usize;
    /// About how many bytes it takes.
    fn size(&self) -> usize;
    /// Adds what there is to do to a unit of work.
    fn apply(&self, unit: &mut Unit);
}

/// A prepared record of one type.
#[derive(Debug)]
pub(super) struct Planned<R> {
    pub before: Option<R>,
    pub after: R,
    pub size: usize,
}

impl<R: Importable> Plan for Planned<R> {
    fn record(&self) -> &dyn Any {
        &self.after
    }

    fn id(&self) -> Id {
        self.after.id()
    }

    fn environment(&self) -> Option<Id> {
        self.after.environment()
    }

    fn is_new(&self) -> bool {
        self.before.is_none()
    }

    fn is_unchanged(&self) -> bool {
        self.before.as_ref() == Some(&self.after)
    }

    fn wanted(&self) -> Vec<(Key, String)> {
        let new = self.after.places();
        let old = self.before.as_ref().map(R::places).unwrap_or_default();
        let pointer = |name: &str| {
            if R::DEFINITION.to_one.iter().any(|to_one| to_one.name == name) {
                relationship(name)
            } else if name == "cname" {
                "/meta/secrets/cname".to_owned()
            } else {
                attribute(name)
            }
        };
        let claims = new
            .claims
            .iter()
            .filter(|claim| !old.claims.iter().any(|held| held.key == claim.key))
            .map(|claim| (claim.key.clone(), pointer(claim.name)));
        let lookups = new
            .lookups
            .iter()
            .filter(|(key, _)| !old.lookups.iter().any(|(held, _)| held == key))
            .map(|(key, _)| (key.clone(), R::LOOKUP.to_owned()));
        let held = self.before.as_ref().and_then(R::annex);
        let annex = self
            .after
            .annex()
            .filter(|annex| held.as_ref().is_none_or(|held| held.key != annex.key))
            .and_then(|annex| Some((annex.key, attribute(annex.claim?))));
        claims.chain(lookups).chain(annex).collect()
    }

    fn weight(&self) -> usize {
        let places = |record: &R| {
            let places = record.places();
            let counts = places.counts.len() + places.timers.len();
            places.claims.len() + places.lookups.len() + counts + posting::postings(record).len()
        };
        // The record, its annex, the counters of its kind (two, if it changes its environment), and what it leaves.
        6 + places(&self.after) + self.before.as_ref().map_or(0, places)
    }

    fn size(&self) -> usize {
        self.size
    }

    fn apply(&self, unit: &mut Unit) {
        let Some(before) = &self.before else { return unit.insert(&self.after) };
        unit.update(before, &self.after);
        R::leave(before, &self.after, unit);
        let (from, to) = (before.environment(), self.after.environment());
        if from != to && self.after.listed() {
            let counter = |environment| keys::count_shard(self.after.account(), environment, R::DEFINITION.kind, 0);
            unit.add(&counter(from), count::AMOUNT, -1);
            unit.add(&counter(to), count::AMOUNT, 1);
        }
    }
}
