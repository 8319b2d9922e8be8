//! Licenses in older API versions (spec 04 §6).

use serde_json::{Map, Value};

use crate::http::version::{Downgrade, Version, resources_mut};

/// Up to 1.5, the owner is the license's `user`.
pub const OWNER_AS_USER: Downgrade =
    Downgrade { until: Version::minor(5), routes: |_, route| shows_user(route), apply: owner_as_user };

/// Up to 1.5, an unknown owner is an unknown user.
pub const UNKNOWN_OWNER: Downgrade = Downgrade {
    until: Version::minor(5),
    routes: |method, route| method != "GET" && matches!(names(route).as_slice(), ["licenses"] | ["licenses", "user"]),
    apply: unknown_owner,
};

/// The segments of a route that are no parameters.
fn names(route: &str) -> Vec<&str> {
    route.split('/').filter(|segment| !segment.is_empty() && !segment.starts_with('{')).collect()
}

/// Whether licenses answered by a route show `user`. Those of the newer to-one routes never did.
fn shows_user(route: &str) -> bool {
    matches!(
        names(route).as_slice(),
        ["licenses"]
            | ["licenses", "user"]
            | ["licenses", "actions", ..]
            | ["products" | "policies" | "users" | "groups", "licenses"]
            | ["machines" | "components" | "processes", "license"]
    )
}

fn owner_as_user(document: &mut Value) {
    for resource in resources_mut(document).filter(|resource| resource["type"] == "licenses") {
        let Some(Value::Object(relationships)) = resource.get_mut("relationships") else { continue };
        let renamed = std::mem::take(relationships).into_iter().map(|(name, mut relationship)| {
            if name != "owner" {
                return (name, relationship);
            }
            if let Some(Value::String(link)) = relationship.pointer_mut("/links/related")
                && let Some(license) = link.strip_suffix("/owner")
            {
                *link = format!("{license}/user");
            }
            ("user".to_owned(), relationship)
        });
        *relationships = renamed.collect::<Map<String, Value>>();
    }
}

fn unknown_owner(document: &mut Value) {
    let Some(Value::Array(errors)) = document.get_mut("errors") else { return };
    for error in errors.iter_mut().filter(|error| error["code"] == "OWNER_NOT_FOUND") {
        error["code"] = "USER_NOT_FOUND".into();
        error["source"]["pointer"] = "/data/relationships/user".into();
        if let Some(Value::String(about)) = error.pointer_mut("/links/about") {
            *about = about.replace("relationships-owner", "relationships-user");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::version::{Occasion, downgrade};
    use serde_json::json;

    fn at(version: u8, method: &str, pattern: &str, document: &Value) -> Value {
        let mut document = document.clone();
        downgrade(&mut document, Version::minor(version), Occasion::Route { method, pattern });
        document
    }

    #[test]
    fn owners_were_users() {
        let owner = json!({"data": {"type": "users", "id": "u"}, "links": {"related": "/v1/licenses/l/owner"}});
        let user = json!({"data": {"type": "users", "id": "u"}, "links": {"related": "/v1/licenses/l/user"}});
        let users = json!({"links": {"related": "/v1/licenses/l/users"}});
        let license = |name: &str, relationship: &Value| json!({"data": {"type": "licenses", "relationships": {name: relationship, "users": users}}});
        let (new, old) = (license("owner", &owner), license("user", &user));
        for route in ["/licenses", "/licenses/{id}", "/licenses/{id}/user", "/users/{id}/licenses/{license}"] {
            assert_eq!(at(5, "GET", route, &new), old, "{route}");
            assert_eq!(at(6, "GET", route, &new), new, "{route}");
        }
        for route in ["/licenses/{id}/owner", "/licenses/{id}/policy", "/licenses/{id}/group", "/profile"] {
            assert_eq!(at(5, "PUT", route, &new), new, "{route}");
        }
    }

    #[test]
    fn unknown_owners_were_unknown_users() {
        let error = |name: &str, code: &str| {
            json!({"errors": [{
                "code": code,
                "source": {"pointer": format!("/data/relationships/{name}")},
                "links": {"about": format!("https://keygen.sh/docs/api/licenses/#licenses-object-relationships-{name}")},
            }]})
        };
        let (new, old) = (error("owner", "OWNER_NOT_FOUND"), error("user", "USER_NOT_FOUND"));
        assert_eq!(at(5, "POST", "/licenses", &new), old);
        assert_eq!(at(1, "PUT", "/licenses/{id}/user", &new), old);
        assert_eq!(at(5, "PUT", "/licenses/{id}/owner", &new), new);
        assert_eq!(at(6, "POST", "/licenses", &new), new);
    }
}
