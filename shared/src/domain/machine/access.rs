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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::domain::license::License;
    use crate::domain::machine::Machine;
    use crate::domain::policy::Policy;
    use crate::domain::product::Product;
    use crate::domain::resource::Resource;
    use crate::domain::user::User;
    use crate::ids::new_id;

    fn draft<R: Resource>() -> R {
        R::draft(new_id(), new_id(), None, Time::default())
    }

    fn user(role: Role) -> Bearer {
        Bearer::User(Box::new(User { role, ..draft() }))
    }

    /// A machine of an unprotected license; the owners of the machine and of the license.
    fn owned() -> (MachineView, Bearer, Bearer) {
        let (machine_owner, license_owner): (User, User) = (draft(), draft());
        let mut license: License = draft();
        (license.owner, license.product) = (Some(license_owner.id), new_id());
        let mut machine: Machine = draft();
        (machine.owner, machine.license) = (Some(machine_owner.id), license.id);
        let license = LicenseView { license, policy: draft(), owner: Some(license_owner.clone()) };
        let bearer = |user: User| Bearer::User(Box::new(User { role: Role::User, ..user }));
        (MachineView::new(machine, license), bearer(machine_owner), bearer(license_owner))
    }

    fn protected(mut view: MachineView) -> MachineView {
        view.license.policy = Policy { protected: true, ..view.license.policy };
        view
    }

    #[test]
    fn staff_by_role() {
        let (view, ..) = owned();
        type Rule = fn(&Bearer, &MachineView) -> bool;
        // Admin, developer, sales, support, read-only.
        let table: [(Rule, [bool; 5]); 7] = [
            (update, [true, true, true, true, false]),
            (delete, [true, true, true, false, false]),
            (ping, [true, true, false, false, false]),
            (manage, [true, true, true, false, false]),
            (check_out, [true, true, true, true, false]),
            (prove, [true, true, true, false, false]),
            (refit, [true, true, true, true, false]),
        ];
        let roles = [Role::Admin, Role::Developer, Role::SalesAgent, Role::SupportAgent, Role::ReadOnly];
        for (at, (rule, expected)) in table.into_iter().enumerate() {
            assert_eq!(roles.map(|role| rule(&user(role), &view)), expected, "row {at}");
        }
    }

    #[test]
    fn owners_and_other_users_of_the_license() {
        let (view, machine_owner, license_owner) = owned();
        let licensee = user(Role::User);
        for owner in [&machine_owner, &license_owner] {
            assert!(update(owner, &view) && delete(owner, &view) && ping(owner, &view) && equip(owner, Some(&view)));
            assert!(!manage(owner, &view));
        }
        assert!(prove(&license_owner, &view) && !prove(&machine_owner, &view));
        assert!(check_out(&licensee, &view) && !update(&licensee, &view) && !ping(&licensee, &view));
        let view = protected(view);
        assert!(!update(&license_owner, &view) && !check_out(&licensee, &view) && !prove(&license_owner, &view));
    }

    #[test]
    fn products_reach_their_own() {
        let (view, ..) = owned();
        let product = |id| Bearer::Product(Box::new(Product { id, ..draft() }));
        let (own, other) = (product(view.license.license.product), product(new_id()));
        assert!(update(&own, &view) && manage(&own, &view) && equip(&own, Some(&view)));
        assert!(!equip(&other, Some(&view)) && !equip(&own, None));
    }

    #[test]
    fn users_activate_what_is_theirs() {
        let (view, _, license_owner) = owned();
        let licensee = user(Role::User);
        let (license, own) = (Some(&view.license), licensee.id());
        assert!(create(&license_owner, license, None));
        assert!(create(&licensee, license, own) && !create(&licensee, license, None));
        assert!(create(&licensee, None, own), "an unknown license is told by the rules");
        let view = protected(view.clone());
        assert!(!create(&licensee, Some(&view.license), own) && !create(&license_owner, Some(&view.license), None));
    }
}
