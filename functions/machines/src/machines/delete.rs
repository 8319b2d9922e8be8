//! `DELETE /machines/{id}`.

use axum::extract::Path;
use shared::cascade;
use shared::domain::machine::quota::{self, Quota};
use shared::domain::machine::{access, removal, scope};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::store::Unit;
use shared::store::unit::CommitError;

/// How often a deletion looks again because the machine's processes changed.
const TRIES: usize = 10;

pub async fn delete(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    for _ in 0..TRIES {
        // What the token may still do is told when it may do it at all.
        let (view, quota) = tokio::join!(scope::find(&ctx, &id), quota::read(&ctx, Quota::Deactivations));
        let view = view?;
        ctx.permit("machine.delete").writes(&view.machine).when(access::delete(&ctx.bearer, &view))?;
        let quota = quota?;
        let mut unit = Unit::new();
        let job = removal::remove(&mut unit, &view.machine, ctx.now);
        if let Some(quota) = &quota {
            quota.spend(&mut unit);
        }
        let event = ctx.event_about("machine.deleted", &view.machine, view.document(ctx.now));
        match ctx.commit(unit, event).await {
            Ok(()) => {
                cascade::begin(&ctx.app, &ctx.store, &job).await;
                return Ok(Reply::empty());
            }
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(CommitError::Refused(_)) => {}
        }
    }
    Err(Error::conflict("Other requests kept changing the machine; please try again"))
}
