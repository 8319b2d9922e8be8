//! What an entitlement must be (spec 03 §1.6).

use serde_json::Value;

use super::Entitlement;
use crate::domain::model::{self, Failures};
use crate::jsonapi::document::{self, Extras};

/// The rules beyond those declared.
pub fn check(entitlement: &Entitlement, failures: &mut Failures) {
    model::check_code(&entitlement.code, failures);
}

/// An entitlement's resource object.
#[must_use]
pub fn document(entitlement: &Entitlement) -> Value {
    document::resource(entitlement, &Extras::default())
}
