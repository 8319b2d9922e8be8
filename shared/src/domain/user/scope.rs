//! Which users a bearer sees (spec 03 §2.2).

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::User;
use super::filter::Filter;
use super::view::{self, Evidence};
use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;
use crate::domain::license::{License, scope as licenses};
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::http::listing::{List, Page};
use crate::ids::Id;
use crate::store::keys::{self, Within};
use crate::store::list::{Order, Sources};
use crate::store::{Consistency, Key};

/// How many licenses of a product are looked at for their users.
const MOST_LICENSES: usize = 10_000;
/// How many licenses are asked for their licensees at a time.
const AT_ONCE: usize = 16;

/// The user of this id or e-mail address, inside what the bearer sees.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find(ctx: &Ctx, identifier: &str) -> Result<User> {
    let user: User = ctx.find_by(identifier, Some(User::by_email(ctx.account(), identifier))).await?;
    if sees(ctx, &user).await? { Ok(user) } else { Err(Error::not_found("user", identifier)) }
}

/// Whether the bearer sees a user that the current environment shows.
///
/// # Errors
/// When the table cannot be read.
pub async fn sees(ctx: &Ctx, user: &User) -> Result<bool> {
    Ok(match &ctx.bearer {
        Bearer::Anonymous => false,
        Bearer::Environment(_) => true,
        Bearer::Product(_) => user.role == Role::User,
        Bearer::License(bearer) => licenses::is_user(ctx, &bearer.license, user.id).await?,
        Bearer::User(_) if ctx.bearer.is_staff() => true,
        Bearer::User(own) => own.id == user.id || are_teammates(ctx, own.id, user.id).await?,
    })
}

/// Whether two users share a license, in either capacity.
///
/// # Errors
/// When the table cannot be read.
pub async fn are_teammates(ctx: &Ctx, one: Id, other: Id) -> Result<bool> {
    let shared = licenses::of_user(ctx, one).await?;
    if shared.iter().any(|license| license.owner == Some(other)) {
        return Ok(true);
    }
    let attached = |license: &License| keys::attached_user(ctx.account(), "licenses", license.id, other);
    let links: Vec<Key> = shared.iter().map(attached).collect();
    Ok(!ctx.store.items(&links, Consistency::Strong).await?.is_empty())
}

/// A user and everybody it shares a license with.
///
/// # Errors
/// When the table cannot be read.
pub async fn team(ctx: &Ctx, user: Id) -> Result<Vec<Id>> {
    let mut team = of_licenses(ctx, &licenses::of_user(ctx, user).await?).await?;
    team.push(user);
    Ok(distinct(team))
}

/// The users of a license: its owner and its licensees.
///
/// # Errors
/// When the table cannot be read.
pub async fn of_license(ctx: &Ctx, license: &License) -> Result<Vec<Id>> {
    of_licenses(ctx, std::slice::from_ref(license)).await
}

/// The distinct users of a product's licenses, as far as the current environment shows them; of its
/// newest 10,000 licenses.
///
/// # Errors
/// When the table cannot be read.
pub async fn of_product(ctx: &Ctx, product: Id) -> Result<Vec<Id>> {
    let sources = Sources::of(ctx.account(), &ctx.environments(), Within::Product(product), "licenses");
    let entries = ctx.store.walk(&sources, Order::Descending, None).next(MOST_LICENSES).await?;
    let ids: Vec<Id> = entries.iter().map(|entry| entry.id).collect();
    of_licenses(ctx, &ctx.store.get_many::<License>(ctx.account(), &ids).await?).await
}

async fn of_licenses(ctx: &Ctx, found: &[License]) -> Result<Vec<Id>> {
    let mut users: Vec<Id> = found.iter().filter_map(|license| license.owner).collect();
    let shared: Vec<Id> =
        found.iter().filter(|license| license.licensees_count > 0).map(|license| license.id).collect();
    let asked = stream::iter(shared).map(|license| licenses::licensees(ctx, license)).buffer_unordered(AT_ONCE);
    let licensees: Vec<_> = asked.try_collect().await?;
    users.extend(licensees.iter().flatten().map(|link| link.user));
    Ok(distinct(users))
}

/// Each id once, in order.
fn distinct(mut ids: Vec<Id>) -> Vec<Id> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Whether a user has a license of a product.
///
/// # Errors
/// When the table cannot be read.
pub async fn has_license_of(ctx: &Ctx, user: Id, product: Id) -> Result<bool> {
    Ok(licenses::of_user(ctx, user).await?.iter().any(|license| license.product == product))
}

/// Whether a user has licenses of no product but this one: then the product may delete it.
///
/// # Errors
/// When the table cannot be read.
pub async fn is_exclusive(ctx: &Ctx, user: Id, product: Id) -> Result<bool> {
    Ok(licenses::of_user(ctx, user).await?.iter().all(|license| license.product == product))
}

/// A page of what the bearer sees and the filter lets through.
///
/// # Errors
/// 400 of bad paging parameters; when the table cannot be read.
pub async fn page(ctx: &Ctx, filter: &Filter) -> Result<Page<User>> {
    if let Some(ids) = candidates(ctx, filter).await? {
        let mut users: Vec<User> = ctx.store.get_many(ctx.account(), &ids).await?;
        users.retain(|user| ctx.sees(user.environment));
        return ctx.page_through(admitted(ctx, filter, users).await?);
    }
    let list = match (&filter.roles, filter.group) {
        (_, Some(group)) => List::within::<User>(ctx, Within::Group(group)),
        (Some(roles), None) if roles.as_slice() == [Role::Admin] => {
            let within = Within::Parent(ctx.account());
            List::of(Sources::of(ctx.account(), &ctx.environments(), within, User::ADMINS))
        }
        _ => List::everything::<User>(ctx),
    };
    let list = list.narrowed::<User>(ctx, filter.metadata.as_ref()).await?;
    let filtered = !filter.admits_all() || matches!(ctx.bearer, Bearer::Product(_));
    ctx.page_of(list, filtered, |users| admitted(ctx, filter, users)).await
}

/// The users among which the answer lies, where they are few: those of licenses.
async fn candidates(ctx: &Ctx, filter: &Filter) -> Result<Option<Vec<Id>>> {
    let mut sets = Vec::new();
    match &ctx.bearer {
        Bearer::License(bearer) => sets.push(of_license(ctx, &bearer.license).await?),
        Bearer::User(user) if user.role == Role::User => sets.push(team(ctx, user.id).await?),
        _ => {}
    }
    if let Some(license) = filter.license {
        sets.push(match ctx.visible::<License>(license).await? {
            Some(license) => of_license(ctx, &license).await?,
            None => Vec::new(),
        });
    }
    if let Some(product) = filter.product {
        sets.push(of_product(ctx, product).await?);
    }
    Ok(sets.into_iter().reduce(|mut all, set| {
        all.retain(|id| set.binary_search(id).is_ok());
        all
    }))
}

/// The users that pass, rights included.
async fn admitted(ctx: &Ctx, filter: &Filter, mut users: Vec<User>) -> Result<Vec<User>> {
    let end_users_only = matches!(ctx.bearer, Bearer::Product(_));
    users.retain(|user| filter.passes(user) && (!end_users_only || user.role == Role::User));
    let Some(wanted) = filter.status else { return Ok(users) };
    let statuses = view::statuses(ctx, &users, Evidence::Unbanned).await?;
    let passing = users.into_iter().zip(statuses).filter(|(_, status)| Some(*status) == wanted);
    Ok(passing.map(|(user, _)| user).collect())
}
