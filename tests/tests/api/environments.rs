//! `/environments` and their tokens.

use serde_json::{Value, json};
use support::{Server, Vendor, id};

async fn environment(vendor: &Vendor, code: &str, strategy: &str) -> String {
    let attributes = json!({"name": code, "code": code, "isolationStrategy": strategy});
    id(&vendor.make("environments", attributes, &[]).await)
}

fn with_admins(admins: &[Value]) -> Value {
    let admins: Vec<Value> =
        admins.iter().map(|attributes| json!({"type": "user", "attributes": attributes})).collect();
    json!({"data": {
        "type": "environments",
        "attributes": {"name": "Staging", "code": "staging"},
        "relationships": {"admins": {"data": admins}},
    }})
}

#[tokio::test]
async fn an_environment_is_made_renamed_and_deleted_with_all_it_holds() {
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    let made = vendor.post("/environments", with_admins(&[json!({"email": "ops@acme.example"})])).await.expect(201);
    let environment = id(&made.body["data"]);
    assert_eq!(made.attributes()["isolationStrategy"], "ISOLATED");

    let patch = |attributes: Value| json!({"data": {"type": "environment", "attributes": attributes}});
    let path = format!("/environments/{environment}");
    vendor.patch("/environments/staging", patch(json!({"code": "qa"}))).await.expect(200);
    vendor.get("/environments/staging").await.expect(404);
    assert_eq!(vendor.within("staging").get("/me").await.expect(400).code(), "ENVIRONMENT_INVALID");
    let refused = vendor.patch(&path, patch(json!({"isolationStrategy": "SHARED"}))).await.expect(400);
    assert_eq!(refused.source(), "/data/attributes/isolationStrategy");

    let for_it = json!({"data": {"type": "token", "relationships": {
        "environment": {"data": {"type": "environment", "id": environment}},
    }}});
    let token = vendor.post("/tokens", for_it).await.expect(201);
    let raw = token.attributes()["token"].as_str().unwrap();
    let inside = vendor.with(&format!("Bearer {raw}")).within("qa");
    inside.product().await;
    vendor.delete(&path).await.expect(204);
    assert_eq!(inside.get("/products").await.expect(400).code(), "ENVIRONMENT_INVALID");
    // The founding admin went with it, so that the address is free again.
    vendor.post("/environments", with_admins(&[json!({"email": "ops@acme.example"})])).await.expect(201);
}

#[tokio::test]
async fn rules_of_environments_and_their_admins() {
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    environment(&vendor, "live", "SHARED").await;
    for (attributes, code) in [
        (json!({"name": "x", "code": "LIVE"}), "CODE_TAKEN"),
        (json!({"name": "x", "code": "actions"}), "CODE_NOT_ALLOWED"),
        (json!({"name": "x", "code": vendor.account.id}), "CODE_INVALID"),
        (json!({"name": "x", "code": "y", "isolationStrategy": "OTHER"}), "ISOLATION_STRATEGY_NOT_ALLOWED"),
    ] {
        let body = json!({"data": {"type": "environments", "attributes": attributes}});
        assert_eq!(vendor.post("/environments", body).await.expect(422).code(), code, "{attributes}");
    }
    for (admin, code) in [
        (json!({"email": "ops"}), "USERS_EMAIL_INVALID"),
        (json!({"email": "admin@acme.example"}), "USERS_EMAIL_TAKEN"),
        (json!({"email": "ops@acme.example", "password": "short"}), "USERS_PASSWORD_TOO_SHORT"),
    ] {
        let answer = vendor.post("/environments", with_admins(&[admin])).await.expect(422);
        assert_eq!(answer.code(), code);
        assert!(answer.source().starts_with("/data/relationships/users/data/attributes/"));
    }
    let many: Vec<Value> = (0..11).map(|n| json!({"email": format!("ops{n}@acme.example")})).collect();
    assert_eq!(vendor.post("/environments", with_admins(&many)).await.expect(422).code(), "");
    vendor.get("/environments/staging").await.expect(404);
}

#[tokio::test]
async fn environments_make_no_tokens_but_get_them_where_they_are_selected() {
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    let shared = environment(&vendor, "live", "SHARED").await;
    vendor.post("/environments/live/tokens", json!({})).await.expect(403);
    let made = vendor.within("live").post("/environments/live/tokens", json!({})).await.expect(201);
    assert_eq!(made.attributes()["kind"], "environment-token");
    assert_eq!(made.body["data"]["relationships"]["environment"]["data"]["id"], json!(shared));
    assert_eq!(made.header("keygen-environment"), Some("live"));

    let raw = made.attributes()["token"].as_str().unwrap();
    let acting = vendor.with(&format!("Bearer {raw}"));
    assert_eq!(acting.get("/me").await.expect(401).code(), "TOKEN_INVALID");
    let acting = acting.within(&shared);
    assert_eq!(acting.get("/me").await.expect(200).body["data"]["type"], "environments");
    acting.get(&format!("/environments/{shared}")).await.expect(200);
    acting.get("/environments").await.expect(403);
    acting.post("/environments/live/tokens", json!({})).await.expect(403);
    let listed = acting.get("/environments/live/tokens").await.expect(200);
    assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(1));
    let from_outside = vendor.get("/environments/live/tokens").await.expect(200);
    assert_eq!(from_outside.body["data"], json!([]));
}
