//! Uses: `POST /licenses/{id}/actions/increment-usage`, `…/decrement-usage` and `…/reset-usage`.

use axum::extract::Path;
use serde_json::{Value, json};
use shared::domain::license::announcement::{announce, starts_term};
use shared::domain::license::usage::{MOST, changed};
use shared::domain::license::{License, LicenseView, action_access as access, holding};
use shared::http::context::{Ctx, refusal};
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::jsonapi::parse::TOO_LARGE;
use shared::jsonapi::schema::{Schema, action};
use shared::store::unit::{CommitError, Condition, Reason};
use shared::store::{Stored, Unit, item};

const USES: &str = "uses";
/// How often a change is tried whose ground others move: each try goes by what the license says then.
const TRIES: usize = 10;

pub async fn increment(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = holding::find(&ctx, &id).await?.view;
    ctx.permit("license.usage.increment").writes(&view.license).when(access::use_it(&ctx.bearer, &view))?;
    let amount = amount(&ctx, "increment")?;
    change(&ctx, view, amount, "increment", "license.usage.incremented").await
}

pub async fn decrement(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = holding::find(&ctx, &id).await?.view;
    ctx.permit("license.usage.decrement").writes(&view.license).when(access::correct(&ctx.bearer, &view))?;
    let amount = amount(&ctx, "decrement")?;
    change(&ctx, view, -amount, "decrement", "license.usage.decremented").await
}

pub async fn reset(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = holding::find(&ctx, &id).await?.view;
    ctx.permit("license.usage.reset").writes(&view.license).when(access::correct(&ctx.bearer, &view))?;
    let mut unit = Unit::new();
    unit.touch(&view.license, [(USES, json!(0)), ("updated", json!(ctx.now))]);
    save(&ctx, view, unit, "license.usage.reset", 0).await?.map_err(refusal::<License>)
}

/// The amount that the body asks for, 1 if none.
fn amount(ctx: &Ctx, parameter: &'static str) -> Result<i128> {
    let body = ctx.decode_body(&action([(parameter, Schema::integer().unbounded())]))?;
    let amount = body.pointer(&format!("/meta/{parameter}"));
    Ok(amount.map_or(1, |amount| amount.as_i64().map_or(TOO_LARGE.into(), i128::from)))
}

/// Adds to the uses, as long as the sum is one that the rules admit: the write itself is conditional, so that no
/// number of simultaneous changes passes the limit.
async fn change(ctx: &Ctx, mut view: LicenseView, amount: i128, parameter: &str, event: &str) -> Result<Reply> {
    for _ in 0..TRIES {
        let limit = view.license.limits(&view.policy).uses;
        let before = view.license.uses;
        let after = changed(before, amount, limit).map_err(|refusal| refusal.error(parameter))?;
        let mut unit = addition(ctx, &view.license, after - before, limit);
        if starts_term(ctx, &view, event) {
            // Then it is a transaction, which does not tell what it amounted to.
            let key = view.license.key();
            unit.require(&key, Condition::AtMost(USES.to_owned(), before), Reason::Failed(USES));
            unit.require(&key, Condition::AtLeast(USES.to_owned(), before), Reason::Failed(USES));
        }
        match save(ctx, view.clone(), unit, event, after).await? {
            Ok(reply) => return Ok(reply),
            Err(CommitError::Refused(refused)) if refused.has(&Reason::Failed(USES)) => {}
            Err(error) => return Err(refusal::<License>(error)),
        }
        let current = ctx.store.get::<License>(ctx.account(), view.license.id).await?;
        view.license = current.ok_or_else(|| Error::absent("license"))?;
    }
    Err(Error::conflict("The license is being used by other requests; please try again")
        .pointer("/data/attributes/uses"))
}

fn addition(ctx: &Ctx, license: &License, amount: i64, limit: Option<u64>) -> Unit {
    let key = license.key();
    let mut unit = Unit::new();
    unit.touch(license, [("updated", json!(ctx.now))]);
    if amount != 0 {
        let most = limit.and_then(|limit| i64::try_from(limit).ok()).map_or(MOST, |limit| limit.min(MOST));
        unit.add(&key, USES, amount);
        unit.require(&key, Condition::AtMost(USES.to_owned(), most - amount), Reason::Failed(USES));
        unit.require(&key, Condition::AtLeast(USES.to_owned(), -amount), Reason::Failed(USES));
    }
    unit
}

/// Carries a change out and shows the license as it left it, which is not what was read before if others changed it
/// in between: `uses` is what it amounts to where the write does not tell.
async fn save(ctx: &Ctx, view: LicenseView, unit: Unit, name: &str, uses: i64) -> Result<Result<Reply, CommitError>> {
    let event = ctx.event_about(name, &view.license, Value::Null);
    let uses = match announce(ctx, &view, unit, event).await {
        Ok(item) if item.is_empty() => uses,
        Ok(item) => item::number(&item, USES),
        Err(error) => return Ok(Err(error)),
    };
    let license = License { uses, updated: ctx.now, ..view.license };
    Ok(Ok(Reply::data(LicenseView { license, ..view }.document(ctx.now))))
}
