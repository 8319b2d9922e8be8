//! Who may do what with groups (spec 03 §2.5).

use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;

/// How a bearer stands to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It has nothing to do with it.
    Outsider,
    /// It is a member.
    Member,
    /// It owns it.
    Owner,
    /// It sees every group: staff, environments, products.
    Overseer,
}

/// `GET /groups/{id}`, which does not hide groups from outsiders.
#[must_use]
pub fn show(standing: Standing) -> bool {
    standing > Standing::Outsider
}

/// Creating, changing and deleting groups, attaching and detaching their owners.
#[must_use]
pub fn manage(bearer: &Bearer) -> bool {
    bearer.is(&[Role::Admin, Role::Developer, Role::Environment, Role::Product])
}

/// The users, licenses and machines of a group. `owner_elsewhere` says whether the bearer owns some
/// other group: then a member gets an empty list instead of a refusal.
#[must_use]
pub fn members(standing: Standing, owner_elsewhere: bool) -> bool {
    match standing {
        Standing::Overseer | Standing::Owner => true,
        Standing::Member => owner_elsewhere,
        Standing::Outsider => false,
    }
}
