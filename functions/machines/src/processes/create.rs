//! `POST /processes`.

use shared::domain::body;
use shared::domain::machine::{Process, access, equip};
use shared::domain::resource::Resource as _;
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::jsonapi::schema::Schema;

pub async fn create(ctx: Ctx) -> Result<Reply> {
    let wanted = body::creation(Process::DEFINITION, ctx.role(), ctx.version);
    let data = ctx.decode(&wanted.id(Schema::uuid()).build())?;
    let machine = equip::named(&ctx, &data).await?;
    let parent = machine.as_ref().and_then(|view| view.machine.environment);
    let draft: Process = ctx.draft(&data, parent);
    let allowed = access::equip(&ctx.bearer, machine.as_ref());
    ctx.permit("process.create").writes(&draft).when(allowed)?;

    let found = equip::process(&ctx, draft, &data, machine).await?;
    Ok(Reply::created(found.document(ctx.now), format!("/processes/{}", found.process.id)))
}
