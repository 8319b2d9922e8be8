//! What validation reads: the license, its policy, and what was looked up for the occasion.

use jiff::Timestamp;

use super::scope::{Mode, Scope, UserName};
use crate::domain::license::check_in::CheckInPolicy;
use crate::domain::license::limits::Limits;
use crate::domain::machine::heartbeat::{HeartbeatPolicy, Pulse};
use crate::domain::policy::strategies::{
    ExpirationStrategy, MachineLeasingStrategy, MatchingStrategy, OverageStrategy, ProcessLeasingStrategy,
};
use crate::ids::Id;

/// Everything a validation looks at.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The license.
    pub license: LicenseFacts,
    /// Its policy.
    pub policy: PolicyFacts,
    /// What [`needs`](super::needs) asked for.
    pub found: Lookups,
}

/// Sums over a number of machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// How many machines, dead or alive.
    pub machines: u64,
    /// Their cores.
    pub cores: u128,
    /// Their memory.
    pub memory: u128,
    /// Their disk.
    pub disk: u128,
    /// Their processes, dead or alive.
    pub processes: u64,
}

/// What the license itself says.
#[derive(Clone, Debug)]
pub struct LicenseFacts {
    /// Its owner.
    pub owner: Option<Id>,
    /// How many users are attached to it besides the owner.
    pub licensees: u64,
    /// Its environment.
    pub environment: Option<Id>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// When it expires.
    pub expiry: Option<Timestamp>,
    /// When it last checked in.
    pub last_check_in: Option<Timestamp>,
    /// The limits in force: its overrides and its policy's values ([`Limits::effective`]).
    pub limits: Limits,
    /// The sums over all its machines.
    pub counters: Counters,
}

impl LicenseFacts {
    /// How many users it has, the owner included.
    #[must_use]
    pub fn users(&self) -> u64 {
        self.licensees.saturating_add(u64::from(self.owner.is_some()))
    }
}

/// Which scopes a policy insists on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequiredScopes {
    /// The environment.
    pub environment: bool,
    /// The product.
    pub product: bool,
    /// The policy.
    pub policy: bool,
    /// A user.
    pub user: bool,
    /// A machine.
    pub machine: bool,
    /// A fingerprint, or several.
    pub fingerprint: bool,
    /// Components.
    pub components: bool,
    /// A checksum.
    pub checksum: bool,
    /// A version.
    pub version: bool,
}

/// What the policy says.
#[derive(Clone, Debug)]
pub struct PolicyFacts {
    /// The policy.
    pub id: Id,
    /// Its product, which is the license's.
    pub product: Id,
    /// Whether limits on machines and what is on them are looked at.
    pub strict: bool,
    /// Whether a license may have more than one machine.
    pub floating: bool,
    /// What expiry takes away, as stored.
    pub expiration_strategy: Option<ExpirationStrategy>,
    /// Its check-ins.
    pub check_in: CheckInPolicy,
    /// Its heartbeats.
    pub heartbeat: HeartbeatPolicy,
    /// The scopes it requires.
    pub required: RequiredScopes,
    /// How many of several machines have to match.
    pub machine_matching: MatchingStrategy,
    /// How many components have to match.
    pub component_matching: MatchingStrategy,
    /// Whose machines are counted.
    pub machine_leasing: MachineLeasingStrategy,
    /// Whose processes are counted.
    pub process_leasing: ProcessLeasingStrategy,
    /// How far limits may be passed.
    pub overage: OverageStrategy,
}

/// A machine that a scope names.
#[derive(Clone, Debug)]
pub struct MachineFacts {
    /// The machine.
    pub id: Id,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its owner.
    pub owner: Option<Id>,
    /// When it was created.
    pub created: Timestamp,
    /// Its last heartbeat.
    pub last_heartbeat: Option<Timestamp>,
    /// Its own limit on processes, if one is stored with it.
    pub max_processes: Option<u64>,
    /// How many processes it has, dead or alive.
    pub processes: u64,
}

impl MachineFacts {
    /// Its heartbeat.
    #[must_use]
    pub const fn pulse(&self) -> Pulse {
        Pulse::Machine { created: self.created, last: self.last_heartbeat }
    }
}

/// What was looked up. Each member answers a member of [`Needs`](super::Needs); those not asked for stay as they are
/// by default.
#[derive(Clone, Debug, Default)]
pub struct Lookups {
    /// Whether the license's owner is banned.
    pub owner_banned: bool,
    /// The code of the license's environment.
    pub environment_code: Option<String>,
    /// The user that the user scope names, if it is one of the license's users (owner or licensee).
    pub named_user: Option<Id>,
    /// Codes of entitlements that the license has, by itself or through its policy: at least those asked for.
    pub entitlements: Vec<String>,
    /// The machine of this license that the machine scope names.
    pub machine: Option<MachineFacts>,
    /// The machines of this license that have one of the fingerprints asked for.
    pub machines: Vec<MachineFacts>,
    /// How many of the component fingerprints asked for are on the machine asked for.
    pub component_hits: u64,
    /// Sums over the license's machines that the [lessee](Subject::lessee) owns, or that nobody owns.
    pub leased: Counters,
    /// The version of the highest accessible published release that has an uploaded artifact with the checksum.
    pub checksum_version: Option<String>,
    /// Whether an accessible published release has exactly the version asked for.
    pub version_found: bool,
}

impl Subject {
    /// The license user that the user scope names, by id or e-mail.
    pub(super) fn named_user(&self, scope: &Scope) -> Option<Id> {
        match UserName::parse(scope.user.as_ref()?.as_deref()?) {
            UserName::Id(id) if self.license.owner == Some(id) => Some(id),
            UserName::Id(id) => self.found.named_user.filter(|user| *user == id),
            UserName::Email(_) => self.found.named_user,
        }
    }

    /// Whose machines and processes count where they are leased per user; `None` is nobody, who has the ownerless.
    #[must_use]
    pub fn lessee(&self, mode: Mode<'_>) -> Option<Id> {
        mode.scope().and_then(|scope| self.named_user(scope))
    }
}
