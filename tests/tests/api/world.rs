//! One record of every type, all of it belonging to one product and one user; and a request body that every write
//! takes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::{Vendor, id};

/// Ids of records by what they are.
#[derive(Clone, Debug)]
pub struct World {
    /// Ids: by type (`licenses`), or by what sets a record apart from the one of its type (`spare entitlement`).
    pub records: BTreeMap<&'static str, String>,
    /// A one-time password of the second factor.
    pub otp: String,
    tag: String,
}

/// A request that a route takes.
#[derive(Clone, Debug)]
pub struct Case {
    /// What sets it apart from the route's other cases.
    pub label: &'static str,
    /// Records that its path names in place of the usual ones.
    pub instead: Vec<(&'static str, &'static str)>,
    /// Its body.
    pub body: Option<Value>,
}

/// Password of every user of a world.
pub const PASSWORD: &str = "password";

impl World {
    /// Makes the records, in the environment in which `vendor` acts. `mark` is part of every text in them.
    pub async fn furnish(vendor: &Vendor, mark: &str) -> Self {
        let metadata = json!({"mark": mark});
        let product = id(&vendor.make("products", json!({"name": mark, "metadata": metadata}), &[]).await);
        let terms = json!({
            "name": mark, "metadata": metadata, "floating": true, "authenticationStrategy": "MIXED", "protected": false,
            "duration": 1_209_600, "requireCheckIn": true, "checkInInterval": "day", "checkInIntervalCount": 1,
        });
        let policy = vendor.policy(&product, terms.clone()).await;
        let spare_policy = vendor.policy(&product, terms).await;
        let pooled = vendor.policy(&product, json!({"name": mark, "usePool": true})).await;
        let key = json!({"key": format!("{mark}-POOL-0001")});
        let key = id(&vendor.make("keys", key, &[("policy", "policies", &pooled)]).await);
        let group = id(&vendor.make("groups", json!({"name": mark, "metadata": metadata}), &[]).await);
        let mut users = Vec::new();
        for name in ["owner", "licensee", "stranger"] {
            let attributes = json!({
                "email": format!("{name}@{mark}.example"), "password": PASSWORD, "firstName": mark, "metadata": metadata,
            });
            users.push(id(&vendor.make("users", attributes, &[]).await));
        }
        let [owner, licensee, stranger] = <[String; 3]>::try_from(users).expect("three users");
        let links = [("policy", "policies", policy.as_str()), ("owner", "users", owner.as_str())];
        let attributes = json!({"name": mark, "key": format!("{mark}-KEY"), "metadata": metadata});
        let license = id(&vendor.make("licenses", attributes, &links).await);
        vendor.post(&format!("/licenses/{license}/users"), linkages("users", &licensee)).await.expect(200);
        vendor.post(&format!("/licenses/{license}/actions/increment-usage"), json!({})).await.expect(200);
        let mut entitlements = Vec::new();
        for name in ["HELD", "SPARE"] {
            let attributes = json!({"name": mark, "code": format!("{mark}-{name}")});
            entitlements.push(id(&vendor.make("entitlements", attributes, &[]).await));
        }
        let [entitlement, spare_entitlement] = <[String; 2]>::try_from(entitlements).expect("two entitlements");
        let pooled_entitlement = json!({"name": mark, "code": format!("{mark}-POLICY")});
        let pooled_entitlement = id(&vendor.make("entitlements", pooled_entitlement, &[]).await);
        let attach = linkages("entitlements", &entitlement);
        vendor.post(&format!("/licenses/{license}/entitlements"), attach).await.expect(200);
        let attach = linkages("entitlements", &pooled_entitlement);
        vendor.post(&format!("/policies/{policy}/entitlements"), attach).await.expect(200);
        let machine = json!({"fingerprint": format!("{mark}-A"), "name": mark, "metadata": metadata});
        let machine = id(&vendor.make("machines", machine, &[("license", "licenses", &license)]).await);
        let component = json!({"fingerprint": format!("{mark}-C"), "name": mark});
        let component = id(&vendor.make("components", component, &[("machine", "machines", &machine)]).await);
        let process = json!({"pid": mark});
        let process = id(&vendor.make("processes", process, &[("machine", "machines", &machine)]).await);
        let owns = vendor.post(&format!("/groups/{group}/owners"), linkages("users", &owner)).await.expect(200);
        let factor =
            vendor.post(&format!("/users/{owner}/second-factors"), json!({"meta": {"password": PASSWORD}})).await;
        let secret = factor.expect(201);
        let factor = id(&secret.body["data"]);
        let secret = shared::crypto::totp::Secret::parse(secret.attributes()["secret"].as_str().expect("a secret"));
        let otp = secret.expect("base32").code(vendor.server.app.clock.now().seconds());
        let mut records = BTreeMap::from([
            ("products", product.clone()),
            ("policies", policy),
            ("spare policy", spare_policy),
            ("pooled policy", pooled),
            ("keys", key.clone()),
            ("pool", key),
            ("groups", group),
            ("owners", id(&owns.body["data"][0])),
            ("users", owner.clone()),
            ("licensee", licensee),
            ("stranger", stranger),
            ("admin", vendor.admin.id.to_string()),
            ("licenses", license.clone()),
            ("entitlements", entitlement),
            ("spare entitlement", spare_entitlement),
            ("policy's entitlement", pooled_entitlement),
            ("machines", machine),
            ("components", component),
            ("processes", process),
            ("second-factors", factor),
        ]);
        for (name, path) in [
            ("tokens", format!("/products/{product}/tokens")),
            ("user's token", format!("/users/{owner}/tokens")),
            ("license's token", format!("/licenses/{license}/tokens")),
        ] {
            records.insert(name, id(&vendor.post(&path, json!({})).await.expect(200).body["data"]));
        }
        Self { records, otp, tag: mark.to_owned() }
    }

    /// The identifier that a route's path has behind a segment.
    pub fn identifier(&self, pattern: &str, case: &Case, before: &str) -> String {
        let usual = match (pattern, before) {
            (pattern, "policies") if pattern.starts_with("/policies/{id}/pool") => "pooled policy",
            ("/policies/{id}/entitlements/{entitlement}", "entitlements") => "policy's entitlement",
            ("/users/{id}/tokens/{token}", "tokens") => "user's token",
            ("/licenses/{license}/tokens/{token}", "tokens") => "license's token",
            ("/environments/{id}/tokens/{token}", "tokens") => "environment's token",
            ("/licenses/{license}/users/{user}", "users") => "licensee",
            _ => before,
        };
        let name = case.instead.iter().find(|(instead_of, _)| *instead_of == before).map_or(usual, |(_, name)| *name);
        self.records.get(name).cloned().unwrap_or_else(|| "none".to_owned())
    }

    /// Requests that a route takes: one for each kind of record that it treats differently.
    pub fn cases(&self, method: &str, pattern: &str) -> Vec<Case> {
        let usual = |body: Option<Value>| Case { label: "", instead: Vec::new(), body };
        let plain = |body: Value| vec![usual(Some(body))];
        match (method, pattern) {
            ("POST", "/tokens") => {
                [("", ""), ("users", "users"), ("users", "admin"), ("licenses", "licenses"), ("products", "products")]
                    .into_iter()
                    .map(|(kind, name)| Case {
                        label: match name {
                            "" => "for itself",
                            "users" => "for a user",
                            "admin" => "for an admin",
                            "licenses" => "for a license",
                            _ => "for a product",
                        },
                        instead: Vec::new(),
                        body: Some(if name.is_empty() {
                            json!({})
                        } else {
                            data("tokens", json!({}), &[("bearer", kind, &self.records[name])])
                        }),
                    })
                    .collect()
            }
            ("PUT" | "DELETE" | "GET", "/tokens/{id}") => ["tokens", "user's token", "license's token"]
                .into_iter()
                .map(|name| Case {
                    label: match name {
                        "tokens" => "a product's",
                        "user's token" => "a user's",
                        _ => "a license's",
                    },
                    instead: vec![("tokens", name)],
                    body: None,
                })
                .collect(),
            ("POST", "/users") => vec![
                Case {
                    label: "a user",
                    instead: Vec::new(),
                    body: Some(data("users", json!({"email": format!("new@{}.example", self.tag)}), &[])),
                },
                Case {
                    label: "an admin",
                    instead: Vec::new(),
                    body: Some(data(
                        "users",
                        json!({"email": format!("new@{}.example", self.tag), "role": "admin"}),
                        &[],
                    )),
                },
            ],
            ("GET" | "PATCH" | "DELETE", "/users/{id}")
            | ("POST", "/users/{id}/actions/ban" | "/users/{id}/tokens")
            | ("GET", "/users/{id}/tokens" | "/users/{id}/second-factors") => {
                let body = match method {
                    "PATCH" => Some(data("users", json!({}), &[])),
                    "POST" => Some(json!({})),
                    _ => None,
                };
                ["users", "licensee", "stranger", "admin"]
                    .into_iter()
                    .map(|name| Case {
                        label: match name {
                            "users" => "the owner",
                            "licensee" => "a licensee",
                            "stranger" => "a stranger",
                            _ => "an admin",
                        },
                        instead: vec![("users", name)],
                        body: body.clone(),
                    })
                    .collect()
            }
            ("POST", _) => self.body(pattern).map_or_else(|| vec![usual(None)], plain),
            ("PATCH" | "PUT", _) => vec![usual(Some(self.change(pattern)))],
            ("DELETE", "/groups/{id}/owners") => plain(linkages("users", &self.records["users"])),
            ("DELETE", "/licenses/{license}/users") => plain(linkages("users", &self.records["licensee"])),
            ("DELETE", "/licenses/{license}/entitlements") => {
                plain(linkages("entitlements", &self.records["entitlements"]))
            }
            ("DELETE", "/policies/{id}/entitlements") => {
                plain(linkages("entitlements", &self.records["policy's entitlement"]))
            }
            _ => vec![usual(None)],
        }
    }

    /// What a `POST` to a route takes.
    fn body(&self, pattern: &str) -> Option<Value> {
        let (name, record) = (json!({"name": "new"}), |name: &str| self.records[name].as_str());
        let body = match pattern {
            "/environments" => data("environments", json!({"name": "new", "code": "new"}), &[]),
            "/account/settings" => {
                data("settings", json!({"key": "default_license_permissions", "value": ["license.read"]}), &[])
            }
            "/products" => data("products", name, &[]),
            "/groups" => data("groups", name, &[]),
            "/entitlements" => data("entitlements", json!({"name": "new", "code": "new"}), &[]),
            "/policies" => data("policies", name, &[("product", "products", record("products"))]),
            "/keys" => data("keys", json!({"key": "POOL-0002"}), &[("policy", "policies", record("pooled policy"))]),
            "/licenses" => data("licenses", json!({}), &[("policy", "policies", record("policies"))]),
            "/machines" => {
                data("machines", json!({"fingerprint": "new"}), &[("license", "licenses", record("licenses"))])
            }
            "/components" => data(
                "components",
                json!({"fingerprint": "new", "name": "new"}),
                &[("machine", "machines", record("machines"))],
            ),
            "/processes" => data("processes", json!({"pid": "new"}), &[("machine", "machines", record("machines"))]),
            "/search" => json!({"meta": {"type": "users", "query": {"email": self.tag}}}),
            "/passwords" => json!({"meta": {"email": format!("owner@{}.example", self.tag)}}),
            "/groups/{id}/owners" | "/licenses/{license}/users" => linkages("users", record("stranger")),
            "/licenses/{license}/entitlements" | "/policies/{id}/entitlements" => {
                linkages("entitlements", record("spare entitlement"))
            }
            "/users/{id}/second-factors" => json!({"meta": {"password": PASSWORD}}),
            "/users/{id}/actions/update-password" => {
                json!({"meta": {"oldPassword": PASSWORD, "newPassword": "another one"}})
            }
            "/users/{id}/actions/reset-password" => {
                json!({"meta": {"passwordResetToken": "unknown", "newPassword": "another one"}})
            }
            "/licenses/actions/validate-key" => json!({"meta": {"key": format!("{}-KEY", self.tag)}}),
            _ => return None,
        };
        Some(body)
    }

    /// What a `PATCH` or `PUT` to a route takes.
    fn change(&self, pattern: &str) -> Value {
        let link = |kind: &str, name: &str| json!({"data": {"type": kind, "id": self.records[name]}});
        match pattern {
            "/account" => data("accounts", json!({}), &[]),
            "/account/settings/{id}" => data("settings", json!({"value": ["license.read"]}), &[]),
            "/users/{id}/second-factors/{factor}" => {
                let mut body = data("second-factors", json!({"enabled": true}), &[]);
                body["meta"] = json!({"otp": self.otp});
                body
            }
            "/licenses/{license}/policy" => link("policies", "spare policy"),
            _ if pattern.ends_with("/group") => link("groups", "groups"),
            "/machines/{id}/owner" => link("users", "licensee"),
            _ if pattern.ends_with("/owner") || pattern.ends_with("}/user") => link("users", "stranger"),
            _ => data(pattern.trim_start_matches('/').split('/').next().unwrap_or_default(), json!({}), &[]),
        }
    }
}

/// A document of a record to make or change.
fn data(kind: &str, attributes: Value, relationships: &[(&str, &str, &str)]) -> Value {
    let mut data = json!({"type": kind, "attributes": attributes});
    for (name, kind, id) in relationships {
        data["relationships"][*name] = json!({"data": {"type": kind, "id": id}});
    }
    json!({"data": data})
}

/// A document that attaches or detaches one record.
fn linkages(kind: &str, id: &str) -> Value {
    json!({"data": [{"type": kind, "id": id}]})
}
