//! Who may do what with tokens (spec 03 §2.1).

use crate::auth::bearer::Bearer;
use crate::auth::permissions::Role;

const MANAGERS: &[Role] = &[Role::Admin, Role::Developer];

/// `POST /tokens` for `target`. `of_product`: whether the target is a license of the asking
/// product, or a user who has one.
#[must_use]
pub fn generate(by: &Bearer, target: &Bearer, of_product: bool) -> bool {
    let end_user = target.end_user().is_some();
    match by {
        Bearer::Anonymous | Bearer::License(_) => false,
        Bearer::Product(_) => of_product && (end_user || target.license().is_some()),
        Bearer::Environment(_) => is_same(by, target) || end_user,
        Bearer::User(_) => is_same(by, target) || (by.is(MANAGERS) && end_user),
    }
}

/// `PUT /tokens/{id}` of a token in scope, whose bearer is `owner`.
#[must_use]
pub fn regenerate(by: &Bearer, owner: &Bearer) -> bool {
    let below_staff = owner.end_user().is_some() || matches!(owner, Bearer::Product(_) | Bearer::License(_));
    is_same(by, owner)
        || match by {
            Bearer::Product(_) => true,
            Bearer::Environment(_) => below_staff,
            _ => by.is(MANAGERS) && (below_staff || matches!(owner, Bearer::Environment(_))),
        }
}

/// `DELETE /tokens/{id}` of a token in scope, whose bearer is `owner`.
#[must_use]
pub fn revoke(by: &Bearer, owner: &Bearer) -> bool {
    is_same(by, owner) || by.is(MANAGERS) || matches!(by, Bearer::Product(_) | Bearer::Environment(_))
}

/// Whether two bearers are one.
#[must_use]
pub fn is_same(one: &Bearer, other: &Bearer) -> bool {
    one.kind() == other.kind() && one.id() == other.id()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::domain::environment::Environment;
    use crate::domain::product::Product;
    use crate::domain::resource::Resource;
    use crate::domain::user::User;
    use crate::ids::new_id;

    fn user(role: Role) -> Bearer {
        let mut user = User::draft(new_id(), new_id(), None, Time::default());
        user.role = role;
        Bearer::User(Box::new(user))
    }

    fn product() -> Bearer {
        Bearer::Product(Box::new(Product::draft(new_id(), new_id(), None, Time::default())))
    }

    fn environment() -> Bearer {
        Bearer::Environment(Box::new(Environment::draft(new_id(), new_id(), None, Time::default())))
    }

    #[test]
    fn staff_and_users_generate_for_themselves_and_managers_for_end_users() {
        let customer = user(Role::User);
        for role in [Role::Admin, Role::Developer, Role::SalesAgent, Role::SupportAgent, Role::ReadOnly, Role::User] {
            let by = user(role);
            assert!(generate(&by, &by, false), "{role}");
            assert_eq!(generate(&by, &customer, false), by.is(MANAGERS), "{role}");
            assert!(!generate(&by, &user(Role::Admin), false), "{role}");
            assert!(!generate(&by, &product(), false) && !generate(&by, &environment(), false), "{role}");
        }
    }

    #[test]
    fn products_generate_for_their_customers_and_environments_for_end_users() {
        let (by, customer) = (product(), user(Role::User));
        assert!(generate(&by, &customer, true) && !generate(&by, &customer, false));
        assert!(!generate(&by, &by, true) && !generate(&by, &user(Role::Admin), true));
        let by = environment();
        assert!(generate(&by, &by, false) && generate(&by, &customer, false));
        assert!(!generate(&by, &user(Role::Developer), false) && !generate(&by, &product(), false));
        assert!(!generate(&Bearer::Anonymous, &customer, true));
    }

    #[test]
    fn managers_regenerate_below_staff_and_revoke_everything() {
        let (admin, other, sales) = (user(Role::Admin), user(Role::Admin), user(Role::SalesAgent));
        assert!(regenerate(&admin, &admin) && !regenerate(&admin, &other) && revoke(&admin, &other));
        for owner in [user(Role::User), product(), environment()] {
            assert!(regenerate(&admin, &owner) && revoke(&admin, &owner));
            assert!(!regenerate(&sales, &owner) && !revoke(&sales, &owner));
        }
        assert!(regenerate(&sales, &sales) && revoke(&sales, &sales));
    }
}
