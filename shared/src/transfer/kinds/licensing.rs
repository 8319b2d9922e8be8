//! Products, policies, licenses and entitlements.

use serde_json::{Map, Value};

use crate::auth::permissions::{self, Role};
use crate::cascade;
use crate::crypto::license_keys::{self, KeyError, Scheme, dataset};
use crate::domain::account::Account;
use crate::domain::entitlement::{Entitlement, LicenseEntitlement, PolicyEntitlement};
use crate::domain::key::PoolKey;
use crate::domain::license::{License, LicenseUser, expiry};
use crate::domain::policy::Policy;
use crate::domain::policy::strategies::{ExpirationStrategy, HeartbeatBasis};
use crate::domain::product::{DistributionStrategy, Product};
use crate::domain::user::User;
use crate::store::keys::Within;
use crate::store::{StoreError, Unit};
use crate::transfer::kind::{Importable, Reach, Work};
use crate::transfer::{Fault, Transfer, Trouble};

impl Importable for Entitlement {}

impl Importable for Product {
    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        if !work.given("distribution_strategy") {
            self.distribution_strategy = Some(DistributionStrategy::default());
        }
        if !work.given("permissions") {
            self.permissions = permissions::defaults(Role::Product);
        }
        Ok(())
    }
}

impl Importable for Policy {
    const HOME: Option<&'static str> = Some("product");

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        if !work.given("protected") {
            let account = work.desk.find::<Account>(self.account, self.account);
            self.protected = account.is_some_and(|account| account.protected);
        }
        if !work.given("scheme") && self.encrypted {
            self.scheme = Some(Scheme::LegacyEncrypt);
        }
        if !work.given("max_machines") && !self.floating {
            self.max_machines = Some(1);
        }
        if !work.given("expiration_strategy") {
            self.expiration_strategy = Some(ExpirationStrategy::default());
        }
        if !work.given("heartbeat_basis") {
            self.heartbeat_basis = Some(HeartbeatBasis::default_for(self.require_heartbeat));
        }
        Ok(())
    }

    fn leave(before: &Self, after: &Self, unit: &mut Unit) {
        let _ = cascade::leave_quickened(unit, before, after, after.updated);
        let _ = cascade::leave_rhythm(unit, before, after, after.updated);
    }
}

impl Importable for PolicyEntitlement {
    const HOME: Option<&'static str> = Some("policy");
    const REACH: Reach = Reach::Under("entitlements", Within::Parent, None);

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        if let Some(entitlement) = work.desk.find::<Entitlement>(self.account, self.entitlement) {
            self.code = entitlement.code;
        }
        Ok(())
    }
}

impl Importable for LicenseEntitlement {
    const HOME: Option<&'static str> = Some("license");
    const REACH: Reach = Reach::Under("entitlements", Within::Parent, None);

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        if let Some(entitlement) = work.desk.find::<Entitlement>(self.account, self.entitlement) {
            self.code = entitlement.code;
        }
        Ok(())
    }
}

impl Importable for PoolKey {
    const DERIVED: &'static [&'static str] = &["product"];
    const HOME: Option<&'static str> = Some("policy");

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        if let Some(policy) = work.desk.find::<Policy>(self.account, self.policy) {
            self.product = policy.product;
        }
        Ok(())
    }
}

impl Importable for LicenseUser {
    const HOME: Option<&'static str> = Some("license");
    const REACH: Reach = Reach::Under("licenses", Within::Parent, Some("licensees_count"));

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        if let Some(license) = work.desk.find::<License>(self.account, self.license) {
            self.license_created = license.created;
        }
        Ok(())
    }
}

impl Importable for License {
    const CARRIED: &'static [&'static str] = &[
        "last_validated_checksum",
        "last_expiring_soon_event_sent_at",
        "last_expired_event_sent_at",
        "last_check_in_soon_event_sent_at",
        "last_check_in_overdue_event_sent_at",
    ];
    const DERIVED: &'static [&'static str] = &["product"];
    const HOME: Option<&'static str> = Some("policy");
    const LOOKUP: &'static str = "/attributes/key";

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        let owner = self.owner.and_then(|id| work.desk.find::<User>(self.account, id));
        if !work.given("permissions") {
            let usual = work.desk.usual_permissions(self.account, "default_license_permissions");
            self.permissions = usual.unwrap_or_else(|| permissions::defaults(Role::License));
        }
        if !work.given("group") {
            self.group = owner.as_ref().and_then(|owner| owner.group);
        }
        let policy = work.desk.find::<Policy>(self.account, self.policy);
        if let Some(policy) = &policy {
            self.product = policy.product;
            self.take_over(policy, work);
        }
        self.take_legacy_key(work)?;
        let wants_key = self.key.is_empty() && !work.given("key") && !work.cleared("key");
        if let (true, None, Some(policy)) = (wants_key, &self.legacy_digest, &policy) {
            self.issue(policy, owner.as_ref(), work).await?;
        }
        Ok(())
    }

    fn show(&self, attributes: &mut Map<String, Value>) {
        if self.key.is_empty() {
            attributes.insert("key".to_owned(), Value::Null);
        }
    }

    async fn reveal(&self, _: &Transfer<'_>) -> Result<Map<String, Value>, StoreError> {
        let mut secrets = Map::new();
        if let Some(digest) = &self.legacy_digest {
            secrets.insert("legacyDigest".to_owned(), digest.clone().into());
        }
        Ok(secrets)
    }
}

impl License {
    /// What a license takes over from its policy when it is made.
    fn take_over(&mut self, policy: &Policy, work: &Work<'_, Self>) {
        if work.before.is_some() {
            return;
        }
        if !work.given("protected") {
            self.protected = Some(policy.protected);
        }
        if !work.given("last_check_in") && policy.require_check_in {
            self.last_check_in = Some(work.desk.now);
        }
        if !work.given("expiry") {
            let now = work.desk.now.timestamp();
            self.expiry = expiry::at_creation(policy.expiration_basis, policy.duration, None, now).map(Into::into);
        }
    }

    fn take_legacy_key(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        if let Some(digest) = work.secrets.text("legacyDigest")?.flatten() {
            if !crate::crypto::bcrypt_secret::is_digest(digest) {
                return Err(Fault::secret("legacyDigest", "must be a bcrypt digest").into());
            }
            self.legacy_digest = Some(digest.to_owned());
            self.key.clear();
        }
        if let Some(raw) = work.secrets.text("legacyKey")?.flatten() {
            let known = self.legacy_digest.take();
            let keeps = known.filter(|digest| license_keys::legacy_verify(raw, digest).is_match());
            self.legacy_digest = Some(match keeps {
                Some(digest) => digest,
                None => license_keys::legacy_digest(raw)?,
            });
            self.key.clear();
        }
        Ok(())
    }

    /// Makes the key of a license that brings none, as a create does. A legacy key would be of no
    /// use: nobody would ever see it.
    async fn issue(&mut self, policy: &Policy, owner: Option<&User>, work: &Work<'_, Self>) -> Result<(), Trouble> {
        let refused = |error: KeyError| match error {
            KeyError::Failure(failure) => Trouble::from(failure),
            error => Fault::new("/attributes/key", error.to_string()).into(),
        };
        match policy.scheme {
            Some(Scheme::LegacyEncrypt) => {}
            Some(scheme) => {
                let subject = dataset::Subject {
                    account: self.account,
                    product: policy.product,
                    policy: policy.id,
                    duration: policy.duration,
                    owner: owner.map(|owner| dataset::Owner { id: owner.id, email: &owner.email }),
                    license: self.id,
                    created: self.created.timestamp(),
                    expiry: self.expiry.map(crate::clock::Time::timestamp),
                };
                let text = dataset::default_dataset(scheme, &subject).map_err(refused)?;
                let signer = work.desk.signer(self.account).await?;
                self.key = license_keys::encode(scheme, text.as_bytes(), &signer).map_err(refused)?;
            }
            None if policy.encrypted => {}
            None => self.key = license_keys::random_key()?,
        }
        Ok(())
    }
}
