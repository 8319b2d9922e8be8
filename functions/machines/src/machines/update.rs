//! `PATCH /machines/{id}`.

use axum::extract::Path;
use shared::auth::permissions::PermissionSet;
use shared::domain::machine::{Machine, access, amend, scope};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("machine.update").writes(&view.machine).when(access::update(&ctx.bearer, &view))?;
    let data = ctx.decode(&body::update::<Machine>(&ctx))?;
    let change = |machine: &Machine| model::assign(machine, &data, PermissionSet::EMPTY);
    let view = amend::amend(&ctx, view, "machine.updated", change).await?;
    Ok(Reply::data(view.document_for(ctx.version, ctx.now)))
}
