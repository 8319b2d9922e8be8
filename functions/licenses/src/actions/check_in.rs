//! `POST /licenses/{id}/actions/check-in`.

use axum::extract::Path;
use serde_json::{Value, json};
use shared::domain::license::announcement::announce;
use shared::domain::license::{License, LicenseView, action_access as access, holding, schedule};
use shared::http::context::{Ctx, refusal};
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn check_in(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = holding::find(&ctx, &id).await?.view;
    ctx.permit("license.check-in").writes(&view.license).when(access::use_it(&ctx.bearer, &view))?;
    if !view.policy.require_check_in {
        return Err(Error::unprocessable("The license cannot check in because its policy does not require it"));
    }

    let mut unit = Unit::new();
    unit.touch(&view.license, [("last_check_in", json!(ctx.now)), ("updated", json!(ctx.now))]);
    let license = License { last_check_in: Some(ctx.now), updated: ctx.now, ..view.license.clone() };
    let after = LicenseView { license, ..view.clone() };
    schedule::checks_in(&mut unit, &view, &after, ctx.now);
    let event = ctx.event_about("license.checked-in", &view.license, Value::Null);
    announce(&ctx, &view, unit, event).await.map_err(refusal::<License>)?;
    Ok(Reply::data(after.document(ctx.now)))
}
