//! `POST /users`: making users, and registering oneself.

use shared::auth::permissions::{self, Role};
use shared::domain::group::membership::{self, Member};
use shared::domain::resource::Resource as _;
use shared::domain::user::{User, access, password, rules, view};
use shared::domain::{body, model};
use shared::http::context::{Ctx, Public};
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::jsonapi::schema::Schema;
use shared::store::Unit;

pub async fn create(Public(ctx): Public) -> Result<Reply> {
    let data = ctx.decode(&schema(&ctx))?;
    rules::check_permission_names(&data)?;
    let mut draft: User = ctx.draft(&data, None);
    draft.role = rules::wanted_role(&data).unwrap_or_default();
    draft.permissions = rules::usual_permissions(&ctx, draft.role).await?;
    let (mut user, mut failures) = model::assign(&draft, &data, permissions::allowed(draft.role))?;
    user = rules::normalised(user);
    user.group = body::linked(&data, "group");

    let mut permit = ctx.caller().permit_anyone("user.create");
    if user.role == Role::Admin {
        permit = permit.and("admin.create");
    }
    permit
        .writes(&user)
        .unless(access::is_outranked(&ctx.bearer, &user), "the user would have more rights than the bearer")
        .when(access::create(&ctx.bearer, ctx.tenant.account.protected))?;

    let password = data.pointer("/attributes/password").and_then(|password| password.as_str());
    rules::check(&user, password, &mut failures);
    let admission = membership::admit(&ctx, Member::User, &user, user.group, &mut failures).await?;
    if !failures.is_empty() {
        rules::note_taken(&ctx, &user, &mut failures).await?;
    }
    failures.result::<User>()?;
    if let Some(password) = password {
        user.password_digest = Some(password::digest(password).await?);
    }

    let mut unit = Unit::new();
    admission.require(&mut unit);
    unit.insert(&user);
    let document = view::document(&ctx, &user).await?;
    let event = ctx.event_about("user.created", &user, document.clone());
    ctx.commit(unit, event).await.map_err(|error| admission.refusal::<User>(error))?;
    Ok(Reply::created(document, format!("/users/{}", user.id)))
}

fn schema(ctx: &Ctx) -> Schema {
    let attributes = body::attributes(User::DEFINITION, ctx.role(), ctx.version, |attribute| attribute.create, true);
    body::creation(User::DEFINITION, ctx.role(), ctx.version)
        .attributes(attributes.member("password", Schema::string().nullable()))
        .build()
}
