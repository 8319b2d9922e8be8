//! `POST /licenses/{id}/actions/suspend` and `…/reinstate`.

use axum::extract::Path;
use shared::domain::license::{License, LicenseView, action_access as access, holding};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn suspend(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = holding::find(&ctx, &id).await?.view;
    ctx.permit("license.suspend").writes(&view.license).when(access::correct(&ctx.bearer, &view))?;
    turn(&ctx, view, true).await
}

pub async fn reinstate(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = holding::find(&ctx, &id).await?.view;
    ctx.permit("license.reinstate").writes(&view.license).when(access::correct(&ctx.bearer, &view))?;
    turn(&ctx, view, false).await
}

async fn turn(ctx: &Ctx, view: LicenseView, suspended: bool) -> Result<Reply> {
    let (event, detail) = if suspended {
        ("license.suspended", "is already suspended")
    } else {
        ("license.reinstated", "is not suspended")
    };
    let before = &view.license;
    if before.suspended == suspended {
        return Err(Error::unprocessable(detail).pointer("/data/attributes/suspended"));
    }
    let after = License { suspended, updated: ctx.now, ..before.clone() };
    let mut unit = Unit::new();
    unit.update(before, &after);
    let document = LicenseView { license: after.clone(), ..view.clone() }.document(ctx.now);
    let event = ctx.event_about(event, &after, document.clone());
    ctx.save::<License>(unit, event).await?;
    Ok(Reply::data(document))
}
