//! What an account's settings may hold, and how they are shown (spec 02 §1.2, §3.4).

use serde_json::Value;

use super::Setting;
use crate::auth::permissions::{self, Role};
use crate::domain::model::Failures;
use crate::jsonapi::document::{self, Extras};

/// The permissions of new licenses that name none.
pub const LICENSE_PERMISSIONS: &str = "default_license_permissions";
/// The permissions of new end users that name none.
pub const USER_PERMISSIONS: &str = "default_user_permissions";

/// The rules of a setting.
pub fn check(setting: &Setting, failures: &mut Failures) {
    let role = match setting.key.as_str() {
        LICENSE_PERMISSIONS => Some(Role::License),
        USER_PERMISSIONS => Some(Role::User),
        _ => None,
    };
    let (Some(role), Some(values)) = (role, setting.value.as_array()) else {
        if role.is_none() {
            failures.push("key", "NOT_ALLOWED", "must be a known setting");
        }
        failures.push("value", "NOT_ALLOWED", "must be a valid setting");
        return;
    };
    let names: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
    if names.is_none_or(|names| permissions::parse_list(&names, permissions::allowed(role)).is_err()) {
        failures.push("value", "NOT_ALLOWED", format!("must be an array of valid {role} permissions"));
    }
}

/// A setting's resource object.
#[must_use]
pub fn document(setting: &Setting) -> Value {
    document::resource(setting, &Extras::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::domain::resource::Resource;
    use crate::ids::new_id;
    use serde_json::json;

    fn codes(key: &str, value: Value) -> Vec<String> {
        let mut setting = Setting::draft(new_id(), new_id(), None, Time::default());
        key.clone_into(&mut setting.key);
        setting.value = value;
        let mut failures = Failures::default();
        check(&setting, &mut failures);
        failures.error::<Setting>().errors.iter().filter_map(|error| error.code.as_deref().map(str::to_owned)).collect()
    }

    #[test]
    fn permissions_of_the_role_and_the_wildcard_are_taken() {
        assert!(codes(LICENSE_PERMISSIONS, json!(["license.validate", "account.read", "*"])).is_empty());
        assert!(codes(USER_PERMISSIONS, json!(["license.create"])).is_empty());
    }

    #[test]
    fn everything_else_is_refused() {
        for value in [
            json!(["license.create"]),
            json!(["license.read", "license.read"]),
            json!(["license.read", null]),
            json!(["foo.bar"]),
            json!({"a": 1}),
            json!("license.read"),
        ] {
            assert_eq!(codes(LICENSE_PERMISSIONS, value.clone()), ["VALUE_NOT_ALLOWED"], "{value}");
        }
        assert_eq!(codes("foo", json!("bar")), ["KEY_NOT_ALLOWED", "VALUE_NOT_ALLOWED"]);
    }
}
