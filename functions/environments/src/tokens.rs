//! `/environments/{id}/tokens`.

use axum::extract::Path;
use shared::auth::bearer::Bearer;
use shared::auth::permissions::Role;
use shared::domain::attribute::Reference;
use shared::domain::environment::{access, scope};
use shared::domain::token::{Token, generate, rules, scope as tokens};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;

/// Who may choose the permissions of an environment's token.
const CHOOSERS: &[Role] = &[Role::Admin, Role::Developer, Role::Environment];

pub async fn list(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let environment = scope::find(&ctx, &id).await?;
    ctx.permit("token.read").under(&environment).when(true)?;
    let page = tokens::page_of(&ctx, environment.id).await?;
    Ok(page.reply(|view| view.document()))
}

pub async fn show(ctx: Ctx, Path((id, token)): Path<(String, String)>) -> Result<Reply> {
    let environment = scope::find(&ctx, &id).await?;
    let found: Token = ctx.find(&token).await?;
    if found.bearer.id != environment.id {
        return Err(Error::not_found("token", &token));
    }
    ctx.permit("token.read").under(&environment).reads(&found).when(true)?;
    Ok(Reply::data(rules::document(&found, &Bearer::Environment(Box::new(environment)), None)))
}

pub async fn generate(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let environment = scope::find(&ctx, &id).await?;
    let data = ctx.decode(&generate::wanted(&ctx, ctx.bearer.is(CHOOSERS), false).build())?;
    let mut draft = generate::draft(&ctx, &data, Bearer::Environment(Box::new(environment.clone())))?;
    // Unlike other records, it goes into the environment it is for, not into the current one.
    if data.pointer("/relationships/environment").is_none() {
        draft.token.environment = Some(environment.id);
    }
    ctx.permit("environment.tokens.generate")
        .under(&environment)
        .writes(&draft.token)
        .when(access::manage(&ctx.bearer))?;
    draft.check_environment(&ctx).await?;
    let subject = Reference::new("environments", environment.id);
    let (token, document) = draft.make(&ctx, Some(subject)).await?;
    Ok(Reply::created(document, format!("/tokens/{}", token.id)))
}
