//! The answers of validation: codes and the phrases that go with them.

use std::ops::ControlFlow;

use crate::domain::wire::wire_enum;

wire_enum! {
    /// Why a license is valid or not.
    pub enum Code {
        /// Nothing against it.
        Valid = "VALID",
        /// There is no such license.
        NotFound = "NOT_FOUND",
        /// Its owner is banned.
        Banned = "BANNED",
        /// It is suspended.
        Suspended = "SUSPENDED",
        /// It has expired.
        Expired = "EXPIRED",
        /// A check-in is overdue.
        Overdue = "OVERDUE",
        /// It is of another environment.
        EnvironmentScopeMismatch = "ENVIRONMENT_SCOPE_MISMATCH",
        /// The environment was not given.
        EnvironmentScopeRequired = "ENVIRONMENT_SCOPE_REQUIRED",
        /// It is of another product.
        ProductScopeMismatch = "PRODUCT_SCOPE_MISMATCH",
        /// The product was not given.
        ProductScopeRequired = "PRODUCT_SCOPE_REQUIRED",
        /// It is of another policy.
        PolicyScopeMismatch = "POLICY_SCOPE_MISMATCH",
        /// The policy was not given.
        PolicyScopeRequired = "POLICY_SCOPE_REQUIRED",
        /// The user is not one of its users, or not the machine's owner.
        UserScopeMismatch = "USER_SCOPE_MISMATCH",
        /// The user was not given.
        UserScopeRequired = "USER_SCOPE_REQUIRED",
        /// No entitlements were given.
        EntitlementsScopeEmpty = "ENTITLEMENTS_SCOPE_EMPTY",
        /// It lacks an entitlement.
        EntitlementsMissing = "ENTITLEMENTS_MISSING",
        /// It is node-locked and has no machine.
        NoMachine = "NO_MACHINE",
        /// It is floating and has no machine.
        NoMachines = "NO_MACHINES",
        /// It has no such machine.
        MachineScopeMismatch = "MACHINE_SCOPE_MISMATCH",
        /// The machine was not given.
        MachineScopeRequired = "MACHINE_SCOPE_REQUIRED",
        /// The machine has yet to send a heartbeat.
        HeartbeatNotStarted = "HEARTBEAT_NOT_STARTED",
        /// The machine is dead.
        HeartbeatDead = "HEARTBEAT_DEAD",
        /// No fingerprints were given.
        FingerprintScopeEmpty = "FINGERPRINT_SCOPE_EMPTY",
        /// It has no such machine, or not enough of them.
        FingerprintScopeMismatch = "FINGERPRINT_SCOPE_MISMATCH",
        /// The fingerprint was not given.
        FingerprintScopeRequired = "FINGERPRINT_SCOPE_REQUIRED",
        /// No components were given.
        ComponentsScopeEmpty = "COMPONENTS_SCOPE_EMPTY",
        /// The machine has not enough of the components.
        ComponentsScopeMismatch = "COMPONENTS_SCOPE_MISMATCH",
        /// The components were not given.
        ComponentsScopeRequired = "COMPONENTS_SCOPE_REQUIRED",
        /// No accessible artifact has the checksum.
        ChecksumScopeMismatch = "CHECKSUM_SCOPE_MISMATCH",
        /// The checksum was not given.
        ChecksumScopeRequired = "CHECKSUM_SCOPE_REQUIRED",
        /// No accessible release has the version.
        VersionScopeMismatch = "VERSION_SCOPE_MISMATCH",
        /// The version was not given.
        VersionScopeRequired = "VERSION_SCOPE_REQUIRED",
        /// It has too many users.
        TooManyUsers = "TOO_MANY_USERS",
        /// It has too many machines.
        TooManyMachines = "TOO_MANY_MACHINES",
        /// Its machines have too many cores.
        TooManyCores = "TOO_MANY_CORES",
        /// Its machines have too much memory.
        TooMuchMemory = "TOO_MUCH_MEMORY",
        /// Its machines have too much disk.
        TooMuchDisk = "TOO_MUCH_DISK",
        /// Its machines have too many processes.
        TooManyProcesses = "TOO_MANY_PROCESSES",
    }
}

/// The result of a validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the license may be used.
    pub valid: bool,
    /// The step that decided.
    pub code: Code,
    /// The phrase that goes with it.
    pub detail: &'static str,
    /// The checksum that the scope named, if it matched; to be remembered even if a later step failed.
    pub checksum: Option<String>,
    /// The version that the checksum or version scope matched, likewise.
    pub version: Option<String>,
}

impl Outcome {
    /// The answer when there is no license.
    #[must_use]
    pub const fn not_found() -> Self {
        let Finding { code, detail } = Finding::NOT_FOUND;
        Self { valid: false, code, detail, checksum: None, version: None }
    }

    /// `valid` as clients of version 1.1 and older see it, which knew no tolerated overage (spec 05 §6).
    #[must_use]
    pub const fn valid_without_overage(&self) -> bool {
        self.valid && matches!(self.code, Code::Valid | Code::Expired)
    }
}

/// What a step found: a code and its phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) code: Code,
    pub(super) detail: &'static str,
}

macro_rules! findings {
    ($($name:ident = $code:ident, $detail:literal;)+) => {
        impl Finding {
            $( pub(super) const $name: Self = Self { code: Code::$code, detail: $detail }; )+
        }
    };
}

findings! {
    VALID = Valid, "is valid";
    NOT_FOUND = NotFound, "does not exist";
    BANNED = Banned, "is banned";
    SUSPENDED = Suspended, "is suspended";
    EXPIRED = Expired, "is expired";
    OVERDUE = Overdue, "is overdue for check in";

    ENVIRONMENT_MISMATCH = EnvironmentScopeMismatch, "environment scope does not match";
    ENVIRONMENT_REQUIRED = EnvironmentScopeRequired, "environment scope is required";
    PRODUCT_MISMATCH = ProductScopeMismatch, "product scope does not match";
    PRODUCT_REQUIRED = ProductScopeRequired, "product scope is required";
    POLICY_MISMATCH = PolicyScopeMismatch, "policy scope does not match";
    POLICY_REQUIRED = PolicyScopeRequired, "policy scope is required";
    USER_MISMATCH = UserScopeMismatch, "user scope does not match";
    USER_REQUIRED = UserScopeRequired, "user scope is required";
    ENTITLEMENTS_EMPTY = EntitlementsScopeEmpty, "entitlements scope is empty";
    ENTITLEMENTS_MISSING = EntitlementsMissing, "is missing one or more required entitlements";

    MACHINE_NONE_LOCKED = NoMachine, "machine is not activated (has no associated machine)";
    MACHINE_NONE_FLOATING = NoMachines, "machine is not activated (has no associated machines)";
    MACHINE_MISMATCH = MachineScopeMismatch, "machine is not activated (does not match any associated machines)";
    MACHINE_REQUIRED = MachineScopeRequired, "machine scope is required";
    MACHINE_OWNER_MISMATCH = UserScopeMismatch, "user scope does not match (does not match associated machine owner)";
    HEARTBEAT_NOT_STARTED = HeartbeatNotStarted, "machine heartbeat is required";
    HEARTBEAT_DEAD = HeartbeatDead, "machine heartbeat is dead";

    FINGERPRINT_EMPTY = FingerprintScopeEmpty, "fingerprint scope is empty";
    FINGERPRINT_NONE_LOCKED = NoMachine, "fingerprint is not activated (has no associated machine)";
    FINGERPRINT_NONE_FLOATING = NoMachines, "fingerprint is not activated (has no associated machines)";
    FINGERPRINT_MISMATCH = FingerprintScopeMismatch,
        "fingerprint is not activated (does not match any associated machines)";
    FINGERPRINTS_ANY = FingerprintScopeMismatch,
        "one or more fingerprint is not activated (does not match any associated machines)";
    FINGERPRINTS_TWO = FingerprintScopeMismatch,
        "one or more fingerprint is not activated (does not match at least 2 associated machines)";
    FINGERPRINTS_MOST = FingerprintScopeMismatch,
        "one or more fingerprint is not activated (does not match enough associated machines)";
    FINGERPRINTS_ALL = FingerprintScopeMismatch,
        "one or more fingerprint is not activated (does not match all associated machines)";
    FINGERPRINT_REQUIRED = FingerprintScopeRequired, "fingerprint scope is required";
    MACHINE_OWNERS_MISMATCH = UserScopeMismatch, "user scope does not match (does not match associated machine owners)";

    COMPONENTS_FINGERPRINT = FingerprintScopeRequired, "fingerprint scope is required when using the components scope";
    COMPONENTS_EMPTY = ComponentsScopeEmpty, "components scope is empty";
    COMPONENTS_ANY = ComponentsScopeMismatch,
        "one or more component is not activated (does not match any associated components)";
    COMPONENTS_TWO = ComponentsScopeMismatch,
        "one or more component is not activated (does not match at least 2 associated components)";
    COMPONENTS_MOST = ComponentsScopeMismatch,
        "one or more component is not activated (does not match enough associated components)";
    COMPONENTS_ALL = ComponentsScopeMismatch,
        "one or more component is not activated (does not match all associated components)";
    COMPONENTS_REQUIRED = ComponentsScopeRequired, "components scope is required";

    CHECKSUM_MISMATCH = ChecksumScopeMismatch, "checksum scope is not valid (does not match any accessible artifacts)";
    CHECKSUM_REQUIRED = ChecksumScopeRequired, "checksum scope is required";
    VERSION_MISMATCH = VersionScopeMismatch, "version scope is not valid (does not match any accessible releases)";
    VERSION_REQUIRED = VersionScopeRequired, "version scope is required";

    TOO_MANY_USERS = TooManyUsers, "has too many associated users";
    NO_MACHINE = NoMachine, "must have exactly 1 associated machine";
    NO_MACHINES = NoMachines, "must have at least 1 associated machine";
    TOO_MANY_MACHINES = TooManyMachines, "has too many associated machines";
    TOO_MANY_CORES = TooManyCores, "has too many associated machine cores";
    TOO_MUCH_MEMORY = TooMuchMemory, "has too much associated machine memory";
    TOO_MUCH_DISK = TooMuchDisk, "has too much associated machine disk";
    TOO_MANY_PROCESSES = TooManyProcesses, "has too many associated processes";
}

/// A finding that ends the procedure, for or against the license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) valid: bool,
    pub(super) finding: Finding,
}

impl Verdict {
    pub(super) const VALID: Self = Self { valid: true, finding: Finding::VALID };
}

/// A step: it passes, or ends the procedure.
pub(super) type Step = ControlFlow<Verdict>;

/// Ends the procedure against the license, if `refused`.
pub(super) const fn refuse_if(refused: bool, finding: Finding) -> Step {
    if refused { Step::Break(Verdict { valid: false, finding }) } else { Step::Continue(()) }
}
