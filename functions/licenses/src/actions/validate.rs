//! Validation: quick by `GET`, with scopes by `POST`, and by key (spec 05 §3.1–3.3).

use axum::extract::Path;
use serde_json::{Value, json};
use shared::domain::license::by_key::{self, Presented};
use shared::domain::license::holding::{self, Holding};
use shared::domain::license::validate::{self, Assertions};
use shared::domain::license::validation::{Lookups, Mode, Outcome};
use shared::domain::license::{action_access as access, scope};
use shared::http::context::{Ctx, Public};
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::jsonapi::schema::{Schema, action};

pub async fn quick(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let holding = holding::find(&ctx, &id).await?;
    ctx.permit("license.validate").reads(&holding.view.license).when(access::validate(&ctx.bearer, &holding.view))?;
    let outcome = validate::examine(&ctx, &holding, Mode::Quick, Lookups::default()).await?;
    if !from_dashboard(&ctx) {
        validate::note(&ctx, &holding.view, &outcome, None).await;
    }
    let meta = Assertions::default().meta(&outcome, ctx.now);
    Ok(Reply::data(validate::validated(&holding.view, &outcome, ctx.now).document(ctx.now)).member("meta", meta))
}

/// The provider's own dashboard looks at licenses without leaving traces.
fn from_dashboard(ctx: &Ctx) -> bool {
    ctx.exchange.header("origin") == Some(format!("https://app.{}", ctx.app.config.domain).as_str())
}

pub async fn scoped(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let holding = holding::find(&ctx, &id).await?;
    ctx.permit("license.validate").reads(&holding.view.license).when(access::validate(&ctx.bearer, &holding.view))?;
    let assertions = Assertions::of(&ctx.decode_body(&Assertions::body())?);
    let mode = Mode::Scoped(&assertions.scope);
    let found = validate::look_up(&ctx.store, ctx.account(), holding.view.license.id, mode).await?;
    answer(&ctx, &holding, &assertions, found).await
}

pub async fn validate_key(Public(ctx): Public) -> Result<Reply> {
    let body = ctx.decode_body(&body())?;
    let assertions = Assertions::of(&body);
    let key = body.pointer("/meta/key").and_then(Value::as_str).unwrap_or_default();
    let legacy = body.pointer("/meta/legacy_encrypted") == Some(&json!(true));
    let key = if legacy { Presented::Legacy(key) } else { Presented::Stored(key) };
    let found = by_key::find(&ctx, key, Mode::Scoped(&assertions.scope)).await?;
    let Some((holding, found)) = found else { return Ok(not_found(&ctx, &assertions)) };
    authorize(&ctx, &holding).await?;
    answer(&ctx, &holding, &assertions, found).await
}

fn body() -> Schema {
    let flag = Schema::boolean().alias("encrypted");
    let members = [("key", Schema::string().required()), ("legacy_encrypted", flag)];
    action(members.into_iter().chain(Assertions::members()))
}

fn not_found(ctx: &Ctx, assertions: &Assertions) -> Reply {
    Reply::data(Value::Null).member("meta", assertions.meta(&Outcome::not_found(), ctx.now))
}

/// A key finds its license whoever asks, so that here, unlike elsewhere, the bearer may not see the license at all.
async fn authorize(ctx: &Ctx, holding: &Holding) -> Result<()> {
    let view = &holding.view;
    let anonymous = ctx.bearer.role().is_none();
    let allowed = anonymous || (scope::sees(ctx, &view.license).await? && access::validate(&ctx.bearer, view));
    ctx.caller().permit_anyone("license.validate").reads(&view.license).when(allowed)
}

async fn answer(ctx: &Ctx, holding: &Holding, assertions: &Assertions, found: Lookups) -> Result<Reply> {
    let view = &holding.view;
    let outcome = validate::examine(ctx, holding, Mode::Scoped(&assertions.scope), found).await?;
    let meta = assertions.meta(&outcome, ctx.now);
    let document = validate::validated(view, &outcome, ctx.now).document(ctx.now);
    let name = if outcome.valid { "license.validation.succeeded" } else { "license.validation.failed" };
    let event = ctx
        .event_about(name, &view.license, Value::Null)
        .with_meta(meta.clone())
        .with_fact("code", outcome.code.as_str());
    validate::note(ctx, view, &outcome, Some(event)).await;
    Ok(Reply::data(document).member("meta", meta))
}
