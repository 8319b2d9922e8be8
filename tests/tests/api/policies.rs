//! `/policies` and what is under them.

use serde_json::{Value, json};
use support::{Server, Vendor, id};

/// A policy about to be made.
fn policy(product: &str, attributes: Value) -> Value {
    let product = json!({"data": {"type": "products", "id": product}});
    json!({"data": {"type": "policies", "attributes": attributes, "relationships": {"product": product}}})
}

/// The codes of an answer's errors.
fn codes(body: &Value) -> Vec<&str> {
    body["errors"].as_array().into_iter().flatten().filter_map(|error| error["code"].as_str()).collect()
}

#[tokio::test]
async fn a_policy_takes_what_it_is_not_given_from_rules_account_and_version() {
    let (_server, vendor) = Server::single().await;
    let product = vendor.product().await;
    let body = policy(&product, json!({"name": "Floating", "floating": true, "duration": 1_209_600}));
    let made = vendor.post("/policies", body).await.expect(201);
    let shown = made.attributes();
    for (name, value) in [
        ("machineUniquenessStrategy", json!("UNIQUE_PER_LICENSE")),
        ("componentUniquenessStrategy", json!("UNIQUE_PER_MACHINE")),
        ("expirationStrategy", json!("RESTRICT_ACCESS")),
        ("authenticationStrategy", json!("TOKEN")),
        ("overageStrategy", json!("NO_OVERAGE")),
        ("heartbeatBasis", json!("FROM_FIRST_PING")),
        ("maxMachines", json!(null)),
        ("scheme", json!(null)),
        // An account that an operator made is protected, and lends that to its policies.
        ("protected", json!(true)),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    assert!(shown.get("requireEnvironmentScope").is_none(), "stored, not shown");

    let old = vendor.at("1.1");
    let body = policy(&product, json!({"name": "Old", "requireHeartbeat": true, "leasingStrategy": "PER_LICENSE"}));
    let made = old.post("/policies", body).await.expect(201);
    let shown = made.attributes();
    assert_eq!(shown["overageStrategy"], "ALWAYS_ALLOW_OVERAGE");
    assert_eq!(shown["concurrent"], true);
    assert_eq!(shown["heartbeatBasis"], "FROM_FIRST_PING");
    assert_eq!(shown["leasingStrategy"], "PER_LICENSE");
    assert_eq!(shown["fingerprintMatchingStrategy"], "MATCH_ANY");
    assert_eq!(shown["maxMachines"], 1);
    assert!(shown.get("processLeasingStrategy").is_none() && shown.get("machineMatchingStrategy").is_none());

    for (version, member) in
        [("1.2", "concurrent"), ("1.4", "fingerprintUniquenessStrategy"), ("1.7", "leasingStrategy")]
    {
        let body = policy(&product, json!({"name": "New", member: "x"}));
        let refused = vendor.at(version).post("/policies", body).await.expect(400);
        assert_eq!(refused.source(), format!("/data/attributes/{member}"));
    }
}

#[tokio::test]
async fn rules_of_policies() {
    let (_server, vendor) = Server::single().await;
    let product = vendor.product().await;
    for (attributes, expected) in [
        (json!({}), vec!["NAME_MISSING"]),
        (json!({"name": "x", "maxMachines": 5}), vec!["MAX_MACHINES_INVALID"]),
        (json!({"name": "x", "floating": true, "maxMachines": 0}), vec!["MAX_MACHINES_INVALID"]),
        (json!({"name": "x", "maxUses": 2_147_483_648_i64}), vec!["MAX_USES_INVALID"]),
        (json!({"name": "x", "duration": 7_464_960_000_i64}), vec!["DURATION_INVALID"]),
        (json!({"name": "x", "scheme": "AES_SHA256"}), vec!["SCHEME_NOT_ALLOWED"]),
        (
            json!({"name": "x", "usePool": true, "encrypted": true, "scheme": "LEGACY_ENCRYPT"}),
            vec!["ENCRYPTED_NOT_SUPPORTED", "SCHEME_NOT_SUPPORTED"],
        ),
        (
            json!({"name": "x", "requireCheckIn": true, "checkInInterval": "millennium", "checkInIntervalCount": 0}),
            vec!["CHECK_IN_INTERVAL_NOT_ALLOWED", "CHECK_IN_INTERVAL_COUNT_NOT_ALLOWED"],
        ),
        (
            json!({"name": "x", "machineUniquenessStrategy": "UNIQUE_PER_MACHINE"}),
            vec!["MACHINE_UNIQUENESS_STRATEGY_NOT_ALLOWED"],
        ),
    ] {
        let refused = vendor.post("/policies", policy(&product, attributes.clone())).await.expect(422);
        assert_eq!(codes(&refused.body), expected, "{attributes}");
    }
    let nowhere = policy(&vendor.account.id.to_string(), json!({"name": "x"}));
    assert_eq!(codes(&vendor.post("/policies", nowhere).await.expect(422).body), ["PRODUCT_NOT_FOUND"]);

    let made = vendor.policy(&product, json!({"floating": true, "maxMachines": 4})).await;
    let path = format!("/policies/{made}");
    let patch = |attributes: Value| json!({"data": {"type": "policy", "attributes": attributes}});
    let refused = vendor.patch(&path, patch(json!({"floating": false}))).await.expect(422);
    assert_eq!(refused.code(), "MAX_MACHINES_INVALID", "nothing is forced on update");
    let refused = vendor.patch(&path, patch(json!({"overageStrategy": "ALLOW_1_25X_OVERAGE", "maxCores": 3}))).await;
    assert_eq!(refused.expect(422).code(), "OVERAGE_STRATEGY_NOT_ALLOWED");
    for member in ["scheme", "encrypted", "usePool"] {
        let refused = vendor.patch(&path, patch(json!({member: null}))).await.expect(400);
        assert_eq!(refused.source(), format!("/data/attributes/{member}"));
    }
}

/// Attaches entitlements to a policy, or detaches them.
fn identifiers(ids: &[&str]) -> Value {
    json!({"data": ids.iter().map(|id| json!({"type": "entitlements", "id": id})).collect::<Vec<_>>()})
}

async fn entitlement(vendor: &Vendor, code: &str) -> String {
    id(&vendor.make("entitlements", json!({"name": code, "code": code}), &[]).await)
}

#[tokio::test]
async fn entitlements_are_attached_all_or_none() {
    let (_server, vendor) = Server::single().await;
    let product = vendor.product().await;
    let policy = vendor.policy(&product, json!({})).await;
    let path = format!("/policies/{policy}/entitlements");
    let (a, b, c) = (entitlement(&vendor, "A").await, entitlement(&vendor, "B").await, entitlement(&vendor, "C").await);
    let attached = async || {
        let listed = vendor.get(&path).await.expect(200);
        let codes = listed.body["data"].as_array().into_iter().flatten();
        let mut codes: Vec<String> = codes.filter_map(|one| Some(one["attributes"]["code"].as_str()?.into())).collect();
        codes.sort_unstable();
        codes
    };

    let links = vendor.post(&path, identifiers(&[&a, &b])).await.expect(200);
    assert_eq!(links.body["data"][1]["type"], "policy-entitlements");
    assert_eq!(
        links.body["data"][1]["links"],
        json!({"related": format!("/v1/accounts/{}/policies/{policy}/entitlements/{b}", vendor.account.id)})
    );
    let unknown = vendor.account.id.to_string();
    for (ids, code) in [
        (vec![c.as_str(), a.as_str()], "ENTITLEMENT_TAKEN"),
        (vec![c.as_str(), c.as_str()], "ENTITLEMENT_TAKEN"),
        (vec![c.as_str(), unknown.as_str()], "ENTITLEMENT_NOT_FOUND"),
    ] {
        let refused = vendor.post(&path, identifiers(&ids)).await.expect(422);
        assert_eq!((refused.code(), refused.source()), (code, "/data/relationships/entitlement"));
    }
    assert_eq!(vendor.post(&path, identifiers(&[])).await.expect(400).source(), "/data");
    assert_eq!(attached().await, ["A", "B"]);
    vendor.get(&format!("{path}/B")).await.expect(200);
    vendor.get(&format!("{path}/C")).await.expect(404);

    for ids in [[a.as_str(), c.as_str()], [a.as_str(), a.as_str()]] {
        let refused = vendor.delete_with(&path, identifiers(&ids)).await.expect(422);
        assert_eq!((refused.code(), refused.source()), ("", "/data/1"));
    }
    assert_eq!(attached().await, ["A", "B"]);
    vendor.delete_with(&path, identifiers(&[&a, &b])).await.expect(204);
    assert!(attached().await.is_empty());
}

#[tokio::test]
async fn a_hundred_entitlements_are_attached_at_once() {
    let (_server, vendor) = Server::single().await;
    let product = vendor.product().await;
    let policy = vendor.policy(&product, json!({})).await;
    let path = format!("/policies/{policy}/entitlements");
    let mut ids = Vec::new();
    for number in 0..100 {
        ids.push(entitlement(&vendor, &format!("E{number}")).await);
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    vendor.post(&path, identifiers(&ids[99..])).await.expect(200);
    vendor.post(&path, identifiers(&ids)).await.expect(422);
    assert_eq!(vendor.get(&path).await.body["data"].as_array().map(Vec::len), Some(1), "nothing of it stays");
    vendor.delete_with(&path, identifiers(&ids[99..])).await.expect(204);
    vendor.post(&path, identifiers(&ids)).await.expect(200);
    let listed = vendor.get(&format!("{path}?limit=100")).await;
    assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(100));
    vendor.delete_with(&path, identifiers(&ids)).await.expect(204);
}

#[tokio::test]
async fn licenses_go_with_their_policy_and_its_product() {
    let (_server, vendor) = Server::single().await;
    let product = vendor.product().await;
    let (one, other) = (vendor.policy(&product, json!({})).await, vendor.policy(&product, json!({})).await);
    let mut licenses = Vec::new();
    // More than a request deletes before it answers.
    for _ in 0..60 {
        for policy in [&one, &other] {
            licenses.push(id(&vendor.license(policy, json!({})).await));
        }
    }
    vendor.delete(&format!("/policies/{one}")).await.expect(204);
    vendor.get(&format!("/licenses/{}", licenses[0])).await.expect(404);
    vendor.get(&format!("/licenses/{}", licenses[1])).await.expect(200);
    let third = vendor.policy(&product, json!({})).await;
    vendor.delete(&format!("/products/{product}")).await.expect(204);
    for license in licenses.iter().rev().take(4) {
        vendor.get(&format!("/licenses/{license}")).await.expect(404);
    }
    vendor.get(&format!("/policies/{third}")).await.expect(404);
    let listed = vendor.get("/licenses?limit=100").await.expect(200);
    assert_eq!(listed.body["data"], json!([]));
}
