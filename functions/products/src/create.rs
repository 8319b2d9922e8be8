//! `POST /products`.

use shared::auth::permissions::{self, Role};
use shared::domain::product::{Product, access, rules};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;

pub async fn create(ctx: Ctx) -> Result<Reply> {
    let data = ctx.decode(&body::create::<Product>(&ctx))?;
    let draft: Product = ctx.draft(&data, None);
    ctx.permit("product.create").writes(&draft).when(access::create(&ctx.bearer))?;

    let mut draft = draft;
    draft.permissions = permissions::defaults(Role::Product);
    let (product, mut failures) = model::assign(&draft, &data, permissions::allowed(Role::Product))?;
    let product = rules::complete(product);
    rules::check(&product, &mut failures);
    failures.result::<Product>()?;

    let mut unit = Unit::new();
    unit.insert(&product);
    let document = rules::document(&product);
    let event = ctx.event_about("product.created", &product, document.clone());
    ctx.save::<Product>(unit, event).await?;
    Ok(Reply::created(document, format!("/products/{}", product.id)))
}
