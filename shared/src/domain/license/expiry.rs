//! When licenses expire: at creation, on first use, on renewal, on transfer (spec 04 §3.6, §3.10; 05 §3.8).
//!
//! Durations are a policy's seconds, moved by the calendar ([`add_duration`]).

use std::fmt;

use jiff::Timestamp;

use crate::domain::calendar::add_duration;
use crate::domain::policy::strategies::{ExpirationBasis, RenewalBasis, TransferStrategy};

/// Whether an expiry has passed. At the very instant it has not.
#[must_use]
pub fn is_expired(expiry: Option<Timestamp>, now: Timestamp) -> bool {
    expiry.is_some_and(|expiry| expiry < now)
}

/// The expiry of a license that is created with `given`.
#[must_use]
pub fn at_creation(
    basis: ExpirationBasis,
    duration: Option<i64>,
    given: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    given.or_else(|| on_first(ExpirationBasis::FromCreation, basis, duration, None, now))
}

/// The basis that an event of a license's life sets off. `by_license`: the request was authenticated as the license
/// itself, which downloads have to be.
#[must_use]
pub fn basis_of_event(event: &str, by_license: bool) -> Option<ExpirationBasis> {
    match event {
        "license.validation.succeeded" | "license.validation.failed" => Some(ExpirationBasis::FromFirstValidation),
        "machine.created" => Some(ExpirationBasis::FromFirstActivation),
        "license.usage.incremented" => Some(ExpirationBasis::FromFirstUse),
        "artifact.downloaded" | "release.downloaded" | "release.upgraded" if by_license => {
            Some(ExpirationBasis::FromFirstDownload)
        }
        _ => None,
    }
}

/// The expiry to set when `happened` happens to a license whose policy counts from `basis`; `None` when the license
/// keeps what it has. Only a license without expiry gets one.
#[must_use]
pub fn on_first(
    happened: ExpirationBasis,
    basis: ExpirationBasis,
    duration: Option<i64>,
    expiry: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    if happened == basis && expiry.is_none() { Some(add_duration(now, duration?)) } else { None }
}

/// Why a license cannot be renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRenewable {
    /// Its policy has no duration.
    NoDuration,
    /// It has no expiry.
    NoExpiry,
}

impl fmt::Display for NotRenewable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoDuration => "cannot be renewed because its policy does not have a duration",
            Self::NoExpiry => "cannot be renewed because it does not have an expiry",
        })
    }
}

impl std::error::Error for NotRenewable {}

/// The expiry after a renewal.
///
/// # Errors
///
/// [`NotRenewable`], looking at the policy's duration first.
pub fn renewed(
    basis: RenewalBasis,
    duration: Option<i64>,
    expiry: Option<Timestamp>,
    now: Timestamp,
) -> Result<Timestamp, NotRenewable> {
    let duration = duration.ok_or(NotRenewable::NoDuration)?;
    let expiry = expiry.ok_or(NotRenewable::NoExpiry)?;
    let start = match basis {
        RenewalBasis::FromExpiry => expiry,
        RenewalBasis::FromNow => now,
        RenewalBasis::FromNowIfExpired if expiry < now => now,
        RenewalBasis::FromNowIfExpired => expiry,
    };
    Ok(add_duration(start, duration))
}

/// The expiry after a move to a policy with `strategy` and `duration`.
#[must_use]
pub fn transferred(
    strategy: TransferStrategy,
    duration: Option<i64>,
    expiry: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    match strategy {
        TransferStrategy::KeepExpiry => expiry,
        TransferStrategy::ResetExpiry => duration.map(|duration| add_duration(now, duration)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MONTH: i64 = 2_629_746;
    const YEAR: i64 = 31_556_952;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn expired_strictly_after() {
        let expiry = at("2031-07-02T13:45:00Z");
        assert!(!is_expired(None, expiry));
        assert!(!is_expired(Some(expiry), expiry));
        assert!(is_expired(Some(expiry), at("2031-07-02T13:45:00.001Z")));
    }

    #[test]
    fn creation() {
        let now = at("2024-02-29T10:00:00Z");
        let given = Some(at("2020-01-01T00:00:00Z"));
        let year = Some(at("2025-02-28T10:00:00Z"));
        for basis in ExpirationBasis::ALL.iter().copied() {
            let by_duration = if basis == ExpirationBasis::FromCreation { year } else { None };
            assert_eq!(at_creation(basis, Some(YEAR), None, now), by_duration, "{basis}");
            assert_eq!(at_creation(basis, Some(YEAR), given, now), given, "{basis}");
            assert_eq!(at_creation(basis, None, None, now), None, "{basis}");
        }
    }

    #[test]
    fn events_that_count() {
        use ExpirationBasis::{FromFirstActivation, FromFirstDownload, FromFirstUse, FromFirstValidation};
        let table = [
            ("license.validation.succeeded", Some(FromFirstValidation), Some(FromFirstValidation)),
            ("license.validation.failed", Some(FromFirstValidation), Some(FromFirstValidation)),
            ("machine.created", Some(FromFirstActivation), Some(FromFirstActivation)),
            ("license.usage.incremented", Some(FromFirstUse), Some(FromFirstUse)),
            ("artifact.downloaded", Some(FromFirstDownload), None),
            ("release.downloaded", Some(FromFirstDownload), None),
            ("release.upgraded", Some(FromFirstDownload), None),
            ("license.usage.decremented", None, None),
            ("license.created", None, None),
        ];
        for (event, by_license, by_other) in table {
            assert_eq!((basis_of_event(event, true), basis_of_event(event, false)), (by_license, by_other), "{event}");
        }
    }

    #[test]
    fn first_use_sets_once() {
        let now = at("2031-07-02T13:45:00Z");
        let expiry = Some(at("2040-01-01T00:00:00Z"));
        for happened in ExpirationBasis::ALL.iter().copied() {
            for basis in ExpirationBasis::ALL.iter().copied() {
                let month = if happened == basis { Some(at("2031-08-02T13:45:00Z")) } else { None };
                assert_eq!(on_first(happened, basis, Some(MONTH), None, now), month);
                assert_eq!(on_first(happened, basis, Some(MONTH), expiry, now), None);
                assert_eq!(on_first(happened, basis, None, None, now), None);
            }
        }
    }

    #[test]
    fn renewals() {
        use RenewalBasis::{FromExpiry, FromNow, FromNowIfExpired};
        let now = at("2031-07-02T13:45:00Z");
        let table = [
            (FromExpiry, "2029-02-11T00:00:00Z", MONTH, "2029-03-11T00:00:00Z"),
            (FromExpiry, "2029-02-11T00:00:00Z", 3 * MONTH, "2029-05-11T00:00:00Z"),
            (FromExpiry, "2029-08-14T06:30:10Z", 2 * MONTH, "2029-10-14T06:30:10Z"),
            (FromNow, "2029-02-11T00:00:00Z", MONTH, "2031-08-02T13:45:00Z"),
            (FromNowIfExpired, "2031-12-24T00:00:00Z", YEAR, "2032-12-24T00:00:00Z"),
            (FromNowIfExpired, "2030-12-24T00:00:00Z", YEAR, "2032-07-02T13:45:00Z"),
            (FromNowIfExpired, "2031-07-02T13:45:00Z", YEAR, "2032-07-02T13:45:00Z"),
        ];
        for (basis, expiry, duration, expected) in table {
            assert_eq!(renewed(basis, Some(duration), Some(at(expiry)), now), Ok(at(expected)), "{basis} {expiry}");
        }
        assert_eq!(renewed(FromNow, None, Some(now), now), Err(NotRenewable::NoDuration));
        assert_eq!(renewed(FromNow, None, None, now), Err(NotRenewable::NoDuration));
        assert_eq!(renewed(FromNow, Some(YEAR), None, now), Err(NotRenewable::NoExpiry));
    }

    #[test]
    fn transfers() {
        use TransferStrategy::{KeepExpiry, ResetExpiry};
        let now = at("2031-07-02T13:45:00Z");
        let expiry = Some(at("2031-12-24T00:00:00Z"));
        assert_eq!(transferred(KeepExpiry, Some(YEAR), expiry, now), expiry);
        assert_eq!(transferred(KeepExpiry, Some(YEAR), None, now), None);
        assert_eq!(transferred(KeepExpiry, None, expiry, now), expiry);
        assert_eq!(transferred(ResetExpiry, Some(YEAR), expiry, now), Some(at("2032-07-02T13:45:00Z")));
        assert_eq!(transferred(ResetExpiry, None, expiry, now), None);
    }

    proptest! {
        /// A license renewed once it has expired is valid again, and renewing never shortens one counted from expiry.
        #[test]
        fn renewals_extend(
            expiry in 0i64..4_000_000_000, now in 0i64..4_000_000_000, duration in 86_400i64..2_147_483_648,
        ) {
            let (expiry, now) = (Timestamp::from_second(expiry).unwrap(), Timestamp::from_second(now).unwrap());
            let renew = |basis| renewed(basis, Some(duration), Some(expiry), now).unwrap();
            prop_assert!(renew(RenewalBasis::FromExpiry) > expiry);
            prop_assert!(renew(RenewalBasis::FromNow) > now);
            prop_assert!(renew(RenewalBasis::FromNowIfExpired) > expiry.max(now));
        }
    }
}
