//! Writes of a license that carry their event: one `UpdateItem` in place of a transaction (see [`crate::events`]).

use super::expiry::{basis_of_event, on_first};
use super::{LicenseView, schedule};
use crate::clock::Time;
use crate::events::Event;
use crate::http::context::Ctx;
use crate::store::unit::CommitError;
use crate::store::{Item, Key, Stored, Unit};

/// Carries out a unit that updates a license, together with its event. Gives back the license's item as the write left
/// it; an empty one where timers made a transaction of it.
///
/// # Errors
/// As [`Unit::commit`].
pub async fn announce(ctx: &Ctx, view: &LicenseView, unit: Unit, event: Event) -> Result<Item, CommitError> {
    announce_on(&view.license.key(), ctx, view, unit, event).await
}

/// Carries out a unit that updates one item of a license, which carries the event. Where the event is the one from
/// which the license's term counts, its expiry is set with it, unless the license got one meanwhile.
///
/// # Errors
/// As [`Unit::commit`].
pub async fn announce_on(
    carrier: &Key,
    ctx: &Ctx,
    view: &LicenseView,
    unit: Unit,
    event: Event,
) -> Result<Item, CommitError> {
    if let Some(expiry) = first_expiry(ctx, view, &event.event) {
        let mut dated = unit.clone();
        schedule::date(&mut dated, &view.license, expiry);
        match ctx.announce(dated, carrier, event.clone()).await {
            Err(CommitError::Refused(refused)) if refused.has(&schedule::DATED) => {}
            outcome => return outcome,
        }
    }
    ctx.announce(unit, carrier, event).await
}

/// Whether an event starts the term of a license.
#[must_use]
pub fn starts_term(ctx: &Ctx, view: &LicenseView, event: &str) -> bool {
    first_expiry(ctx, view, event).is_some()
}

/// The expiry that an event gives a license that has none (spec 05 §3.8).
fn first_expiry(ctx: &Ctx, view: &LicenseView, event: &str) -> Option<Time> {
    let LicenseView { license, policy, .. } = view;
    let by_license = ctx.bearer.license().is_some_and(|bearer| bearer.license.id == license.id);
    let happened = basis_of_event(event, by_license)?;
    let expiry = license.expiry.map(Time::timestamp);
    on_first(happened, policy.expiration_basis, policy.duration, expiry, ctx.now.timestamp()).map(Time::from)
}
