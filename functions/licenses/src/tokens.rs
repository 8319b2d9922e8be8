//! `/licenses/{license}/tokens`.

use axum::extract::Path;
use shared::auth::bearer::{Bearer, LicenseBearer};
use shared::auth::permissions::Role;
use shared::domain::attribute::Reference;
use shared::domain::license::{LicenseView, access, scope};
use shared::domain::token::{Token, generate, rules};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::listing::List;
use shared::http::reply::Reply;
use shared::store::keys::Within;

/// Who may choose the permissions of a license's token.
const CHOOSERS: &[Role] = &[Role::Admin, Role::Developer, Role::Product, Role::Environment];

pub async fn list(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    ctx.permit("token.read").under(&view.license).when(access::tokens(&ctx.bearer))?;
    let page = ctx.page::<Token>(List::within::<Token>(&ctx, Within::Owner(view.license.id))).await?;
    let bearer = bearer(view);
    Ok(page.reply(|token| rules::document(&token, &bearer, None)))
}

pub async fn show(ctx: Ctx, Path((license, token)): Path<(String, String)>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    let found: Token = ctx.find(&token).await?;
    if found.bearer.id != view.license.id {
        return Err(Error::not_found("token", &token));
    }
    ctx.permit("token.read").under(&view.license).reads(&found).when(access::tokens(&ctx.bearer))?;
    Ok(Reply::data(rules::document(&found, &bearer(view), None)))
}

pub async fn generate(ctx: Ctx, Path(license): Path<String>) -> Result<Reply> {
    let view = scope::find(&ctx, &license).await?;
    let data = ctx.decode(&generate::wanted(&ctx, ctx.bearer.is(CHOOSERS), true).build())?;
    let mut draft = generate::draft(&ctx, &data, bearer(view.clone()))?;
    ctx.permit("license.tokens.generate")
        .under(&view.license)
        .writes(&draft.token)
        .when(access::manage(&ctx.bearer, &view.license))?;
    draft.check_environment(&ctx).await?;
    let (_, document) = draft.make(&ctx, Some(Reference::new("licenses", view.license.id))).await?;
    Ok(Reply::data(document))
}

/// The license as a bearer of tokens, for whose sake nobody asks what it is entitled to.
fn bearer(view: LicenseView) -> Bearer {
    let LicenseView { license, policy, owner } = view;
    Bearer::License(Box::new(LicenseBearer { license, policy, owner, entitlements: Vec::new() }))
}
