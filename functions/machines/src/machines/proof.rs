//! `POST /machines/{id}/actions/generate-offline-proof`.

use axum::extract::Path;
use serde_json::json;
use shared::auth::permissions::Role;
use shared::domain::machine::{Machine, access, check_out, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::jsonapi::schema::Schema;
use shared::store::Unit;

/// Who may have a dataset of its own signed.
const AUTHORS: &[Role] =
    &[Role::Admin, Role::Developer, Role::SalesAgent, Role::SupportAgent, Role::Product, Role::Environment];

pub async fn generate(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("machine.proofs.generate").reads(&view.machine).when(access::prove(&ctx.bearer, &view))?;
    let meta = Schema::object([("dataset", Schema::scalars().required())]).permitted(ctx.bearer.is(AUTHORS));
    let body = ctx.decode_body(&Schema::object([("meta", meta)]))?;

    let proof = check_out::proof(&ctx, &view, body.pointer("/meta/dataset"))?;
    let meta = json!({"proof": proof});
    let event = ctx.event_about("machine.proofs.generated", &view.machine, view.document(ctx.now));
    ctx.save::<Machine>(Unit::new(), event.with_meta(meta.clone())).await?;
    Ok(Reply::data(view.document_for(ctx.version, ctx.now)).member("meta", meta))
}
