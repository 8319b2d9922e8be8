//! Records named in paths: found inside what the bearer can see, else 404 (spec 01 §3.2, §3.8).

use super::context::Ctx;
use super::error::{Error, Result};
use crate::ids::{Id, parse_id};
use crate::store::{Consistency, Key, Stored, item, unit};

impl Ctx {
    /// The record of this id, as far as the current environment shows it.
    ///
    /// # Errors
    /// 404 naming the identifier as given.
    pub async fn find<R: Stored>(&self, identifier: &str) -> Result<R> {
        self.find_by(identifier, None).await
    }

    /// The record of this id or alias, as far as the current environment shows it; the oldest if
    /// several match. `alias` is the item that names the alias's holder.
    ///
    /// # Errors
    /// 404 naming the identifier as given.
    pub async fn find_by<R: Stored>(&self, identifier: &str, alias: Option<Key>) -> Result<R> {
        let by_id = async {
            match parse_id(identifier) {
                Some(id) => self.visible(id).await,
                None => Ok(None),
            }
        };
        let by_alias = async {
            match &alias {
                Some(alias) => self.holder(alias).await,
                None => Ok(None),
            }
        };
        let (mut found, holder): (Option<R>, _) = futures::try_join!(by_id, by_alias)?;
        if let Some(holder) = holder {
            let other: Option<R> = self.visible(holder).await?;
            found = match (found, other) {
                (Some(a), Some(b)) => Some(if b.created() < a.created() { b } else { a }),
                (a, b) => a.or(b),
            };
        }
        found.ok_or_else(|| Error::not_found(R::DEFINITION.noun, identifier))
    }

    /// Who an alias names.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn holder(&self, alias: &Key) -> Result<Option<Id>> {
        let item = self.store.item(alias, Consistency::Strong).await?;
        Ok(item.as_ref().and_then(|item| item::text(item, unit::CLAIM_HOLDER)).and_then(parse_id))
    }

    /// A record by its id, if the current environment shows it.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn visible<R: Stored>(&self, id: Id) -> Result<Option<R>> {
        let found = self.store.get::<R>(self.account(), id).await?;
        Ok(found.filter(|record| !R::DEFINITION.environments || self.sees(record.environment())))
    }
}
