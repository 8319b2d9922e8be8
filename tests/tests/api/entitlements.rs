//! `/entitlements`.

use serde_json::json;
use support::{Server, id};

#[tokio::test]
async fn rules_of_entitlements() {
    let (_server, vendor) = Server::single().await;
    let made = vendor.make("entitlements", json!({"name": "Export", "code": "Export"}), &[]).await;
    for (attributes, code) in [
        (json!({"name": "x", "code": "EXPORT"}), "CODE_TAKEN"),
        (json!({"name": "x", "code": "actions"}), "CODE_NOT_ALLOWED"),
        (json!({"name": "x", "code": id(&made)}), "CODE_INVALID"),
        (json!({"name": "x", "code": "x".repeat(256)}), "CODE_TOO_LONG"),
    ] {
        let body = json!({"data": {"type": "entitlements", "attributes": attributes}});
        assert_eq!(vendor.post("/entitlements", body).await.expect(422).code(), code);
    }
    vendor.get("/entitlements/Export").await.expect(200);
    vendor.get("/entitlements/EXPORT").await.expect(404);
    let blank = json!({"data": {"type": "entitlements", "attributes": {"code": ""}}});
    let refused = vendor.patch("/entitlements/Export", blank).await.expect(400);
    assert_eq!(refused.source(), "/data/attributes/code");
}

#[tokio::test]
async fn a_new_code_reaches_those_who_hold_it() {
    let (_server, vendor) = Server::single().await;
    let entitlement = id(&vendor.make("entitlements", json!({"name": "Beta", "code": "BETA"}), &[]).await);
    let license = vendor.licensed(json!({})).await;
    let policy = license["relationships"]["policy"]["data"]["id"].as_str().unwrap();
    let body = json!({"data": [{"type": "entitlements", "id": entitlement}]});
    vendor.post(&format!("/policies/{policy}/entitlements"), body).await.expect(200);
    let valid = async |code: &str| {
        let scope = json!({"meta": {"scope": {"entitlements": [code]}}});
        let path = format!("/licenses/{}/actions/validate", id(&license));
        vendor.post(&path, scope).await.expect(200).body["meta"]["valid"].clone()
    };
    assert_eq!((valid("BETA").await, valid("GAMMA").await), (json!(true), json!(false)));
    let renamed = json!({"data": {"type": "entitlements", "attributes": {"code": "GAMMA"}}});
    vendor.patch(&format!("/entitlements/{entitlement}"), renamed).await.expect(200);
    assert_eq!((valid("BETA").await, valid("GAMMA").await), (json!(false), json!(true)));
    vendor.delete(&format!("/entitlements/{entitlement}")).await.expect(204);
    assert_eq!(valid("GAMMA").await, json!(false));
    let held = vendor.get(&format!("/licenses/{}/entitlements", id(&license))).await.expect(200);
    assert_eq!(held.body["data"], json!([]));
}
