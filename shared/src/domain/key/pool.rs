//! Taking keys out of a policy's pool (spec 04 §3.15).
//!
//! A key leaves its pool in the transaction that uses it, on the condition that it is still there;
//! whoever loses the race for it draws the next one. So each key is handed out once, however many
//! ask. Candidates come from a list, which may not yet show a key that was added a moment ago.
//!
//! ```ignore
//! let mut draw = pool::draw(ctx, &policy);
//! while let Some(key) = draw.next().await? {
//!     let mut unit = Unit::new();
//!     pool::take(&mut unit, &key);
//!     // … what the key is used for
//!     match ctx.commit(unit, event).await {
//!         Err(error) if pool::lost(&error) => continue,
//!         outcome => return Ok(outcome.map(|()| key).map_err(refusal::<PoolKey>)?),
//!     }
//! }
//! // The pool is empty.
//! ```

use super::PoolKey;
use crate::domain::policy::Policy;
use crate::domain::resource::Resource;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::ids::Id;
use crate::store::keys::Within;
use crate::store::list::{Order, Sources, Walk};
use crate::store::unit::{CommitError, Condition, Reason};
use crate::store::{Stored, Unit};

/// How many candidates are looked at together.
const WINDOW: usize = 25;
/// Somebody else took the key first.
const LOST: Reason = Reason::Failed("pool key");

/// Keys being drawn from a pool.
#[derive(Debug)]
pub struct Draw<'a> {
    ctx: &'a Ctx,
    walk: Walk<'a>,
    candidates: Vec<PoolKey>,
    drawn: bool,
}

/// Starts to draw from the keys of a policy's pool that the current environment shows: the newest
/// first, and after a lost race any of the next ones, so that many who draw at once spread out.
#[must_use]
pub fn draw<'a>(ctx: &'a Ctx, policy: &Policy) -> Draw<'a> {
    let within = Within::Parent(policy.id);
    let sources = Sources::of(ctx.account(), &ctx.environments(), within, PoolKey::DEFINITION.kind);
    let walk = ctx.store.walk(&sources, Order::Descending, None);
    Draw { ctx, walk, candidates: Vec::new(), drawn: false }
}

impl Draw<'_> {
    /// The next key to try; none when the pool is empty.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn next(&mut self) -> Result<Option<PoolKey>> {
        loop {
            if self.candidates.is_empty() {
                let entries = self.walk.next(WINDOW).await?;
                if entries.is_empty() {
                    return Ok(None);
                }
                let ids: Vec<Id> = entries.iter().map(|entry| entry.id).collect();
                self.candidates = self.ctx.store.get_many(self.ctx.account(), &ids).await?;
                continue;
            }
            if !std::mem::replace(&mut self.drawn, true) {
                return Ok(Some(self.candidates.remove(0)));
            }
            let at = rand::random_range(0..self.candidates.len());
            let candidate = self.candidates.swap_remove(at);
            // A look is cheaper than a transaction that fails.
            if let Some(key) = self.ctx.store.get(self.ctx.account(), candidate.id).await? {
                return Ok(Some(key));
            }
        }
    }
}

/// Makes a unit of work remove a key from its pool, if it is still there.
pub fn take(unit: &mut Unit, key: &PoolKey) {
    unit.require(&key.key(), Condition::Exists, LOST);
    unit.remove(key);
}

/// Whether a unit was not carried out because somebody else took the key first.
#[must_use]
pub fn lost(error: &CommitError) -> bool {
    matches!(error, CommitError::Refused(refused) if refused.has(&LOST))
}
