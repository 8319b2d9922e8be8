//! `POST /users/{id}/actions/update-password` and `…/reset-password` (spec 03 §3.11).

use axum::extract::Path;
use axum::http::StatusCode;
use shared::auth::permissions::Role;
use shared::cascade;
use shared::crypto::passwords::constant_time_eq;
use shared::crypto::tokens;
use shared::domain::model::Failures;
use shared::domain::user::{User, access, password, rules, scope, view};
use shared::http::context::{Ctx, Open, refusal};
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::ids::{Id, parse_id};
use shared::jsonapi::schema::{Schema, action};
use shared::store::Unit;

/// How long a reset token is good for, in seconds.
const RESET_WINDOW: i64 = 86_400;

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let user = scope::find(&ctx, &id).await?;
    ctx.permit("user.password.update").writes(&user).when(access::is_self(&ctx.bearer, &user))?;
    let [old, new] = decode(&ctx, ["old_password", "new_password"])?;
    if !password::matches(&old, user.password_digest.as_deref()).await {
        return Err(refused("/meta/oldPassword", "is not valid"));
    }
    let spared = ctx.token.as_ref().map(|token| token.id);
    change(&ctx, &user, &new, spared).await
}

pub async fn reset(Open(ctx): Open, Path(id): Path<String>) -> Result<Reply> {
    let user = addressed(&ctx, &id).await?;
    let fits = ctx.caller().fits(user.environment, false) && (ctx.environment.is_some() || user.environment.is_none());
    if !fits {
        return Err(Error::forbidden("record environment is not compatible with the current environment"));
    }
    if ctx.tenant.account.protected && user.role == Role::User && user.password_digest.is_none() {
        return Err(Error::forbidden("the account is protected"));
    }
    let [token, new] = decode(&ctx, ["password_reset_token", "new_password"])?;
    let digest = tokens::digest(&ctx.tenant.signer, &token);
    let known = user.password_reset_digest.as_deref().unwrap_or_default();
    if !constant_time_eq(digest.as_bytes(), known.as_bytes()) {
        return Err(Error::not_found("user", &id));
    }
    if user.password_reset_sent_at.is_none_or(|sent| sent.plus_seconds(RESET_WINDOW) < ctx.now) {
        return Err(refused("/meta/passwordResetToken", "is expired"));
    }
    change(&ctx, &user, &new, None).await
}

/// The user of an id or e-mail address, in any environment of the account.
async fn addressed(ctx: &Ctx, identifier: &str) -> Result<User> {
    let id = match parse_id(identifier) {
        Some(id) => Some(id),
        None => ctx.holder(&User::by_email(ctx.account(), identifier)).await?,
    };
    let found = match id {
        Some(id) => ctx.store.get::<User>(ctx.account(), id).await?,
        None => None,
    };
    found.ok_or_else(|| Error::not_found("user", identifier))
}

fn decode(ctx: &Ctx, names: [&'static str; 2]) -> Result<[String; 2]> {
    let body = ctx.decode_body(&action(names.map(|name| (name, Schema::string().required()))))?;
    Ok(names.map(|name| body["meta"][name].as_str().unwrap_or_default().to_owned()))
}

fn refused(pointer: &str, detail: &'static str) -> Error {
    Error::new(StatusCode::UNAUTHORIZED, detail).pointer(pointer)
}

/// Sets a new password, which ends what was begun to reset it and revokes the user's tokens.
async fn change(ctx: &Ctx, before: &User, new: &str, spared: Option<Id>) -> Result<Reply> {
    let mut failures = Failures::default();
    rules::check_password(new, &mut failures);
    failures.result::<User>()?;
    let after = User {
        password_digest: Some(password::digest(new).await?),
        password_reset_digest: None,
        password_reset_sent_at: None,
        updated: ctx.now,
        ..before.clone()
    };
    let mut unit = Unit::new();
    unit.update(before, &after);
    let job = cascade::leave_revocation(&mut unit, &after, spared, ctx.now);
    unit.commit(&ctx.store).await.map_err(refusal::<User>)?;
    cascade::begin(&ctx.app, &ctx.store, &job).await;
    Ok(Reply::data(view::document(ctx, &after).await?))
}
