//! Groups and their owners (spec 03 §1.4, §1.5).

use crate::domain::attribute::Metadata;
use crate::ids::Id;
use crate::resource;
use crate::store::keys::{self, Key, Within};
use crate::store::record::{Count, Listing, Places, Stored};

resource! {
    /// A group of users, licenses and machines.
    Group {
        kind: "groups", singular: "group", noun: "group", topic: "groups", base: "group",
        environments: true,
        attributes {
            name: String [required];
            max_users: Option<i64>;
            max_licenses: Option<i64>;
            max_machines: Option<i64>;
            metadata: Metadata;
        }
        computed {}
        to_one {}
        to_many { "owners", "users", "licenses", "machines" }
        internal {
            /// Members of each kind; changed only by the transactions that add and remove members.
            users_count: i64;
            licenses_count: i64;
            machines_count: i64;
        }
    }
}

impl Stored for Group {}

impl Group {
    /// What a member of this kind adds to its group.
    #[must_use]
    pub fn membership(account: Id, group: Id, counter: &'static str) -> Count {
        Count { key: keys::record(account, "groups", group), attribute: counter, amount: 1, of_record: true }
    }
}

resource! {
    /// A user who owns a group (which is not membership).
    GroupOwner {
        kind: "group-owners", singular: "group-owner", noun: "group owner", topic: "group-owners", base: "group_owner",
        environments: true,
        attributes {}
        computed {}
        to_one {
            group: Id [to("groups"), direct, required];
            user: Id [to("users"), direct, required];
        }
        to_many {}
        internal {}
    }
}

impl Stored for GroupOwner {
    fn key(&self) -> Key {
        keys::attached_user(self.account, "groups", self.group, self.user)
    }

    fn places(&self) -> Places {
        Places {
            lists: vec![Listing::of::<Self>(Within::Parent(self.group)), Listing::of::<Self>(Within::Owner(self.user))],
            ..Places::default()
        }
    }

    fn listed(&self) -> bool {
        false
    }
}
