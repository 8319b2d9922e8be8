//! Who may do what with entitlements (spec 03 §2.6). Everybody reads what it sees.

use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;

/// Creating, changing and deleting entitlements.
#[must_use]
pub fn manage(bearer: &Bearer) -> bool {
    bearer.is(&[Role::Admin, Role::Developer, Role::Environment])
}
