//! Users and their second factors (spec 03 §1.2, §1.3).

use crate::auth::permissions::{PermissionSet, Role};
use crate::clock::Time;
use crate::domain::attribute::Metadata;
use crate::domain::group::Group;
use crate::domain::group::membership::Member;
use crate::ids::Id;
use crate::resource;
use crate::store::keys::{self, Key, Within};
use crate::store::record::{Claim, Count, Listing, Places, Stored};

const PERMISSION_KEEPERS: &[Role] = &[Role::Admin, Role::Developer, Role::Product, Role::Environment];

resource! {
    /// Somebody with an e-mail address: staff, or an end user.
    User {
        kind: "users", singular: "user", noun: "user", topic: "users", base: "user",
        environments: true,
        attributes {
            first_name: Option<String> [blank];
            last_name: Option<String> [blank];
            email: String [required];
            role: Role [enumerated, create_by(&[Role::Admin]), update_by(&[Role::Admin])];
            permissions: PermissionSet [create_by(PERMISSION_KEEPERS), update_by(PERMISSION_KEEPERS)];
            metadata: Metadata [
                update_by(&[Role::Admin, Role::Developer, Role::SalesAgent, Role::Product, Role::Environment]),
            ];
        }
        computed {
            full_name: Option<String>;
            status: String;
        }
        to_one {
            group: Option<Id> [
                to("groups"),
                create_by(&[
                    Role::Admin, Role::Developer, Role::SalesAgent, Role::SupportAgent, Role::Product, Role::Environment,
                ]),
            ];
        }
        to_many { "products", "licenses", "machines", "tokens", "second_factors" }
        internal {
            /// PHC string (argon2id) or a bcrypt digest that came by import; none: no password.
            password_digest: Option<String>;
            password_reset_digest: Option<String>;
            password_reset_sent_at: Option<Time>;
            banned_at: Option<Time>;
            /// Licenses it owns; changed only by the transactions that give and take them.
            licenses_count: i64;
        }
    }
}

impl Stored for User {
    fn places(&self) -> Places {
        let mut places = Places {
            claims: vec![Claim { name: "email", key: Self::by_email(self.account, &self.email) }],
            ..Places::default()
        };
        if let Some(group) = self.group {
            places.lists.push(Listing::of::<Self>(Within::Group(group)));
            places.counts.push(Group::membership(self.account, group, Member::User.counter()));
        }
        if self.role != Role::User {
            let holder = [("holder", self.id.to_string().into())].into();
            places.lookups.push((keys::staff(&self.email, self.account, self.id), holder));
        }
        if self.role == Role::Admin {
            places.lists.push(Listing { within: Within::Parent(self.account), kind: Self::ADMINS, position: None });
            let counter = |attribute| Count { key: keys::admins(self.account), attribute, amount: 1, of_record: false };
            places.counts.push(counter(Self::ADMINS));
            if self.permissions.is_full(Role::Admin) {
                places.counts.push(counter(Self::ROOTS));
            }
        }
        places
    }
}

impl User {
    /// The list of an account's admins in one environment, and their number in all of them.
    pub const ADMINS: &'static str = "admins";
    /// The number of an account's admins who hold every permission.
    pub const ROOTS: &'static str = "roots";

    /// The claim by which a user is found by its e-mail address, in any case.
    #[must_use]
    pub fn by_email(account: Id, email: &str) -> Key {
        keys::claim(Some(account), "user-email", &email.trim().to_lowercase())
    }

    /// Whether it is banned.
    #[must_use]
    pub fn is_banned(&self) -> bool {
        self.banned_at.is_some()
    }
}

resource! {
    /// A user's second factor (TOTP).
    SecondFactor {
        kind: "second-factors", singular: "second-factor", noun: "second factor", topic: "second-factors", base: "second_factor",
        environments: true,
        attributes {
            enabled: bool [required];
        }
        computed {
            uri: String;
            secret: String;
        }
        to_one {
            user: Id [to("users"), direct, required];
        }
        to_many {}
        internal {
            /// The base32 secret, sealed.
            sealed_secret: String;
            /// Unix second at which the step of the last accepted code began.
            last_verified_at: i64;
        }
    }
}

impl Stored for SecondFactor {
    fn places(&self) -> Places {
        Places {
            lists: vec![Listing::of::<Self>(Within::Owner(self.user))],
            claims: vec![Claim { name: "user", key: Self::of_user(self.account, self.user) }],
            ..Places::default()
        }
    }

    fn listed(&self) -> bool {
        false
    }
}

impl SecondFactor {
    /// The claim by which a user's second factor is found.
    #[must_use]
    pub fn of_user(account: Id, user: Id) -> Key {
        keys::claim(Some(account), "second-factor-user", &user.to_string())
    }
}
