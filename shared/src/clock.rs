//! The server's clock: milliseconds, UTC, and (in the sandbox) freezable.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant with millisecond precision, the precision of every timestamp on the wire
/// (spec 01 §1.1 rule 5). Its text form sorts as the instants do.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);

    /// The instant `ms` milliseconds after the Unix epoch, clamped to the year 0 and the last
    /// instant that calendar arithmetic knows (late on 9999-12-30).
    #[must_use]
    pub fn from_millis(ms: i64) -> Self {
        const MIN: i64 = -62_167_219_200_000;
        Self(ms.clamp(MIN, Timestamp::MAX.as_millisecond()))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant moved by plain (not calendar) seconds.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_millis(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// The same instant for calendar arithmetic.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// IMF-fixdate (RFC 9110 §5.6.7), as in the `Date` header.
    #[must_use]
    pub fn http_date(self) -> String {
        self.timestamp().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }
}

impl From<Timestamp> for Time {
    fn from(value: Timestamp) -> Self {
        Self::from_millis(value.as_millisecond())
    }
}

impl From<Time> for Timestamp {
    fn from(value: Time) -> Self {
        value.timestamp()
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Time {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<Timestamp>().map(Self::from)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Where the current time comes from. Clones share one setting.
#[derive(Clone, Debug)]
pub struct Clock {
    frozen: Arc<AtomicI64>,
}

const RUNNING: i64 = i64::MIN;

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self { frozen: Arc::new(AtomicI64::new(RUNNING)) }
    }

    /// The current instant.
    #[must_use]
    pub fn now(&self) -> Time {
        match self.frozen.load(Ordering::Relaxed) {
            RUNNING => Time::from(Timestamp::now()),
            ms => Time::from_millis(ms),
        }
    }

    /// Stops the clock at `at` (sandbox only).
    pub fn freeze(&self, at: Time) {
        self.frozen.store(at.millis(), Ordering::Relaxed);
    }

    /// Lets the clock run again.
    pub fn resume(&self) {
        self.frozen.store(RUNNING, Ordering::Relaxed);
    }

    /// Whether the clock is stopped.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.frozen.load(Ordering::Relaxed) != RUNNING
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_three_fractional_digits() {
        assert_eq!(Time::from_millis(1_900_000_000_000).to_string(), "2030-03-17T17:46:40.000Z");
        assert_eq!("2030-03-17T17:46:40.1239Z".parse::<Time>().unwrap().to_string(), "2030-03-17T17:46:40.123Z");
    }

    #[test]
    fn renders_the_http_date() {
        assert_eq!(Time::from_millis(0).http_date(), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn freezes_and_resumes() {
        let clock = Clock::system();
        let at = Time::from_millis(1_000);
        clock.freeze(at);
        assert_eq!(clock.clone().now(), at);
        clock.resume();
        assert!(clock.now() > at);
    }

    proptest::proptest! {
        #[test]
        fn text_sorts_as_the_instants_do(a in 0i64..253_402_200_000_000, b in 0i64..253_402_200_000_000) {
            let (a, b) = (Time::from_millis(a), Time::from_millis(b));
            proptest::prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
            proptest::prop_assert_eq!(a.to_string().parse::<Time>().unwrap(), a);
        }
    }
}
