//! `/users/{id}/second-factors` (spec 03 §2.3, §5.3).

use axum::extract::Path;
use serde_json::Value;
use shared::auth::password::otp_invalid;
use shared::auth::second_factor as otp;
use shared::domain::attribute::Reference;
use shared::domain::resource::Resource as _;
use shared::domain::user::{SecondFactor, User, access, password, scope, second_factor};
use shared::events::Event;
use shared::http::context::{Ctx, refusal};
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::jsonapi::schema::{Schema, document};
use shared::store::Unit;
use shared::store::unit::{CommitError, Reason};

pub async fn list(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let user = scope::find(&ctx, &id).await?;
    let mut factors: Vec<SecondFactor> = second_factor::of_user(&ctx, &user).await?.into_iter().collect();
    factors.retain(|factor| ctx.sees(factor.environment));
    let own = access::read_second_factors(&ctx.bearer, &user);
    if ctx.bearer.end_user().is_some() && !own {
        factors.clear();
    }
    ctx.permit("user.second-factors.read")
        .under(&user)
        .when(own || (ctx.bearer.user().is_some() && factors.is_empty()))?;
    let page = ctx.page_through(factors)?;
    let mut shown = Vec::with_capacity(page.records.len());
    for factor in &page.records {
        shown.push(second_factor::document(&ctx, factor, &user).await?);
    }
    Ok(page.documents(shown))
}

pub async fn show(ctx: Ctx, Path((id, factor)): Path<(String, String)>) -> Result<Reply> {
    let user = scope::find(&ctx, &id).await?;
    let found = find(&ctx, &user, &factor).await?;
    ctx.permit("user.second-factors.read")
        .under(&user)
        .reads(&found)
        .when(access::read_second_factors(&ctx.bearer, &user))?;
    Ok(Reply::data(second_factor::document(&ctx, &found, &user).await?))
}

pub async fn create(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let user = scope::find(&ctx, &id).await?;
    let draft = second_factor::draft(&ctx, &user).await?;
    ctx.permit("user.second-factors.create")
        .under(&user)
        .writes(&draft)
        .when(access::write_second_factors(&ctx.bearer, &user))?;
    let credentials = [("password", Schema::string()), ("otp", Schema::string())];
    let names = SecondFactor::DEFINITION.names();
    let schema = document(names).loose().optional().meta(Schema::object(credentials).required()).build();
    let body = ctx.decode_body(&schema)?;

    let existing = second_factor::of_user(&ctx, &user).await?;
    if let Some(enabled) = existing.as_ref().filter(|factor| factor.enabled) {
        if !otp::consume(&ctx, enabled, code(&body)).await? {
            return Err(otp_invalid());
        }
    } else {
        let given = body.pointer("/meta/password").and_then(Value::as_str).unwrap_or_default();
        if !password::matches(given, user.password_digest.as_deref()).await {
            let refused = Error::unauthorized("PASSWORD_INVALID", "password must be valid");
            return Err(refused.pointer("/meta/password"));
        }
    }
    if existing.is_some() {
        return Err(exists());
    }

    let mut unit = Unit::new();
    unit.insert(&draft);
    let event = event(&ctx, "second-factor.created", &draft);
    ctx.commit(unit, event).await.map_err(|error| match &error {
        CommitError::Refused(refused) if refused.has(&Reason::Taken("user")) => exists(),
        _ => refusal::<SecondFactor>(error),
    })?;
    let path = format!("/users/{}/second-factors/{}", user.id, draft.id);
    Ok(Reply::created(second_factor::document(&ctx, &draft, &user).await?, path))
}

pub async fn update(ctx: Ctx, Path((id, factor)): Path<(String, String)>) -> Result<Reply> {
    let user = scope::find(&ctx, &id).await?;
    let before = find(&ctx, &user, &factor).await?;
    ctx.permit("user.second-factors.update")
        .under(&user)
        .writes(&before)
        .when(access::write_second_factors(&ctx.bearer, &user))?;
    let schema = document(SecondFactor::DEFINITION.names())
        .loose()
        .ignored_id()
        .attributes(Schema::object([("enabled", Schema::boolean().required())]))
        .meta(Schema::object([("otp", Schema::string().required())]))
        .build();
    let body = ctx.decode_body(&schema)?;
    let step = otp::verify(&ctx, &before, code(&body)).await?.ok_or_else(otp_invalid)?;

    let enabled = body.pointer("/data/attributes/enabled").and_then(Value::as_bool).unwrap_or_default();
    let after = SecondFactor { enabled, last_verified_at: step, updated: ctx.now, ..before.clone() };
    let mut unit = Unit::new();
    otp::require_unused(&mut unit, &before, step);
    unit.update(&before, &after);
    let name = if enabled { "second-factor.enabled" } else { "second-factor.disabled" };
    ctx.commit(unit, event(&ctx, name, &after)).await.map_err(refused)?;
    Ok(Reply::data(second_factor::document(&ctx, &after, &user).await?))
}

pub async fn delete(ctx: Ctx, Path((id, factor)): Path<(String, String)>) -> Result<Reply> {
    let user = scope::find(&ctx, &id).await?;
    let found = find(&ctx, &user, &factor).await?;
    ctx.permit("user.second-factors.delete")
        .under(&user)
        .writes(&found)
        .when(access::write_second_factors(&ctx.bearer, &user))?;
    let schema = Schema::object([("meta", Schema::object([("otp", Schema::string())]))]);
    let body = ctx.decode_body(&schema)?;

    let mut unit = Unit::new();
    if found.enabled {
        let step = otp::verify(&ctx, &found, code(&body)).await?.ok_or_else(otp_invalid)?;
        otp::require_unused(&mut unit, &found, step);
    }
    unit.remove(&found);
    ctx.commit(unit, event(&ctx, "second-factor.deleted", &found)).await.map_err(refused)?;
    Ok(Reply::empty())
}

async fn find(ctx: &Ctx, user: &User, id: &str) -> Result<SecondFactor> {
    let found: SecondFactor = ctx.find(id).await?;
    if found.user == user.id { Ok(found) } else { Err(Error::not_found("second factor", id)) }
}

fn code(body: &Value) -> &str {
    body.pointer("/meta/otp").and_then(Value::as_str).unwrap_or_default()
}

fn exists() -> Error {
    Error::conflict("The user already has a second factor")
}

/// The answer to a change that another request forestalled: if that used the code, it is used up.
fn refused(error: CommitError) -> Error {
    match &error {
        CommitError::Refused(refused) if refused.has(&otp::USED) => otp_invalid(),
        _ => refusal::<SecondFactor>(error),
    }
}

/// The log names the user, the payload the factor.
fn event(ctx: &Ctx, name: &str, factor: &SecondFactor) -> Event {
    let subject = Reference::new("users", factor.user);
    ctx.event(name, factor.environment, subject, second_factor::payload(factor))
}
