//! Check-ins: when the next is due and when one is overdue (spec 05 §3.6).

use jiff::Timestamp;

use crate::domain::calendar::{add_interval, subtract_interval};
use crate::domain::policy::strategies::CheckInInterval;

/// What a policy says about check-ins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckInPolicy {
    /// Whether they are required.
    pub required: bool,
    /// Their unit.
    pub interval: Option<CheckInInterval>,
    /// How many units apart they are.
    pub count: Option<i64>,
}

impl CheckInPolicy {
    fn rhythm(&self) -> Option<(CheckInInterval, i64)> {
        if self.required { self.interval.zip(self.count) } else { None }
    }

    /// When a license that last checked in at `last` has to do so again.
    #[must_use]
    pub fn next(&self, last: Option<Timestamp>) -> Option<Timestamp> {
        let (interval, count) = self.rhythm()?;
        Some(add_interval(last?, interval, count))
    }

    /// Whether a license that last checked in at `last` is late. This counts back from `now`, so near month ends it
    /// may turn true up to three days after [`CheckInPolicy::next`].
    #[must_use]
    pub fn is_overdue(&self, last: Option<Timestamp>, now: Timestamp) -> bool {
        match (self.rhythm(), last) {
            (Some((interval, count)), Some(last)) => last < subtract_interval(now, interval, count),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn every(count: i64, interval: CheckInInterval) -> CheckInPolicy {
        CheckInPolicy { required: true, interval: Some(interval), count: Some(count) }
    }

    #[test]
    fn months_end_late() {
        let monthly = every(1, CheckInInterval::Month);
        let last = Some(at("2026-01-31T00:00:00Z"));
        assert_eq!(monthly.next(last), Some(at("2026-02-28T00:00:00Z")));
        assert!(!monthly.is_overdue(last, at("2026-02-28T23:59:59.999Z")));
        assert!(monthly.is_overdue(last, at("2026-03-01T00:00:00Z")));
    }

    #[test]
    fn to_the_instant() {
        let daily = every(1, CheckInInterval::Day);
        let last = Some(at("2026-05-01T12:00:00Z"));
        assert_eq!(daily.next(last), Some(at("2026-05-02T12:00:00Z")));
        assert!(!daily.is_overdue(last, at("2026-05-02T12:00:00Z")));
        assert!(daily.is_overdue(last, at("2026-05-02T12:00:00.001Z")));
    }

    #[test]
    fn nothing_due_while_anything_is_missing() {
        let whole = every(1, CheckInInterval::Day);
        let now = at("2030-01-01T00:00:00Z");
        let last = Some(at("2020-01-01T00:00:00Z"));
        assert!(whole.is_overdue(last, now));
        let partial = [
            CheckInPolicy { required: false, ..whole },
            CheckInPolicy { interval: None, ..whole },
            CheckInPolicy { count: None, ..whole },
        ];
        for policy in partial {
            assert_eq!((policy.next(last), policy.is_overdue(last, now)), (None, false));
        }
        assert_eq!((whole.next(None), whole.is_overdue(None, now)), (None, false));
    }

    proptest! {
        /// Overdue implies past due, and both agree but for what month ends clamp away.
        #[test]
        fn overdue_follows_the_due_date(
            last in 0i64..4_000_000_000, interval in prop::sample::select(CheckInInterval::ALL.to_vec()),
            count in 1i64..366, late in -400_000i64..400_000,
        ) {
            let policy = every(count, interval);
            let last = Timestamp::from_second(last).unwrap();
            let due = policy.next(Some(last)).unwrap();
            let now = Timestamp::from_second(due.as_second() + late).unwrap();
            let overdue = policy.is_overdue(Some(last), now);
            prop_assert!(!overdue || late > 0);
            prop_assert!(overdue || late <= 3 * 86_400);
        }
    }
}
