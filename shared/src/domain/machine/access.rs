//! Who may do what with machines, components and processes (spec 06 §2.4).
//!
//! Whether a bearer sees a machine is asked before ([`super::scope`]), except where one is created.

use super::MachineView;
use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;
use crate::domain::license::LicenseView;
use crate::ids::Id;

/// Who activates and deactivates machines for others.
const SELLERS: &[Role] = &[Role::Admin, Role::Developer, Role::SalesAgent, Role::Environment];
/// Who changes what is there.
const SUPPORTERS: &[Role] = &[Role::Admin, Role::Developer, Role::SalesAgent, Role::SupportAgent, Role::Environment];
/// Who acts as if it were the machine.
const ENGINEERS: &[Role] = &[Role::Admin, Role::Developer, Role::Environment];

/// Which users of a license a rule admits, if the license is not protected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Users {
    Nobody,
    /// The license's owner.
    LicenseOwner,
    /// The machine's and the license's owner.
    Owners,
    /// All of them.
    All,
}

/// When a rule admits the license itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Itself {
    Never,
    Unprotected,
    Always,
}

fn may(bearer: &Bearer, view: &MachineView, roles: &[Role], users: Users, itself: Itself) -> bool {
    let license = &view.license.license;
    match bearer {
        Bearer::Anonymous => false,
        Bearer::Product(product) => product.id == license.product,
        Bearer::License(own) => {
            own.license.id == license.id
                && match itself {
                    Itself::Never => false,
                    Itself::Unprotected => !view.is_protected(),
                    Itself::Always => true,
                }
        }
        Bearer::User(user) if !bearer.is_staff() => {
            let admitted = match users {
                Users::Nobody => false,
                Users::LicenseOwner => license.owner == Some(user.id),
                Users::Owners => view.is_owned_by(user.id),
                Users::All => true,
            };
            admitted && !view.is_protected()
        }
        _ => bearer.is(roles),
    }
}

/// Whether a bearer may list at all: everybody lists what it sees.
#[must_use]
pub fn list(bearer: &Bearer) -> bool {
    *bearer != Bearer::Anonymous
}

/// `POST /machines`. An unknown license is refused to those who act for one only.
#[must_use]
pub fn create(bearer: &Bearer, license: Option<&LicenseView>, owner: Option<Id>) -> bool {
    let record = license.map(|view| &view.license);
    match bearer {
        Bearer::Product(product) => record.is_some_and(|license| license.product == product.id),
        Bearer::License(own) => record.is_some_and(|license| license.id == own.license.id),
        Bearer::User(user) if !bearer.is_staff() => {
            let owns = owner == Some(user.id) || record.is_some_and(|license| license.owner == Some(user.id));
            owns && !license.is_some_and(|view| view.license.is_protected(&view.policy))
        }
        _ => bearer.is(SELLERS),
    }
}

/// `PATCH /machines/{id}`.
#[must_use]
pub fn update(bearer: &Bearer, view: &MachineView) -> bool {
    may(bearer, view, SUPPORTERS, Users::Owners, Itself::Unprotected)
}

/// `DELETE /machines/{id}`.
#[must_use]
pub fn delete(bearer: &Bearer, view: &MachineView) -> bool {
    may(bearer, view, SELLERS, Users::Owners, Itself::Always)
}

/// Pings of a machine or a process.
#[must_use]
pub fn ping(bearer: &Bearer, view: &MachineView) -> bool {
    may(bearer, view, ENGINEERS, Users::Owners, Itself::Always)
}

/// Resetting a heartbeat, and changing a machine's group or owner.
#[must_use]
pub fn manage(bearer: &Bearer, view: &MachineView) -> bool {
    may(bearer, view, SELLERS, Users::Nobody, Itself::Never)
}

/// `actions/check-out`.
#[must_use]
pub fn check_out(bearer: &Bearer, view: &MachineView) -> bool {
    may(bearer, view, SUPPORTERS, Users::All, Itself::Always)
}

/// `actions/generate-offline-proof`.
#[must_use]
pub fn prove(bearer: &Bearer, view: &MachineView) -> bool {
    may(bearer, view, SELLERS, Users::LicenseOwner, Itself::Always)
}

/// `GET /machines/{id}/user`.
#[must_use]
pub fn license_owner(bearer: &Bearer, view: &MachineView) -> bool {
    bearer.end_user().is_none_or(|user| view.license.license.owner == Some(user.id))
}

/// Creating and deleting components and processes. An unknown machine is refused to those who act
/// for some only.
#[must_use]
pub fn equip(bearer: &Bearer, view: Option<&MachineView>) -> bool {
    match view {
        Some(view) => may(bearer, view, SELLERS, Users::Owners, Itself::Always),
        None => bearer.is(SELLERS),
    }
}

/// Updating components and processes.
#[must_use]
pub fn refit(bearer: &Bearer, view: &MachineView) -> bool {
    may(bearer, view, SUPPORTERS, Users::Owners, Itself::Always)
}
