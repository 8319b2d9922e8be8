//! `/licenses/{license}/group`.

use axum::extract::Path;
use shared::domain::body;
use shared::domain::group::Group;
use shared::domain::group::membership::{self, Member};
use shared::domain::license::{License, LicenseView, access, rules, scope};
use shared::domain::model::Failures;
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::jsonapi::document::{self, Extras};
use shared::jsonapi::schema::nullable_linkage;
use shared::store::Unit;

pub async fn show(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    let group: Option<Group> = match view.license.group {
        Some(id) => ctx.store.get(ctx.account(), id).await?,
        None => None,
    };
    let permit = ctx.permit("group.read").under(&view.license);
    let group = group.ok_or_else(|| Error::absent("group"))?;
    permit.reads(&group).when(true)?;
    Ok(Reply::data(document::resource(&group, &Extras::default())))
}

pub async fn update(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let before = scope::find(&ctx, &license).await?;
    let named = body::named(&ctx.decode(&nullable_linkage(&[body::names("groups")]))?);
    let group: Option<Group> = match named {
        Some(id) => ctx.store.get(ctx.account(), id).await?,
        None => None,
    };
    let mut permit = ctx.permit("license.group.update").writes(&before.license);
    if ctx.environment.is_some() && (named.is_none() || group.is_some()) {
        permit = permit.writes_in(group.as_ref().and_then(|group| group.environment));
    }
    permit.when(access::manage(&ctx.bearer, &before.license))?;

    let mut failures = Failures::default();
    let license = License { group: named, updated: ctx.now, ..before.license.clone() };
    let joined = named.filter(|_| before.license.group != named);
    let admission = membership::admit(&ctx, Member::License, &license, joined, &mut failures).await?;
    rules::check(&license, &before.policy, &mut failures);
    failures.result::<License>()?;

    let mut unit = Unit::new();
    admission.require(&mut unit);
    unit.update(&before.license, &license);
    let after = LicenseView { license, ..before.clone() };
    let document = after.document(ctx.now);
    let event = ctx.event_about("license.group.updated", &after.license, document.clone());
    let committed = ctx.commit(unit, event.with_diff(&before.license, &after.license)).await;
    committed.map_err(|error| admission.refusal::<License>(error))?;
    Ok(Reply::data(document))
}
