//! Products (spec 03 §1.7).

use crate::auth::permissions::{PermissionSet, Role};
use crate::domain::attribute::Metadata;
use crate::domain::wire::wire_enum;
use crate::ids::Id;
use crate::resource;
use crate::store::keys::{self, Within};
use crate::store::record::{Claim, Listing, Places, Stored};

wire_enum! {
    /// Who may see a product and download its releases (spec 03 §1.7).
    #[derive(Default)]
    pub enum DistributionStrategy {
        /// Bearers of its licenses.
        #[default]
        Licensed = "LICENSED",
        /// Everybody.
        Open = "OPEN",
        /// Staff and the product itself.
        Closed = "CLOSED",
    }
}

resource! {
    /// A product, which is also a bearer.
    Product {
        kind: "products", singular: "product", noun: "product", topic: "products", base: "product",
        environments: true,
        attributes {
            name: String [required];
            code: Option<String> [null_ignored];
            distribution_strategy: Option<DistributionStrategy>;
            url: Option<String>;
            platforms: Option<Vec<String>>;
            permissions: PermissionSet [
                create_by(&[Role::Admin, Role::Developer, Role::Environment]),
                update_by(&[Role::Admin, Role::Developer, Role::Environment]),
            ];
            metadata: Metadata;
        }
        computed {}
        to_one {}
        to_many { "policies", "licenses", "machines", "users", "tokens", "platforms", "channels", "releases", "artifacts" }
        internal {}
    }
}

impl Stored for Product {
    fn places(&self) -> Places {
        let mut places = Places::default();
        if let Some(code) = &self.code {
            places.claims.push(Claim {
                name: "code",
                key: keys::claim(Some(self.account), "product-code", &code.to_lowercase()),
            });
            places.lookups.push((Self::by_code(self.account, code), [("holder", self.id.to_string().into())].into()));
        }
        if self.distribution() == DistributionStrategy::Open {
            let within = Within::Parent(self.account);
            places.lists.push(Listing { within, kind: Self::OPEN, position: None });
        }
        places
    }
}

impl Product {
    /// The list of products that everybody sees.
    pub const OPEN: &'static str = "open-products";

    /// The item by which a product is found by its code, case-sensitively.
    #[must_use]
    pub fn by_code(account: Id, code: &str) -> keys::Key {
        keys::claim(Some(account), "product-code-exact", code)
    }

    /// Its distribution strategy; unset counts as licensed.
    #[must_use]
    pub fn distribution(&self) -> DistributionStrategy {
        self.distribution_strategy.unwrap_or_default()
    }
}
