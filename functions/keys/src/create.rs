//! `POST /keys`.

use shared::auth::permissions::PermissionSet;
use shared::domain::key::{PoolKey, access, rules};
use shared::domain::policy::Policy;
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::unit::{Condition, Reason};
use shared::store::{Stored, Unit};

pub async fn create(ctx: Ctx) -> Result<Reply> {
    let data = ctx.decode(&body::create::<PoolKey>(&ctx))?;
    let policy = match body::linked(&data, "policy") {
        Some(id) => ctx.store.get::<Policy>(ctx.account(), id).await?,
        None => None,
    };
    let draft: PoolKey = ctx.draft(&data, policy.as_ref().and_then(|policy| policy.environment));
    let product = policy.as_ref().map(|policy| policy.product);
    ctx.permit("key.create").writes(&draft).when(access::create(&ctx.bearer, product))?;

    let mut unit = Unit::new();
    let mut failures = model::Failures::default();
    let (mut key, declared) = model::assign(&draft, &data, PermissionSet::EMPTY)?;
    if let Some(policy) = policy {
        (key.policy, key.product) = (policy.id, policy.product);
        if !ctx.may_link(policy.environment) {
            failures.environment("policy");
        }
        if !policy.use_pool {
            failures.push("policy", "NOT_SUPPORTED", "cannot be added to an unpooled policy");
        }
        unit.require(&policy.key(), Condition::Exists, Reason::Failed("policy"));
    } else {
        failures.must_exist("policy");
    }
    failures.extend(declared);
    rules::check(&key, &mut failures);
    failures.result::<PoolKey>()?;

    unit.insert(&key);
    rules::require_unlicensed(&mut unit, &key);
    let document = rules::document(&key);
    let event = ctx.event_about("key.created", &key, document.clone());
    ctx.commit(unit, event).await.map_err(rules::refused)?;
    Ok(Reply::created(document, format!("/keys/{}", key.id)))
}
