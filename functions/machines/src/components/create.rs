//! `POST /components`.

use shared::domain::body;
use shared::domain::machine::{Component, access, equip};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn create(ctx: Ctx) -> Result<Reply> {
    let data = ctx.decode(&body::create::<Component>(&ctx))?;
    let machine = equip::named(&ctx, &data).await?;
    let parent = machine.as_ref().and_then(|view| view.machine.environment);
    let draft: Component = ctx.draft(&data, parent);
    let allowed = access::equip(&ctx.bearer, machine.as_ref());
    ctx.permit("component.create").writes(&draft).when(allowed)?;

    let found = equip::component(&ctx, draft, &data, machine).await?;
    Ok(Reply::created(found.document(), format!("/components/{}", found.component.id)))
}
