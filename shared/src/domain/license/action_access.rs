//! Who may do what with a license that it sees (spec 05 §2.1).
//!
//! An end user that sees a license owns it or is attached to it.

use super::LicenseView;
use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;

const STAFF: &[Role] = &[Role::Admin, Role::Developer, Role::SalesAgent, Role::SupportAgent];
const SELLERS: &[Role] = &[Role::Admin, Role::Developer, Role::SalesAgent];

/// What an end user is to a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tie {
    Owner,
    Licensee,
}

/// Staff of these roles, environments, and the license's product; of others, whoever the rules admit.
fn admits(bearer: &Bearer, view: &LicenseView, staff: &[Role], itself: bool, user: impl FnOnce(Tie) -> bool) -> bool {
    match bearer {
        Bearer::Anonymous => false,
        Bearer::Environment(_) => true,
        Bearer::Product(product) => product.id == view.license.product,
        Bearer::License(license) => itself && license.license.id == view.license.id,
        Bearer::User(_) if bearer.is_staff() => bearer.is(staff),
        Bearer::User(end) => user(if view.license.owner == Some(end.id) { Tie::Owner } else { Tie::Licensee }),
    }
}

fn is_protected(view: &LicenseView) -> bool {
    view.license.is_protected(&view.policy)
}

/// Validation, quick or not.
#[must_use]
pub fn validate(bearer: &Bearer, view: &LicenseView) -> bool {
    const READERS: &[Role] = &[Role::Admin, Role::Developer, Role::SalesAgent, Role::SupportAgent, Role::ReadOnly];
    admits(bearer, view, READERS, true, |_| true)
}

/// Check-out.
#[must_use]
pub fn check_out(bearer: &Bearer, view: &LicenseView) -> bool {
    admits(bearer, view, STAFF, true, |_| !is_protected(view))
}

/// Check-in, and the increment of uses.
#[must_use]
pub fn use_it(bearer: &Bearer, view: &LicenseView) -> bool {
    admits(bearer, view, STAFF, true, |tie| tie == Tie::Owner && !is_protected(view))
}

/// Renewal and revocation, which look at the policy's protection, whatever the license says.
#[must_use]
pub fn renew_or_revoke(bearer: &Bearer, view: &LicenseView) -> bool {
    admits(bearer, view, SELLERS, false, |tie| tie == Tie::Owner && !view.policy.protected)
}

/// Suspension, reinstatement, and corrections of uses.
#[must_use]
pub fn correct(bearer: &Bearer, view: &LicenseView) -> bool {
    admits(bearer, view, STAFF, false, |_| false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::domain::license::License;
    use crate::domain::policy::Policy;
    use crate::domain::product::Product;
    use crate::domain::resource::Resource;
    use crate::domain::user::User;
    use crate::ids::new_id;

    fn draft<R: Resource>() -> R {
        R::draft(new_id(), new_id(), None, Time::from_millis(0))
    }

    fn user(role: Role) -> Bearer {
        Bearer::User(Box::new(User { role, ..draft() }))
    }

    type Rule = fn(&Bearer, &LicenseView) -> bool;
    const RULES: [Rule; 5] = [validate, check_out, use_it, renew_or_revoke, correct];

    fn may(bearer: &Bearer, view: &LicenseView) -> [bool; 5] {
        RULES.map(|rule| rule(bearer, view))
    }

    #[test]
    fn the_matrix() {
        let owner = draft::<User>();
        let license = License { owner: Some(owner.id), product: new_id(), ..draft() };
        let mut view = LicenseView { license, policy: draft::<Policy>(), owner: Some(owner.clone()) };
        let own = Product { id: view.license.product, ..draft() };
        for (role, expected) in [
            (Role::Admin, [true; 5]),
            (Role::Developer, [true; 5]),
            (Role::SalesAgent, [true; 5]),
            (Role::SupportAgent, [true, true, true, false, true]),
            (Role::ReadOnly, [true, false, false, false, false]),
        ] {
            assert_eq!(may(&user(role), &view), expected, "{role:?}");
        }
        assert_eq!(may(&Bearer::Product(Box::new(own)), &view), [true; 5]);
        assert_eq!(may(&Bearer::Product(Box::new(draft())), &view), [false; 5]);
        assert_eq!(may(&Bearer::Environment(Box::new(draft())), &view), [true; 5]);
        assert_eq!(may(&Bearer::Anonymous, &view), [false; 5]);

        let owner = Bearer::User(Box::new(User { role: Role::User, ..owner }));
        let licensee = user(Role::User);
        assert_eq!(may(&owner, &view), [true, true, true, true, false]);
        assert_eq!(may(&licensee, &view), [true, true, false, false, false]);
        view.license.protected = Some(true);
        assert_eq!(may(&owner, &view), [true, false, false, true, false]);
        assert_eq!(may(&licensee, &view), [true, false, false, false, false]);
        view.license.protected = Some(false);
        view.policy.protected = true;
        assert_eq!(may(&owner, &view), [true, true, true, false, false]);
    }
}
