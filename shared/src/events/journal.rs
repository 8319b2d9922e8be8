//! What requests leave behind to be done later, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers of things queued since they were last taken.
#[derive(Debug, Default)]
pub struct Journal {
    events: AtomicU64,
    requests: AtomicU64,
}

impl Journal {
    /// An event was recorded.
    pub fn event(&self) {
        self.events.fetch_add(1, Ordering::Relaxed);
    }

    /// A request was answered that belongs in the request log.
    pub fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes the numbers: events, requests.
    pub fn take(&self) -> (u64, u64) {
        (self.events.swap(0, Ordering::Relaxed), self.requests.swap(0, Ordering::Relaxed))
    }
}
