//! `PATCH /accounts/{account}`.

use shared::auth::permissions::PermissionSet;
use shared::domain::account::{Account, access, rules};
use shared::domain::model;
use shared::domain::resource::Resource;
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::http::version::Version;
use shared::jsonapi::schema::{Schema, document};
use shared::store::Unit;

use crate::read::current;

pub async fn update(ctx: Ctx) -> Result<Reply> {
    let before = current(&ctx).await?;
    ctx.permit("account.update").writes(&before).when(access::manage(&ctx.bearer))?;
    let data = ctx.decode(&wanted())?;

    let (mut after, mut failures) = model::assign(&before, &data, PermissionSet::EMPTY)?;
    after.updated = ctx.now;
    if after.slug != before.slug {
        let holder = ctx.holder(&Account::by_slug(&after.slug)).await?;
        rules::check_slug(&after.slug, holder.is_some_and(|holder| holder != after.id), &mut failures);
    }
    failures.result::<Account>()?;

    let mut unit = Unit::new();
    unit.update(&before, &after);
    let document = rules::document(&after, ctx.tenant.signer.public());
    let event = ctx.event_about("account.updated", &after, document.clone());
    ctx.save::<Account>(unit, event).await?;
    ctx.app.tenants.forget(after.id);
    Ok(Reply::data(document))
}

fn wanted() -> Schema {
    let attributes = Schema::object([
        ("name", Schema::string()),
        ("slug", Schema::string()),
        ("api_version", Schema::string().one_of(Version::NAMES)),
        ("protected", Schema::boolean()),
    ]);
    document(Account::DEFINITION.names()).ignored_id().attributes(attributes.required()).build()
}
