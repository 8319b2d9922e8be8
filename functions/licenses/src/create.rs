//! `POST /licenses`.

use shared::domain::license::access;
use shared::domain::license::create::{self, Draft};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn create(ctx: Ctx) -> Result<Reply> {
    let data = ctx.decode(&create::wanted(&ctx))?;
    let draft = Draft::of(&ctx, &data).await?;
    let allowed = access::create(&ctx.bearer, draft.policy.as_ref(), draft.license.owner);
    ctx.permit("license.create").writes(&draft.license).when(allowed)?;
    let (license, document) = draft.make(&ctx, &data).await?;
    Ok(Reply::created(document, format!("/licenses/{}", license.id)))
}
