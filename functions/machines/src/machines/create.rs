//! `POST /machines`.

use shared::domain::machine::access;
use shared::domain::machine::activate::{Activation, wanted};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn create(ctx: Ctx) -> Result<Reply> {
    let data = ctx.decode(&wanted(&ctx))?;
    let activation = Activation::read(&ctx, &data).await?;
    let mut permit = ctx.permit("machine.create");
    if activation.has_components() {
        permit = permit.and("component.create");
    }
    let allowed = access::create(&ctx.bearer, activation.license.as_ref(), activation.machine.owner);
    permit.writes(&activation.machine).when(allowed)?;

    let view = activation.commit().await?;
    let path = format!("/machines/{}", view.machine.id);
    Ok(Reply::created(view.document_for(ctx.version, ctx.now), path))
}
