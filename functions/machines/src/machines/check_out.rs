//! `POST` and `GET /machines/{id}/actions/check-out`.

use axum::extract::Path;
use serde_json::Value;
use shared::domain::check_out::{Order, Terms};
use shared::domain::machine::{Machine, MachineView, access, check_out, scope};
use shared::http::context::{Ctx, refusal};
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::{Stored as _, Unit};

pub async fn file(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let Issued { view, terms, certificate } = issue(&ctx, &id).await?;
    Ok(Reply::data(check_out::file(&ctx, &view, &terms, &certificate)))
}

pub async fn certificate(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let Issued { view, certificate, .. } = issue(&ctx, &id).await?;
    let name = format!("attachment; filename=\"{}.lic\"", view.machine.id);
    Ok(Reply::raw(certificate, "application/octet-stream").header("content-disposition", name))
}

struct Issued {
    view: MachineView,
    terms: Terms,
    certificate: String,
}

async fn issue(ctx: &Ctx, id: &str) -> Result<Issued> {
    let view = scope::find(ctx, id).await?;
    let order = Order::decode(ctx)?;
    ctx.permit("machine.check-out").writes(&view.machine).when(access::check_out(&ctx.bearer, &view))?;
    let terms = order.settle(&check_out::MENU, view.policy().scheme, ctx.now)?;
    terms.permit(ctx.permit("machine.read")).when(true)?;

    let certificate = check_out::certificate(ctx, &view, &terms).await?;
    let mut unit = Unit::new();
    unit.touch(&view.machine, check_out::marks(ctx));
    let event = ctx.event_about("machine.checked-out", &view.machine, Value::Null);
    ctx.announce(unit, &view.machine.key(), event).await.map_err(refusal::<Machine>)?;
    Ok(Issued { view, terms, certificate })
}
