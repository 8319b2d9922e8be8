//! `POST /entitlements`.

use shared::auth::permissions::PermissionSet;
use shared::domain::entitlement::{Entitlement, access, rules};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn create(ctx: Ctx) -> Result<Reply> {
    let data = ctx.decode(&body::create::<Entitlement>(&ctx))?;
    let draft: Entitlement = ctx.draft(&data, None);
    ctx.permit("entitlement.create").writes(&draft).when(access::manage(&ctx.bearer))?;

    let (entitlement, mut failures) = model::assign(&draft, &data, PermissionSet::EMPTY)?;
    rules::check(&entitlement, &mut failures);
    failures.result::<Entitlement>()?;

    let mut unit = Unit::new();
    unit.insert(&entitlement);
    let document = rules::document(&entitlement);
    let event = ctx.event_about("entitlement.created", &entitlement, document.clone());
    ctx.save::<Entitlement>(unit, event).await?;
    Ok(Reply::created(document, format!("/entitlements/{}", entitlement.id)))
}
