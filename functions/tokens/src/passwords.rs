//! `POST /passwords`: the first half of a password reset, and of an invitation.

use serde_json::{Map, Value, json};
use shared::crypto::tokens;
use shared::domain::account::links;
use shared::domain::user::{User, view};
use shared::http::context::{Ctx, Open};
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::http::throttle;
use shared::jsonapi::schema::{Schema, action};
use shared::mail::{Mail, Template};
use shared::store::{StoreError, Unit};

pub async fn request_reset(Open(ctx): Open) -> Result<Reply> {
    let body = ctx.decode_body(&action([("email", Schema::string().required()), ("deliver", Schema::boolean())]))?;
    let member = |name: &str| body.pointer(&format!("/meta/{name}"));
    let email = member("email").and_then(Value::as_str).unwrap_or_default().to_owned();
    let deliver = member("deliver").and_then(Value::as_bool).unwrap_or(true);
    // Whether the address is known shows neither in the answer nor in its time.
    throttle::uniformly(&ctx.app, prepare(&ctx, &email, deliver)).await?;
    Ok(Reply::empty())
}

/// Gives the user of an address, if there is one, a reset token in place of any earlier one.
async fn prepare(ctx: &Ctx, email: &str, deliver: bool) -> Result<()> {
    let Some(id) = ctx.holder(&User::by_email(ctx.account(), email)).await? else { return Ok(()) };
    let Some(user) = ctx.store.get::<User>(ctx.account(), id).await? else { return Ok(()) };
    let raw = tokens::generate_reset().map_err(|error| Error::from(StoreError::Broken(error.to_string())))?;
    let mut unit = Unit::new();
    let reset = [
        ("password_reset_digest", Value::from(tokens::digest(&ctx.tenant.signer, raw.expose()))),
        ("password_reset_sent_at", Value::from(ctx.now.to_string())),
    ];
    unit.touch(&user, reset);
    let document = view::document(ctx, &user).await?;
    let event =
        ctx.event_about("user.password-reset", &user, document).with_meta(json!({"passwordResetToken": raw.expose()}));
    ctx.save::<User>(unit, event).await?;
    if deliver {
        ctx.app.mailer.send(mail(ctx, &user, raw.expose())).await;
    }
    Ok(())
}

fn mail(ctx: &Ctx, user: &User, raw: &str) -> Mail {
    let account = &ctx.tenant.account;
    let token = format!("{}.{}.{raw}", account.id.simple(), user.id.simple());
    let variables = [
        ("account", Value::from(account.name.clone().unwrap_or_else(|| account.slug.clone()))),
        ("url", links::password(&ctx.app.config, account, &token).into()),
        ("token", token.into()),
        ("invitation", user.password_digest.is_none().into()),
    ];
    Mail {
        to: user.email.clone(),
        template: Template::PasswordReset,
        variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>(),
        sent: ctx.now,
    }
}
