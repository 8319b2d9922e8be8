//! Which groups a bearer sees (spec 03 §2.5).

use super::access::Standing;
use super::{Group, GroupOwner};
use crate::auth::bearer::Bearer;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::http::listing::{List, Page};
use crate::ids::{Id, parse_id};
use crate::store::keys::{self, Within};
use crate::store::list::{Order, Sources};
use crate::store::{Consistency, Stored as _};

/// How many groups of one owner are looked at.
const MOST_OWNED: usize = 1000;

/// The group of this id, whatever its environment and whoever asks.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find(ctx: &Ctx, identifier: &str) -> Result<Group> {
    let missing = || Error::not_found("group", identifier);
    let id = parse_id(identifier).ok_or_else(missing)?;
    ctx.store.get(ctx.account(), id).await?.ok_or_else(missing)
}

/// The group of this id, inside what the bearer sees, and how it stands to it: the parent of what
/// is listed under it.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn parent(ctx: &Ctx, identifier: &str) -> Result<(Group, Standing)> {
    let group: Group = ctx.find(identifier).await?;
    match standing(ctx, &group).await? {
        Standing::Outsider => Err(Error::not_found("group", identifier)),
        standing => Ok((group, standing)),
    }
}

/// How the bearer stands to a group.
///
/// # Errors
/// When the table cannot be read.
pub async fn standing(ctx: &Ctx, group: &Group) -> Result<Standing> {
    let member = |own: Option<Id>| if own == Some(group.id) { Standing::Member } else { Standing::Outsider };
    Ok(match &ctx.bearer {
        Bearer::Anonymous => Standing::Outsider,
        Bearer::License(bearer) => member(bearer.license.group),
        Bearer::User(user) if !ctx.bearer.is_staff() => {
            let key = keys::attached_user(ctx.account(), "groups", group.id, user.id);
            let owns = ctx.store.item(&key, Consistency::Strong).await?.is_some();
            if owns { Standing::Owner } else { member(user.group) }
        }
        _ => Standing::Overseer,
    })
}

/// The ids of the groups that a user owns, as far as the current environment shows them.
///
/// # Errors
/// When the table cannot be read.
pub async fn owned_by(ctx: &Ctx, user: Id) -> Result<Vec<Id>> {
    let sources = Sources::of(ctx.account(), &ctx.environments(), Within::Owner(user), "group-owners");
    let entries = ctx.store.walk(&sources, Order::Descending, None).next(MOST_OWNED).await?;
    Ok(entries.iter().filter_map(|entry| entry.key.record()).map(|(_, group)| group).collect())
}

/// The owners of a group, as far as the current environment shows them.
///
/// # Errors
/// When the table cannot be read.
pub async fn owners(ctx: &Ctx, group: &Group) -> Result<Vec<GroupOwner>> {
    let mut owners: Vec<GroupOwner> = ctx.store.satellites(&group.key(), "U#").await?;
    owners.retain(|owner| ctx.sees(owner.environment));
    Ok(owners)
}

/// A page of what the bearer sees.
///
/// # Errors
/// 400 of bad paging parameters; when the table cannot be read.
pub async fn page(ctx: &Ctx) -> Result<Page<Group>> {
    let mut ids = match &ctx.bearer {
        Bearer::License(bearer) => bearer.license.group.into_iter().collect(),
        Bearer::User(user) if !ctx.bearer.is_staff() => {
            let mut ids = owned_by(ctx, user.id).await?;
            ids.extend(user.group);
            ids
        }
        _ => return ctx.page(List::everything::<Group>(ctx)).await,
    };
    ids.sort_unstable();
    ids.dedup();
    let mut groups: Vec<Group> = ctx.store.get_many(ctx.account(), &ids).await?;
    groups.retain(|group| ctx.sees(group.environment));
    ctx.page_through(groups)
}
