//! Attaching entitlements to policies and licenses, and detaching them (spec 04 §2.3, §2.6).

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{AttachedEntitlement, Entitlement, LicenseEntitlement, PolicyEntitlement};
use crate::domain::attribute::Reference;
use crate::domain::license::License;
use crate::domain::model::Failures;
use crate::domain::policy::Policy;
use crate::domain::resource::Resource;
use crate::domain::{body, lots};
use crate::events::Event;
use crate::http::context::{Ctx, refusal};
use crate::http::error::{Error, Result};
use crate::ids::{Id, new_id, parse_id};
use crate::jsonapi::document::{self, Extras};
use crate::jsonapi::schema;
use crate::store::unit::{CommitError, Condition, Reason};
use crate::store::{Store, StoreError, Stored, Unit, keys};

/// An entitlement that was deleted while it was being attached.
const DELETED: &str = "entitlement";

/// What entitlements are attached to.
pub trait Holder: Stored {
    /// The link between it and an entitlement, which stands in its partition.
    type Link: AttachedEntitlement;
}

impl Holder for Policy {
    type Link = PolicyEntitlement;
}

impl Holder for License {
    type Link = LicenseEntitlement;
}

/// The links of a holder, in no order.
///
/// # Errors
/// When the table cannot be read.
pub async fn links<H: Holder>(store: &Store, account: Id, holder: Id) -> Result<Vec<H::Link>, StoreError> {
    store.satellites(&keys::record(account, H::DEFINITION.kind, holder), keys::ENTITLEMENTS).await
}

/// The entitlements that a body names, in its order.
#[derive(Clone, Debug)]
pub struct Named {
    ids: Vec<Id>,
    known: HashMap<Id, Entitlement>,
}

impl Named {
    /// Reads them from the request.
    ///
    /// # Errors
    /// 400 of a body of another shape; when the table cannot be read.
    pub async fn read(ctx: &Ctx) -> Result<Self> {
        let data = ctx.decode(&schema::attach(&[body::names("entitlements")]))?;
        let linkages = data.as_array().into_iter().flatten();
        let ids: Vec<Id> =
            linkages.filter_map(|linkage| linkage.get("id").and_then(Value::as_str).and_then(parse_id)).collect();
        let known = ctx.store.get_many::<Entitlement>(ctx.account(), &ids).await?;
        Ok(Self { ids, known: known.into_iter().map(|entitlement| (entitlement.id, entitlement)).collect() })
    }

    /// The environments of those that exist.
    pub fn environments(&self) -> impl Iterator<Item = Option<Id>> {
        self.known.values().map(|entitlement| entitlement.environment)
    }

    /// The first that cannot be attached beside `held` and `inherited`.
    fn unattachable(&self, held: &[Id], inherited: &[Id]) -> Failures {
        let mut failures = Failures::default();
        for (at, id) in self.ids.iter().enumerate() {
            if !self.known.contains_key(id) {
                failures.must_exist("entitlement");
            } else if held.contains(id) || self.ids[..at].contains(id) {
                failures.push("entitlement", "TAKEN", "already exists");
            } else if inherited.contains(id) {
                failures.push("entitlement", "CONFLICT", "already exists (entitlement is attached through policy)");
            }
            if !failures.is_empty() {
                break;
            }
        }
        failures
    }

    /// The position of the first that is not among `held`, or that is named a second time.
    fn undetachable(&self, held: &[Id]) -> Option<usize> {
        let mut named = self.ids.iter().enumerate();
        named.find(|(at, id)| !held.contains(id) || self.ids[..*at].contains(id)).map(|(at, _)| at)
    }

    fn not_attached(&self, at: usize) -> Error {
        let id = self.ids.get(at).map(ToString::to_string).unwrap_or_default();
        Error::unprocessable(format!("entitlement '{id}' is not attached")).pointer(format!("/data/{at}"))
    }
}

/// Attaches all of `named` to a holder, or none. `inherited` is what it holds already through another record.
///
/// # Errors
/// 422 of the first that does not exist, is attached already, or is inherited.
pub async fn attach<H: Holder>(
    ctx: &Ctx,
    holder: &H,
    named: &Named,
    inherited: &[Id],
    event: &str,
) -> Result<Vec<H::Link>> {
    let held = links::<H>(&ctx.store, ctx.account(), holder.id()).await?;
    let held: Vec<Id> = held.iter().map(AttachedEntitlement::entitlement).collect();
    named.unattachable(&held, inherited).result::<H::Link>()?;

    let environment = ctx.environment_id().or(holder.environment());
    let links: Vec<H::Link> = named
        .ids
        .iter()
        .filter_map(|id| named.known.get(id))
        .map(|entitlement| {
            H::Link::draft(new_id(), ctx.account(), environment, ctx.now).between(holder.id(), entitlement)
        })
        .collect();
    let event = event_about(ctx, holder, event, &links);
    let attach = |unit: &mut Unit, lot: &[H::Link], _: usize| {
        unit.require(&holder.key(), Condition::Exists, Reason::Gone);
        for link in lot {
            unit.insert(link);
            let entitlement = keys::record(ctx.account(), Entitlement::DEFINITION.kind, link.entitlement());
            unit.require(&entitlement, Condition::Exists, Reason::Failed(DELETED));
        }
    };
    lots::write(ctx, &links, event, attach, Unit::remove).await.map_err(|error| {
        let mut failures = Failures::default();
        match &error {
            CommitError::Refused(refused) if refused.has(&Reason::Failed(DELETED)) => {
                failures.must_exist("entitlement");
            }
            CommitError::Refused(refused) if refused.has(&Reason::Exists) => {
                failures.push("entitlement", "TAKEN", "already exists");
            }
            _ => return refusal::<H>(error),
        }
        failures.error::<H::Link>()
    })?;
    Ok(links)
}

/// Detaches all of `named` from a holder, or none. `inherited` is what it holds through another record.
///
/// # Errors
/// 403 of the first that is inherited, else 422 of the first that is not attached or comes twice.
pub async fn detach<H: Holder>(ctx: &Ctx, holder: &H, named: &Named, inherited: &[Id], event: &str) -> Result<()> {
    if let Some(at) = named.ids.iter().position(|id| inherited.contains(id)) {
        let reason = format!("entitlement '{}' is attached through policy", named.ids[at]);
        return Err(Error::forbidden(&reason).pointer(format!("/data/{at}")));
    }
    let held = links::<H>(&ctx.store, ctx.account(), holder.id()).await?;
    let ids: Vec<Id> = held.iter().map(AttachedEntitlement::entitlement).collect();
    if let Some(at) = named.undetachable(&ids) {
        return Err(named.not_attached(at));
    }
    let detached: Vec<H::Link> = held.into_iter().filter(|link| named.ids.contains(&link.entitlement())).collect();
    let event = event_about(ctx, holder, event, &detached);
    let detach = |unit: &mut Unit, lot: &[H::Link], _: usize| lot.iter().for_each(|link| unit.remove(link));
    match lots::write(ctx, &detached, event, detach, Unit::insert).await {
        Err(CommitError::Refused(_)) => {
            // Somebody else detached one of them meanwhile.
            let left = links::<H>(&ctx.store, ctx.account(), holder.id()).await?;
            let left: Vec<Id> = left.iter().map(AttachedEntitlement::entitlement).collect();
            Err(named.not_attached(named.undetachable(&left).unwrap_or(0)))
        }
        outcome => outcome.map_err(refusal::<H>),
    }
}

fn event_about<H: Holder>(ctx: &Ctx, holder: &H, name: &str, links: &[H::Link]) -> Event {
    let payload = links.iter().map(document).collect();
    let subject = Reference::new(H::DEFINITION.kind, holder.id());
    let mut event = ctx.event(name, holder.environment(), subject, payload);
    let codes: Vec<&str> = links.iter().map(AttachedEntitlement::code).collect();
    event.metadata.insert("codes".to_owned(), json!(codes));
    event
}

/// The resource object of a link.
#[must_use]
pub fn document<L: AttachedEntitlement>(link: &L) -> Value {
    document::resource(link, &Extras::default().related(link.related()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;

    fn named(ids: &[Id], known: &[Id]) -> Named {
        let entitlement = |id: &Id| (*id, Entitlement::draft(*id, Id::nil(), None, Time::default()));
        Named { ids: ids.to_vec(), known: known.iter().map(entitlement).collect() }
    }

    #[test]
    fn what_can_be_attached() {
        let [a, b, c] = [new_id(), new_id(), new_id()];
        assert!(named(&[a, b], &[a, b]).unattachable(&[c], &[]).is_empty());
        let codes = |named: &Named, held: &[Id], inherited: &[Id]| {
            let error = named.unattachable(held, inherited).error::<LicenseEntitlement>();
            error.errors.iter().filter_map(|one| one.code.clone()).collect::<Vec<_>>()
        };
        assert_eq!(codes(&named(&[a, b], &[a]), &[], &[]), ["ENTITLEMENT_NOT_FOUND"]);
        assert_eq!(codes(&named(&[a, b], &[a, b]), &[b], &[a]), ["ENTITLEMENT_CONFLICT"], "the first one decides");
        assert_eq!(codes(&named(&[a, b], &[a, b]), &[b], &[]), ["ENTITLEMENT_TAKEN"]);
        assert_eq!(codes(&named(&[a, a], &[a]), &[], &[]), ["ENTITLEMENT_TAKEN"]);
    }

    #[test]
    fn what_can_be_detached() {
        let [a, b, c] = [new_id(), new_id(), new_id()];
        assert_eq!(named(&[a, b], &[]).undetachable(&[a, b, c]), None);
        assert_eq!(named(&[a, b], &[]).undetachable(&[a]), Some(1));
        assert_eq!(named(&[a, a], &[]).undetachable(&[a]), Some(1), "one named twice");
        let error = named(&[a, b], &[]).not_attached(1);
        assert_eq!(error.errors[0].source, Some(crate::http::error::Source::Pointer("/data/1".to_owned())));
    }
}
