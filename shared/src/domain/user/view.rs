//! A user as documents show it: with its status (spec 03 §3.9).

use futures::future::try_join_all;
use serde_json::{Value, json};

use super::User;
use crate::clock::Time;
use crate::domain::license::scope as licenses;
use crate::domain::license::status::ACTIVITY_WINDOW;
use crate::domain::wire::wire_enum;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::ids::Id;
use crate::jsonapi::document::{self, Extras};

wire_enum! {
    /// A user's status.
    pub enum UserStatus {
        /// It is new, or one of its licenses showed a sign of life lately.
        Active = "ACTIVE",
        /// Neither.
        Inactive = "INACTIVE",
        /// It was banned.
        Banned = "BANNED",
    }
}

/// Which licenses show that a user is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// All that it owns or is attached to.
    All,
    /// Those among them whose owner is not banned: what the list filter goes by.
    Unbanned,
}

/// The status that needs no look at licenses: of the banned and of the new.
fn at_once(user: &User, now: Time) -> Option<UserStatus> {
    if user.is_banned() {
        Some(UserStatus::Banned)
    } else if user.created >= now.plus_seconds(-ACTIVITY_WINDOW) {
        Some(UserStatus::Active)
    } else {
        None
    }
}

async fn is_active(ctx: &Ctx, user: Id, evidence: Evidence) -> Result<bool> {
    let mut recent = ctx.store.joined(licenses::of_user(ctx, user).await?).await?;
    recent.retain(|license| license.activity().is_recent(ctx.now.timestamp()));
    if evidence == Evidence::All || recent.iter().any(|license| license.owner.is_none_or(|owner| owner == user)) {
        return Ok(!recent.is_empty());
    }
    let owners: Vec<Id> = recent.iter().filter_map(|license| license.owner).collect();
    let owners: Vec<User> = ctx.store.get_many(ctx.account(), &owners).await?;
    Ok(owners.iter().any(|owner| !owner.is_banned()))
}

/// The statuses of users, in their order. Only users older than 90 days cost reads.
///
/// # Errors
/// When the table cannot be read.
pub async fn statuses(ctx: &Ctx, users: &[User], evidence: Evidence) -> Result<Vec<UserStatus>> {
    try_join_all(users.iter().map(async |user| match at_once(user, ctx.now) {
        Some(status) => Ok(status),
        None if is_active(ctx, user.id, evidence).await? => Ok(UserStatus::Active),
        None => Ok(UserStatus::Inactive),
    }))
    .await
}

/// Resource objects of users, in their order.
///
/// # Errors
/// When the table cannot be read.
pub async fn documents(ctx: &Ctx, users: &[User]) -> Result<Vec<Value>> {
    let statuses = statuses(ctx, users, Evidence::All).await?;
    Ok(users.iter().zip(statuses).map(|(user, status)| shown(user, status)).collect())
}

/// The resource object of a user.
///
/// # Errors
/// When the table cannot be read.
pub async fn document(ctx: &Ctx, user: &User) -> Result<Value> {
    let mut documents = documents(ctx, std::slice::from_ref(user)).await?;
    Ok(documents.pop().unwrap_or_default())
}

fn shown(user: &User, status: UserStatus) -> Value {
    let extras = Extras::default().attribute("full_name", json!(user.full_name())).attribute("status", status.as_str());
    document::resource(user, &extras)
}

impl User {
    /// First and last name, if it has both.
    #[must_use]
    pub fn full_name(&self) -> Option<String> {
        let (first, last) = (self.first_name.as_deref()?, self.last_name.as_deref()?);
        Some(format!("{first} {last}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::resource::Resource;
    use crate::ids::new_id;

    #[test]
    fn full_names_need_both_parts() {
        let mut user = User::draft(new_id(), new_id(), None, Time::default());
        assert_eq!(user.full_name(), None);
        user.first_name = Some(String::new());
        assert_eq!(user.full_name(), None);
        user.last_name = Some(String::new());
        assert_eq!(user.full_name().as_deref(), Some(" "));
    }

    #[test]
    fn new_and_banned_users_cost_no_reads() {
        let now = Time::from_millis(1_900_000_000_000);
        let mut user = User::draft(new_id(), new_id(), None, now.plus_seconds(-ACTIVITY_WINDOW));
        assert_eq!(at_once(&user, now), Some(UserStatus::Active));
        user.created = user.created.plus_seconds(-1);
        assert_eq!(at_once(&user, now), None);
        user.banned_at = Some(now);
        assert_eq!(at_once(&user, now), Some(UserStatus::Banned));
    }
}
