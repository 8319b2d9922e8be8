//! Lists of machines, components and processes, and their filters (spec 06 §2.7).
//!
//! What a list is restricted to chooses the index that is read; the rest is tested on what comes of it.

use super::heartbeat::HeartbeatStatus;
use super::scope::{self, Part};
use super::view::ComponentView;
use super::{Component, Machine, MachineView, Process, ProcessView};
use crate::auth::bearer::Bearer;
use crate::clock::Time;
use crate::domain::attribute::Metadata;
use crate::domain::license::scope as licenses;
use crate::domain::metadata;
use crate::domain::policy::Policy;
use crate::domain::resource::Resource;
use crate::domain::user::User;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::http::listing::{List, Listed, Page};
use crate::ids::{Id, parse_id};
use crate::store::keys::{self, Within};
use crate::store::list::Sources;
use crate::store::{Consistency, item};

/// Where a list is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// Everything the bearer sees.
    Bearer,
    /// Under a license.
    License(Id),
    /// Under a product.
    Product(Id),
    /// Under a user: of the licenses it owns or is attached to.
    User(Id),
    /// Under a group.
    Group(Id),
    /// Under a machine.
    Machine(Id),
}

/// The filters of `GET /machines`.
pub const OF_MACHINES: &[&str] = &[
    "fingerprint",
    "ip",
    "hostname",
    "status",
    "product",
    "policy",
    "license",
    "group",
    "key",
    "owner",
    "user",
    "metadata",
];
/// The filters of `GET /components`.
pub const OF_COMPONENTS: &[&str] = &["product", "machine", "license", "owner", "user"];
/// The filters of `GET /processes`.
pub const OF_PROCESSES: &[&str] = &["product", "machine", "license", "owner", "user", "status"];

/// What a list holds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// A filter that nothing passes.
    nothing: bool,
    fingerprint: Option<String>,
    ip: Option<String>,
    hostname: Option<String>,
    status: Option<HeartbeatStatus>,
    product: Option<Id>,
    policy: Option<Id>,
    license: Option<Id>,
    group: Option<Id>,
    machine: Option<Id>,
    owner: Option<Id>,
    /// The licenses of the user asked for.
    licenses: Option<Vec<Id>>,
    metadata: Option<Metadata>,
}

impl Filter {
    /// The filters of these names that a request brings.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn of(ctx: &Ctx, names: &[&str]) -> Result<Self> {
        let given = |name: &str| names.contains(&name).then(|| ctx.query.scalar(name)).flatten();
        let text = |name: &str| given(name).map(str::to_owned);
        let mut filter = Self {
            fingerprint: text("fingerprint"),
            ip: text("ip"),
            hostname: text("hostname"),
            metadata: names.contains(&"metadata").then(|| metadata::wanted(&ctx.query)).flatten(),
            ..Self::default()
        };
        if let Some(status) = given("status") {
            filter.status = HeartbeatStatus::from_filter(status);
            filter.nothing |= filter.status.is_none();
        }
        let mut nothing = false;
        let mut id = |name: &str| {
            let id = given(name).map(parse_id);
            nothing |= id == Some(None);
            id.flatten()
        };
        (filter.product, filter.policy, filter.group) = (id("product"), id("policy"), id("group"));
        (filter.license, filter.machine) = (id("license"), id("machine"));
        filter.nothing |= nothing;
        if let Some(key) = given("key") {
            let found = ctx.store.item(&keys::license_key(ctx.account(), key), Consistency::Strong).await?;
            let license = found.as_ref().and_then(|found| item::text(found, "license")).and_then(parse_id);
            filter.nothing |= license.is_none() || filter.license.is_some_and(|other| license != Some(other));
            filter.license = license;
        }
        if let Some(name) = given("owner") {
            filter.owner = user(ctx, name).await?;
            filter.nothing |= filter.owner.is_none();
        }
        if let Some(name) = given("user") {
            let licenses = match user(ctx, name).await? {
                Some(id) => licenses::of_user(ctx, id).await?.into_iter().map(|license| license.id).collect(),
                None => Vec::new(),
            };
            filter.nothing |= licenses.is_empty();
            filter.licenses = Some(licenses);
        }
        Ok(filter)
    }

    /// Whether it is no filter at all.
    fn is_empty(&self) -> bool {
        let texts = [&self.fingerprint, &self.ip, &self.hostname];
        let ids = [self.product, self.policy, self.license, self.group, self.machine, self.owner];
        !self.nothing
            && texts.iter().all(|text| text.is_none())
            && ids.iter().all(Option::is_none)
            && self.status.is_none()
            && self.licenses.is_none()
            && self.metadata.is_none()
    }

    /// Whether a machine passes. A part's machine is asked about all but the status.
    fn passes(&self, view: &MachineView) -> bool {
        let (machine, license) = (&view.machine, &view.license.license);
        let same = |wanted: &Option<String>, own: Option<&str>| wanted.is_none() || wanted.as_deref() == own;
        let is = |wanted: Option<Id>, own: Option<Id>| wanted.is_none() || wanted == own;
        !self.nothing
            && same(&self.fingerprint, Some(&machine.fingerprint))
            && same(&self.ip, machine.ip.as_deref())
            && same(&self.hostname, machine.hostname.as_deref())
            && is(self.product, Some(license.product))
            && is(self.policy, Some(license.policy))
            && is(self.license, Some(license.id))
            && is(self.group, machine.group)
            && is(self.machine, Some(machine.id))
            && is(self.owner, machine.owner)
            && self.licenses.as_ref().is_none_or(|licenses| licenses.contains(&license.id))
            && self.metadata.as_ref().is_none_or(|wanted| metadata::matches(&machine.metadata, wanted))
    }

    /// The list to read: the narrowest that holds all that can pass.
    async fn sources(&self, ctx: &Ctx, home: Home, kind: &str) -> Result<Sources> {
        let parts = kind != Machine::DEFINITION.kind;
        let within = |within| Sources::of(ctx.account(), &ctx.environments(), within, kind);
        // What hangs on machines is listed under the machine, and apart from that under the license.
        let of_license = if parts { Within::Owner } else { Within::Parent };
        let of_licenses = |ids: &[Id]| {
            let mut sources = Sources::default();
            for id in ids {
                sources.add(ctx.account(), &ctx.environments(), of_license(*id), kind);
            }
            sources
        };
        let of_user = |id| async move {
            let found = licenses::of_user(ctx, id).await?;
            Ok::<Vec<Id>, crate::http::error::Error>(found.into_iter().map(|license| license.id).collect())
        };
        Ok(match (home, &ctx.bearer) {
            (Home::License(id), _) => of_licenses(&[id]),
            (Home::Machine(id), _) => within(Within::Parent(id)),
            (Home::Product(id), _) => within(Within::Product(id)),
            (Home::Group(id), _) => within(Within::Group(id)),
            (Home::User(id), _) => of_licenses(&of_user(id).await?),
            (Home::Bearer, Bearer::License(bearer)) => of_licenses(&[bearer.license.id]),
            (Home::Bearer, Bearer::User(user)) if !ctx.bearer.is_staff() => of_licenses(&of_user(user.id).await?),
            (Home::Bearer, bearer) => match (self, bearer) {
                (Self { machine: Some(id), .. }, _) => within(Within::Parent(*id)),
                (Self { license: Some(id), .. }, _) => of_licenses(&[*id]),
                (Self { licenses: Some(ids), .. }, _) => of_licenses(ids),
                (Self { owner: Some(id), .. }, _) if !parts => within(Within::Owner(*id)),
                (Self { group: Some(id), .. }, _) if !parts => within(Within::Group(*id)),
                (_, Bearer::Product(product)) => within(Within::Product(product.id)),
                (Self { product: Some(id), .. }, _) => within(Within::Product(*id)),
                (Self { policy: Some(id), .. }, _) => {
                    let policy = ctx.store.get_eventual::<Policy>(ctx.account(), *id).await?;
                    policy.map_or_else(Sources::default, |policy| within(Within::Product(policy.product)))
                }
                _ => within(Within::Account),
            },
        })
    }
}

/// The user of this id or e-mail address.
async fn user(ctx: &Ctx, name: &str) -> Result<Option<Id>> {
    match parse_id(name) {
        Some(id) => Ok(Some(id)),
        None => ctx.holder(&User::by_email(ctx.account(), name)).await,
    }
}

/// A page of machines.
///
/// # Errors
/// 400 of bad paging parameters; when the table cannot be read.
pub async fn machines(ctx: &Ctx, home: Home, names: &[&str]) -> Result<Page<MachineView>> {
    let filter = Filter::of(ctx, names).await?;
    if let Some(fingerprint) = &filter.fingerprint {
        return sharing(ctx, home, &filter, fingerprint).await;
    }
    let filtered = !filter.is_empty() || home != Home::Bearer;
    let maintained = !filtered && (ctx.bearer.is_staff() || matches!(ctx.bearer, Bearer::Environment(_)));
    let list = if maintained {
        List::everything::<Machine>(ctx)
    } else {
        List::of(filter.sources(ctx, home, Machine::DEFINITION.kind).await?)
    };
    // What somebody who sees everything asks for is all tested below; other homes are told by their list.
    let all = ctx.bearer.is_staff() || matches!(ctx.bearer, Bearer::Environment(_));
    let list = match home {
        Home::Bearer if all => list.narrowed::<Machine>(ctx, filter.metadata.as_ref()).await?,
        _ => list,
    };
    let filter = &filter;
    ctx.page_of(list, filtered, |batch: Vec<Machine>| async move {
        let mut views = scope::views(ctx, batch).await?;
        views.retain(|view| filter.passes(view) && lives(filter, view, ctx.now) && is_in(ctx, home, view));
        Ok(views)
    })
    .await
}

fn lives(filter: &Filter, view: &MachineView, now: Time) -> bool {
    let dead = view.machine.pulse().is_dead(&view.policy().heartbeat(), now.timestamp());
    filter.status.is_none_or(|status| dead == (status == HeartbeatStatus::Dead))
}

/// Where a home is more than one list: under groups and users, a product sees its own only. Lists by
/// product lag behind a license that moves to another one.
fn is_in(ctx: &Ctx, home: Home, view: &MachineView) -> bool {
    let product = view.license.license.product;
    ctx.bearer.product().is_none_or(|own| own.id == product) && home_product(home).is_none_or(|id| id == product)
}

fn home_product(home: Home) -> Option<Id> {
    match home {
        Home::Product(id) => Some(id),
        _ => None,
    }
}

/// Few machines share a fingerprint: they are all read.
async fn sharing(ctx: &Ctx, home: Home, filter: &Filter, fingerprint: &str) -> Result<Page<MachineView>> {
    let found = scope::sharing(ctx, fingerprint, Consistency::Strong).await?;
    let mut views = match home {
        Home::Bearer => scope::seen(ctx, found).await?,
        _ => scope::views(ctx, found).await?,
    };
    let of_user = match home {
        Home::User(id) => Some(licenses::of_user(ctx, id).await?),
        _ => None,
    };
    views.retain(|view| {
        let license = view.license.license.id;
        let at_home = match home {
            Home::License(id) => license == id,
            Home::Group(id) => view.machine.group == Some(id),
            Home::User(_) => of_user.iter().flatten().any(|own| own.id == license),
            Home::Machine(id) => view.machine.id == id,
            Home::Product(_) | Home::Bearer => true,
        };
        at_home && filter.passes(view) && lives(filter, view, ctx.now) && is_in(ctx, home, view)
    });
    let page = ctx.page_through(views.iter().map(|view| view.machine.clone()).collect())?;
    let shown = |machine: Machine| views.iter().find(|view| view.machine.id == machine.id).cloned();
    Ok(Page {
        records: page.records.into_iter().filter_map(shown).collect(),
        links: page.links,
        complete: page.complete,
    })
}

/// A page of components.
///
/// # Errors
/// As [`machines`].
pub async fn components(ctx: &Ctx, home: Home, names: &[&str]) -> Result<Page<ComponentView>> {
    parts::<Component>(ctx, home, names, |_, _| true).await
}

/// A page of processes.
///
/// # Errors
/// As [`machines`].
pub async fn processes(ctx: &Ctx, home: Home, names: &[&str]) -> Result<Page<ProcessView>> {
    parts::<Process>(ctx, home, names, |view, status| {
        let policy = view.machine.policy().heartbeat();
        view.process.pulse().is_dead(&policy, ctx.now.timestamp()) == (status == HeartbeatStatus::Dead)
    })
    .await
}

async fn parts<P: Part>(
    ctx: &Ctx,
    home: Home,
    names: &[&str],
    has_status: impl Fn(&P::View, HeartbeatStatus) -> bool,
) -> Result<Page<P::View>>
where
    P::View: Listed + AsRef<MachineView>,
{
    let filter = Filter::of(ctx, names).await?;
    let narrow = matches!(home, Home::Machine(_));
    let everything = home == Home::Bearer && (ctx.bearer.is_staff() || matches!(ctx.bearer, Bearer::Environment(_)));
    let filtered = !filter.is_empty() || !(narrow || everything);
    let list = if everything && !filtered {
        List::everything::<P>(ctx)
    } else {
        List::of(filter.sources(ctx, home, P::DEFINITION.kind).await?)
    };
    let (filter, has_status) = (&filter, &has_status);
    ctx.page_of(list, filtered, |batch: Vec<P>| async move {
        let mut views = scope::part_views(ctx, batch).await?;
        views.retain(|view| {
            let machine = view.as_ref();
            filter.passes(machine)
                && filter.status.is_none_or(|status| has_status(view, status))
                && is_in(ctx, home, machine)
        });
        Ok(views)
    })
    .await
}
