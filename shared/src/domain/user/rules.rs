//! What a user must be (spec 03 §1.2, §3.10).

use serde_json::Value;

use super::User;
use crate::auth::permissions::{self, PermissionSet, Role};
use crate::domain::account::defaults;
use crate::domain::model::Failures;
use crate::http::context::{Ctx, refusal};
use crate::http::error::{Error, Result};
use crate::store::unit::{CommitError, Condition, Reason};
use crate::store::{Unit, keys};

/// What is reported when a change would leave an account without the admins it needs.
const ADMINS: &str = "admins";

/// The permissions of a new user that names none: end users get what the account chose for them.
///
/// # Errors
/// When the table cannot be read.
pub async fn usual_permissions(ctx: &Ctx, role: Role) -> Result<PermissionSet> {
    let chosen = match role {
        Role::User => defaults::permissions(ctx, "default_user_permissions").await?,
        _ => None,
    };
    Ok(chosen.unwrap_or_else(|| permissions::defaults(role)))
}

/// The role that decoded attributes ask for.
#[must_use]
pub fn wanted_role(data: &Value) -> Option<Role> {
    data.pointer("/attributes/role").and_then(Value::as_str).and_then(|name| name.parse().ok())
}

/// Refuses names of permissions that do not exist at all: unlike those that may not be given, they
/// are refused before rights are looked at.
///
/// # Errors
/// 422 `PERMISSIONS_NOT_ALLOWED`.
pub fn check_permission_names(data: &Value) -> Result<()> {
    let names = data.pointer("/attributes/permissions").and_then(Value::as_array).into_iter().flatten();
    if names.filter_map(Value::as_str).all(permissions::is_known) {
        return Ok(());
    }
    Err(Failures::one::<User>("permissions", "NOT_ALLOWED", permissions::UnsupportedPermissions.to_string()))
}

/// A user as it is stored: its address in the one form that is compared.
#[must_use]
pub fn normalised(mut user: User) -> User {
    user.email = user.email.trim().to_lowercase();
    user
}

/// The rules beyond those declared. `password` is a new one in the clear.
pub fn check(user: &User, password: Option<&str>, failures: &mut Failures) {
    if !is_address(&user.email) {
        failures.push("email", "INVALID", "is invalid");
    }
    if let Some(password) = password {
        check_password(password, failures);
    }
}

/// The rules of passwords.
pub fn check_password(password: &str, failures: &mut Failures) {
    let characters = password.chars().count();
    if characters < 6 {
        failures.push("password", "TOO_SHORT", "is too short (minimum is 6 characters)");
    }
    if characters > 72 {
        failures.push("password", "TOO_LONG", "is too long (maximum is 72 characters)");
    }
}

/// Whether text is one mail address of a host with a domain (RFC 5322's `addr-spec` without
/// comments, folding and address literals).
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let word =
        |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && !c.is_whitespace());
    let atoms = !local.is_empty() && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(word));
    let quoted = local.len() > 2
        && local
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .is_some_and(|inner| !inner.contains(['"', '\\']) && !inner.chars().any(char::is_control));
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    (atoms || quoted) && domain.contains('.') && domain.split('.').all(label)
}

/// Adds a failure if somebody else has the user's address. The claim decides when the user is
/// stored; this is for the answer that names everything that is wrong at once.
///
/// # Errors
/// When the table cannot be read.
pub async fn note_taken(ctx: &Ctx, user: &User, failures: &mut Failures) -> Result<()> {
    let holder = ctx.holder(&User::by_email(user.account, &user.email)).await?;
    if holder.is_some_and(|holder| holder != user.id) {
        failures.taken("email");
    }
    Ok(())
}

/// Makes a change depend on the admins that an account must keep (spec 03 §3.10 rule 6); `after` is
/// none where the user goes. The counters change in the same transaction, so that of several admins
/// that leave at once one stays.
pub fn keep_admins(unit: &mut Unit, before: &User, after: Option<&User>) {
    if before.role != Role::Admin {
        return;
    }
    let counters = keys::admins(before.account);
    let condition = match after {
        Some(after) if after.role == Role::Admin => {
            if after.permissions == before.permissions || after.permissions.is_full(Role::Admin) {
                return;
            }
            let others = 1 + i64::from(before.permissions.is_full(Role::Admin));
            Condition::AtLeast(User::ROOTS.to_owned(), others)
        }
        _ => Condition::AtLeast(User::ADMINS.to_owned(), 2),
    };
    unit.require(&counters, condition, Reason::Failed(ADMINS));
}

/// The answer to a change that was refused.
#[must_use]
pub fn refused(error: CommitError) -> Error {
    match &error {
        CommitError::Refused(refused) if refused.has(&Reason::Failed(ADMINS)) => {
            Failures::one::<User>("account", "ADMINS_REQUIRED", "must keep an admin with all permissions")
        }
        _ => refusal::<User>(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses() {
        for text in ["a@b.co", "a.b+c@x-y.example.com", "o'neil@example.com", "\"a b\"@example.com", "ä@exämple.de"] {
            assert!(is_address(text), "{text}");
        }
        for text in [
            "",
            "foo.com",
            "@b.co",
            "a@",
            "a@b",
            "a@b..co",
            "a@.co",
            "a@b.co.",
            "a b@c.co",
            ".a@b.co",
            "a..b@c.co",
            "a@b@c.co",
            "A <a@b.co>",
            "a@b.co, c@d.co",
            "a@-b.co",
            "a@[127.0.0.1]",
        ] {
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn unknown_permissions_come_first() {
        let data = |names: &[&str]| json!({"attributes": {"permissions": names}});
        assert!(check_permission_names(&data(&["license.read", "*"])).is_ok());
        assert!(check_permission_names(&data(&["foo.bar"])).is_err());
        assert!(check_permission_names(&json!({})).is_ok());
    }

    #[test]
    fn passwords_have_bounds() {
        let broken = |password: &str| {
            let mut failures = Failures::default();
            check_password(password, &mut failures);
            !failures.is_empty()
        };
        assert!(broken("12345") && broken(&"x".repeat(73)));
        assert!(!broken("123456") && !broken(&"x".repeat(72)));
    }
}
