//! `/accounts/{account}/settings`.

use axum::extract::Path;
use serde_json::Value;
use shared::auth::permissions::PermissionSet;
use shared::domain::account::{Setting, access, settings};
use shared::domain::attribute::Reference;
use shared::domain::{body, model};
use shared::events::Event;
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::listing::List;
use shared::http::reply::Reply;
use shared::jsonapi::casing;
use shared::store::keys::Within;
use shared::store::list::Sources;
use shared::store::{Unit, keys};

pub async fn list(ctx: Ctx) -> Result<Reply> {
    ctx.permit("account.read").when(access::manage(&ctx.bearer))?;
    let sources = Sources::of(ctx.account(), &[None], Within::Account, "settings");
    let page = ctx.page::<Setting>(List::of(sources)).await?;
    Ok(page.reply(|setting| settings::document(&setting)))
}

pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let setting = find(&ctx, &id).await?;
    ctx.permit("account.read").reads(&setting).when(access::manage(&ctx.bearer))?;
    Ok(Reply::data(settings::document(&setting)))
}

pub async fn create(ctx: Ctx) -> Result<Reply> {
    let data = ctx.decode(&body::create::<Setting>(&ctx))?;
    let mut draft: Setting = ctx.draft(&data, None);
    draft.environment = None;
    ctx.permit("account.update").writes(&draft).when(access::manage(&ctx.bearer))?;

    let (mut setting, mut failures) = model::assign(&draft, &data, PermissionSet::EMPTY)?;
    setting.key = casing::snake(&setting.key);
    settings::check(&setting, &mut failures);
    failures.result::<Setting>()?;

    let mut unit = Unit::new();
    unit.insert(&setting);
    let document = settings::document(&setting);
    let event = ctx.event_about("account.settings.created", &setting, document.clone());
    save(&ctx, unit, event).await?;
    Ok(Reply::created(document, format!("/settings/{}", setting.id)))
}

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let before = find(&ctx, &id).await?;
    ctx.permit("account.update").writes(&before).when(access::manage(&ctx.bearer))?;
    let data = ctx.decode(&body::update::<Setting>(&ctx))?;

    let (mut after, mut failures) = model::assign(&before, &data, PermissionSet::EMPTY)?;
    after.updated = ctx.now;
    settings::check(&after, &mut failures);
    failures.result::<Setting>()?;

    let mut unit = Unit::new();
    unit.update(&before, &after);
    let document = settings::document(&after);
    let event = about_account(&ctx, "account.settings.updated", document.clone());
    save(&ctx, unit, event).await?;
    Ok(Reply::data(document))
}

pub async fn delete(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let setting = find(&ctx, &id).await?;
    ctx.permit("account.update").writes(&setting).when(access::manage(&ctx.bearer))?;

    let mut unit = Unit::new();
    unit.remove(&setting);
    let event = about_account(&ctx, "account.settings.deleted", settings::document(&setting));
    save(&ctx, unit, event).await?;
    Ok(Reply::empty())
}

/// The setting of this id or key; only those who may change settings see any.
async fn find(ctx: &Ctx, identifier: &str) -> Result<Setting> {
    let setting: Setting = ctx.find_by(identifier, Some(Setting::claim(ctx.account(), identifier))).await?;
    if access::manage(&ctx.bearer) { Ok(setting) } else { Err(Error::not_found("account setting", identifier)) }
}

/// An event of which the log names the account.
fn about_account(ctx: &Ctx, name: &str, payload: Value) -> Event {
    ctx.event(name, None, Reference::new("accounts", ctx.account()), payload)
}

/// Carries out a change of settings, which is a change of the account too.
async fn save(ctx: &Ctx, mut unit: Unit, event: Event) -> Result<()> {
    unit.set(&keys::record(ctx.account(), "accounts", ctx.account()), [("updated", Value::from(ctx.now.to_string()))]);
    ctx.save::<Setting>(unit, event).await?;
    ctx.app.tenants.forget(ctx.account());
    Ok(())
}
