//! What clients of older API versions see of machines (spec 06 §6).

use serde_json::{Value, json};

use crate::http::version::{Downgrade, Version, resources_mut};
use crate::ids::Id;

/// The last version that shows a machine's license's owner as its user.
const USER: Version = Version::minor(5);

/// The differences.
pub const DOWNGRADES: &[Downgrade] = &[
    Downgrade { until: USER, routes: shows_user, apply: user },
    Downgrade {
        until: Version::minor(2),
        routes: |method, route| method == "POST" && route == "/machines",
        apply: not_started,
    },
];

/// A member of documents on their way to old clients: the license's owner, which the machine itself does not name.
const LICENSE_OWNER: &str = "licenseOwner";

/// Notes the license's owner in a machine's document for a client that is shown it.
pub(super) fn hint(document: &mut Value, version: Version, owner: Option<Id>) {
    if version <= USER {
        document[LICENSE_OWNER] = json!(owner);
    }
}

/// Every answer that holds machines but those of reset and `PUT owner`.
fn shows_user(_: &str, route: &str) -> bool {
    let kept = ["/machines/{id}/owner", "/machines/{id}/actions/reset", "/machines/{id}/actions/reset-heartbeat"];
    !kept.contains(&route)
}

fn machines(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    resources_mut(document).filter(|resource| resource["type"] == "machines")
}

fn user(document: &mut Value) {
    for machine in machines(document) {
        let Some(members) = machine.as_object_mut() else { continue };
        let hinted = members.shift_remove(LICENSE_OWNER);
        let Some(Value::Object(relationships)) = members.get_mut("relationships") else { continue };
        let Some(owner) = relationships.shift_remove("owner") else { continue };
        let related = owner.pointer("/links/related").and_then(Value::as_str).unwrap_or_default();
        let related = related.strip_suffix("/owner").map(|path| format!("{path}/user"));
        let data = match hinted {
            Some(Value::String(id)) => json!({"type": "users", "id": id}),
            Some(_) => Value::Null,
            None => owner.get("data").cloned().unwrap_or_default(),
        };
        relationships.insert("user".to_owned(), json!({"links": {"related": related}, "data": data}));
    }
}

fn not_started(document: &mut Value) {
    for machine in machines(document) {
        if machine["attributes"]["heartbeatStatus"] == "ALIVE" {
            machine["attributes"]["heartbeatStatus"] = "NOT_STARTED".into();
            machine["attributes"]["lastHeartbeat"] = Value::Null;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::version::{Occasion, downgrade};
    use crate::ids::new_id;

    fn machine() -> Value {
        json!({
            "id": "m", "type": "machines",
            "attributes": {"heartbeatStatus": "ALIVE", "lastHeartbeat": "t", "nextHeartbeat": "n"},
            "relationships": {"owner": {"links": {"related": "/v1/accounts/a/machines/m/owner"}, "data": null}},
        })
    }

    fn shown(version: u8, method: &str, pattern: &str, owner: Option<Id>) -> Value {
        let mut resource = machine();
        hint(&mut resource, Version::minor(version), owner);
        let mut document = json!({"data": resource});
        downgrade(&mut document, Version::minor(version), Occasion::Route { method, pattern });
        document["data"].take()
    }

    #[test]
    fn the_licenses_owner_stands_as_user() {
        let owner = new_id();
        let old = shown(5, "GET", "/machines/{id}", Some(owner));
        let related = "/v1/accounts/a/machines/m/user";
        let user = json!({"links": {"related": related}, "data": {"type": "users", "id": owner}});
        assert_eq!(old["relationships"], json!({"user": user}));
        assert_eq!(old.get(LICENSE_OWNER), None);
        assert_eq!(shown(5, "GET", "/machines", None)["relationships"]["user"]["data"], Value::Null);
        assert_eq!(shown(6, "GET", "/machines/{id}", Some(owner)), machine());
    }

    #[test]
    fn a_new_machine_has_not_started() {
        let old = shown(2, "POST", "/machines", None);
        assert_eq!(old["attributes"]["heartbeatStatus"], "NOT_STARTED");
        assert_eq!(old["attributes"]["lastHeartbeat"], Value::Null);
        assert_eq!(old["attributes"]["nextHeartbeat"], "n");
        assert_eq!(shown(2, "GET", "/machines/{id}", None)["attributes"]["heartbeatStatus"], "ALIVE");
    }
}
