//! `DELETE /processes/{id}`.

use axum::extract::Path;
use shared::domain::machine::{Process, access, removal, scope};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::store::Unit;
use shared::store::unit::{CommitError, Reason};

/// How often a deletion looks again because the process's machine changed hands.
const TRIES: usize = 10;

pub async fn delete(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    for _ in 0..TRIES {
        let found = scope::find_part::<Process>(&ctx, &id).await?;
        let allowed = access::equip(&ctx.bearer, Some(&found.machine));
        ctx.permit("process.delete").writes(&found.process).when(allowed)?;
        let mut unit = Unit::new();
        removal::remove_process(&mut unit, &found);
        let event = ctx.event_about("process.deleted", &found.process, found.document(ctx.now));
        match ctx.commit(unit, event).await {
            Ok(()) => return Ok(Reply::empty()),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(CommitError::Refused(refused)) if refused.has(&Reason::Gone) => {
                return Err(Error::not_found("machine process", &id));
            }
            Err(CommitError::Refused(_)) => {}
        }
    }
    Err(Error::conflict("Other requests kept changing the machine; please try again"))
}
