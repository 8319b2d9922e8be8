//! Environments (spec 02 §1.3).

use crate::auth::permissions::PermissionSet;
use crate::domain::wire::wire_enum;
use crate::ids::Id;
use crate::resource;
use crate::store::keys;
use crate::store::record::{Claim, Places, Stored};

wire_enum! {
    /// How an environment relates to the global one (spec 01 §3.8).
    #[derive(Default)]
    pub enum IsolationStrategy {
        /// Sees only its own records.
        #[default]
        Isolated = "ISOLATED",
        /// Sees its own and the global records.
        Shared = "SHARED",
    }
}

resource! {
    /// An environment, which is also a bearer (spec 02 §1.3).
    Environment {
        kind: "environments", singular: "environment", noun: "environment", topic: "environments", base: "environment",
        environments: false,
        attributes {
            name: String [required];
            code: String [required];
            isolation_strategy: IsolationStrategy [create_only];
            permissions: PermissionSet [read_only, hidden];
        }
        computed {}
        to_one {}
        to_many {}
        internal {}
    }
}

impl Stored for Environment {
    fn places(&self) -> Places {
        let claims = vec![Claim {
            name: "code",
            key: keys::claim(Some(self.account), "environment-code", &self.code.to_lowercase()),
        }];
        let lookups = vec![(Self::by_code(self.account, &self.code), [("holder", self.id.to_string().into())].into())];
        Places { claims, lookups, ..Places::default() }
    }
}

impl Environment {
    /// The item by which an environment is found by its code, case-sensitively.
    #[must_use]
    pub fn by_code(account: Id, code: &str) -> keys::Key {
        keys::claim(Some(account), "environment-code-exact", code)
    }

    /// Whether it sees global records too.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.isolation_strategy == IsolationStrategy::Shared
    }
}
