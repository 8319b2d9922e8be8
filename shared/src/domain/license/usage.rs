//! Uses of a license: what a change makes of them (spec 05 §3.11).

use crate::domain::license::License;
use crate::domain::model::Failures;
use crate::http::error::Error;

/// The largest number of uses that is stored.
pub const MOST: i64 = i32::MAX as i64;

/// Why uses cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There would be more than this limit allows.
    Limit(u64),
    /// There would be fewer than none.
    Negative,
    /// There would be more than can be stored.
    TooLarge,
}

/// The uses after a change. A change of nothing is always fine; any other has to end below the limit, even one that
/// lowers uses which are above it.
///
/// # Errors
/// The first refusal.
pub fn changed(uses: i64, amount: i128, limit: Option<u64>) -> Result<i64, Refusal> {
    let after = i128::from(uses).saturating_add(amount);
    match limit {
        _ if amount == 0 => Ok(uses),
        Some(limit) if after > i128::from(limit) => Err(Refusal::Limit(limit)),
        _ if after < 0 => Err(Refusal::Negative),
        _ => i64::try_from(after).ok().filter(|after| *after <= MOST).ok_or(Refusal::TooLarge),
    }
}

impl Refusal {
    /// The answer; `parameter` names the amount in the body's `meta`.
    #[must_use]
    pub fn error(self, parameter: &str) -> Error {
        match self {
            Self::Limit(limit) => {
                let detail = format!("usage exceeds maximum allowed for license ({limit})");
                Failures::one::<License>("uses", "LIMIT_EXCEEDED", detail)
            }
            Self::Negative => Failures::one::<License>("uses", "INVALID", "must be greater than or equal to 0"),
            Self::TooLarge => Error::integer_too_large().pointer(format!("/meta/{parameter}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn changes() {
        let table = [
            (0, 1, None, Ok(1)),
            (0, 100, Some(100), Ok(100)),
            (0, 100, Some(99), Err(Refusal::Limit(99))),
            (5, 0, Some(1), Ok(5)),
            (10, -1, Some(5), Err(Refusal::Limit(5))),
            (10, -6, Some(5), Ok(4)),
            (0, -1, None, Err(Refusal::Negative)),
            (3, -3, Some(0), Ok(0)),
            (0, 1, Some(0), Err(Refusal::Limit(0))),
            (1, i128::from(u64::MAX), None, Err(Refusal::TooLarge)),
            (1, i128::from(u64::MAX), Some(9), Err(Refusal::Limit(9))),
            (MOST, 1, None, Err(Refusal::TooLarge)),
        ];
        for (uses, amount, limit, expected) in table {
            assert_eq!(changed(uses, amount, limit), expected, "{uses} {amount} {limit:?}");
        }
    }

    proptest! {
        /// Whatever is answered can be stored and keeps to the limit, unless nothing changes.
        #[test]
        fn nothing_passes_the_limit(uses in 0..=MOST, amount in any::<i64>(), limit in prop::option::of(0u64..1 << 33)) {
            if let Ok(after) = changed(uses, amount.into(), limit) {
                prop_assert!((0..=MOST).contains(&after));
                let fits = limit.is_none_or(|limit| u64::try_from(after).unwrap() <= limit);
                prop_assert!(fits || amount == 0);
            }
        }
    }
}
