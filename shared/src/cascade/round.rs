//! Lists that are gone through as far as a budget lasts.

use super::Purge;
use crate::store::StoreError;
use crate::store::list::{Entry, Order, Sources, Walk};

/// A way through a list.
pub(super) struct Round<'a> {
    walk: Walk<'a>,
    /// How many entries are taken at a time.
    stride: usize,
    /// Whether the budget ended before the list.
    pub(super) broke_off: bool,
}

impl Purge<'_> {
    /// Goes through a list, so many entries at a time.
    pub(super) fn round(&self, sources: &Sources, stride: usize) -> Round<'_> {
        Round { walk: self.store.walk(sources, Order::Ascending, None), stride, broke_off: false }
    }
}

impl Round<'_> {
    /// The next entries, and no more than the budget allows; `None` when there are none, or none are allowed any more.
    pub(super) async fn next(&mut self, budget: &mut usize) -> Result<Option<Vec<Entry>>, StoreError> {
        let entries = self.walk.next(self.stride.min((*budget).max(1))).await?;
        if entries.is_empty() {
            return Ok(None);
        }
        if *budget == 0 {
            self.broke_off = true;
            return Ok(None);
        }
        *budget -= entries.len();
        Ok(Some(entries))
    }
}
