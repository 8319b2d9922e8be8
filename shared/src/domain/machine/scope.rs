//! Which machines, components and processes a bearer sees (spec 06 §2.2, §2.3).

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::view::{self, ComponentView};
use super::{Component, Machine, MachineView, Process, ProcessView};
use crate::auth::bearer::Bearer;
use crate::domain::license::holding::{self, Holding};
use crate::domain::license::{LicenseView, scope as licenses};
use crate::domain::resource::Resource;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::ids::{Id, parse_id};
use crate::store::unit::CLAIM_HOLDER;
use crate::store::{Consistency, Item, Key, StoreError, Stored, annex, item, keys};

/// How many machines that share a fingerprint are looked at.
const MOST_NAMESAKES: usize = 1000;
/// How many licenses are asked for a user at a time.
const AT_ONCE: usize = 16;

/// The machine of this id or fingerprint, inside what the bearer sees.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find(ctx: &Ctx, identifier: &str) -> Result<MachineView> {
    let seen = seen(ctx, named(ctx, identifier).await?).await?;
    oldest(seen, identifier)
}

/// The machine of this id or fingerprint among those that pass a test, whoever sees them: where a
/// parent decides on that.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find_among(ctx: &Ctx, identifier: &str, passes: impl Fn(&MachineView) -> bool) -> Result<MachineView> {
    let mut found = views(ctx, named(ctx, identifier).await?).await?;
    found.retain(passes);
    oldest(found, identifier)
}

fn oldest(found: Vec<MachineView>, identifier: &str) -> Result<MachineView> {
    let oldest = found.into_iter().min_by_key(|view| (view.machine.created, view.machine.id));
    oldest.ok_or_else(|| Error::not_found("machine", identifier))
}

/// Machines of the current environment that have this id or fingerprint. An id is rarely a fingerprint too: that is
/// looked at cheaply, and once more where nothing has the id.
async fn named(ctx: &Ctx, identifier: &str) -> Result<Vec<Machine>> {
    let Some(id) = parse_id(identifier) else { return sharing(ctx, identifier, Consistency::Strong).await };
    let (by_id, mut found) =
        futures::try_join!(ctx.visible::<Machine>(id), sharing(ctx, identifier, Consistency::Eventual))?;
    if by_id.is_none() && found.is_empty() {
        found = sharing(ctx, identifier, Consistency::Strong).await?;
    }
    found.extend(by_id.filter(|machine| !found.iter().any(|other| other.id == machine.id)));
    Ok(found)
}

/// Machines of the current environment that have this fingerprint.
///
/// # Errors
/// When the table cannot be read.
pub async fn sharing(ctx: &Ctx, fingerprint: &str, consistency: Consistency) -> Result<Vec<Machine>> {
    if let Bearer::License(bearer) = &ctx.bearer {
        // It sees no other than its own, which its own partition names.
        let key = keys::fingerprint(ctx.account(), bearer.license.id, fingerprint);
        let annex = ctx.store.item(&key, consistency).await?;
        return Ok(match annex.as_ref().and_then(holder) {
            Some(id) => ctx.visible::<Machine>(id).await?.into_iter().collect(),
            None => Vec::new(),
        });
    }
    let head = keys::namesakes(ctx.account(), Machine::DEFINITION.kind, fingerprint);
    let namesakes = ctx.store.range(&head.pk, "0", "~", consistency).await?;
    let ids: Vec<Id> = namesakes.iter().filter_map(holder).take(MOST_NAMESAKES).collect();
    let mut machines: Vec<Machine> = ctx.store.get_many(ctx.account(), &ids).await?;
    machines.retain(|machine| ctx.sees(machine.environment));
    Ok(machines)
}

/// The machine that an item leads to.
fn holder(found: &Item) -> Option<Id> {
    item::text(found, CLAIM_HOLDER).and_then(parse_id)
}

/// Adds to machines what they are shown with. Those of one license are the rule, and it is read beside their
/// heartbeats.
///
/// # Errors
/// When the table cannot be read.
pub async fn views(ctx: &Ctx, machines: Vec<Machine>) -> Result<Vec<MachineView>> {
    let Some(id) = machines.first().map(|machine| machine.license) else { return Ok(Vec::new()) };
    if machines.iter().any(|machine| machine.license != id) {
        return Ok(view::views(&ctx.store, ctx.account(), machines).await?);
    }
    let (machines, license) = futures::try_join!(ctx.store.joined(machines), license(ctx, id))?;
    let Some(license) = license else { return Ok(Vec::new()) };
    Ok(machines.into_iter().map(|machine| MachineView::new(machine, license.clone())).collect())
}

/// A license by its id, whoever sees it. One that acts for itself is at hand.
///
/// # Errors
/// When the table cannot be read.
pub(super) async fn license(ctx: &Ctx, id: Id) -> Result<Option<LicenseView>, StoreError> {
    match &ctx.bearer {
        Bearer::License(bearer) if bearer.license.id == id => Ok(Some(Holding::from(&**bearer).view)),
        _ => Ok(holding::by_id(ctx, id).await?.map(|found| found.view)),
    }
}

/// Those of the machines that the bearer sees.
///
/// # Errors
/// When the table cannot be read.
pub async fn seen(ctx: &Ctx, machines: Vec<Machine>) -> Result<Vec<MachineView>> {
    let found = stream::iter(views(ctx, machines).await?).map(|view| async move {
        let sees = licenses::sees(ctx, &view.license.license).await?;
        Ok::<_, Error>(sees.then_some(view))
    });
    let found: Vec<Option<MachineView>> = found.buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// A record that hangs on a machine.
pub trait Part: Stored {
    /// What it is shown as.
    type View;
    /// Its machine.
    fn machine(&self) -> Id;
    /// Its machine's license.
    fn license(&self) -> Id;
    /// Where its machine's heartbeat is, as far as it knows.
    fn heart(&self) -> Option<Key>;
    /// The record with its machine.
    fn with(self, machine: MachineView) -> Self::View;
}

impl Part for Component {
    type View = ComponentView;

    fn machine(&self) -> Id {
        self.machine
    }

    fn license(&self) -> Id {
        self.license
    }

    fn heart(&self) -> Option<Key> {
        None
    }

    fn with(self, machine: MachineView) -> ComponentView {
        ComponentView { component: self, machine }
    }
}

impl Part for Process {
    type View = ProcessView;

    fn machine(&self) -> Id {
        self.machine
    }

    fn license(&self) -> Id {
        self.license
    }

    fn heart(&self) -> Option<Key> {
        Some(keys::fingerprint(self.account, self.license, &self.fingerprint))
    }

    fn with(self, machine: MachineView) -> ProcessView {
        ProcessView::new(self, machine)
    }
}

/// The component or process of this id, inside what the bearer sees.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find_part<P: Part>(ctx: &Ctx, identifier: &str) -> Result<P::View> {
    let missing = || Error::not_found(P::DEFINITION.noun, identifier);
    let part: P = ctx.find(identifier).await?;
    let heart = async {
        match part.heart() {
            Some(key) => ctx.store.item(&key, Consistency::Strong).await,
            None => Ok(None),
        }
    };
    let machine = ctx.store.get::<Machine>(ctx.account(), part.machine());
    let (machine, heart, license) = futures::try_join!(machine, heart, license(ctx, part.license()))?;
    let (machine, license) = machine.zip(license).ok_or_else(missing)?;
    let joined = match heart {
        Some(heart) => annex::join(&machine, &heart)?,
        None => ctx.store.joined(vec![machine]).await?.pop(),
    };
    let view = MachineView::new(joined.ok_or_else(missing)?, license);
    if licenses::sees(ctx, &view.license.license).await? { Ok(part.with(view)) } else { Err(missing()) }
}

/// The component or process of this id on a machine.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find_part_of<P: Part>(ctx: &Ctx, machine: &MachineView, identifier: &str) -> Result<P::View> {
    let part: P = ctx.find(identifier).await?;
    if part.machine() != machine.machine.id {
        return Err(Error::not_found(P::DEFINITION.noun, identifier));
    }
    Ok(part.with(machine.clone()))
}

/// Adds to components or processes their machines; what is going is left out.
///
/// # Errors
/// When the table cannot be read.
pub async fn part_views<P: Part>(ctx: &Ctx, parts: Vec<P>) -> Result<Vec<P::View>> {
    let mut ids: Vec<Id> = parts.iter().map(Part::machine).collect();
    ids.sort_unstable();
    ids.dedup();
    let machines = views(ctx, ctx.store.get_many(ctx.account(), &ids).await?).await?;
    let of = |part: P| {
        let machine = machines.iter().find(|view| view.machine.id == part.machine())?.clone();
        Some(part.with(machine))
    };
    Ok(parts.into_iter().filter_map(of).collect())
}
