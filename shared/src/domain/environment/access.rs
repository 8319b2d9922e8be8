//! Who may do what with environments (spec 02 §2.1).

use super::Environment;
use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;

const MANAGERS: &[Role] = &[Role::Admin, Role::Developer];

/// `GET /environments`.
#[must_use]
pub fn list(bearer: &Bearer) -> bool {
    bearer.is_staff()
}

/// Whether a bearer sees an environment at all: staff, and the environment itself.
#[must_use]
pub fn sees(bearer: &Bearer, environment: &Environment) -> bool {
    bearer.is_staff() || matches!(bearer, Bearer::Environment(own) if own.id == environment.id)
}

/// Creating, changing and deleting environments, and making tokens for them.
#[must_use]
pub fn manage(bearer: &Bearer) -> bool {
    bearer.is(MANAGERS)
}
