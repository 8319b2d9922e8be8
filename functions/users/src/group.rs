//! `/users/{id}/group`.

use axum::extract::Path;
use serde_json::Value;
use shared::domain::body;
use shared::domain::group::Group;
use shared::domain::group::membership::{self, Member};
use shared::domain::model::Failures;
use shared::domain::user::{User, access, scope, view};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::ids::parse_id;
use shared::jsonapi::document::{self, Extras};
use shared::jsonapi::schema::nullable_linkage;
use shared::store::Unit;

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let user = scope::find(&ctx, &id).await?;
    ctx.permit("group.read").under(&user).when(access::related(&ctx.bearer, &user))?;
    let group = match user.group {
        Some(group) => ctx.visible::<Group>(group).await?,
        None => None,
    };
    Ok(Reply::data(group.map_or(Value::Null, |group| document::resource(&group, &Extras::default()))))
}

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let before = scope::find(&ctx, &id).await?;
    ctx.permit("user.group.update").writes(&before).when(access::change_group(&ctx.bearer, &before))?;
    let data = ctx.decode(&nullable_linkage(&[body::names("groups")]))?;
    let group = data["id"].as_str().and_then(parse_id);

    let after = User { group, updated: ctx.now, ..before.clone() };
    let mut failures = Failures::default();
    let joined = group.filter(|group| before.group != Some(*group));
    let admission = membership::admit(&ctx, Member::User, &after, joined, &mut failures).await?;
    failures.result::<User>()?;

    let mut unit = Unit::new();
    admission.require(&mut unit);
    unit.update(&before, &after);
    let document = view::document(&ctx, &after).await?;
    let event = ctx.event_about("user.group.updated", &after, document.clone());
    ctx.commit(unit, event).await.map_err(|error| admission.refusal::<User>(error))?;
    Ok(Reply::data(document))
}
