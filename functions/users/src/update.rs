//! `PATCH /users/{id}`.

use axum::extract::Path;
use shared::auth::permissions::{self, Role};
use shared::cascade;
use shared::domain::resource::Resource as _;
use shared::domain::user::{User, access, password, rules, scope, view};
use shared::domain::{body, model};
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::jsonapi::schema::Schema;
use shared::store::Unit;

/// Who may set somebody's password without knowing the old one.
const PASSWORD_KEEPERS: &[Role] = &[Role::Admin, Role::Developer, Role::Product, Role::Environment];

pub async fn update(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let before = scope::find(&ctx, &id).await?;
    let data = ctx.decode(&schema(&ctx))?;
    rules::check_permission_names(&data)?;
    let role = rules::wanted_role(&data).unwrap_or(before.role);
    let (after, mut failures) = model::assign(&before, &data, permissions::allowed(role))?;
    let mut after = rules::normalised(after);
    let new_role = after.role != before.role;
    if new_role {
        after.permissions = permissions::after_role_change(after.permissions, after.role);
    }

    let mut permit = ctx.permit("user.update");
    if after.role == Role::Admin {
        permit = permit.and("admin.update");
    }
    permit
        .writes(&before)
        .unless(access::is_outranked(&ctx.bearer, &after), "the user would have more rights than the bearer")
        .when(access::update(&ctx.bearer, &before))?;

    let password = data.pointer("/attributes/password");
    rules::check(&after, password.and_then(|password| password.as_str()), &mut failures);
    if !failures.is_empty() {
        rules::note_taken(&ctx, &after, &mut failures).await?;
    }
    failures.result::<User>()?;
    match password.map(|password| password.as_str()) {
        None => {}
        Some(None) => after.password_digest = None,
        Some(Some(password)) => after.password_digest = Some(password::digest(password).await?),
    }
    after.updated = ctx.now;

    let mut unit = Unit::new();
    rules::keep_admins(&mut unit, &before, Some(&after));
    unit.update(&before, &after);
    let spared = ctx.token.as_ref().map(|token| token.id);
    let revocation = new_role.then(|| cascade::leave_revocation(&mut unit, &after, spared, ctx.now));
    let document = view::document(&ctx, &after).await?;
    let event = ctx.event_about("user.updated", &after, document.clone()).with_diff(&before, &after);
    ctx.commit(unit, event).await.map_err(rules::refused)?;
    if let Some(job) = revocation {
        cascade::begin(&ctx.app, &ctx.store, &job).await;
    }
    Ok(Reply::data(document))
}

fn schema(ctx: &Ctx) -> Schema {
    let attributes = body::attributes(User::DEFINITION, ctx.role(), ctx.version, |attribute| attribute.update, false);
    let password = Schema::string().nullable().permitted(ctx.bearer.is(PASSWORD_KEEPERS));
    body::changing(User::DEFINITION, ctx.role(), ctx.version)
        .attributes(attributes.member("password", password).required())
        .build()
}
