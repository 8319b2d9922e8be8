//! Fingerprints that must be unique beyond their license or machine (spec 06 §3.2, §3.3).
//!
//! Only the policy of what is new decides on the scope, so every machine and component is entered
//! among those of its fingerprint, whatever its own policy wants. Who insists on a wider scope looks
//! through them, and rewrites the head of their partition: of two who do so at once, one must look again.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::license::{License, LicenseView};
use crate::domain::policy::strategies::{ComponentUniquenessStrategy, MachineUniquenessStrategy};
use crate::ids::{Id, parse_id};
use crate::store::unit::{Condition, Reason};
use crate::store::{Consistency, Key, Store, StoreError, Unit, item, keys, schema};

/// Somebody else insisted on the same fingerprint meanwhile.
pub const CONTENDED: Reason = Reason::Failed("fingerprint");
/// The attribute of a head that counts its rewrites.
const REWRITES: &str = "rewrites";

/// A scope beyond the one that the store itself keeps unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A license: of components only.
    License,
    /// All licenses of a policy.
    Policy,
    /// All licenses of a product.
    Product,
    /// The account.
    Account,
}

impl Scope {
    /// The wider scope of a policy's machines.
    #[must_use]
    pub const fn of_machines(strategy: MachineUniquenessStrategy) -> Option<Self> {
        match strategy {
            MachineUniquenessStrategy::UniquePerLicense => None,
            MachineUniquenessStrategy::UniquePerPolicy => Some(Self::Policy),
            MachineUniquenessStrategy::UniquePerProduct => Some(Self::Product),
            MachineUniquenessStrategy::UniquePerAccount => Some(Self::Account),
        }
    }

    /// The wider scope of a policy's components.
    #[must_use]
    pub const fn of_components(strategy: ComponentUniquenessStrategy) -> Option<Self> {
        match strategy {
            ComponentUniquenessStrategy::UniquePerMachine => None,
            ComponentUniquenessStrategy::UniquePerLicense => Some(Self::License),
            ComponentUniquenessStrategy::UniquePerPolicy => Some(Self::Policy),
            ComponentUniquenessStrategy::UniquePerProduct => Some(Self::Product),
            ComponentUniquenessStrategy::UniquePerAccount => Some(Self::Account),
        }
    }

    /// What is said of a fingerprint that somebody in the scope has.
    #[must_use]
    pub const fn taken(self) -> &'static str {
        match self {
            Self::License => "has already been taken for this license",
            Self::Policy => "has already been taken for this policy",
            Self::Product => "has already been taken for this product",
            Self::Account => "has already been taken for this account",
        }
    }

    fn holds(self, own: &License, other: &License) -> bool {
        match self {
            Self::License => own.id == other.id,
            Self::Policy => own.policy == other.policy,
            Self::Product => own.product == other.product,
            Self::Account => true,
        }
    }
}

/// Whether a fingerprint is free in a scope, as it was read.
#[derive(Clone, Debug)]
pub struct Standing {
    head: Key,
    rewrites: i64,
    /// Whether somebody has it.
    pub taken: bool,
}

impl Standing {
    /// Looks through those who have the fingerprint.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read(
        store: &Store,
        kind: &str,
        fingerprint: &str,
        scope: Scope,
        view: &LicenseView,
    ) -> Result<Self, StoreError> {
        let own = &view.license;
        let head = keys::namesakes(own.account, kind, fingerprint);
        let found = store.partition(&head.pk, Consistency::Strong).await?;
        let (heads, namesakes): (Vec<_>, Vec<_>) =
            found.iter().partition(|found| item::text(found, schema::SK) == Some(head.sk.as_str()));
        let rewrites = heads.first().map_or(0, |head| item::number(head, REWRITES));
        let mut licenses: Vec<Id> =
            namesakes.iter().filter_map(|other| item::text(other, "license").and_then(parse_id)).collect();
        licenses.sort_unstable();
        licenses.dedup();
        let taken = if licenses.contains(&own.id) {
            true
        } else {
            let others: Vec<License> = store.get_many(own.account, &licenses).await?;
            others.iter().any(|other| scope.holds(own, other))
        };
        Ok(Self { head, rewrites, taken })
    }

    /// Makes a unit of work depend on that nobody else insists on the fingerprint at the same time.
    pub fn insist(&self, unit: &mut Unit) {
        let known = AttributeValue::N(self.rewrites.to_string());
        let condition = if self.rewrites == 0 {
            Condition::Missing(REWRITES.to_owned())
        } else {
            Condition::Equals(REWRITES.to_owned(), known)
        };
        unit.require(&self.head, condition, CONTENDED);
        unit.add(&self.head, REWRITES, 1);
    }
}
