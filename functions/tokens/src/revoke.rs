//! `DELETE /tokens/{id}`.

use axum::extract::Path;
use shared::auth::session;
use shared::cascade;
use shared::domain::token::{Token, access, scope};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn revoke(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &id).await?;
    ctx.permit("token.revoke").writes(&view.token).when(access::revoke(&ctx.bearer, &view.bearer))?;

    let mut unit = Unit::new();
    unit.remove(&view.token);
    let job = cascade::leave(&mut unit, &view.token, ctx.now);
    let event = ctx.event_about("token.revoked", &view.token, view.document());
    let own = ctx.session.as_ref().filter(|session| session.token == Some(view.token.id));
    let mut cookies = match own {
        Some(_) => session::children(&ctx).await?,
        None => Vec::new(),
    };
    cookies.extend(own.map(|own| session::cookie_name(own.environment)));
    ctx.save::<Token>(unit, event).await?;
    for name in &cookies {
        session::clear(&ctx.exchange, Some(name));
    }
    cascade::begin(&ctx.app, &ctx.store, &job).await;
    Ok(Reply::empty())
}
