//! The enumerations of a policy (spec 04 §1.1), shared by everything that acts on one.
//!
//! `Default` is the value of a policy that was created without the member. An imported policy may lack a value; it
//! then behaves as the default, except for [`ExpirationStrategy::effective`].

use crate::domain::wire::wire_enum;

wire_enum! {
    /// The set of machines within which a fingerprint is unique.
    #[derive(Default)]
    pub enum MachineUniquenessStrategy {
        /// All machines of the account.
        UniquePerAccount = "UNIQUE_PER_ACCOUNT",
        /// Machines of the product's licenses.
        UniquePerProduct = "UNIQUE_PER_PRODUCT",
        /// Machines of the policy's licenses.
        UniquePerPolicy = "UNIQUE_PER_POLICY",
        /// Machines of the license.
        #[default]
        UniquePerLicense = "UNIQUE_PER_LICENSE",
    }

    /// The set of components within which a fingerprint is unique.
    #[derive(Default)]
    pub enum ComponentUniquenessStrategy {
        /// All components of the account.
        UniquePerAccount = "UNIQUE_PER_ACCOUNT",
        /// Components under the product's licenses.
        UniquePerProduct = "UNIQUE_PER_PRODUCT",
        /// Components under the policy's licenses.
        UniquePerPolicy = "UNIQUE_PER_POLICY",
        /// Components under the license.
        UniquePerLicense = "UNIQUE_PER_LICENSE",
        /// Components of the machine.
        #[default]
        UniquePerMachine = "UNIQUE_PER_MACHINE",
    }

    /// How many of several fingerprints have to match, for machines and for components.
    #[derive(Default)]
    pub enum MatchingStrategy {
        /// One is enough.
        #[default]
        MatchAny = "MATCH_ANY",
        /// Two.
        MatchTwo = "MATCH_TWO",
        /// Half of them, rounded up.
        MatchMost = "MATCH_MOST",
        /// Every one.
        MatchAll = "MATCH_ALL",
    }

    /// What expiry takes away.
    #[derive(Default)]
    pub enum ExpirationStrategy {
        /// Validity and later releases.
        #[default]
        RestrictAccess = "RESTRICT_ACCESS",
        /// Validity, authentication and all releases.
        RevokeAccess = "REVOKE_ACCESS",
        /// Later releases only.
        MaintainAccess = "MAINTAIN_ACCESS",
        /// Nothing.
        AllowAccess = "ALLOW_ACCESS",
    }

    /// What starts the clock of a license that has no expiry yet.
    #[derive(Default)]
    pub enum ExpirationBasis {
        /// Its creation.
        #[default]
        FromCreation = "FROM_CREATION",
        /// Its first validation, whatever the outcome.
        FromFirstValidation = "FROM_FIRST_VALIDATION",
        /// Its first machine.
        FromFirstActivation = "FROM_FIRST_ACTIVATION",
        /// Its first download or upgrade, by itself.
        FromFirstDownload = "FROM_FIRST_DOWNLOAD",
        /// The first increment of its usage.
        FromFirstUse = "FROM_FIRST_USE",
    }

    /// Where a renewal counts from.
    #[derive(Default)]
    pub enum RenewalBasis {
        /// The old expiry.
        #[default]
        FromExpiry = "FROM_EXPIRY",
        /// The moment of renewal.
        FromNow = "FROM_NOW",
        /// The moment of renewal when the license has expired, else the old expiry.
        FromNowIfExpired = "FROM_NOW_IF_EXPIRED",
    }

    /// What moving a license to a policy does to its expiry.
    #[derive(Default)]
    pub enum TransferStrategy {
        /// Nothing.
        #[default]
        KeepExpiry = "KEEP_EXPIRY",
        /// It starts anew, by the new policy's duration.
        ResetExpiry = "RESET_EXPIRY",
    }

    /// How a license may authenticate.
    #[derive(Default)]
    pub enum AuthenticationStrategy {
        /// With a token.
        #[default]
        Token = "TOKEN",
        /// With its key.
        License = "LICENSE",
        /// With a session.
        Session = "SESSION",
        /// With any of them.
        Mixed = "MIXED",
        /// Not at all.
        None = "NONE",
    }

    /// What becomes of a dead machine or process.
    #[derive(Default)]
    pub enum HeartbeatCullStrategy {
        /// It is deleted.
        #[default]
        DeactivateDead = "DEACTIVATE_DEAD",
        /// It stays.
        KeepDead = "KEEP_DEAD",
    }

    /// How long a dead machine or process may come back.
    #[derive(Default)]
    pub enum HeartbeatResurrectionStrategy {
        /// For ever.
        AlwaysRevive = "ALWAYS_REVIVE",
        /// For a quarter of an hour.
        FifteenMinuteRevive = "15_MINUTE_REVIVE",
        /// For ten minutes.
        TenMinuteRevive = "10_MINUTE_REVIVE",
        /// For five minutes.
        FiveMinuteRevive = "5_MINUTE_REVIVE",
        /// For two minutes.
        TwoMinuteRevive = "2_MINUTE_REVIVE",
        /// For a minute.
        OneMinuteRevive = "1_MINUTE_REVIVE",
        /// Never.
        #[default]
        NoRevive = "NO_REVIVE",
    }

    /// What starts a machine's heartbeat. The default depends on the policy: [`HeartbeatBasis::default_for`].
    pub enum HeartbeatBasis {
        /// Its creation.
        FromCreation = "FROM_CREATION",
        /// Its first ping.
        FromFirstPing = "FROM_FIRST_PING",
    }

    /// Whose machines a limit counts together.
    #[derive(Default)]
    pub enum MachineLeasingStrategy {
        /// The license's.
        #[default]
        PerLicense = "PER_LICENSE",
        /// Those of one owner; the ownerless ones count together.
        PerUser = "PER_USER",
    }

    /// Whose processes the limit counts together.
    #[derive(Default)]
    pub enum ProcessLeasingStrategy {
        /// The license's.
        PerLicense = "PER_LICENSE",
        /// The machine's.
        #[default]
        PerMachine = "PER_MACHINE",
        /// Those on machines of one owner; the ownerless machines count together.
        PerUser = "PER_USER",
    }

    /// How far a limit may be passed.
    #[derive(Default)]
    pub enum OverageStrategy {
        /// Without end.
        AlwaysAllowOverage = "ALWAYS_ALLOW_OVERAGE",
        /// By a quarter.
        Allow1_25xOverage = "ALLOW_1_25X_OVERAGE",
        /// By half.
        Allow1_5xOverage = "ALLOW_1_5X_OVERAGE",
        /// By the same again.
        Allow2xOverage = "ALLOW_2X_OVERAGE",
        /// Not at all.
        #[default]
        NoOverage = "NO_OVERAGE",
    }

    /// The calendar unit of check-ins.
    pub enum CheckInInterval {
        /// 24 hours.
        Day = "day",
        /// Seven days.
        Week = "week",
        /// A calendar month.
        Month = "month",
        /// A calendar year.
        Year = "year",
    }
}

impl MachineUniquenessStrategy {
    /// Strictness, to be compared with other strategies of its kind.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::UniquePerAccount => 4,
            Self::UniquePerProduct => 3,
            Self::UniquePerPolicy => 2,
            Self::UniquePerLicense => 1,
        }
    }
}

impl ComponentUniquenessStrategy {
    /// Strictness, to be compared with other strategies of its kind.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::UniquePerAccount => 4,
            Self::UniquePerProduct => 3,
            Self::UniquePerPolicy => 2,
            Self::UniquePerLicense => 1,
            Self::UniquePerMachine => 0,
        }
    }
}

impl MatchingStrategy {
    /// How many of `given` fingerprints have to match.
    #[must_use]
    pub const fn required(self, given: u64) -> u64 {
        match self {
            Self::MatchAny => 1,
            Self::MatchTwo => 2,
            Self::MatchMost => given.div_ceil(2),
            Self::MatchAll => given,
        }
    }
}

impl ExpirationStrategy {
    /// What a stored value means: a policy without one revokes.
    #[must_use]
    pub fn effective(stored: Option<Self>) -> Self {
        stored.unwrap_or(Self::RevokeAccess)
    }

    /// Whether an expired license is still valid.
    #[must_use]
    pub const fn keeps_validity(self) -> bool {
        matches!(self, Self::MaintainAccess | Self::AllowAccess)
    }

    /// Whether releases are limited to those made before the license's expiry.
    #[must_use]
    pub const fn limits_releases(self) -> bool {
        matches!(self, Self::RestrictAccess | Self::MaintainAccess)
    }
}

impl AuthenticationStrategy {
    /// Whether a license may act through a token.
    #[must_use]
    pub const fn admits_token(self) -> bool {
        matches!(self, Self::Token | Self::Mixed)
    }

    /// Whether a license may act through its key.
    #[must_use]
    pub const fn admits_key(self) -> bool {
        matches!(self, Self::License | Self::Mixed)
    }

    /// Whether a license may act through a session.
    #[must_use]
    pub const fn admits_session(self) -> bool {
        matches!(self, Self::Session | Self::Mixed)
    }
}

/// How long after its next heartbeat was due a dead machine or process may come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revival {
    /// It may not.
    Never,
    /// So many seconds, the last instant included.
    Within(i64),
    /// Whenever it likes.
    Always,
}

impl HeartbeatResurrectionStrategy {
    /// The window of this strategy.
    #[must_use]
    pub const fn revival(self) -> Revival {
        match self {
            Self::AlwaysRevive => Revival::Always,
            Self::FifteenMinuteRevive => Revival::Within(900),
            Self::TenMinuteRevive => Revival::Within(600),
            Self::FiveMinuteRevive => Revival::Within(300),
            Self::TwoMinuteRevive => Revival::Within(120),
            Self::OneMinuteRevive => Revival::Within(60),
            Self::NoRevive => Revival::Never,
        }
    }
}

impl HeartbeatBasis {
    /// The basis of a policy that was created without one.
    #[must_use]
    pub const fn default_for(require_heartbeat: bool) -> Self {
        if require_heartbeat { Self::FromCreation } else { Self::FromFirstPing }
    }
}

impl OverageStrategy {
    /// The allowed multiple of a limit as a fraction (numerator, denominator); `None` when there is no end.
    #[must_use]
    pub const fn factor(self) -> Option<(u64, u64)> {
        match self {
            Self::AlwaysAllowOverage => None,
            Self::Allow1_25xOverage => Some((5, 4)),
            Self::Allow1_5xOverage => Some((3, 2)),
            Self::Allow2xOverage => Some((2, 1)),
            Self::NoOverage => Some((1, 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! check_names {
        ($($name:ident: $($wire:literal)+;)+) => {$(
            let wires = [$($wire),+];
            assert_eq!($name::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>(), wires);
            for (value, wire) in $name::ALL.iter().zip(wires) {
                assert_eq!(wire.parse(), Ok(*value));
                assert_eq!(value.to_string(), wire);
                assert_eq!(serde_json::to_value(value).unwrap(), wire);
                assert_eq!(serde_json::from_value::<$name>(wire.into()).unwrap(), *value);
            }
            assert!("unknown".parse::<$name>().is_err());
            assert!(serde_json::from_value::<$name>("unknown".into()).is_err());
        )+};
    }

    #[test]
    fn names_on_the_wire() {
        check_names! {
            MachineUniquenessStrategy:
                "UNIQUE_PER_ACCOUNT" "UNIQUE_PER_PRODUCT" "UNIQUE_PER_POLICY" "UNIQUE_PER_LICENSE";
            ComponentUniquenessStrategy:
                "UNIQUE_PER_ACCOUNT" "UNIQUE_PER_PRODUCT" "UNIQUE_PER_POLICY" "UNIQUE_PER_LICENSE"
                "UNIQUE_PER_MACHINE";
            MatchingStrategy: "MATCH_ANY" "MATCH_TWO" "MATCH_MOST" "MATCH_ALL";
            ExpirationStrategy: "RESTRICT_ACCESS" "REVOKE_ACCESS" "MAINTAIN_ACCESS" "ALLOW_ACCESS";
            ExpirationBasis:
                "FROM_CREATION" "FROM_FIRST_VALIDATION" "FROM_FIRST_ACTIVATION" "FROM_FIRST_DOWNLOAD"
                "FROM_FIRST_USE";
            RenewalBasis: "FROM_EXPIRY" "FROM_NOW" "FROM_NOW_IF_EXPIRED";
            TransferStrategy: "KEEP_EXPIRY" "RESET_EXPIRY";
            AuthenticationStrategy: "TOKEN" "LICENSE" "SESSION" "MIXED" "NONE";
            HeartbeatCullStrategy: "DEACTIVATE_DEAD" "KEEP_DEAD";
            HeartbeatResurrectionStrategy:
                "ALWAYS_REVIVE" "15_MINUTE_REVIVE" "10_MINUTE_REVIVE" "5_MINUTE_REVIVE" "2_MINUTE_REVIVE"
                "1_MINUTE_REVIVE" "NO_REVIVE";
            HeartbeatBasis: "FROM_CREATION" "FROM_FIRST_PING";
            MachineLeasingStrategy: "PER_LICENSE" "PER_USER";
            ProcessLeasingStrategy: "PER_LICENSE" "PER_MACHINE" "PER_USER";
            OverageStrategy:
                "ALWAYS_ALLOW_OVERAGE" "ALLOW_1_25X_OVERAGE" "ALLOW_1_5X_OVERAGE" "ALLOW_2X_OVERAGE"
                "NO_OVERAGE";
            CheckInInterval: "day" "week" "month" "year";
        }
    }

    #[test]
    fn defaults() {
        assert_eq!(MachineUniquenessStrategy::default().as_str(), "UNIQUE_PER_LICENSE");
        assert_eq!(ComponentUniquenessStrategy::default().as_str(), "UNIQUE_PER_MACHINE");
        assert_eq!(MatchingStrategy::default().as_str(), "MATCH_ANY");
        assert_eq!(ExpirationStrategy::default().as_str(), "RESTRICT_ACCESS");
        assert_eq!(ExpirationStrategy::effective(None).as_str(), "REVOKE_ACCESS");
        assert_eq!(ExpirationBasis::default().as_str(), "FROM_CREATION");
        assert_eq!(RenewalBasis::default().as_str(), "FROM_EXPIRY");
        assert_eq!(TransferStrategy::default().as_str(), "KEEP_EXPIRY");
        assert_eq!(AuthenticationStrategy::default().as_str(), "TOKEN");
        assert_eq!(HeartbeatCullStrategy::default().as_str(), "DEACTIVATE_DEAD");
        assert_eq!(HeartbeatResurrectionStrategy::default().as_str(), "NO_REVIVE");
        assert_eq!(HeartbeatBasis::default_for(true).as_str(), "FROM_CREATION");
        assert_eq!(HeartbeatBasis::default_for(false).as_str(), "FROM_FIRST_PING");
        assert_eq!(MachineLeasingStrategy::default().as_str(), "PER_LICENSE");
        assert_eq!(ProcessLeasingStrategy::default().as_str(), "PER_MACHINE");
        assert_eq!(OverageStrategy::default().as_str(), "NO_OVERAGE");
    }

    #[test]
    fn uniqueness_ranks() {
        let machine: Vec<_> = MachineUniquenessStrategy::ALL.iter().map(|strategy| strategy.rank()).collect();
        let component: Vec<_> = ComponentUniquenessStrategy::ALL.iter().map(|strategy| strategy.rank()).collect();
        assert_eq!((machine, component), (vec![4, 3, 2, 1], vec![4, 3, 2, 1, 0]));
    }

    #[test]
    fn matches_required_of_several() {
        let required =
            |given| MatchingStrategy::ALL.iter().map(|strategy| strategy.required(given)).collect::<Vec<_>>();
        assert_eq!(required(1), [1, 2, 1, 1]);
        assert_eq!(required(3), [1, 2, 2, 3]);
        assert_eq!(required(4), [1, 2, 2, 4]);
        assert_eq!(required(5), [1, 2, 3, 5]);
    }

    #[test]
    fn ways_to_authenticate() {
        use AuthenticationStrategy::{License, Mixed, None, Session, Token};
        let table = [
            (Token, [true, false, false]),
            (License, [false, true, false]),
            (Session, [false, false, true]),
            (Mixed, [true, true, true]),
            (None, [false, false, false]),
        ];
        for (strategy, admits) in table {
            assert_eq!([strategy.admits_token(), strategy.admits_key(), strategy.admits_session()], admits);
        }
    }

    #[test]
    fn what_expiry_takes() {
        let table = [(false, true), (false, false), (true, true), (true, false)];
        for (strategy, expected) in ExpirationStrategy::ALL.iter().zip(table) {
            assert_eq!((strategy.keeps_validity(), strategy.limits_releases()), expected, "{strategy}");
        }
    }

    #[test]
    fn revival_windows() {
        let windows: Vec<_> = HeartbeatResurrectionStrategy::ALL.iter().map(|strategy| strategy.revival()).collect();
        let mut expected = vec![Revival::Always];
        expected.extend([900, 600, 300, 120, 60].map(Revival::Within));
        expected.push(Revival::Never);
        assert_eq!(windows, expected);
    }
}
