//! `POST /groups`.

use shared::auth::permissions::PermissionSet;
use shared::domain::group::{Group, access};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::jsonapi::document::{self, Extras};
use shared::store::Unit;

pub async fn create(ctx: Ctx) -> Result<Reply> {
    let data = ctx.decode(&body::create::<Group>(&ctx))?;
    let draft: Group = ctx.draft(&data, None);
    ctx.permit("group.create").writes(&draft).when(access::manage(&ctx.bearer))?;
    let (group, failures) = model::assign(&draft, &data, PermissionSet::EMPTY)?;
    failures.result::<Group>()?;

    let mut unit = Unit::new();
    unit.insert(&group);
    let document = document::resource(&group, &Extras::default());
    let event = ctx.event_about("group.created", &group, document.clone());
    ctx.save::<Group>(unit, event).await?;
    Ok(Reply::created(document, format!("/groups/{}", group.id)))
}
