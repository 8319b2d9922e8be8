//! The status of a license, computed whenever it is read (spec 04 §3.8).

use jiff::Timestamp;

use super::expiry::is_expired;
use crate::domain::calendar::{DAY, plus_seconds};
use crate::domain::wire::wire_enum;

/// How long before its expiry a license counts as expiring: seconds.
pub const EXPIRING_WINDOW: i64 = 3 * DAY;

/// How long after its last sign of life a license counts as active: seconds.
pub const ACTIVITY_WINDOW: i64 = 90 * DAY;

wire_enum! {
    /// A license's status.
    pub enum LicenseStatus {
        /// It showed a sign of life lately.
        Active = "ACTIVE",
        /// It has shown none for long.
        Inactive = "INACTIVE",
        /// It expires soon.
        Expiring = "EXPIRING",
        /// It has expired.
        Expired = "EXPIRED",
        /// It was suspended.
        Suspended = "SUSPENDED",
        /// Its owner was banned.
        Banned = "BANNED",
    }
}

/// The signs of life of a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// When it was created.
    pub created: Timestamp,
    /// When it was last validated.
    pub last_validated: Option<Timestamp>,
    /// When it was last checked out.
    pub last_check_out: Option<Timestamp>,
    /// When it last checked in.
    pub last_check_in: Option<Timestamp>,
}

impl Activity {
    /// The last sign of life.
    #[must_use]
    pub fn latest(&self) -> Timestamp {
        [self.last_validated, self.last_check_out, self.last_check_in]
            .into_iter()
            .flatten()
            .fold(self.created, Timestamp::max)
    }

    /// Whether there was one at `since` or later.
    #[must_use]
    pub fn since(&self, since: Timestamp) -> bool {
        self.latest() >= since
    }

    /// Whether there was one in the last 90 days.
    #[must_use]
    pub fn is_recent(&self, now: Timestamp) -> bool {
        self.since(plus_seconds(now, -ACTIVITY_WINDOW))
    }
}

/// Whether an expiry is ahead, and near. At the very instant of expiry a license is neither expiring nor expired.
#[must_use]
pub fn is_expiring(expiry: Option<Timestamp>, now: Timestamp) -> bool {
    expiry.is_some_and(|expiry| now < expiry && expiry < plus_seconds(now, EXPIRING_WINDOW))
}

/// The status of a license; the first that applies.
#[must_use]
pub fn license_status(
    owner_banned: bool,
    suspended: bool,
    expiry: Option<Timestamp>,
    activity: &Activity,
    now: Timestamp,
) -> LicenseStatus {
    if owner_banned {
        LicenseStatus::Banned
    } else if suspended {
        LicenseStatus::Suspended
    } else if is_expired(expiry, now) {
        LicenseStatus::Expired
    } else if is_expiring(expiry, now) {
        LicenseStatus::Expiring
    } else if activity.is_recent(now) {
        LicenseStatus::Active
    } else {
        LicenseStatus::Inactive
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2031-07-02T13:45:00Z".parse().unwrap()
    }

    fn days(days: i64) -> Timestamp {
        plus_seconds(now(), days * DAY)
    }

    fn fresh() -> Activity {
        Activity { created: days(-3), last_validated: None, last_check_out: None, last_check_in: None }
    }

    #[test]
    fn first_match_wins() {
        use LicenseStatus::{Active, Banned, Expired, Expiring, Suspended};
        let (past, near) = (Some(days(-1)), Some(days(2)));
        let table = [
            (true, true, past, Banned),
            (false, true, past, Suspended),
            (false, true, None, Suspended),
            (false, false, past, Expired),
            (false, false, near, Expiring),
            (false, false, Some(days(3)), Active),
            (false, false, Some(plus_seconds(days(3), -1)), Expiring),
            (false, false, Some(now()), Active),
            (false, false, Some(plus_seconds(now(), -1)), Expired),
            (false, false, Some(plus_seconds(now(), 1)), Expiring),
            (false, false, None, Active),
        ];
        for (banned, suspended, expiry, expected) in table {
            assert_eq!(license_status(banned, suspended, expiry, &fresh(), now()), expected, "{expiry:?}");
        }
    }

    #[test]
    fn signs_of_life() {
        let old = Activity {
            created: days(-91),
            last_validated: Some(days(-91)),
            last_check_out: Some(days(-101)),
            last_check_in: Some(days(-101)),
        };
        let table = [
            (fresh(), true),
            (Activity { created: days(-90), ..old }, true),
            (Activity { created: plus_seconds(days(-90), -1), ..old }, false),
            (old, false),
            (Activity { last_validated: None, last_check_out: None, last_check_in: None, ..old }, false),
            (Activity { last_validated: Some(days(-1)), ..old }, true),
            (Activity { last_check_out: Some(days(-20)), ..old }, true),
            (Activity { last_check_in: Some(days(-20)), ..old }, true),
            (Activity { created: days(1), ..old }, true),
        ];
        for (activity, active) in table {
            let expected = if active { LicenseStatus::Active } else { LicenseStatus::Inactive };
            assert_eq!(license_status(false, false, None, &activity, now()), expected, "{activity:?}");
        }
    }

    proptest! {
        /// Left alone, a license only ever moves forward: active, then expiring, then expired, never back.
        #[test]
        fn time_moves_one_way(expiry in -200i64..200, a in -200i64..200, b in -200i64..200) {
            let order = |status| match status {
                LicenseStatus::Active | LicenseStatus::Inactive => 0,
                LicenseStatus::Expiring => 1,
                _ => 3,
            };
            let at = |hours: i64| plus_seconds(now(), hours * 3600);
            let status = |hours| order(license_status(false, false, Some(at(expiry)), &fresh(), at(hours)));
            let (a, b) = (a.min(b), a.max(b));
            // The instant of expiry itself is neither expiring nor expired.
            prop_assume!(a != expiry && b != expiry);
            prop_assert!(status(a) <= status(b));
        }
    }
}
