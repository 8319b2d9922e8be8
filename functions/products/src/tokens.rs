//! `/products/{id}/tokens`.

use axum::extract::Path;
use shared::auth::bearer::Bearer;
use shared::auth::permissions::Role;
use shared::domain::attribute::Reference;
use shared::domain::product::{access, scope};
use shared::domain::token::{Token, generate, rules};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::listing::List;
use shared::http::reply::Reply;
use shared::store::keys::Within;

/// Who may choose the permissions of a product's token.
const CHOOSERS: &[Role] = &[Role::Admin, Role::Developer, Role::Product, Role::Environment];

pub async fn list(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let product = scope::find(&ctx, &id).await?;
    ctx.permit("token.read").under(&product).when(access::related(&ctx.bearer, &product))?;
    let page = ctx.page::<Token>(List::within::<Token>(&ctx, Within::Owner(product.id))).await?;
    let bearer = Bearer::Product(Box::new(product));
    Ok(page.reply(|token| rules::document(&token, &bearer, None)))
}

pub async fn show(ctx: Ctx, Path((id, token)): Path<(String, String)>) -> Result<Reply> {
    let product = scope::find(&ctx, &id).await?;
    let found: Token = ctx.find(&token).await?;
    if found.bearer.id != product.id {
        return Err(Error::not_found("token", &token));
    }
    ctx.permit("token.read").under(&product).reads(&found).when(access::related(&ctx.bearer, &product))?;
    Ok(Reply::data(rules::document(&found, &Bearer::Product(Box::new(product)), None)))
}

pub async fn generate(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let product = scope::find(&ctx, &id).await?;
    let data = ctx.decode(&generate::wanted(&ctx, ctx.bearer.is(CHOOSERS), false).build())?;
    let mut draft = generate::draft(&ctx, &data, Bearer::Product(Box::new(product.clone())))?;
    ctx.permit("product.tokens.generate")
        .under(&product)
        .writes(&draft.token)
        .when(access::generate_token(&ctx.bearer))?;
    draft.check_environment(&ctx).await?;
    let (_, document) = draft.make(&ctx, Some(Reference::new("products", product.id))).await?;
    Ok(Reply::data(document))
}
