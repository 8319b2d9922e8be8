//! Who may do what with an account and its settings (spec 02 §2.1).

use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;

/// Changing the account, and seeing and changing its settings.
#[must_use]
pub fn manage(bearer: &Bearer) -> bool {
    bearer.is(&[Role::Admin, Role::Developer])
}
