//! Differences between API versions that concern more than one resource (spec 01 §6).

use serde_json::Value;

use crate::domain::license::versions as licenses;
use crate::domain::policy::versions as policies;
use crate::http::version::{Downgrade, Version, resources_mut};
use crate::jsonapi::casing;

/// All differences, those of single resources included.
pub const DOWNGRADES: &[Downgrade] = &[
    NESTED_METADATA,
    LOGIN_CODES,
    policies::LEASING,
    policies::FINGERPRINTS,
    policies::OVERAGE,
    licenses::OWNER_AS_USER,
    licenses::UNKNOWN_OWNER,
];

/// Up to 1.4, keys below the first level of metadata are snake_case.
const NESTED_METADATA: Downgrade = Downgrade { until: Version::minor(4), routes: |_, _| true, apply: nested_metadata };

/// Up to 1.7, failed logins do not say what was wrong.
const LOGIN_CODES: Downgrade = Downgrade {
    until: Version::minor(7),
    routes: |method, route| method == "POST" && route == "/tokens",
    apply: login_codes,
};

fn nested_metadata(document: &mut Value) {
    for resource in resources_mut(document) {
        let Some(Value::Object(metadata)) = resource.pointer_mut("/attributes/metadata") else { continue };
        for value in metadata.values_mut() {
            snake_below(value);
        }
    }
}

fn snake_below(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let taken = std::mem::take(members);
            for (name, mut member) in taken {
                snake_below(&mut member);
                members.insert(casing::snake(&name), member);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(snake_below),
        _ => {}
    }
}

fn login_codes(document: &mut Value) {
    const CODES: [&str; 5] =
        ["EMAIL_REQUIRED", "EMAIL_INVALID", "PASSWORD_REQUIRED", "PASSWORD_INVALID", "PASSWORD_NOT_SUPPORTED"];
    let Some(Value::Array(errors)) = document.get_mut("errors") else { return };
    for error in errors {
        if error.get("code").and_then(Value::as_str).is_some_and(|code| CODES.contains(&code)) {
            error["code"] = "CREDENTIALS_INVALID".into();
            error["detail"] = "email and password must be valid".into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::version::{Occasion, downgrade};
    use serde_json::json;

    fn at(version: u8, mut document: Value) -> Value {
        downgrade(&mut document, Version::minor(version), Occasion::Route { method: "POST", pattern: "/tokens" });
        document
    }

    #[test]
    fn metadata_below_the_first_level() {
        let document = json!({"data": {"attributes": {"metadata": {"fooBar": {"bazQux": [{"aB": 1}]}}}}});
        assert_eq!(at(5, document.clone()), document);
        let old = json!({"data": {"attributes": {"metadata": {"fooBar": {"baz_qux": [{"a_b": 1}]}}}}});
        assert_eq!(at(4, document), old);
    }

    #[test]
    fn logins() {
        let document =
            json!({"errors": [{"code": "EMAIL_INVALID", "detail": "x"}, {"code": "OTP_INVALID", "detail": "y"}]});
        assert_eq!(at(8, document.clone()), document);
        assert_eq!(at(7, document)["errors"][0]["code"], "CREDENTIALS_INVALID");
    }
}
