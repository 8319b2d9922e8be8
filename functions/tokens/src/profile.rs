//! `GET /me` and `GET /profile`: the bearer, as itself.

use serde_json::{Value, json};
use shared::auth::bearer::Bearer;
use shared::auth::permissions::Role;
use shared::domain::environment;
use shared::domain::license::LicenseView;
use shared::domain::product;
use shared::domain::token::{Token, rules};
use shared::domain::user::view;
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;

pub async fn me(ctx: Ctx) -> Result<Reply> {
    ctx.permit(permission(&ctx.bearer)).when(true)?;
    let reply = Reply::data(document(&ctx).await?).apart();
    let Some(used) = &ctx.token else { return Ok(reply) };
    let token: Token = ctx.find(&used.id.to_string()).await?;
    Ok(reply.member("included", json!([rules::document(&token, &ctx.bearer, None)])))
}

pub async fn profile(ctx: Ctx) -> Result<Reply> {
    let permit = ctx.permit(permission(&ctx.bearer));
    let permit = if ctx.bearer.is(&[Role::Admin]) { permit.and("admin.read") } else { permit };
    permit.when(true)?;
    let token = ctx.token.as_ref().map(|token| token.id);
    Ok(Reply::data(document(&ctx).await?).member("meta", json!({"tokenId": token})))
}

/// What a bearer must hold to see itself.
fn permission(bearer: &Bearer) -> &'static str {
    match bearer {
        Bearer::Product(_) => "product.read",
        Bearer::License(_) => "license.read",
        Bearer::Environment(_) => "environment.read",
        Bearer::User(_) | Bearer::Anonymous => "user.read",
    }
}

async fn document(ctx: &Ctx) -> Result<Value> {
    Ok(match &ctx.bearer {
        Bearer::Anonymous => return Err(Error::absent("user")),
        Bearer::User(user) => view::document(ctx, user).await?,
        Bearer::Product(product) => product::rules::document(product),
        Bearer::Environment(environment) => environment::rules::document(environment),
        Bearer::License(bearer) => {
            let (license, policy, owner) = (bearer.license.clone(), bearer.policy.clone(), bearer.owner.clone());
            LicenseView { license, policy, owner }.document(ctx.now)
        }
    })
}
