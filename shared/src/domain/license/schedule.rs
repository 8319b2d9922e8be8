//! What schedules announce about licenses: that they expire, and that they have to check in (spec 05 §4.3).
//!
//! Both have an instant that they are about, announce it ahead, and then once it has passed. When that is to be looked
//! at next follows from the license and, for check-ins, from its policy too; the [sweep](super::sweep) looks, by timers.
//!
//! Whatever gives a license another expiry thereby gives it another timer: the timer is one of its
//! [places](crate::store::record::Places). A check-in only puts off what is due, so that its timer stays where it is,
//! and is put off when it is due. What could make it due sooner (another policy, another expiry, for an expired license
//! is left alone) sets it at once, and so does a [job](crate::cascade) when a policy changes its rhythm.

use serde_json::json;

use super::{License, LicenseView};
use crate::clock::Time;
use crate::domain::calendar::DAY;
use crate::ids::{Id, new_id};
use crate::store::timer::{AT_ONCE, Alarm};
use crate::store::unit::{Condition, Reason};
use crate::store::{Stored as _, Unit};

/// The kind of the timers of expiries.
pub const EXPIRATION: &str = "license-expiration";
/// The kind of the timers of check-ins.
pub const CHECK_IN: &str = "license-check-in";

/// Seconds ahead of an instant within which it is announced.
const AHEAD: i64 = 3 * DAY;
/// Seconds after an instant within which it is announced that it passed.
const LATE: i64 = DAY / 2;
/// Seconds that lie between two announcements of the same kind.
const PAUSE: i64 = DAY;

/// What is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The instant comes.
    Ahead,
    /// It has passed.
    Passed,
}

/// An instant that is announced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deadline {
    /// When it is.
    at: Time,
    /// When it was last announced ahead.
    announced: Option<Time>,
    /// When it was last announced that it passed.
    passed: Option<Time>,
}

impl Deadline {
    /// When a license expires.
    #[must_use]
    pub fn expiry(license: &License) -> Option<Self> {
        let (announced, passed) = (license.last_expiring_soon_event_sent_at, license.last_expired_event_sent_at);
        Some(Self { at: license.expiry?, announced, passed })
    }

    /// When a license has to check in.
    #[must_use]
    pub fn check_in(view: &LicenseView) -> Option<Self> {
        let license = &view.license;
        let next = view.policy.check_in().next(license.last_check_in.map(Time::timestamp))?;
        let (announced, passed) =
            (license.last_check_in_soon_event_sent_at, license.last_check_in_overdue_event_sent_at);
        Some(Self { at: next.into(), announced, passed })
    }

    /// What is to be announced now. Whether it has passed is for the caller to say: for check-ins that is not quite
    /// the same as being before now.
    #[must_use]
    pub fn notice(&self, has_passed: bool, now: Time) -> Option<Notice> {
        let rested = |last: Option<Time>| last.is_none_or(|last| last.plus_seconds(PAUSE) <= now);
        if has_passed {
            (self.at.plus_seconds(LATE) >= now && rested(self.passed)).then_some(Notice::Passed)
        } else {
            (self.at < now.plus_seconds(AHEAD) && rested(self.announced)).then_some(Notice::Ahead)
        }
    }

    /// When there is something to be announced next, from `now` on; none: never, as things are.
    #[must_use]
    pub fn next(&self, now: Time) -> Option<Time> {
        let from = |start: Time, last: Option<Time>, end: Time| {
            let rested = last.map_or(start, |last| last.plus_seconds(PAUSE));
            Some(start.max(rested).max(now)).filter(|due| *due <= end)
        };
        let after = |time: Time| Time::from_millis(time.millis() + 1);
        from(after(self.at.plus_seconds(-AHEAD)), self.announced, self.at)
            .or_else(|| from(after(self.at), self.passed, self.at.plus_seconds(LATE)))
    }

    /// When there is something to be announced next, as far as its announcements tell what time it is.
    fn first(&self) -> Option<Time> {
        self.next(self.announced.max(self.passed).unwrap_or(Time::from_millis(i64::MIN)))
    }
}

/// The timers that a license has by itself.
#[must_use]
pub fn alarms(license: &License) -> Vec<Alarm> {
    let check_in = license.last_check_in.map(|last| {
        // Carries what could make it due sooner, so that a change of it is another timer.
        Alarm::new(CHECK_IN, AT_ONCE, license.account, license.id)
            .with("policy", json!(license.policy))
            .with("expiry", json!(license.expiry))
            .with("last_check_in", json!(last))
    });
    expiration(license).into_iter().chain(check_in).collect()
}

fn expiration(license: &License) -> Option<Alarm> {
    let due = Deadline::expiry(license)?.first()?;
    Some(Alarm::new(EXPIRATION, due, license.account, license.id))
}

/// Brings a license before the next sweep of check-ins, whatever stands in its timer.
pub fn look_at_check_in(unit: &mut Unit, account: Id, license: Id) {
    Alarm::new(CHECK_IN, AT_ONCE, account, license).marked(new_id()).put(unit);
}

/// What is reported when a license that was to get its first expiry has one.
pub const DATED: Reason = Reason::Failed("expiry");

/// Gives a license its first expiry, with its timer. Refused with [`DATED`] if it got one meanwhile.
pub fn date(unit: &mut Unit, license: &License, expiry: Time) {
    let key = license.key();
    unit.touch(license, [("expiry", json!(expiry))]);
    unit.require(&key, Condition::Missing("expiry".to_owned()), DATED);
    if let Some(alarm) = expiration(&License { expiry: Some(expiry), ..license.clone() }) {
        alarm.put(unit);
    }
}

/// Sets the timer of a license that checks in, where it may have run out: that is where nothing is left to be announced
/// of the check-in that was due, or none was.
pub fn checks_in(unit: &mut Unit, before: &LicenseView, after: &LicenseView, now: Time) {
    if Deadline::check_in(before).is_some_and(|due| now < due.at) {
        return;
    }
    let due = Deadline::check_in(after).and_then(|deadline| deadline.next(now));
    if let Some(due) = due {
        Alarm::new(CHECK_IN, due, after.license.account, after.license.id).put(unit);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Time {
        text.parse().expect("a time")
    }

    fn deadline(announced: Option<&str>, passed: Option<&str>) -> Deadline {
        Deadline { at: at("2031-05-10T12:00:00Z"), announced: announced.map(at), passed: passed.map(at) }
    }

    fn said(deadline: Deadline, now: &str) -> Option<Notice> {
        let now = at(now);
        deadline.notice(deadline.at < now, now)
    }

    #[test]
    fn announced_ahead_once_a_day_for_three_days() {
        let fresh = deadline(None, None);
        assert_eq!(said(fresh, "2031-05-07T12:00:00Z"), None);
        assert_eq!(said(fresh, "2031-05-07T12:00:00.001Z"), Some(Notice::Ahead));
        assert_eq!(said(fresh, "2031-05-10T12:00:00Z"), Some(Notice::Ahead), "it has not passed yet");
        let once = deadline(Some("2031-05-08T00:00:00Z"), None);
        assert_eq!(said(once, "2031-05-08T23:59:59.999Z"), None);
        assert_eq!(said(once, "2031-05-09T00:00:00Z"), Some(Notice::Ahead));
    }

    #[test]
    fn announced_late_for_half_a_day() {
        let fresh = deadline(None, None);
        assert_eq!(said(fresh, "2031-05-10T12:00:00.001Z"), Some(Notice::Passed));
        assert_eq!(said(fresh, "2031-05-11T00:00:00Z"), Some(Notice::Passed));
        assert_eq!(said(fresh, "2031-05-11T00:00:00.001Z"), None);
        assert_eq!(said(deadline(None, Some("2031-05-09T14:00:00Z")), "2031-05-10T13:00:00Z"), None);
    }

    #[test]
    fn the_next_look() {
        let next = |deadline: Deadline, now: &str| deadline.next(at(now)).map(|due| due.to_string());
        let fresh = deadline(None, None);
        assert_eq!(next(fresh, "2031-01-01T00:00:00Z").as_deref(), Some("2031-05-07T12:00:00.001Z"));
        assert_eq!(next(fresh, "2031-05-09T00:00:00Z").as_deref(), Some("2031-05-09T00:00:00.000Z"));
        assert_eq!(next(fresh, "2031-05-10T13:00:00Z").as_deref(), Some("2031-05-10T13:00:00.000Z"));
        assert_eq!(next(fresh, "2031-05-11T00:00:01Z"), None);
        let last = deadline(Some("2031-05-09T13:00:00Z"), None);
        assert_eq!(next(last, "2031-05-09T13:00:00Z").as_deref(), Some("2031-05-10T12:00:00.001Z"));
        let over = deadline(None, Some("2031-05-10T12:10:00Z"));
        assert_eq!((next(over, "2031-05-10T12:10:00Z"), over.first()), (None, None));
    }

    proptest! {
        /// Nothing is announced before the next look, and at the next look something is.
        #[test]
        fn a_look_is_never_too_late(
            offset in -500_000_000i64..500_000_000, announced in prop::option::of(0i64..500_000_000),
            passed in prop::option::of(0i64..500_000_000), wait in 0i64..500_000_000,
        ) {
            let now = at("2031-05-10T12:00:00Z");
            let back = |millis: i64| Time::from_millis(now.millis() - millis);
            let deadline = Deadline { at: back(offset), announced: announced.map(back), passed: passed.map(back) };
            let said = |time: Time| deadline.notice(deadline.at < time, time);
            let later = Time::from_millis(now.millis() + wait);
            match deadline.next(now) {
                Some(due) => {
                    prop_assert!(said(due).is_some());
                    prop_assert!(later >= due || said(later).is_none());
                }
                None => prop_assert_eq!(said(later), None),
            }
            prop_assert!(deadline.first() <= deadline.next(now) || deadline.next(now).is_none());
        }
    }
}
