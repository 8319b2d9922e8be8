//! Validation results of older API versions (spec 05 §6).

use serde_json::Value;

use crate::http::version::{Downgrade, Version};

/// Up to 1.1 there was no tolerated overage, and the code was called a constant.
pub const DOWNGRADES: &[Downgrade] =
    &[Downgrade { until: Version::minor(1), routes: |_, route| is_validation(route), apply: constant }];

fn is_validation(route: &str) -> bool {
    route.ends_with("/actions/validate") || route.ends_with("/actions/validate-key")
}

fn constant(document: &mut Value) {
    let Some(Value::Object(meta)) = document.get_mut("meta") else { return };
    if !meta.contains_key("valid") {
        return;
    }
    let Some(code) = meta.remove("code") else { return };
    let kept = matches!(code.as_str(), Some("VALID" | "EXPIRED"));
    let valid = kept && meta.get("valid").and_then(Value::as_bool).unwrap_or(false);
    meta.insert("valid".to_owned(), valid.into());
    meta.insert("constant".to_owned(), code);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::version::{Occasion, downgrade};
    use serde_json::json;

    #[test]
    fn codes_were_constants() {
        let document = |valid: bool, code: &str| json!({"data": null, "meta": {"valid": valid, "code": code}});
        let old = |valid: bool, code: &str| {
            let mut document = document(valid, code);
            downgrade(&mut document, Version::minor(1), Occasion::Apart);
            document["meta"].clone()
        };
        assert_eq!(old(true, "VALID"), json!({"valid": true, "constant": "VALID"}));
        assert_eq!(old(true, "EXPIRED"), json!({"valid": true, "constant": "EXPIRED"}));
        assert_eq!(old(true, "TOO_MANY_MACHINES"), json!({"valid": false, "constant": "TOO_MANY_MACHINES"}));
        assert_eq!(old(false, "EXPIRED"), json!({"valid": false, "constant": "EXPIRED"}));
        let mut newer = document(true, "TOO_MANY_MACHINES");
        let pattern = "/licenses/actions/validate-key";
        downgrade(&mut newer, Version::minor(2), Occasion::Route { method: "POST", pattern });
        assert_eq!(newer, document(true, "TOO_MANY_MACHINES"));
    }
}
