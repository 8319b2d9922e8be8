//! Writing more links of one holder than a transaction takes, all or none.

use crate::events::Event;
use crate::http::context::Ctx;
use crate::store::Unit;
use crate::store::unit::CommitError;

/// How many links one transaction takes: each brings the check that what it leads to exists, and the
/// holder and the event come along.
const LOT: usize = 49;

/// Writes all links or none: in one transaction, and where there are too many for one, in several
/// that are taken back when a later one is refused. `change` is told how many links come in later
/// lots.
///
/// # Errors
/// As [`Unit::commit`]; then nothing has changed.
pub async fn write<L>(
    ctx: &Ctx,
    links: &[L],
    event: Event,
    change: impl Fn(&mut Unit, &[L], usize),
    undo: impl Fn(&mut Unit, &L),
) -> Result<(), CommitError> {
    let lots: Vec<&[L]> = links.chunks(LOT).collect();
    let mut left = links.len();
    for (at, lot) in lots.iter().enumerate() {
        left -= lot.len();
        let mut unit = Unit::new();
        change(&mut unit, lot, left);
        let outcome = if left == 0 { ctx.commit(unit, event.clone()).await } else { unit.commit(&ctx.store).await };
        if let Err(error) = outcome {
            for lot in &lots[..at] {
                let mut unit = Unit::new();
                lot.iter().for_each(|link| undo(&mut unit, link));
                if let Err(CommitError::Store(error)) = unit.commit(&ctx.store).await {
                    tracing::error!(%error, "links of a refused request stay as they were changed");
                }
            }
            return Err(error);
        }
    }
    Ok(())
}
