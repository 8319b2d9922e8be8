//! `POST /policies`.

use shared::auth::permissions::PermissionSet;
use shared::domain::policy::{Policy, access, rules, versions};
use shared::domain::product::Product;
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::unit::{Condition, Reason};
use shared::store::{Stored, Unit};

pub async fn create(ctx: Ctx) -> Result<Reply> {
    let mut data = ctx.decode(&versions::creation(&ctx))?;
    versions::upgrade(&mut data);
    let named = body::linked(&data, "product");
    let product = match named {
        Some(id) => ctx.store.get::<Product>(ctx.account(), id).await?,
        None => None,
    };
    let draft: Policy = ctx.draft(&data, product.as_ref().and_then(|product| product.environment));
    ctx.permit("policy.create").writes(&draft).when(access::create(&ctx.bearer, named))?;

    let mut unit = Unit::new();
    let mut failures = model::Failures::default();
    let (mut policy, declared) = model::assign(&draft, &data, PermissionSet::EMPTY)?;
    if let Some(product) = product {
        policy.product = product.id;
        if !ctx.may_link(product.environment) {
            failures.environment("product");
        }
        unit.require(&product.key(), Condition::Exists, Reason::Failed("product"));
    } else {
        failures.must_exist("product");
    }
    failures.extend(declared);
    let policy = rules::derive(policy);
    rules::check(&policy, &mut failures);
    failures.result::<Policy>()?;
    let policy = rules::complete(policy, &data, ctx.version, ctx.tenant.account.protected);

    unit.insert(&policy);
    let document = rules::document(&policy);
    let event = ctx.event_about("policy.created", &policy, document.clone());
    ctx.save::<Policy>(unit, event).await?;
    Ok(Reply::created(document, format!("/policies/{}", policy.id)))
}
