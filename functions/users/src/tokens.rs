//! `/users/{id}/tokens`.

use axum::extract::Path;
use shared::auth::bearer::Bearer;
use shared::auth::permissions::Role;
use shared::domain::attribute::Reference;
use shared::domain::token::{Token, generate, rules};
use shared::domain::user::{User, access, scope};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::listing::List;
use shared::http::reply::Reply;
use shared::store::keys::Within;

/// Who may choose the permissions of a user's token.
const CHOOSERS: &[Role] = &[Role::Admin, Role::Developer, Role::Product, Role::Environment];

/// Whether the bearer sees the user's tokens: products see those of users of their licenses.
async fn sees_tokens(ctx: &Ctx, user: &User) -> Result<bool> {
    match ctx.bearer.product() {
        Some(product) => scope::has_license_of(ctx, user.id, product.id).await,
        None => Ok(true),
    }
}

pub async fn list(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let user = scope::find(&ctx, &id).await?;
    ctx.permit("token.read").under(&user).when(access::list_tokens(&ctx.bearer, &user))?;
    let list = if sees_tokens(&ctx, &user).await? {
        List::within::<Token>(&ctx, Within::Owner(user.id))
    } else {
        List::default()
    };
    let page = ctx.page::<Token>(list).await?;
    let bearer = Bearer::User(Box::new(user));
    Ok(page.reply(|token| rules::document(&token, &bearer, None)))
}

pub async fn show(ctx: Ctx, Path((id, token)): Path<(String, String)>) -> Result<Reply> {
    let user = scope::find(&ctx, &id).await?;
    let found: Token = ctx.find(&token).await?;
    if found.bearer.id != user.id || !sees_tokens(&ctx, &user).await? {
        return Err(Error::not_found("token", &token));
    }
    ctx.permit("token.read").under(&user).reads(&found).when(access::list_tokens(&ctx.bearer, &user))?;
    Ok(Reply::data(rules::document(&found, &Bearer::User(Box::new(user)), None)))
}

pub async fn generate(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let user = scope::find(&ctx, &id).await?;
    let data = ctx.decode(&generate::wanted(&ctx, ctx.bearer.is(CHOOSERS), false).build())?;
    let mut draft = generate::draft(&ctx, &data, Bearer::User(Box::new(user.clone())))?;
    let licensed = sees_tokens(&ctx, &user).await?;
    let mut permit = ctx.permit("user.tokens.generate").under(&user);
    // From the global environment a token for any other may be made (spec 03 §3.3 rule 3).
    if ctx.environment.is_some() {
        permit = permit.writes(&draft.token);
    }
    permit.when(access::generate_token(&ctx.bearer, &user, licensed))?;
    draft.check_environment(&ctx).await?;
    let (_, document) = draft.make(&ctx, Some(Reference::new("users", user.id))).await?;
    Ok(Reply::data(document))
}
