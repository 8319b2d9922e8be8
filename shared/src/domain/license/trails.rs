//! Where license keys led lately, and what stood beside licenses, remembered by the process.
//!
//! What is remembered is a place and never an answer: the license is read anew each time, and if it is gone or has
//! another key, the key is looked up again. A suspension, a new policy or a deleted license shows at once.

use std::num::NonZeroUsize;
use std::sync::Mutex;

use lru::LruCache;

use super::holding::Whereabouts;
use crate::store::Key;

/// How many keys and licenses are remembered: about 5 MB.
const MOST: NonZeroUsize = NonZeroUsize::new(20_000).unwrap();

/// The keys that were used last, by the look-up item that their digest names, and the licenses, by their own.
#[derive(Debug)]
pub struct Trails(Mutex<LruCache<Key, Whereabouts>>);

impl Default for Trails {
    fn default() -> Self {
        // It grows as it is filled.
        let mut cache = LruCache::unbounded();
        cache.resize(MOST);
        Self(Mutex::new(cache))
    }
}

impl Trails {
    /// Where an item led the last time.
    #[must_use]
    pub fn of(&self, item: &Key) -> Option<Whereabouts> {
        self.0.lock().ok()?.get(item).copied()
    }

    /// Remembers where an item leads.
    pub fn remember(&self, item: Key, at: Whereabouts) {
        if let Ok(mut cache) = self.0.lock() {
            cache.put(item, at);
        }
    }
}
