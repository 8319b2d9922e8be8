//! The sweeps that announce what is due on licenses: expiries and check-ins (spec 05 §4.3, 09 §4.4).
//!
//! A timer brings a license before its sweep; what is announced follows from the [schedule](super::schedule) alone.
//! Announcing, noting that it was, and setting the next timer are one transaction, so that whatever stops a sweep, and
//! however many run at once, everything is announced once.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::expiry::is_expired;
use super::schedule::{CHECK_IN, Deadline, EXPIRATION, Notice};
use super::{License, LicenseView, view};
use crate::app::App;
use crate::clock::Time;
use crate::domain::attribute::Reference;
use crate::domain::resource::Resource as _;
use crate::events::Event;
use crate::store::timer::{Alarm, Timer};
use crate::store::unit::{CommitError, Condition, Reason};
use crate::store::{StoreError, Stored as _, Unit};

/// How many licenses are looked at at a time.
const ABREAST: usize = 16;
/// Somebody set the timer anew, or checked in meanwhile: the next sweep looks again.
const MOVED: Reason = Reason::Failed("timer");

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    /// Timers that were due.
    pub due: usize,
    /// Instants announced ahead.
    pub ahead: usize,
    /// Instants announced once they had passed.
    pub passed: usize,
}

/// What a sweep is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Expiration,
    CheckIn,
}

/// Announces the licenses that expire.
///
/// # Errors
/// When the table cannot be used; what is left is done by the next sweep.
pub async fn expirations(app: &App) -> Result<Swept, StoreError> {
    sweep(app, Subject::Expiration).await
}

/// Announces the licenses that have to check in.
///
/// # Errors
/// As [`expirations`].
pub async fn check_ins(app: &App) -> Result<Swept, StoreError> {
    sweep(app, Subject::CheckIn).await
}

async fn sweep(app: &App, subject: Subject) -> Result<Swept, StoreError> {
    let now = app.clock.now();
    let due = app.store.timers(subject.kind(), Some(now)).await?;
    let count = due.len();
    let notices: Vec<Option<Notice>> = stream::iter(due)
        .map(|timer| async move {
            match look(app, subject, &timer, now).await {
                Err(StoreError::Broken(error)) => {
                    // One that cannot be read does not keep the others from their due.
                    tracing::error!(license = %timer.id, error, "a license cannot be looked at");
                    Ok(None)
                }
                outcome => outcome,
            }
        })
        .buffer_unordered(ABREAST)
        .try_collect()
        .await?;
    let with = |notice| notices.iter().filter(|given| **given == Some(notice)).count();
    Ok(Swept { due: count, ahead: with(Notice::Ahead), passed: with(Notice::Passed) })
}

impl Subject {
    const fn kind(self) -> &'static str {
        match self {
            Self::Expiration => EXPIRATION,
            Self::CheckIn => CHECK_IN,
        }
    }

    /// The instant to look at. An expired license need not check in until it gets another expiry, and with it another
    /// timer.
    fn deadline(self, view: &LicenseView, now: Time) -> Option<Deadline> {
        match self {
            Self::Expiration => Deadline::expiry(&view.license),
            Self::CheckIn if expired(view, now) => None,
            Self::CheckIn => Deadline::check_in(view),
        }
    }

    fn has_passed(self, view: &LicenseView, now: Time) -> bool {
        let last = view.license.last_check_in.map(Time::timestamp);
        match self {
            Self::Expiration => expired(view, now),
            Self::CheckIn => view.policy.check_in().is_overdue(last, now.timestamp()),
        }
    }

    const fn event(self, notice: Notice) -> &'static str {
        match (self, notice) {
            (Self::Expiration, Notice::Ahead) => "license.expiring-soon",
            (Self::Expiration, Notice::Passed) => "license.expired",
            (Self::CheckIn, Notice::Ahead) => "license.check-in-required-soon",
            (Self::CheckIn, Notice::Passed) => "license.check-in-overdue",
        }
    }

    /// The license on which the announcement is noted.
    fn noted(self, license: &License, notice: Notice, now: Time) -> License {
        let mut after = License { updated: now, ..license.clone() };
        let mark = match (self, notice) {
            (Self::Expiration, Notice::Ahead) => &mut after.last_expiring_soon_event_sent_at,
            (Self::Expiration, Notice::Passed) => &mut after.last_expired_event_sent_at,
            (Self::CheckIn, Notice::Ahead) => &mut after.last_check_in_soon_event_sent_at,
            (Self::CheckIn, Notice::Passed) => &mut after.last_check_in_overdue_event_sent_at,
        };
        *mark = Some(now);
        after
    }
}

fn expired(view: &LicenseView, now: Time) -> bool {
    is_expired(view.license.expiry.map(Time::timestamp), now.timestamp())
}

/// Looks at what a due timer is about.
async fn look(app: &App, subject: Subject, timer: &Timer, now: Time) -> Result<Option<Notice>, StoreError> {
    let mut unit = Unit::new();
    let view = match app.store.get::<License>(timer.account, timer.id).await? {
        Some(license) => view::view(&app.store, timer.account, license).await?,
        None => None,
    };
    let Some(before) = view else {
        timer.take_as_found(&mut unit, MOVED);
        return finish(app, unit, None).await;
    };
    let deadline = subject.deadline(&before, now);
    let notice = deadline.and_then(|deadline| deadline.notice(subject.has_passed(&before, now), now));
    let after = match notice {
        Some(notice) => {
            let license = subject.noted(&before.license, notice, now);
            unit.update(&before.license, &license);
            LicenseView { license, ..before.clone() }
        }
        None => {
            unit.keep(&before.license);
            before.clone()
        }
    };
    checked_in_as_read(&mut unit, &before.license);
    timer.take_as_found(&mut unit, MOVED);
    if let Some(due) = subject.deadline(&after, now).and_then(|deadline| deadline.next(now)) {
        Alarm::new(subject.kind(), due, timer.account, timer.id).put(&mut unit);
    }
    if let Some(notice) = notice {
        let License { account, environment, id, .. } = after.license;
        let resource = Reference::new(License::DEFINITION.kind, id);
        Event::new(subject.event(notice), account, environment, now, resource, after.document(now)).record(&mut unit);
    }
    finish(app, unit, notice).await
}

/// A check-in is a touch, which does not count as a rewriting of the license.
fn checked_in_as_read(unit: &mut Unit, license: &License) {
    let name = "last_check_in".to_owned();
    let condition = match license.last_check_in {
        Some(last) => Condition::Equals(name, AttributeValue::S(last.to_string())),
        None => Condition::Missing(name),
    };
    unit.require(&license.key(), condition, MOVED);
}

async fn finish(app: &App, unit: Unit, notice: Option<Notice>) -> Result<Option<Notice>, StoreError> {
    match unit.commit(&app.store).await {
        Ok(()) => {
            if notice.is_some() {
                app.journal.event();
            }
            Ok(notice)
        }
        Err(CommitError::Refused(refused)) => {
            tracing::debug!(?refused, "a license changed while it was looked at");
            Ok(None)
        }
        Err(CommitError::Store(error)) => Err(error),
    }
}
