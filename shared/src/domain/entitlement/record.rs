//! Entitlements, and their links to licenses and policies (spec 03 §1.6, 04 §1.2 and §1.5).

use crate::domain::attribute::Metadata;
use crate::domain::resource::Resource;
use crate::ids::Id;
use crate::resource;
use crate::store::keys::{self, Key, Within};
use crate::store::record::{Claim, Listing, Places, Stored};

resource! {
    /// Something a license may hold.
    Entitlement {
        kind: "entitlements", singular: "entitlement", noun: "entitlement", topic: "entitlements", base: "entitlement",
        environments: true,
        attributes {
            name: String [required];
            code: String [required];
            metadata: Metadata;
        }
        computed {}
        to_one {}
        to_many {}
        internal {}
    }
}

impl Stored for Entitlement {
    fn places(&self) -> Places {
        Places {
            claims: vec![Claim {
                name: "code",
                key: keys::claim(Some(self.account), "entitlement-code", &self.code.to_lowercase()),
            }],
            lookups: vec![(Self::by_code(self.account, &self.code), [("holder", self.id.to_string().into())].into())],
            ..Places::default()
        }
    }
}

impl Entitlement {
    /// The item by which an entitlement is found by its code, case-sensitively.
    #[must_use]
    pub fn by_code(account: Id, code: &str) -> Key {
        keys::claim(Some(account), "entitlement-code-exact", code)
    }
}

resource! {
    /// An entitlement attached to a license. It stands in the license's partition and carries the
    /// entitlement's code, so that a license is read together with what it holds.
    LicenseEntitlement {
        kind: "license-entitlements", singular: "license-entitlement", noun: "license entitlement",
        topic: "entitlements", base: "license_entitlement",
        environments: true,
        attributes {}
        computed {}
        to_one {
            entitlement: Id [to("entitlements"), direct, required];
            license: Id [to("licenses"), direct, required];
        }
        to_many {}
        internal { code: String; }
    }
}

impl Stored for LicenseEntitlement {
    fn key(&self) -> Key {
        keys::attached_entitlement(self.account, "licenses", self.license, self.entitlement)
    }

    fn places(&self) -> Places {
        Places { lists: vec![Listing::of::<Self>(Within::Parent(self.entitlement))], ..Places::default() }
    }

    fn listed(&self) -> bool {
        false
    }
}

resource! {
    /// An entitlement attached to a policy, and so to all its licenses.
    PolicyEntitlement {
        kind: "policy-entitlements", singular: "policy-entitlement", noun: "policy entitlement",
        topic: "entitlements", base: "policy_entitlement",
        environments: true,
        attributes {}
        computed {}
        to_one {
            entitlement: Id [to("entitlements"), direct, required];
            policy: Id [to("policies"), direct, required];
        }
        to_many {}
        internal { code: String; }
    }
}

impl Stored for PolicyEntitlement {
    fn key(&self) -> Key {
        keys::attached_entitlement(self.account, "policies", self.policy, self.entitlement)
    }

    fn places(&self) -> Places {
        Places { lists: vec![Listing::of::<Self>(Within::Parent(self.entitlement))], ..Places::default() }
    }

    fn listed(&self) -> bool {
        false
    }
}

/// What attached entitlements have in common.
pub trait AttachedEntitlement: Resource + Stored {
    /// The entitlement.
    fn entitlement(&self) -> Id;
    /// Its code.
    fn code(&self) -> &str;
    /// The link with its two ends.
    #[must_use]
    fn between(self, holder: Id, entitlement: &Entitlement) -> Self;
    /// Where documents of the link point (`links.related`).
    fn related(&self) -> String;
    /// The link after its entitlement was renamed.
    #[must_use]
    fn recoded(self, code: &str) -> Self;
}

impl AttachedEntitlement for LicenseEntitlement {
    fn entitlement(&self) -> Id {
        self.entitlement
    }
    fn code(&self) -> &str {
        &self.code
    }
    fn between(self, holder: Id, entitlement: &Entitlement) -> Self {
        Self { license: holder, entitlement: entitlement.id, code: entitlement.code.clone(), ..self }
    }
    fn related(&self) -> String {
        format!("/licenses/{}/entitlements/{}", self.license, self.entitlement)
    }
    fn recoded(self, code: &str) -> Self {
        Self { code: code.to_owned(), ..self }
    }
}

impl AttachedEntitlement for PolicyEntitlement {
    fn entitlement(&self) -> Id {
        self.entitlement
    }
    fn code(&self) -> &str {
        &self.code
    }
    fn between(self, holder: Id, entitlement: &Entitlement) -> Self {
        Self { policy: holder, entitlement: entitlement.id, code: entitlement.code.clone(), ..self }
    }
    fn related(&self) -> String {
        format!("/policies/{}/entitlements/{}", self.policy, self.entitlement)
    }
    fn recoded(self, code: &str) -> Self {
        Self { code: code.to_owned(), ..self }
    }
}
