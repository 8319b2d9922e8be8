//! Licenses and their users (spec 04 §1.4, §1.5).

use serde_json::json;

use super::schedule;
use crate::auth::permissions::{PermissionSet, Role};
use crate::clock::Time;
use crate::domain::attribute::Metadata;
use crate::domain::group::Group;
use crate::ids::Id;
use crate::resource;
use crate::store::annex::Annex;
use crate::store::keys::{self, Key, Within};
use crate::store::record::{Count, Listing, Places, Stored};

const CREATORS: &[Role] = &[Role::Admin, Role::Developer, Role::SalesAgent, Role::Product, Role::Environment];
const EDITORS: &[Role] =
    &[Role::Admin, Role::Developer, Role::SalesAgent, Role::SupportAgent, Role::Product, Role::Environment];
const PERMISSION_KEEPERS: &[Role] = &[Role::Admin, Role::Developer, Role::Product, Role::Environment];

resource! {
    /// A license. Its limits are overrides: unset or 0 leaves the policy's in force (spec 04 §3.7). What validations
    /// note on it stands in its annex: one small write for each.
    License {
        kind: "licenses", singular: "license", noun: "license", topic: "licenses", base: "license",
        environments: true,
        attributes {
            name: Option<String> [blank, max_length(1024)];
            key: String [create_only, length(1, 16384)];
            expiry: Option<Time> [create_by(CREATORS), update_by(EDITORS)];
            uses: i64 [read_only];
            suspended: bool [create_by(CREATORS), update_by(EDITORS)];
            protected: Option<bool> [null_ignored, create_by(CREATORS), update_by(EDITORS)];
            version: Option<String> [read_only];
            max_machines: Option<i64> [create_by(CREATORS), update_by(EDITORS), range(0, i32::MAX as i64)];
            max_processes: Option<i64> [create_by(CREATORS), update_by(EDITORS), range(0, i32::MAX as i64)];
            max_users: Option<i64> [create_by(CREATORS), update_by(EDITORS), range(0, i32::MAX as i64)];
            max_cores: Option<i64> [create_by(CREATORS), update_by(EDITORS), range(0, i32::MAX as i64)];
            max_memory: Option<i64> [create_by(CREATORS), update_by(EDITORS), range(0, i64::MAX)];
            max_disk: Option<i64> [create_by(CREATORS), update_by(EDITORS), range(0, i64::MAX)];
            max_uses: Option<i64> [create_by(CREATORS), update_by(EDITORS), range(0, i32::MAX as i64)];
            last_validated: Option<Time> [read_only];
            last_check_in: Option<Time> [read_only];
            last_check_out: Option<Time> [read_only];
            permissions: PermissionSet [create_by(PERMISSION_KEEPERS), update_by(PERMISSION_KEEPERS)];
            metadata: Metadata [update_by(EDITORS)];
        }
        computed {
            status: String;
            scheme: Option<String>;
            encrypted: bool;
            strict: bool;
            floating: bool;
            require_heartbeat: bool;
            require_check_in: bool;
            next_check_in: Option<Time>;
        }
        to_one {
            product: Id [to("products")];
            policy: Id [to("policies"), required];
            group: Option<Id> [to("groups"), create_by(EDITORS)];
            owner: Option<Id> [to("users"), optional, alias("user")];
        }
        to_many { "users", "machines", "tokens", "entitlements" }
        internal {
            /// Digest of a legacy-encrypted key (spec 04 §5.2); such a license stores no key.
            legacy_digest: Option<String>;
            /// Checksum matched by the last validation that named one.
            last_validated_checksum: Option<String>;
            /// Counters, changed only by the transactions that add and remove what they count.
            licensees_count: i64;
            machines_count: i64;
            machines_cores: i64;
            machines_memory: i64;
            machines_disk: i64;
            processes_count: i64;
            /// The same for the machines without owner: a population of its own under `PER_USER`.
            unowned_count: i64;
            unowned_cores: i64;
            unowned_memory: i64;
            unowned_disk: i64;
            unowned_processes: i64;
            /// When the schedules last announced something about it (spec 05 §4.3).
            last_expiring_soon_event_sent_at: Option<Time>;
            last_expired_event_sent_at: Option<Time>;
            last_check_in_soon_event_sent_at: Option<Time>;
            last_check_in_overdue_event_sent_at: Option<Time>;
        }
    }
}

impl Stored for License {
    fn annex(&self) -> Option<Annex> {
        Some(Annex {
            claim: None,
            key: keys::activity(self.account, self.id),
            moved: &["last_validated", "last_validated_checksum", "version"],
            copied: &[],
            later: &["updated"],
        })
    }

    fn places(&self) -> Places {
        let mut places = Places {
            lists: vec![
                Listing::of::<Self>(Within::Product(self.product)),
                Listing::of::<Self>(Within::Parent(self.policy)),
            ],
            timers: schedule::alarms(self),
            ..Places::default()
        };
        if !self.key.is_empty() {
            let carried = [
                ("license", json!(self.id)),
                ("policy", json!(self.policy)),
                ("owner", json!(self.owner)),
                ("environment", json!(self.environment)),
            ];
            places.lookups.push((keys::license_key(self.account, &self.key), carried.into()));
        }
        if let Some(owner) = self.owner {
            places.lists.push(Listing::of::<Self>(Within::Owner(owner)));
            places.counts.push(Count {
                key: keys::record(self.account, "users", owner),
                attribute: "licenses_count",
                amount: 1,
                of_record: true,
            });
        }
        if let Some(group) = self.group {
            places.lists.push(Listing::of::<Self>(Within::Group(group)));
            places.counts.push(Group::membership(self.account, group, "licenses_count"));
        }
        places
    }
}

impl License {
    /// Users of the license: its licensees, and its owner.
    #[must_use]
    pub fn users_count(&self) -> i64 {
        self.licensees_count + i64::from(self.owner.is_some())
    }
}

resource! {
    /// A user attached to a license: a licensee.
    LicenseUser {
        kind: "license-users", singular: "license-user", noun: "license user", topic: "licenses", base: "license_user",
        environments: true,
        attributes {}
        computed {}
        to_one {
            license: Id [to("licenses"), direct, required];
            user: Id [to("users"), direct, required];
        }
        to_many {}
        internal {
            /// When the license was made: its place in the user's list of licenses.
            license_created: Time;
        }
    }
}

impl Stored for LicenseUser {
    fn key(&self) -> Key {
        keys::attached_user(self.account, "licenses", self.license, self.user)
    }

    fn places(&self) -> Places {
        let license = (self.license, keys::order(self.license_created, self.license));
        Places {
            lists: vec![
                Listing::of::<Self>(Within::Parent(self.license)),
                Listing { within: Within::Owner(self.user), kind: "licenses", position: Some(license) },
            ],
            counts: vec![Count {
                key: keys::record(self.account, "licenses", self.license),
                attribute: "licensees_count",
                amount: 1,
                of_record: true,
            }],
            ..Places::default()
        }
    }

    fn listed(&self) -> bool {
        false
    }
}

impl LicenseUser {
    /// Where documents of the link point (`links.related`).
    #[must_use]
    pub fn related(&self) -> String {
        format!("/licenses/{}/users/{}", self.license, self.user)
    }
}
