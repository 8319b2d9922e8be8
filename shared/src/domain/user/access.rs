//! Who may do what with users (spec 03 §2.2, §2.3, §3.10).
//!
//! The rules speak of users that the bearer can see; see [`super::scope`].

use super::User;
use crate::auth::bearer::Bearer;
use crate::auth::permissions::{self, Role};

/// Whether the user is the bearer itself.
#[must_use]
pub fn is_self(bearer: &Bearer, user: &User) -> bool {
    bearer.user().is_some_and(|own| own.id == user.id)
}

/// `GET /users/{id}`.
#[must_use]
pub fn show(bearer: &Bearer, user: &User) -> bool {
    !matches!(bearer, Bearer::Environment(_)) || user.role == Role::User
}

/// `POST /users`. Anybody may register with an account that is not protected.
#[must_use]
pub fn create(bearer: &Bearer, protected: bool) -> bool {
    match bearer {
        Bearer::Anonymous => !protected,
        _ => bearer.is(&[Role::Admin, Role::Developer, Role::SalesAgent, Role::Environment, Role::Product]),
    }
}

/// `PATCH /users/{id}`.
#[must_use]
pub fn update(bearer: &Bearer, user: &User) -> bool {
    match bearer.role() {
        Some(Role::Admin | Role::Developer) => true,
        Some(Role::SalesAgent | Role::Environment | Role::Product) => user.role == Role::User,
        Some(Role::User) => is_self(bearer, user),
        _ => false,
    }
}

/// `DELETE /users/{id}`. Of products more is asked: see [`super::scope::is_exclusive`].
#[must_use]
pub fn delete(bearer: &Bearer, user: &User) -> bool {
    match bearer.role() {
        Some(Role::Admin | Role::Developer) => true,
        Some(Role::Environment | Role::Product) => user.role == Role::User,
        _ => false,
    }
}

/// Banning and unbanning.
#[must_use]
pub fn ban(bearer: &Bearer) -> bool {
    bearer.is(&[Role::Admin, Role::Developer, Role::SalesAgent, Role::SupportAgent, Role::Environment, Role::Product])
}

/// Whether a bearer stands too low to make or change a user that has (or will have) this role and
/// these permissions: below its role, or beside it without the rights that it would give.
#[must_use]
pub fn is_outranked(bearer: &Bearer, user: &User) -> bool {
    let Some(role) = bearer.role() else { return false };
    if role.rank() < user.role.rank() {
        return true;
    }
    let own = bearer.permissions();
    let is_root = role == Role::Admin && own.is_full(role);
    let wanted = permissions::expand(user.permissions, user.role);
    role == user.role && !is_root && !wanted.is_subset(permissions::expand(own, role))
}

/// What is listed under a user, and its group.
#[must_use]
pub fn related(bearer: &Bearer, user: &User) -> bool {
    match bearer {
        Bearer::Environment(_) => true,
        Bearer::Product(_) => user.role == Role::User,
        Bearer::User(_) => bearer.is_staff() || is_self(bearer, user),
        _ => false,
    }
}

/// `GET /users/{id}/tokens`.
#[must_use]
pub fn list_tokens(bearer: &Bearer, user: &User) -> bool {
    related(bearer, user) && (!matches!(bearer, Bearer::Environment(_)) || user.role == Role::User)
}

/// `POST /users/{id}/tokens`. `licensed` says whether the user has a license of the product that asks.
#[must_use]
pub fn generate_token(bearer: &Bearer, user: &User, licensed: bool) -> bool {
    match bearer.role() {
        Some(Role::Admin | Role::Developer) => user.role == Role::User || is_self(bearer, user),
        Some(Role::Environment) => user.role == Role::User,
        Some(Role::Product) => user.role == Role::User && licensed,
        _ => false,
    }
}

/// `PUT /users/{id}/group`.
#[must_use]
pub fn change_group(bearer: &Bearer, user: &User) -> bool {
    match bearer.role() {
        Some(Role::Admin | Role::Developer | Role::SalesAgent | Role::Environment) => true,
        Some(Role::Product) => user.role == Role::User,
        _ => false,
    }
}

/// Reading second factors of a user.
#[must_use]
pub fn read_second_factors(bearer: &Bearer, user: &User) -> bool {
    bearer.is(&[Role::Admin]) || is_self(bearer, user)
}

/// Creating, changing and deleting second factors of a user.
#[must_use]
pub fn write_second_factors(bearer: &Bearer, user: &User) -> bool {
    read_second_factors(bearer, user) && !bearer.is(&[Role::ReadOnly])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::permissions::PermissionSet;
    use crate::clock::Time;
    use crate::domain::resource::Resource;
    use crate::ids::new_id;

    fn user(role: Role, permissions: PermissionSet) -> User {
        User { role, permissions, ..User::draft(new_id(), new_id(), None, Time::default()) }
    }

    fn bearer(role: Role, permissions: PermissionSet) -> Bearer {
        Bearer::User(Box::new(user(role, permissions)))
    }

    #[test]
    fn nobody_makes_a_user_above_itself() {
        let limited: PermissionSet = ["admin.create", "admin.read", "user.create", "user.read"].into_iter().collect();
        let (root, some) = (PermissionSet::WILDCARD, ["user.create", "user.read"].into_iter().collect());
        for (by, role, set, outranked) in [
            (bearer(Role::Admin, root), Role::Admin, root, false),
            (bearer(Role::Admin, permissions::allowed(Role::Admin)), Role::Admin, root, false),
            (bearer(Role::Admin, limited), Role::Admin, permissions::defaults(Role::Admin), true),
            (bearer(Role::Admin, limited), Role::Admin, root, true),
            (bearer(Role::Admin, limited), Role::Admin, some, false),
            (bearer(Role::Admin, limited), Role::User, root, false),
            (bearer(Role::Developer, root), Role::Admin, some, true),
            (bearer(Role::SalesAgent, root), Role::Developer, some, true),
            (Bearer::Anonymous, Role::User, root, false),
        ] {
            assert_eq!(is_outranked(&by, &user(role, set)), outranked, "{by:?} {role:?}");
        }
    }

    #[test]
    fn staff_other_than_developers_change_end_users_only() {
        let all = PermissionSet::WILDCARD;
        let (target, colleague) = (user(Role::User, all), user(Role::Developer, all));
        assert!(update(&bearer(Role::SalesAgent, all), &target) && !update(&bearer(Role::SalesAgent, all), &colleague));
        assert!(!update(&bearer(Role::SupportAgent, all), &target) && !update(&bearer(Role::ReadOnly, all), &target));
        assert!(update(&Bearer::User(Box::new(target.clone())), &target));
        assert!(!update(&bearer(Role::User, all), &target), "a teammate");
    }
}
