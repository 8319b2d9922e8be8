//! What a job does to the links of an entitlement whose code changed.

use super::{BATCH, Purge};
use crate::domain::entitlement::{AttachedEntitlement as _, Entitlement, LicenseEntitlement, PolicyEntitlement};
use crate::domain::resource::Resource as _;
use crate::ids::Id;
use crate::store::StoreError;
use crate::store::keys::Within;
use crate::store::list::Sources;

impl Purge<'_> {
    /// Brings an entitlement's code to its links; whether the budget sufficed.
    pub(super) async fn recode(&self, id: Id, budget: &mut usize) -> Result<bool, StoreError> {
        let environments = self.environments().await?;
        for kind in [LicenseEntitlement::DEFINITION.kind, PolicyEntitlement::DEFINITION.kind] {
            let sources = Sources::of(self.account, &environments, Within::Parent(id), kind);
            let mut round = self.round(&sources, BATCH);
            while let Some(entries) = round.next(budget).await? {
                // Read after the list: a later renaming leaves a job of its own.
                let Some(entitlement) = self.store.get::<Entitlement>(self.account, id).await? else { return Ok(true) };
                let code = entitlement.code.as_str();
                for entry in &entries {
                    if kind == LicenseEntitlement::DEFINITION.kind {
                        self.rewrite(&entry.key, |link: LicenseEntitlement| link.recoded(code)).await?;
                    } else {
                        self.rewrite(&entry.key, |link: PolicyEntitlement| link.recoded(code)).await?;
                    }
                }
            }
            if round.broke_off {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
