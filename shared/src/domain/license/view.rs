//! A license as documents show it: with what it takes from its policy and its owner (spec 04 §1.4).

use std::collections::HashMap;

use serde_json::{Value, json};

use super::check_in::CheckInPolicy;
use super::limits::Limits;
use super::status::{Activity, LicenseStatus, license_status};
use super::{License, LicenseUser};
use crate::auth::permissions;
use crate::clock::Time;
use crate::crypto::license_keys::Scheme;
use crate::domain::policy::Policy;
use crate::domain::user::User;
use crate::ids::Id;
use crate::jsonapi::document::{self, Extras};
use crate::store::{Store, StoreError};

/// A license with what its document depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct LicenseView {
    /// The license.
    pub license: License,
    /// Its policy.
    pub policy: Policy,
    /// Its owner.
    pub owner: Option<User>,
}

/// The limits that policies and licenses store under the same names.
macro_rules! limits_of {
    ($record:expr) => {
        Limits {
            machines: limit($record.max_machines),
            processes: limit($record.max_processes),
            users: limit($record.max_users),
            cores: limit($record.max_cores),
            memory: limit($record.max_memory),
            disk: limit($record.max_disk),
            uses: limit($record.max_uses),
        }
    };
}

fn limit(value: Option<i64>) -> Option<u64> {
    value.and_then(|value| u64::try_from(value).ok())
}

impl Policy {
    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        limits_of!(self)
    }

    /// What it says about check-ins.
    #[must_use]
    pub fn check_in(&self) -> CheckInPolicy {
        CheckInPolicy {
            required: self.require_check_in,
            interval: self.check_in_interval.as_deref().and_then(|name| name.parse().ok()),
            count: self.check_in_interval_count,
        }
    }
}

impl License {
    /// Its own limits, which override its policy's.
    #[must_use]
    pub fn overrides(&self) -> Limits {
        limits_of!(self)
    }

    /// The limits in force under a policy.
    #[must_use]
    pub fn limits(&self, policy: &Policy) -> Limits {
        Limits::effective(&self.overrides(), &policy.limits())
    }

    /// Its signs of life.
    #[must_use]
    pub fn activity(&self) -> Activity {
        Activity {
            created: self.created.timestamp(),
            last_validated: self.last_validated.map(Time::timestamp),
            last_check_out: self.last_check_out.map(Time::timestamp),
            last_check_in: self.last_check_in.map(Time::timestamp),
        }
    }

    /// Whether users may not change it by themselves (spec 01 §3.14).
    #[must_use]
    pub fn is_protected(&self, policy: &Policy) -> bool {
        self.protected.unwrap_or(policy.protected)
    }

    /// Whether it is legacy-encrypted: then its key is stored as a digest only.
    #[must_use]
    pub fn is_legacy(&self) -> bool {
        self.legacy_digest.is_some()
    }
}

impl LicenseView {
    /// Its status.
    #[must_use]
    pub fn status(&self, now: Time) -> LicenseStatus {
        let banned = self.owner.as_ref().is_some_and(User::is_banned);
        let expiry = self.license.expiry.map(Time::timestamp);
        license_status(banned, self.license.suspended, expiry, &self.license.activity(), now.timestamp())
    }

    /// Its resource object.
    #[must_use]
    pub fn document(&self, now: Time) -> Value {
        document::resource(&self.license, &self.extras(now))
    }

    /// Its resource object, which also shows a key that is stored as a digest only.
    #[must_use]
    pub fn document_revealing(&self, now: Time, secret: Option<&str>) -> Value {
        let mut extras = self.extras(now);
        if let Some(secret) = secret {
            extras.omitted.retain(|name| *name != "key");
            extras = extras.attribute("key", secret);
        }
        document::resource(&self.license, &extras)
    }

    /// What its document shows beyond its stored members.
    #[must_use]
    pub fn extras(&self, now: Time) -> Extras {
        let Self { license, policy, owner } = self;
        let next = policy.check_in().next(license.last_check_in.map(Time::timestamp)).map(Time::from);
        let set = permissions::effective_license(license.permissions, owner.as_ref().map(|owner| owner.permissions));
        let limits = license.limits(policy);
        let extras = Extras::default()
            .attribute("status", self.status(now).as_str())
            .attribute("scheme", json!(policy.scheme))
            .attribute("encrypted", policy.scheme == Some(Scheme::LegacyEncrypt) || policy.encrypted)
            .attribute("strict", policy.strict)
            .attribute("floating", policy.floating)
            .attribute("protected", license.is_protected(policy))
            .attribute("require_heartbeat", policy.require_heartbeat)
            .attribute("require_check_in", policy.require_check_in)
            .attribute("next_check_in", json!(next))
            .attribute("max_machines", json!(limits.machines))
            .attribute("max_processes", json!(limits.processes))
            .attribute("max_users", json!(limits.users))
            .attribute("max_cores", json!(limits.cores))
            .attribute("max_memory", json!(limits.memory))
            .attribute("max_disk", json!(limits.disk))
            .attribute("max_uses", json!(limits.uses))
            .attribute("permissions", json!(set))
            .relationship_meta("users", json!({"count": license.users_count()}))
            .relationship_meta(
                "machines",
                json!({
                    "cores": license.machines_cores,
                    "memory": license.machines_memory,
                    "disk": license.machines_disk,
                    "count": license.machines_count,
                }),
            );
        if license.is_legacy() { extras.omit("key") } else { extras }
    }
}

/// Adds to licenses what their documents depend on. A license whose policy or owner is being
/// deleted is gone with it, and is left out.
///
/// # Errors
/// When the table cannot be read.
pub async fn views(store: &Store, account: Id, licenses: Vec<License>) -> Result<Vec<LicenseView>, StoreError> {
    let (joined, mut views) =
        futures::try_join!(store.joined(licenses.clone()), with_policies(store, account, licenses))?;
    let mut joined: HashMap<Id, License> = joined.into_iter().map(|license| (license.id, license)).collect();
    for view in &mut views {
        if let Some(license) = joined.remove(&view.license.id) {
            view.license = license;
        }
    }
    Ok(views)
}

/// Adds policies and owners to licenses, all that machines ask of them: what validations noted is left out.
///
/// # Errors
/// When the table cannot be read.
pub async fn with_policies(store: &Store, account: Id, licenses: Vec<License>) -> Result<Vec<LicenseView>, StoreError> {
    let mut policies: Vec<Id> = licenses.iter().map(|license| license.policy).collect();
    let mut owners: Vec<Id> = licenses.iter().filter_map(|license| license.owner).collect();
    for ids in [&mut policies, &mut owners] {
        ids.sort_unstable();
        ids.dedup();
    }
    let policies = store.get_many::<Policy>(account, &policies);
    let owners = store.get_many::<User>(account, &owners);
    let (policies, owners) = futures::try_join!(policies, owners)?;
    let policies: HashMap<Id, Policy> = policies.into_iter().map(|policy| (policy.id, policy)).collect();
    let owners: HashMap<Id, User> = owners.into_iter().map(|owner| (owner.id, owner)).collect();
    let view = |license: License| {
        let policy = policies.get(&license.policy)?.clone();
        let owner = match license.owner {
            Some(id) => Some(owners.get(&id)?.clone()),
            None => None,
        };
        Some(LicenseView { license, policy, owner })
    };
    Ok(licenses.into_iter().filter_map(view).collect())
}

/// Adds to a license what its document depends on; `None` if policy or owner are being deleted.
///
/// # Errors
/// When the table cannot be read.
pub async fn view(store: &Store, account: Id, license: License) -> Result<Option<LicenseView>, StoreError> {
    Ok(views(store, account, vec![license]).await?.pop())
}

impl crate::http::listing::Listed for LicenseView {
    fn id(&self) -> Id {
        self.license.id
    }
}

/// The resource object of a link between a license and a user.
#[must_use]
pub fn user_document(link: &LicenseUser) -> Value {
    document::resource(link, &Extras::default().related(link.related()))
}
