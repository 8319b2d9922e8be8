//! `PUT /tokens` and `PUT /tokens/{id}`.

use axum::extract::Path;
use shared::auth::session;
use shared::cascade;
use shared::domain::token::{Token, TokenView, access, generate, rules, scope};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn current(ctx: Ctx) -> Result<Reply> {
    let Some(used) = &ctx.token else { return Err(Error::absent("token")) };
    let view = scope::find(&ctx, &used.id.to_string()).await?;
    renew(&ctx, view).await
}

pub async fn regenerate(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    renew(&ctx, view).await
}

/// Gives a token a new secret; the old one stops working with it.
async fn renew(ctx: &Ctx, TokenView { token: before, bearer }: TokenView) -> Result<Reply> {
    ctx.permit("token.regenerate").writes(&before).when(access::regenerate(&ctx.bearer, &bearer))?;

    let mut after = before.clone();
    let raw = generate::renew_secret(ctx, &mut after, &bearer)?;
    after.expiry = before.expiry.map(|_| ctx.now.plus_seconds(rules::LIFETIME));
    after.updated = ctx.now;
    let mut unit = Unit::new();
    unit.update(&before, &after);
    let (successor, ended) = session::renew(ctx, &after, &mut unit).await?;
    let event = ctx.event_about("token.regenerated", &after, rules::document(&after, &bearer, None));
    let document = rules::document(&after, &bearer, Some(raw.expose()));
    let children = if successor.is_some() { session::children(ctx).await? } else { Vec::new() };
    ctx.save::<Token>(unit, event).await?;
    for job in &ended {
        cascade::begin(&ctx.app, &ctx.store, job).await;
    }
    for name in &children {
        session::clear(&ctx.exchange, Some(name));
    }
    if let Some(successor) = &successor {
        session::set(ctx, successor);
    }
    Ok(Reply::data(document))
}
