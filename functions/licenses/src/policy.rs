//! `/licenses/{license}/policy`.

use axum::extract::Path;
use shared::cascade;
use shared::domain::body;
use shared::domain::license::rules::Linked;
use shared::domain::license::{License, LicenseView, access, rules, scope, transfer};
use shared::domain::model::Failures;
use shared::domain::policy::{Policy, rules as policies};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::jsonapi::schema::linkage;
use shared::store::Unit;

pub async fn show(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    ctx.permit("policy.read").under(&view.license).reads(&view.policy).when(true)?;
    Ok(Reply::data(policies::document(&view.policy)))
}

pub async fn update(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let before = scope::find(&ctx, &license).await?;
    let named = body::named(&ctx.decode(&linkage(&[body::names("policies")]))?);
    let policy: Option<Policy> = match named {
        Some(id) => ctx.store.get(ctx.account(), id).await?,
        None => None,
    };
    let mut permit = ctx.permit("license.policy.update").writes(&before.license);
    if let (Some(_), Some(policy)) = (&ctx.environment, &policy) {
        permit = permit.writes(policy);
    }
    permit.when(access::change_policy(&ctx.bearer, &before, policy.as_ref()))?;

    let policy = policy.ok_or_else(|| Failures::one::<License>("policy", "NOT_FOUND", "must exist"))?;
    let license = transfer::transferred(&before.license, &policy, ctx.now);
    let mut failures = Failures::default();
    if let Some(obstacle) = transfer::obstacle(&before.policy, &policy) {
        failures.push("policy", "NOT_COMPATIBLE", obstacle);
    }
    rules::check(&license, &policy, &mut failures);
    let linked = Linked { policy: Some(&policy), ..Linked::default() };
    rules::check_environments(&license, ctx.environment.as_ref(), linked, &mut failures);
    failures.result::<License>()?;

    let mut unit = Unit::new();
    unit.update(&before.license, &license);
    let job = cascade::leave_moved(&mut unit, &license, &before.policy, &policy, ctx.now);
    let after = LicenseView { license, policy, owner: before.owner.clone() };
    let document = after.document(ctx.now);
    let event = ctx.event_about("license.policy.updated", &after.license, document.clone());
    ctx.save::<License>(unit, event.with_diff(&before.license, &after.license)).await?;
    if let Some(job) = &job {
        cascade::begin(&ctx.app, &ctx.store, job).await;
    }
    Ok(Reply::data(document))
}
