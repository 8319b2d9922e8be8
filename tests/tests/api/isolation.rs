//! Accounts and environments do not see each other.

use serde_json::{Value, json};
use support::{Server, Vendor, id};

use crate::routes;

/// A mark on everything of one account, which nobody else may ever be shown.
const MARK: &str = "only-for-harbor";

async fn furnish(vendor: &Vendor) -> Vec<(&'static str, String)> {
    let marked = json!({"name": MARK, "metadata": {"mark": MARK}});
    let product = id(&vendor.make("products", marked.clone(), &[]).await);
    let policy = json!({"name": MARK, "floating": true, "metadata": {"mark": MARK}});
    let policy = id(&vendor.make("policies", policy, &[("product", "products", &product)]).await);
    let license = id(&vendor.make("licenses", marked.clone(), &[("policy", "policies", &policy)]).await);
    let user = id(&vendor.make("users", json!({"email": "user@harbor.example", "firstName": MARK}), &[]).await);
    let group = id(&vendor.make("groups", marked, &[]).await);
    let entitlement = id(&vendor.make("entitlements", json!({"name": MARK, "code": "HARBOR"}), &[]).await);
    let machine = json!({"fingerprint": "harbor", "name": MARK});
    let machine = id(&vendor.make("machines", machine, &[("license", "licenses", &license)]).await);
    let token = vendor.post("/tokens", json!({})).await.expect(201);
    vec![
        ("products", product),
        ("policies", policy),
        ("licenses", license),
        ("users", user),
        ("groups", group),
        ("entitlements", entitlement),
        ("machines", machine),
        ("tokens", id(&token.body["data"])),
    ]
}

/// A body that names foreign records wherever a document can.
fn body(records: &[(&'static str, String)]) -> Value {
    let linkage = |kind: &str| {
        let id = records.iter().find(|(known, _)| *known == kind).map(|(_, id)| id.clone());
        json!({"data": {"type": kind, "id": id}})
    };
    json!({
        "data": {
            "type": "licenses",
            "attributes": {},
            "relationships": {"policy": linkage("policies"), "owner": linkage("users"), "group": linkage("groups")},
        },
    })
}

#[tokio::test]
async fn no_route_shows_another_accounts_records() {
    let server = Server::start().await;
    let (harbor, tide) = (server.vendor("harbor").await, server.vendor("tide").await);
    let records = furnish(&harbor).await;
    let body = body(&records).to_string();
    for (method, pattern) in routes::all() {
        if matches!(pattern, "/accounts" | "/recover" | "/health" | "/health/webhooks" | "/ping" | "/passwords") {
            continue;
        }
        let foreign = |before: &str, _: &str| {
            let known = records.iter().find(|(kind, _)| *kind == before);
            known.map_or_else(|| records[0].1.clone(), |(_, id)| id.clone())
        };
        let headers = [("authorization", tide.authorization.as_str()), ("content-type", "application/json")];
        // A foreign credential on the account itself is unknown there.
        let open = pattern.ends_with("/reset-password") || pattern == "/licenses/actions/validate-key";
        let path = routes::path(&harbor, pattern, foreign);
        let answer = server.send(routes::method(method), &path, &headers, body.clone()).await;
        assert!(answer.status == 401 || open, "{method} {path}: {} {}", answer.status, answer.text);
        assert!(!answer.text.contains(MARK), "{method} {path}: {}", answer.text);
        // One's own account does not know foreign records.
        let path = routes::path(&tide, pattern, foreign);
        let answer = server.send(routes::method(method), &path, &headers, body.clone()).await;
        assert!(!answer.text.contains(MARK), "{method} {path}: {}", answer.text);
        let names_a_record = pattern.contains('{');
        let refused = matches!(answer.status.as_u16(), 400 | 401 | 403 | 404 | 422);
        assert!(refused || !names_a_record, "{method} {path}: {} {}", answer.status, answer.text);
    }
}

#[tokio::test]
async fn environments_see_what_is_theirs() {
    let (_server, vendor) = Server::single().await;
    for (code, strategy) in [("isolated", "ISOLATED"), ("shared", "SHARED")] {
        let attributes = json!({"name": code, "code": code, "isolationStrategy": strategy});
        let admins =
            json!([{"type": "users", "attributes": {"email": format!("{code}@example.com"), "password": "password"}}]);
        let data =
            json!({"type": "environments", "attributes": attributes, "relationships": {"admins": {"data": admins}}});
        vendor.post("/environments", json!({"data": data})).await.expect(201);
    }
    vendor.make("products", json!({"name": "global"}), &[]).await;
    let shared = vendor.within("shared");
    shared.make("products", json!({"name": "shared"}), &[]).await;
    // A global token does not work in an isolated environment; one issued for it does.
    assert_eq!(vendor.within("isolated").get("/products").await.expect(401).code(), "TOKEN_INVALID");
    let environment = vendor.get("/environments/isolated").await.expect(200);
    let relationship = json!({"environment": {"data": {"type": "environments", "id": environment.body["data"]["id"]}}});
    let token =
        vendor.post("/tokens", json!({"data": {"type": "tokens", "relationships": relationship}})).await.expect(201);
    let raw = token.attributes()["token"].as_str().expect("a token");
    let isolated = vendor.with(&format!("Bearer {raw}")).within("isolated");
    isolated.make("products", json!({"name": "isolated"}), &[]).await;
    let names = async |vendor: &Vendor| -> Vec<String> {
        let list = vendor.get("/products").await.expect(200);
        let list = list.body["data"].as_array().expect("a list").clone();
        list.iter().map(|product| product["attributes"]["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&vendor).await, ["global"]);
    assert_eq!(names(&shared).await, ["shared", "global"]);
    assert_eq!(names(&isolated).await, ["isolated"]);
    assert_eq!(vendor.within("nowhere").get("/products").await.expect(400).code(), "ENVIRONMENT_INVALID");
    let global = vendor.get("/products").await.body["data"][0]["id"].as_str().expect("an id").to_owned();
    shared.get(&format!("/products/{global}")).await.expect(200);
    let patch = json!({"data": {"type": "products", "attributes": {"name": "x"}}});
    shared.patch(&format!("/products/{global}"), patch).await.expect(403);
    isolated.get(&format!("/products/{global}")).await.expect(404);
}
