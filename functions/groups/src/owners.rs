//! `/groups/{id}/owners`.

use std::collections::HashMap;

use axum::extract::Path;
use serde_json::Value;
use shared::domain::attribute::Reference;
use shared::domain::body;
use shared::domain::group::{Group, GroupOwner, access, owner, scope};
use shared::domain::lots;
use shared::domain::model::Failures;
use shared::domain::user::User;
use shared::http::context::{Ctx, refusal};
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::ids::{Id, parse_id};
use shared::jsonapi::schema::attach as attachment;
use shared::store::unit::{CommitError, Reason};
use shared::store::{Stored as _, Unit};

pub async fn list(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let (group, _) = scope::parent(&ctx, &id).await?;
    ctx.permit("group.owners.read").under(&group).when(true)?;
    let page = ctx.page_through(scope::owners(&ctx, &group).await?)?;
    Ok(page.reply(|owner| owner::document(&owner)))
}

pub async fn show(ctx: Ctx, Path((id, owner)): Path<(String, String)>) -> Result<Reply> {
    let (group, _) = scope::parent(&ctx, &id).await?;
    let wanted = parse_id(&owner);
    let found = scope::owners(&ctx, &group).await?.into_iter().find(|found| Some(found.id) == wanted);
    let found = found.ok_or_else(|| Error::not_found("group owner", &owner))?;
    ctx.permit("group.owners.read").under(&group).reads(&found).when(true)?;
    Ok(Reply::data(owner::document(&found)))
}

pub async fn attach(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let (group, _) = scope::parent(&ctx, &id).await?;
    let wanted = decode(&ctx)?;
    let users: Vec<User> = ctx.store.get_many(ctx.account(), &wanted).await?;
    permit(&ctx, "group.owners.attach", &group, &users)?;
    let mut failures = Failures::default();
    if users.len() < wanted.len() {
        failures.must_exist("user");
    }
    let present = scope::owners(&ctx, &group).await?;
    let taken = |at: usize| {
        let user = wanted[at];
        present.iter().any(|owner| owner.user == user) || wanted[..at].contains(&user)
    };
    if (0..wanted.len()).any(taken) {
        already(&mut failures);
    }
    failures.result::<GroupOwner>()?;

    let owners: Vec<GroupOwner> = wanted.iter().map(|user| owner::draft(&ctx, &group, *user)).collect();
    change(&ctx, "group.owners.attached", &group, &owners, (Unit::insert, Unit::remove)).await?;
    Ok(Reply::data(owners.iter().map(owner::document).collect()))
}

pub async fn detach(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let (group, _) = scope::parent(&ctx, &id).await?;
    let wanted = decode(&ctx)?;
    let users: Vec<User> = ctx.store.get_many(ctx.account(), &wanted).await?;
    permit(&ctx, "group.owners.detach", &group, &users)?;
    let present: HashMap<Id, GroupOwner> =
        scope::owners(&ctx, &group).await?.into_iter().map(|owner| (owner.user, owner)).collect();
    let mut owners = Vec::with_capacity(wanted.len());
    for (at, user) in wanted.iter().enumerate() {
        match present.get(user).filter(|_| !wanted[..at].contains(user)) {
            Some(owner) => owners.push(owner.clone()),
            None => {
                let error = Error::unprocessable(format!("user '{user}' is not an owner of the group"));
                return Err(error.pointer(format!("/data/{at}")));
            }
        }
    }
    change(&ctx, "group.owners.detached", &group, &owners, (Unit::remove, Unit::insert)).await?;
    Ok(Reply::empty())
}

/// The users that a body names.
fn decode(ctx: &Ctx) -> Result<Vec<Id>> {
    let data = ctx.decode(&attachment(&[body::names("users")]))?;
    let ids = data.as_array().into_iter().flatten().filter_map(|linkage| linkage["id"].as_str());
    Ok(ids.filter_map(parse_id).collect())
}

fn permit(ctx: &Ctx, permission: &str, group: &Group, users: &[User]) -> Result<()> {
    let misfit = users.iter().any(|user| !owner::fits(ctx, group, user));
    ctx.permit(permission)
        .under(group)
        .unless(misfit, "a record's environment is not compatible with the current environment")
        .when(access::manage(&ctx.bearer))
}

fn already(failures: &mut Failures) {
    failures.push("user", "TAKEN", "already exists");
}

/// What is done with one ownership in a unit of work.
type Step = fn(&mut Unit, &GroupOwner);

/// Changes owners, all or none, with one event about all of them.
async fn change(
    ctx: &Ctx,
    event: &str,
    group: &Group,
    owners: &[GroupOwner],
    (apply, undo): (Step, Step),
) -> Result<()> {
    let payload: Value = owners.iter().map(owner::document).collect();
    let event = ctx.event(event, group.environment, Reference::new("groups", group.id), payload);
    let lot = |unit: &mut Unit, owners: &[GroupOwner], _| {
        unit.require_record(&group.key(), Reason::Gone);
        owners.iter().for_each(|owner| apply(unit, owner));
    };
    lots::write(ctx, owners, event, lot, undo).await.map_err(|error| match &error {
        CommitError::Refused(refused) if refused.has(&Reason::Exists) => {
            let mut failures = Failures::default();
            already(&mut failures);
            failures.error::<GroupOwner>()
        }
        _ => refusal::<GroupOwner>(error),
    })
}
