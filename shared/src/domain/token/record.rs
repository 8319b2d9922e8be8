//! Tokens and cookie sessions (spec 03 §1.1, §3.14).

use crate::auth::permissions::PermissionSet;
use crate::clock::Time;
use crate::domain::attribute::Reference;
use crate::ids::Id;
use crate::resource;
use crate::store::keys::{self, Within};
use crate::store::record::{Listing, Places, Stored};

resource! {
    /// A bearer's token. The raw value is never stored.
    Token {
        kind: "tokens", singular: "token", noun: "token", topic: "tokens", base: "token",
        environments: true,
        attributes {
            expiry: Option<Time> [create_only];
            name: Option<String> [create_only];
            permissions: PermissionSet [create_only];
            max_activations: Option<i64> [create_only, null_ignored, range(0, i64::MAX)];
            activations: i64 [read_only];
            max_deactivations: Option<i64> [create_only, null_ignored, range(0, i64::MAX)];
            deactivations: i64 [read_only];
        }
        computed { kind: String; }
        to_one {
            bearer: Reference [direct];
        }
        to_many {}
        internal {
            /// What the raw value is looked up by (version 2 and 3) or verified against (version 1).
            digest: String;
            /// Format of the raw value: 1, 2 or 3.
            format: i64;
            /// Product of the bearer, where it is a product or a license.
            product: Option<Id>;
            /// Policy and owner of a license bearer when the token was made: hints that let
            /// authentication read them beside the license.
            license_policy: Option<Id>;
            license_owner: Option<Id>;
        }
    }
}

impl Stored for Token {
    fn places(&self) -> Places {
        let mut places =
            Places { lists: vec![Listing::of::<Self>(Within::Owner(self.bearer.id))], ..Places::default() };
        if let Some(product) = self.product {
            places.lists.push(Listing::of::<Self>(Within::Product(product)));
        }
        if self.format != 1 && !self.digest.is_empty() {
            places.lookups.push((keys::token_digest(self.account, &self.digest), self.carried()));
        }
        places
    }
}

impl Token {
    /// What the look-up item carries: all that authentication needs to know of the token.
    fn carried(&self) -> std::collections::BTreeMap<&'static str, serde_json::Value> {
        let mut carried = std::collections::BTreeMap::from([
            ("token", self.id.to_string().into()),
            ("bearer", serde_json::json!({"type": self.bearer.kind, "id": self.bearer.id})),
            ("permissions", serde_json::to_value(self.permissions).unwrap_or_default()),
        ]);
        if let Some(environment) = self.environment {
            carried.insert("environment", environment.to_string().into());
        }
        for (name, hint) in [("license_policy", self.license_policy), ("license_owner", self.license_owner)] {
            if let Some(id) = hint {
                carried.insert(name, id.to_string().into());
            }
        }
        if let Some(expiry) = self.expiry {
            carried.insert("expiry", expiry.to_string().into());
        }
        carried
    }
}

resource! {
    /// A browser's session, named by a cookie.
    Session {
        kind: "sessions", singular: "session", noun: "session", topic: "sessions", base: "session",
        environments: true,
        attributes {
            expiry: Time [read_only];
            user_agent: Option<String> [read_only];
            ip: Option<String> [read_only];
            last_used: Option<Time> [read_only];
        }
        computed {}
        to_one {
            bearer: Reference [direct];
            token: Option<Id> [to("tokens"), direct];
            parent: Option<Id> [to("sessions"), direct];
        }
        to_many {}
        internal {}
    }
}

impl Stored for Session {
    fn places(&self) -> Places {
        let mut places = Places::default();
        places.lists.push(Listing::of::<Self>(Within::Owner(self.token.unwrap_or(self.bearer.id))));
        if let Some(parent) = self.parent {
            places.lists.push(Listing::of::<Self>(Within::Parent(parent)));
        }
        places
    }
}
