//! `POST /licenses/{id}/actions/renew`.

use axum::extract::Path;
use shared::clock::Time;
use shared::domain::license::expiry::{NotRenewable, renewed};
use shared::domain::license::{License, LicenseView, action_access as access, holding};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn renew(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = holding::find(&ctx, &id).await?.view;
    ctx.permit("license.renew").writes(&view.license).when(access::renew_or_revoke(&ctx.bearer, &view))?;

    let LicenseView { license, policy, .. } = &view;
    let expiry = license.expiry.map(Time::timestamp);
    let expiry = renewed(policy.renewal_basis, policy.duration, expiry, ctx.now.timestamp()).map_err(not_renewable)?;
    let after = License { expiry: Some(expiry.into()), updated: ctx.now, ..license.clone() };
    let mut unit = Unit::new();
    unit.update(license, &after);
    let document = LicenseView { license: after.clone(), ..view.clone() }.document(ctx.now);
    let event = ctx.event_about("license.renewed", &after, document.clone());
    ctx.save::<License>(unit, event).await?;
    Ok(Reply::data(document))
}

/// A license that never expires gets an answer without a word of what is wrong (spec 05 §2.5).
fn not_renewable(reason: NotRenewable) -> Error {
    let error = Error::unprocessable(reason.to_string());
    match reason {
        NotRenewable::NoDuration => error,
        NotRenewable::NoExpiry => Error { errors: Vec::new(), ..error },
    }
}
