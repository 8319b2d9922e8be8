//! Owners of groups (spec 03 §1.5).

use serde_json::Value;

use super::{Group, GroupOwner};
use crate::domain::resource::Resource;
use crate::domain::user::User;
use crate::http::context::Ctx;
use crate::ids::{Id, new_id};
use crate::jsonapi::document::{self, Extras};

/// A new owner of a group; it belongs to the current environment, else to the group's.
#[must_use]
pub fn draft(ctx: &Ctx, group: &Group, user: Id) -> GroupOwner {
    let environment = ctx.environment_id().or(group.environment);
    GroupOwner { group: group.id, user, ..GroupOwner::draft(new_id(), ctx.account(), environment, ctx.now) }
}

/// Whether a user's environment goes with the request's (spec 03 §3.13): a group of the global
/// environment takes users of exactly the current environment, others take global users too where
/// the current environment is shared.
#[must_use]
pub fn fits(ctx: &Ctx, group: &Group, user: &User) -> bool {
    if group.environment.is_none() { user.environment == ctx.environment_id() } else { ctx.sees(user.environment) }
}

/// The resource object of an owner.
#[must_use]
pub fn document(owner: &GroupOwner) -> Value {
    document::resource(owner, &Extras::default().at(format!("/groups/{}/owners/{}", owner.group, owner.id)))
}
