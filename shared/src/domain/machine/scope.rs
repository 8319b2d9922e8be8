//! Which machines, components and processes a bearer sees (spec 06 §2.2, §2.3).

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::view::{self, ComponentView};
use super::{Component, Machine, MachineView, Process, ProcessView};
use crate::auth::bearer::Bearer;
use crate::domain::license::{LicenseView, scope as licenses};
use crate::domain::resource::Resource;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::ids::{Id, parse_id};
use crate::store::unit::CLAIM_HOLDER;
use crate::store::{Consistency, Stored, item, keys};

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

/// Machines of the current environment that have this id or fingerprint.
async fn named(ctx: &Ctx, identifier: &str) -> Result<Vec<Machine>> {
    let by_id = async {
        match parse_id(identifier) {
            Some(id) => ctx.visible::<Machine>(id).await,
            None => Ok(None),
        }
    };
    let (by_id, mut found) = futures::try_join!(by_id, sharing(ctx, identifier))?;
    found.extend(by_id.filter(|machine| !found.iter().any(|other| other.id == machine.id)));
    Ok(found)
}

/// Machines of the current environment that have this fingerprint.
///
/// # Errors
/// When the table cannot be read.
pub async fn sharing(ctx: &Ctx, fingerprint: &str) -> Result<Vec<Machine>> {
    if let Bearer::License(bearer) = &ctx.bearer {
        // It sees no other than its own, which its own partition names.
        let key = keys::fingerprint(ctx.account(), bearer.license.id, fingerprint);
        let holder = ctx.holder(&key).await?;
        return Ok(match holder {
            Some(id) => ctx.visible::<Machine>(id).await?.into_iter().collect(),
            None => Vec::new(),
        });
    }
    let head = keys::namesakes(ctx.account(), Machine::DEFINITION.kind, fingerprint);
    let namesakes = ctx.store.range(&head.pk, "0", "~", Consistency::Strong).await?;
    let ids: Vec<Id> = namesakes
        .iter()
        .filter_map(|namesake| item::text(namesake, CLAIM_HOLDER).and_then(parse_id))
        .take(MOST_NAMESAKES)
        .collect();
    let mut machines: Vec<Machine> = ctx.store.get_many(ctx.account(), &ids).await?;
    machines.retain(|machine| ctx.sees(machine.environment));
    Ok(machines)
}

/// Adds to machines what they are shown with. A license that acts for itself has its own at hand.
///
/// # Errors
/// When the table cannot be read.
pub async fn views(ctx: &Ctx, machines: Vec<Machine>) -> Result<Vec<MachineView>> {
    let Bearer::License(bearer) = &ctx.bearer else {
        return Ok(view::views(&ctx.store, ctx.account(), machines).await?);
    };
    if machines.iter().any(|machine| machine.license != bearer.license.id) {
        return Ok(view::views(&ctx.store, ctx.account(), machines).await?);
    }
    let license =
        LicenseView { license: bearer.license.clone(), policy: bearer.policy.clone(), owner: bearer.owner.clone() };
    let machines = ctx.store.joined(machines).await?;
    Ok(machines.into_iter().map(|machine| MachineView::new(machine, license.clone())).collect())
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
    /// The record with its machine.
    fn with(self, machine: MachineView) -> Self::View;
}

impl Part for Component {
    type View = ComponentView;

    fn machine(&self) -> Id {
        self.machine
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
    let machine = ctx.store.get::<Machine>(ctx.account(), part.machine()).await?.ok_or_else(missing)?;
    let view = seen(ctx, vec![machine]).await?.pop().ok_or_else(missing)?;
    Ok(part.with(view))
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
