//! `POST /environments`.

use shared::auth::permissions::{self, PermissionSet, Role};
use shared::domain::environment::{Environment, access, rules};
use shared::domain::resource::Resource;
use shared::domain::user::founders;
use shared::domain::{body, model};
use shared::http::context::{Ctx, refusal};
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::Unit;
use shared::store::unit::{CommitError, Reason};

/// Where the failures of founding admins are reported: not one by one.
const FOUNDERS: &str = "users";

pub async fn create(ctx: Ctx) -> Result<Reply> {
    let schema = body::creation(Environment::DEFINITION, ctx.role(), ctx.version)
        .relationships([("admins", founders::wanted())])
        .build();
    let data = ctx.decode(&schema)?;
    let mut draft: Environment = ctx.draft(&data, None);
    draft.environment = None;
    let mut founders = founders::draft(&data, ctx.account(), Some(draft.id), ctx.now)?;
    ctx.permit("environment.create").writes(&draft).when(access::manage(&ctx.bearer))?;

    draft.permissions = permissions::defaults(Role::Environment);
    let (environment, mut failures) = model::assign(&draft, &data, PermissionSet::EMPTY)?;
    rules::check(&environment, &mut failures);
    founders::check(&mut founders, Some(&ctx.store), |_| FOUNDERS.to_owned(), &mut failures).await?;
    failures.result::<Environment>()?;

    let mut unit = Unit::new();
    unit.insert(&environment);
    founders::insert(&founders, &mut unit).await?;
    let document = rules::document(&environment);
    let event = ctx.event_about("environment.created", &environment, document.clone());
    ctx.commit(unit, event).await.map_err(|error| match &error {
        CommitError::Refused(refused) if refused.has(&Reason::Taken("email")) => {
            let mut failures = model::Failures::default();
            failures.taken(&format!("{FOUNDERS}.email"));
            failures.error::<Environment>()
        }
        _ => refusal::<Environment>(error),
    })?;
    Ok(Reply::created(document, format!("/environments/{}", environment.id)))
}
