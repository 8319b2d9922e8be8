//! Admins who are made along with an account or an environment (spec 02 §2.2, §3.2, §3.5).

use std::collections::HashSet;

use serde_json::Value;

use super::{User, rules};
use crate::auth::permissions::{self, PermissionSet, Role};
use crate::clock::Time;
use crate::crypto::{Failure, passwords};
use crate::domain::body;
use crate::domain::model::{self, Failures};
use crate::domain::resource::Resource;
use crate::http::error::{Error, Result};
use crate::ids::{Id, new_id};
use crate::jsonapi::schema::{Schema, document, nested};
use crate::store::{Store, StoreError, Unit};

/// Most admins that one request makes.
const MOST: usize = 10;

/// An admin about to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Founder {
    /// The record, without a password.
    pub user: User,
    data: Value,
}

/// The relationship `admins` of a creation.
#[must_use]
pub fn wanted() -> Schema {
    let text = || Schema::string().nullable().blank();
    let attributes = Schema::object([
        ("email", Schema::string().required()),
        ("password", text()),
        ("first_name", text()),
        ("last_name", text()),
        ("metadata", Schema::metadata()),
        ("role", Schema::string().one_of([Role::Admin.as_str()]).ignored()),
    ]);
    nested(document(body::names("users")).attributes(attributes))
}

/// Drafts the admins that decoded `data` asks for.
///
/// # Errors
/// 422 if there are too many.
pub fn draft(data: &Value, account: Id, environment: Option<Id>, now: Time) -> Result<Vec<Founder>> {
    let wanted = data.pointer("/relationships/admins/data").and_then(Value::as_array);
    let wanted = wanted.map(Vec::as_slice).unwrap_or_default();
    if wanted.len() > MOST {
        return Err(Error::too_many_records());
    }
    let founder = |data: &Value| {
        let mut user = User::draft(new_id(), account, environment, now);
        user.role = Role::Admin;
        user.permissions = permissions::defaults(Role::Admin);
        Founder { user, data: data.clone() }
    };
    Ok(wanted.iter().map(founder).collect())
}

impl Founder {
    /// The password it shall have; blank counts as none.
    fn password(&self) -> Option<&str> {
        let password = self.data.pointer("/attributes/password").and_then(Value::as_str);
        password.filter(|password| !password.trim().is_empty())
    }
}

/// Completes drafted admins and checks them like any user; those of an account that exists already
/// (`store`) also against its other users. `path` names the place of each in the failures.
///
/// # Errors
/// When the table cannot be read. Broken rules are added to `failures`.
pub async fn check(
    founders: &mut [Founder],
    store: Option<&Store>,
    path: impl Fn(usize) -> String,
    failures: &mut Failures,
) -> Result<()> {
    let mut addresses = HashSet::new();
    for (at, founder) in founders.iter_mut().enumerate() {
        let (user, mut broken) = model::assign(&founder.user, &founder.data, PermissionSet::EMPTY)?;
        founder.user = rules::normalised(user);
        rules::check(&founder.user, founder.password(), &mut broken);
        let claim = User::by_email(founder.user.account, &founder.user.email);
        let known = match store {
            Some(store) => store.claimed_by(&claim).await?.is_some(),
            None => false,
        };
        if !addresses.insert(founder.user.email.clone()) || known {
            broken.taken("email");
        }
        failures.nest(&path(at), broken);
    }
    Ok(())
}

/// Hashes the admins' passwords and makes them, in a unit of work.
///
/// # Errors
/// When a password cannot be hashed.
pub async fn insert(founders: &[Founder], unit: &mut Unit) -> Result<()> {
    let hashed = founders.iter().map(async |founder| {
        let mut user = founder.user.clone();
        if let Some(password) = founder.password() {
            user.password_digest = Some(passwords::hash_aside(password).await?);
        }
        Ok::<_, Failure>(user)
    });
    let users = futures::future::try_join_all(hashed).await;
    for user in users.map_err(|error| Error::from(StoreError::Broken(error.to_string())))? {
        unit.insert(&user);
    }
    Ok(())
}
