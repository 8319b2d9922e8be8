//! Keys of a policy's pool (spec 04 §1.3).

use crate::ids::Id;
use crate::resource;
use crate::store::keys::{self, Within};
use crate::store::record::{Claim, Listing, Places, Stored};

resource! {
    /// A key waiting in a policy's pool to become a license's.
    PoolKey {
        kind: "keys", singular: "key", noun: "key", topic: "keys", base: "key",
        environments: true,
        attributes {
            key: String [required, length(8, 1024)];
        }
        computed {}
        to_one {
            product: Id [to("products")];
            policy: Id [to("policies"), required];
        }
        to_many {}
        internal {}
    }
}

impl Stored for PoolKey {
    fn places(&self) -> Places {
        Places {
            lists: vec![
                Listing::of::<Self>(Within::Product(self.product)),
                Listing::of::<Self>(Within::Parent(self.policy)),
            ],
            claims: vec![Claim { name: "key", key: keys::claim(Some(self.account), "pool-key", &self.key) }],
            ..Places::default()
        }
    }
}
