//! What jobs do to licenses that stay.

use super::{BATCH, Purge};
use crate::domain::license::{License, schedule};
use crate::ids::Id;
use crate::store::keys::Within;
use crate::store::{StoreError, Unit};

impl Purge<'_> {
    /// Brings the licenses of a policy before the sweep of check-ins, which sees when they are due now; whether the
    /// budget sufficed.
    pub(super) async fn look_at_check_ins(&self, policy: Id, budget: &mut usize) -> Result<bool, StoreError> {
        let sources = self.sources::<License>(Within::Parent(policy)).await?;
        let mut round = self.round(&sources, BATCH);
        while let Some(entries) = round.next(budget).await? {
            let mut unit = Unit::new();
            entries.iter().for_each(|entry| schedule::look_at_check_in(&mut unit, self.account, entry.id));
            super::settle(unit.commit(self.store).await)?;
        }
        Ok(!round.broke_off)
    }
}
