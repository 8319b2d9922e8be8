//! Policies (spec 04 §1.1).

use super::strategies::{
    AuthenticationStrategy, ComponentUniquenessStrategy, ExpirationBasis, ExpirationStrategy, HeartbeatBasis,
    HeartbeatCullStrategy, HeartbeatResurrectionStrategy, MachineLeasingStrategy, MachineUniquenessStrategy,
    MatchingStrategy, OverageStrategy, ProcessLeasingStrategy, RenewalBasis, TransferStrategy,
};
use crate::crypto::license_keys::Scheme;
use crate::domain::attribute::{Field, Kind, Metadata};
use crate::ids::Id;
use crate::resource;
use crate::store::keys::Within;
use crate::store::record::{Listing, Places, Stored};

const I32: i64 = i32::MAX as i64;

impl Field for Scheme {
    const KIND: Kind = Kind::String;
    const VALUES: &'static [&'static str] = Self::NAMES;
}

resource! {
    /// The rules that licenses share.
    Policy {
        kind: "policies", singular: "policy", noun: "policy", topic: "policies", base: "policy",
        environments: true,
        attributes {
            name: String;
            duration: Option<i64> [range(86_400, I32)];
            strict: bool;
            floating: bool;
            use_pool: bool [create_only];
            encrypted: bool [create_only];
            scheme: Option<Scheme> [null_ignored, create_only];
            protected: bool;
            max_machines: Option<i64> [range(0, I32)];
            max_processes: Option<i64> [range(1, I32)];
            max_users: Option<i64> [range(1, I32)];
            max_cores: Option<i64> [range(1, I32)];
            max_memory: Option<i64> [range(1, i64::MAX)];
            max_disk: Option<i64> [range(1, i64::MAX)];
            max_uses: Option<i64> [range(0, I32)];
            machine_uniqueness_strategy: MachineUniquenessStrategy [formerly(&[("fingerprint_uniqueness_strategy", "1.3")])];
            machine_matching_strategy: MatchingStrategy [formerly(&[("fingerprint_matching_strategy", "1.3")])];
            component_uniqueness_strategy: ComponentUniquenessStrategy;
            component_matching_strategy: MatchingStrategy;
            expiration_strategy: Option<ExpirationStrategy> [null_ignored];
            expiration_basis: ExpirationBasis;
            renewal_basis: RenewalBasis;
            transfer_strategy: TransferStrategy;
            authentication_strategy: AuthenticationStrategy;
            machine_leasing_strategy: MachineLeasingStrategy;
            process_leasing_strategy: ProcessLeasingStrategy [formerly(&[("leasing_strategy", "1.6")])];
            overage_strategy: OverageStrategy;
            require_product_scope: bool;
            require_policy_scope: bool;
            require_machine_scope: bool;
            require_fingerprint_scope: bool;
            require_components_scope: bool;
            require_user_scope: bool;
            require_checksum_scope: bool;
            require_version_scope: bool;
            require_environment_scope: bool [read_only, hidden];
            require_check_in: bool;
            check_in_interval: Option<String>;
            check_in_interval_count: Option<i64>;
            require_heartbeat: bool;
            heartbeat_duration: Option<i64> [range(60, I32)];
            heartbeat_cull_strategy: HeartbeatCullStrategy;
            heartbeat_resurrection_strategy: HeartbeatResurrectionStrategy;
            heartbeat_basis: Option<HeartbeatBasis> [null_ignored];
            metadata: Metadata;
        }
        computed {}
        to_one {
            product: Id [to("products"), required];
        }
        to_many { "pool", "licenses", "entitlements" }
        internal {}
    }
}

impl Stored for Policy {
    fn places(&self) -> Places {
        Places { lists: vec![Listing::of::<Self>(Within::Product(self.product))], ..Places::default() }
    }
}
