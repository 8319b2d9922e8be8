//! What a pool key must be (spec 04 §1.3).

use serde_json::Value;

use super::PoolKey;
use crate::domain::license::License;
use crate::domain::model::{self, Failures};
use crate::domain::resource::Resource;
use crate::http::context::refusal;
use crate::http::error::Error;
use crate::ids::parse_id;
use crate::jsonapi::document::{self, Extras};
use crate::store::unit::{CommitError, Condition, Reason};
use crate::store::{Unit, keys};

/// A license has the key already, as its key or as its id.
const LICENSED: Reason = Reason::Failed("licensed key");

/// The rules beyond those declared.
pub fn check(key: &PoolKey, failures: &mut Failures) {
    model::check_reserved("key", &key.key, failures);
}

/// Makes a unit depend on no license's having the key.
pub fn require_unlicensed(unit: &mut Unit, key: &PoolKey) {
    unit.require(&keys::license_key(key.account, &key.key), Condition::Absent, LICENSED);
    if let Some(id) = parse_id(&key.key) {
        let license = keys::record(key.account, License::DEFINITION.kind, id);
        unit.require(&license, Condition::Absent, LICENSED);
    }
}

/// The answer to a unit that was not carried out.
#[must_use]
pub fn refused(error: CommitError) -> Error {
    let licensed = matches!(&error, CommitError::Refused(refused) if refused.has(&LICENSED));
    if licensed {
        Failures::one::<PoolKey>("key", "CONFLICT", "must not conflict with another license's identifier (UUID or key)")
    } else {
        refusal::<PoolKey>(error)
    }
}

/// A key's resource object.
#[must_use]
pub fn document(key: &PoolKey) -> Value {
    document::resource(key, &Extras::default())
}
