//! `POST /tokens`.

use serde_json::Value;
use shared::auth::authenticate::{is_banned, load};
use shared::auth::bearer::Bearer;
use shared::auth::session;
use shared::domain::attribute::Reference;
use shared::domain::token::{access, generate};
use shared::domain::user::scope as users;
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::ids::parse_id;

pub async fn create(ctx: Ctx) -> Result<Reply> {
    let data = ctx.decode(&generate::wanted_for_anyone(&ctx).build())?;
    let target = target(&ctx, &data).await?;
    let permit = ctx.permit("token.generate").unless(is_banned(&ctx.bearer), "user is banned");
    // A bearer that does not exist is none that the caller may name.
    let Some(target) = target else { return permit.when(false).map(|()| Reply::empty()) };
    let of_product = is_of_product(&ctx, &target).await?;

    let allowed = access::generate(&ctx.bearer, &target, of_product);
    let own = access::is_same(&ctx.bearer, &target);
    let mut draft = generate::draft(&ctx, &data, target)?;
    // A global request may make a token for any environment (spec 03 §3.3 rule 3).
    let permit = if ctx.environment.is_some() { permit.writes(&draft.token) } else { permit };
    permit.when(allowed)?;
    draft.check_environment(&ctx).await?;

    let mut begun = None;
    let (token, document) = draft
        .make_along(&ctx, None, |token, unit| {
            if own && ctx.exchange.from_portal() {
                begun = Some(session::begin(&ctx, token, unit));
            }
        })
        .await?;
    if let Some(begun) = &begun {
        session::set(&ctx, begun);
    }
    Ok(Reply::created(document, format!("/tokens/{}", token.id)))
}

/// Whose token it shall be: the bearer named, else the caller itself.
async fn target(ctx: &Ctx, data: &Value) -> Result<Option<Bearer>> {
    let Some(linkage) = data.pointer("/relationships/bearer/data") else { return Ok(Some(ctx.bearer.clone())) };
    let text = |name: &str| linkage.get(name).and_then(Value::as_str).unwrap_or_default();
    let Some(id) = parse_id(text("id")) else { return Ok(None) };
    Ok(load(&ctx.store, ctx.account(), &Reference::new(text("type"), id), (None, None)).await?)
}

/// Whether the target is a license of the asking product, or a user who has one.
async fn is_of_product(ctx: &Ctx, target: &Bearer) -> Result<bool> {
    let Some(product) = ctx.bearer.product() else { return Ok(false) };
    match target {
        Bearer::License(license) => Ok(license.license.product == product.id),
        Bearer::User(user) => users::has_license_of(ctx, user.id, product.id).await,
        _ => Ok(false),
    }
}
