//! Accounts and their settings (spec 02).

use serde_json::Value;

use crate::ids::Id;
use crate::resource;
use crate::store::keys;
use crate::store::record::{Claim, Places, Stored};

resource! {
    /// A vendor's account (spec 02 §1.1).
    Account {
        kind: "accounts", singular: "account", noun: "account", topic: "accounts", base: "account",
        environments: false,
        attributes {
            name: Option<String> [null_ignored];
            slug: String [null_ignored];
            api_version: String;
            protected: bool;
        }
        computed { status: String; }
        to_one {}
        to_many {
            "settings", "webhook_endpoints", "webhook_events", "products", "platforms", "arches", "channels", "releases",
            "artifacts", "policies", "users", "keys", "licenses", "machines", "components", "processes", "tokens",
        }
        internal {
            /// Custom domain; unique over all accounts.
            cname: Option<String>;
            /// Private keys and secret, sealed (see [`crate::crypto::sealed`]).
            sealed_keys: String;
        }
    }
}

impl Stored for Account {
    fn places(&self) -> Places {
        let mut claims = vec![Claim { name: "slug", key: Self::by_slug(&self.slug) }];
        if let Some(cname) = &self.cname {
            claims.push(Claim { name: "cname", key: keys::claim(None, "account-cname", cname) });
        }
        Places { claims, ..Places::default() }
    }

    fn listed(&self) -> bool {
        false
    }
}

impl Account {
    /// The claim by which an account is found by its slug; of slugs in several cases one account has all.
    #[must_use]
    pub fn by_slug(slug: &str) -> keys::Key {
        keys::claim(None, "account-slug", &slug.to_lowercase())
    }
}

resource! {
    /// A setting of an account (spec 02 §1.2).
    Setting {
        kind: "settings", singular: "setting", noun: "account setting", topic: "account-settings", base: "account_setting",
        environments: false,
        attributes {
            key: String [required, create_only];
            value: Value [required];
        }
        computed {}
        to_one {}
        to_many {}
        internal {}
    }
}

impl Stored for Setting {
    fn places(&self) -> Places {
        Places { claims: vec![Claim { name: "key", key: Self::claim(self.account, &self.key) }], ..Places::default() }
    }
}

impl Setting {
    /// The claim by which a setting is found by its key.
    #[must_use]
    pub fn claim(account: Id, key: &str) -> keys::Key {
        keys::claim(Some(account), "setting-key", key)
    }
}
