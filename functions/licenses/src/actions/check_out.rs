//! `POST` and `GET /licenses/{id}/actions/check-out`.

use axum::extract::Path;
use serde_json::Value;
use shared::domain::check_out::{Order, Terms};
use shared::domain::license::announcement::announce;
use shared::domain::license::{License, action_access as access, check_out, holding};
use shared::http::context::{Ctx, refusal};
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::ids::Id;
use shared::store::Unit;

pub async fn file(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let Issued { license, terms, certificate } = issue(&ctx, &id).await?;
    Ok(Reply::data(check_out::file(&ctx, license, &terms, &certificate)))
}

pub async fn certificate(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let Issued { license, certificate, .. } = issue(&ctx, &id).await?;
    let name = format!("attachment; filename=\"{license}.lic\"");
    Ok(Reply::raw(certificate, "application/octet-stream").header("content-disposition", name))
}

struct Issued {
    license: Id,
    terms: Terms,
    certificate: String,
}

async fn issue(ctx: &Ctx, id: &str) -> Result<Issued> {
    let holding = holding::find(ctx, id).await?;
    let view = &holding.view;
    let order = Order::decode(ctx)?;
    ctx.permit("license.check-out").writes(&view.license).when(access::check_out(&ctx.bearer, view))?;
    let terms = order.settle(&check_out::MENU, view.policy.scheme, ctx.now)?;
    terms.permit(ctx.permit("license.read")).when(true)?;

    let certificate = check_out::certificate(ctx, &holding, &terms).await?;
    let mut unit = Unit::new();
    unit.touch(&view.license, check_out::marks(ctx));
    let event = ctx.event_about("license.checked-out", &view.license, Value::Null);
    announce(ctx, view, unit, event).await.map_err(refusal::<License>)?;
    Ok(Issued { license: view.license.id, terms, certificate })
}
