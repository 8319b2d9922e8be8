//! Durations, times and days as clients write them in filters and attributes (spec 04 §1.6, §2.5).

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{DAY, Distance, MONTH, WEEK, YEAR, plus_seconds};

/// Reads a filter's duration: plain seconds when all digits, else ISO 8601 in any case, whose leading `P` may be
/// missing (`30d`, `2w`, `P1Y6M`, `PT1.5H`). The last number may have a fraction. Weeks stand alone or with a time.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Distance> {
    if let Some(seconds) = parse_digits(text) {
        return Some(Distance::exactly(seconds));
    }
    let text = text.to_ascii_uppercase();
    let text = text.strip_prefix('P').unwrap_or(&text);
    let (date, time) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (text, ""),
    };
    let mut distance = Distance::default();
    let mut open = true;
    let date_units: &[(char, Unit)] = if date.contains('W') {
        &[('W', Unit::Exact(WEEK))]
    } else {
        &[('Y', Unit::Years), ('M', Unit::Months), ('D', Unit::Exact(DAY))]
    };
    let time_units: &[(char, Unit)] = &[('H', Unit::Exact(3600)), ('M', Unit::Exact(60)), ('S', Unit::Exact(1))];
    read_parts(date, date_units, &mut distance, &mut open)?;
    read_parts(time, time_units, &mut distance, &mut open)?;
    (!date.is_empty() || !time.is_empty()).then_some(distance)
}

#[derive(Clone, Copy)]
enum Unit {
    Years,
    Months,
    Exact(i64),
}

/// Reads numbers with their units, in the order of `units`, into `distance`. A fraction closes the series.
fn read_parts(text: &str, units: &[(char, Unit)], distance: &mut Distance, open: &mut bool) -> Option<()> {
    let mut rest = text;
    let mut units = units.iter();
    while !rest.is_empty() {
        if !*open {
            return None;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, tail) = rest.split_at(end);
        let letter = tail.chars().next()?;
        rest = tail.get(1..)?;
        let (_, unit) = units.find(|(name, _)| *name == letter)?;
        let (whole, fraction) = match number.split_once(['.', ',']) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (number, None),
        };
        let whole = parse_digits(whole)?;
        let nanos = fraction.map_or(Some(0), parse_fraction)?;
        *open = fraction.is_none();
        let seconds = match unit {
            Unit::Years => {
                distance.years = whole;
                YEAR
            }
            Unit::Months => {
                distance.months = whole;
                MONTH
            }
            Unit::Exact(seconds) => {
                let exact = SignedDuration::from_secs(whole.saturating_mul(*seconds));
                distance.exact = distance.exact.saturating_add(exact);
                *seconds
            }
        };
        let part = SignedDuration::from_nanos(nanos).checked_mul(i32::try_from(seconds).ok()?)?;
        distance.exact = distance.exact.saturating_add(part);
    }
    Some(())
}

/// The number that `text` spells in nothing but digits, if it does; too big a number becomes the biggest.
fn parse_digits(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(i64::MAX))
}

/// Nanoseconds of the digits behind a decimal point; what is finer is dropped.
fn parse_fraction(digits: &str) -> Option<i64> {
    parse_digits(digits)?;
    format!("{digits:0<9}").get(..9)?.parse().ok()
}

/// Reads a filter's instant: Unix seconds when all digits, else a date-time, in UTC unless it has an offset.
#[must_use]
pub fn parse_time(text: &str) -> Option<Timestamp> {
    match parse_digits(text) {
        Some(seconds) => Some(plus_seconds(Timestamp::UNIX_EPOCH, seconds)),
        None => parse_datetime(text),
    }
}

/// Reads an ISO 8601 or RFC 2822 date-time, with spaces and slashes where people put them.
fn parse_datetime(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(zoned) = rfc2822::parse(text) {
        return Some(zoned.timestamp());
    }
    let text = match text.as_bytes() {
        [.., b'/', _, _] | [_, _, _, _, b'/', ..] => text.replacen('/', "-", 2),
        _ => text.to_owned(),
    };
    let bare = ["UTC", "GMT", "Z", "z"].iter().find_map(|zone| text.strip_suffix(zone)).map(str::trim_end);
    if let Some(bare) = bare {
        return from_utc(bare.parse().ok()?);
    }
    let compact = match text.rsplit_once(' ') {
        Some((head, offset)) if offset.starts_with(['+', '-']) => format!("{head}{offset}"),
        _ => text,
    };
    compact.parse::<Timestamp>().ok().or_else(|| from_utc(compact.parse().ok()?))
}

/// The instant of a date-time in UTC. The last day of 9999, which people write for "never", is beyond
/// [`Timestamp`]'s range and becomes its end.
fn from_utc(at: DateTime) -> Option<Timestamp> {
    let clamped = if at.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
    Some(TimeZone::UTC.to_timestamp(at).unwrap_or(clamped))
}

/// A day of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

impl Day {
    /// Whether `at` is in it.
    #[must_use]
    pub fn contains(self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

/// Reads a filter's date; of a date-time, the date as written.
#[must_use]
pub fn parse_day(text: &str) -> Option<Day> {
    let text = text.trim().replace('/', "-");
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(&text);
    let date: Date = text.parse().ok()?;
    let start = from_utc(date.to_datetime(Time::midnight()))?;
    Some(Day { start, end: plus_seconds(start, DAY) })
}

/// A text that looks like a date but is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImpossibleTime;

impl fmt::Display for ImpossibleTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("impossible time")
    }
}

impl std::error::Error for ImpossibleTime {}

/// Reads an expiry sent as text (spec 04 §1.6). Blank text, and text without anything like a date, is no time.
///
/// # Errors
///
/// [`ImpossibleTime`] for a text that has a date in it, but no possible one.
pub fn parse_expiry(text: &str) -> Result<Option<Timestamp>, ImpossibleTime> {
    match parse_time(text) {
        Some(at) => Ok(Some(at)),
        None if resembles_date(text) => Err(ImpossibleTime),
        None => Ok(None),
    }
}

/// Whether two numbers meet at a date's separator.
fn resembles_date(text: &str) -> bool {
    text.as_bytes()
        .windows(3)
        .any(|part| matches!(part, [a, b'-' | b'/' | b'.', b] if a.is_ascii_digit() && b.is_ascii_digit()))
}
