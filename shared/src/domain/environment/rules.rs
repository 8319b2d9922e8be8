//! What an environment must be (spec 02 §1.3).

use serde_json::Value;

use super::Environment;
use crate::domain::model::{self, Failures};
use crate::jsonapi::document::{self, Extras};

/// The rules beyond those declared.
pub fn check(environment: &Environment, failures: &mut Failures) {
    model::check_code(&environment.code, failures);
}

/// An environment's resource object.
#[must_use]
pub fn document(environment: &Environment) -> Value {
    document::resource(environment, &Extras::default())
}
