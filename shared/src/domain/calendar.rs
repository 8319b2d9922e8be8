//! Calendar arithmetic: how durations and check-in intervals move an instant (spec 05 §3.6, §3.9).
//!
//! License durations and file lifetimes are stored in seconds, yet a "month" of seconds moves the date by a calendar
//! month. Heartbeats and tokens count plain seconds ([`plus_seconds`]). Everything is in UTC. Results past the ends
//! of [`Timestamp`]'s range stop at them.

pub mod text;

#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::policy::strategies::CheckInInterval;

/// Seconds of a mean Gregorian year.
pub const YEAR: i64 = 31_556_952;
/// Seconds of a mean Gregorian month.
pub const MONTH: i64 = YEAR / 12;
/// Seconds of a week.
pub const WEEK: i64 = 7 * DAY;
/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// A distance on the calendar: years, then months, then an exact time. Never negative unless made from negative
/// seconds. Weeks and days are exact time, for every day of UTC is as long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Distance {
    years: i64,
    months: i64,
    exact: SignedDuration,
}

impl Distance {
    /// Takes seconds apart, greedily: as many mean years as fit, then mean months, then the rest.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        let rest = seconds % YEAR;
        Self { years: seconds / YEAR, months: rest / MONTH, exact: SignedDuration::from_secs(rest % MONTH) }
    }

    /// So many seconds, not taken apart.
    #[must_use]
    pub const fn exactly(seconds: i64) -> Self {
        Self { years: 0, months: 0, exact: SignedDuration::from_secs(seconds) }
    }

    /// So many calendar units.
    #[must_use]
    pub const fn from_interval(interval: CheckInInterval, count: i64) -> Self {
        match interval {
            CheckInInterval::Day => Self::exactly(count.saturating_mul(DAY)),
            CheckInInterval::Week => Self::exactly(count.saturating_mul(WEEK)),
            CheckInInterval::Month => Self { years: 0, months: count, exact: SignedDuration::ZERO },
            CheckInInterval::Year => Self { years: count, months: 0, exact: SignedDuration::ZERO },
        }
    }

    /// The instant this far after `at`. Years and months keep the day of the month, or take the month's last.
    #[must_use]
    pub fn after(self, at: Timestamp) -> Timestamp {
        let backwards = self.years < 0 || self.months < 0 || self.exact.is_negative();
        self.try_after(at).unwrap_or(if backwards { Timestamp::MIN } else { Timestamp::MAX })
    }

    /// The instant this far before `at`.
    #[must_use]
    pub fn before(self, at: Timestamp) -> Timestamp {
        let exact = self.exact.checked_neg().unwrap_or(SignedDuration::MAX);
        Self { years: self.years.saturating_neg(), months: self.months.saturating_neg(), exact }.after(at)
    }

    fn try_after(self, at: Timestamp) -> Result<Timestamp, jiff::Error> {
        let mut date = TimeZone::UTC.to_datetime(at);
        date = date.checked_add(Span::new().try_years(self.years)?)?;
        date = date.checked_add(Span::new().try_months(self.months)?)?;
        TimeZone::UTC.to_timestamp(date)?.checked_add(self.exact)
    }
}

/// `start` moved by a license's duration or a file's lifetime: seconds, taken apart by the calendar.
#[must_use]
pub fn add_duration(start: Timestamp, seconds: i64) -> Timestamp {
    Distance::from_seconds(seconds).after(start)
}

/// `at` moved forward by `count` check-in intervals.
#[must_use]
pub fn add_interval(at: Timestamp, interval: CheckInInterval, count: i64) -> Timestamp {
    Distance::from_interval(interval, count).after(at)
}

/// `at` moved back by `count` check-in intervals.
#[must_use]
pub fn subtract_interval(at: Timestamp, interval: CheckInInterval, count: i64) -> Timestamp {
    Distance::from_interval(interval, count).before(at)
}

/// `at` moved by plain seconds.
#[must_use]
pub fn plus_seconds(at: Timestamp, seconds: i64) -> Timestamp {
    Distance::exactly(seconds).after(at)
}
