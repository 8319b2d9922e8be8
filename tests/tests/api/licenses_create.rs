//! `POST /licenses` (spec 04 §3.4, §3.5).

use std::collections::HashSet;

use futures::future::join_all;
use serde_json::{Value, json};
use support::{Server, Vendor, id};

/// The body of a creation under a policy.
fn body(policy: &str, attributes: Value) -> Value {
    json!({"data": {
        "type": "licenses",
        "attributes": attributes,
        "relationships": {"policy": {"data": {"type": "policies", "id": policy}}},
    }})
}

/// How many licenses the account lists, whatever its counters say.
async fn listed(vendor: &Vendor) -> usize {
    vendor.get("/licenses?limit=100").await.expect(200).body["data"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn a_key_has_one_license_however_many_ask_for_it() {
    let vendor = Server::start().await.vendor("keys").await;
    let product = vendor.product().await;
    let policy = vendor.policy(&product, json!({})).await;
    let attempts = (0..100).map(|_| vendor.post("/licenses", body(&policy, json!({"key": "THE-ONLY-KEY"}))));
    let answers = join_all(attempts).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((answer.status.as_u16(), answer.code()), (422, "KEY_TAKEN"), "{}", answer.text);
        assert_eq!(answer.source(), "/data/attributes/key");
    }
    assert_eq!(listed(&vendor).await, 1);
}

#[tokio::test]
async fn a_pool_hands_out_each_key_once() {
    let vendor = Server::start().await.vendor("pool").await;
    let product = vendor.product().await;
    let policy = vendor.policy(&product, json!({"usePool": true})).await;
    for number in 0..80 {
        let key = json!({"key": format!("POOL-{number:04}-KEY")});
        vendor.make("keys", key, &[("policy", "policies", &policy)]).await;
    }
    let answers = join_all((0..100).map(|_| vendor.post("/licenses", body(&policy, json!({}))))).await;
    let keys: Vec<&str> = answers.iter().filter_map(|answer| answer.attributes()["key"].as_str()).collect();
    assert_eq!(keys.len(), 80);
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 80, "no key twice");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((answer.status.as_u16(), answer.code()), (422, "POLICY_POOL_EMPTY"), "{}", answer.text);
        assert_eq!(answer.source(), "/data/relationships/policy");
    }
    assert_eq!(listed(&vendor).await, 80);
    assert_eq!(vendor.get(&format!("/policies/{policy}/pool")).await.expect(200).body["data"], json!([]));
}

#[tokio::test]
async fn a_full_group_takes_no_more_licenses() {
    let vendor = Server::start().await.vendor("groups").await;
    let product = vendor.product().await;
    let policy = vendor.policy(&product, json!({})).await;
    let group = id(&vendor.make("groups", json!({"name": "Five", "maxLicenses": 5}), &[]).await);
    let mut wanted = body(&policy, json!({}));
    wanted["data"]["relationships"]["group"] = json!({"data": {"type": "groups", "id": group}});
    let answers = join_all((0..25).map(|_| vendor.post("/licenses", wanted.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 5);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((answer.status.as_u16(), answer.code()), (422, "GROUP_LICENSE_LIMIT_EXCEEDED"), "{}", answer.text);
    }
    assert_eq!(listed(&vendor).await, 5);
}

#[tokio::test]
async fn given_keys_obey_the_scheme() {
    let vendor = Server::start().await.vendor("schemes").await;
    let product = vendor.product().await;
    let plain = vendor.policy(&product, json!({})).await;
    let signed = vendor.policy(&product, json!({"scheme": "ED25519_SIGN"})).await;
    let jwt = vendor.policy(&product, json!({"scheme": "RSA_2048_JWT_RS256"})).await;
    let sealed = vendor.policy(&product, json!({"scheme": "RSA_2048_PKCS1_ENCRYPT"})).await;
    let legacy = vendor.policy(&product, json!({"encrypted": true})).await;
    let long = "x".repeat(246);
    let refused = [
        (&plain, "short", "KEY_TOO_SHORT"),
        (&plain, "actions", "KEY_NOT_ALLOWED"),
        (&jwt, "no claims", "KEY_JWT_CLAIMS_INVALID"),
        (&jwt, r#"{"exp":"foo"}"#, "KEY_JWT_CLAIMS_INVALID"),
        (&sealed, &long, "KEY_BYTE_SIZE_EXCEEDED"),
        (&legacy, "LEGACY-KEY", "KEY_NOT_SUPPORTED"),
    ];
    for (policy, key, code) in refused {
        let answer = vendor.post("/licenses", body(policy, json!({"key": key}))).await.expect(422);
        assert_eq!((answer.code(), answer.source()), (code, "/data/attributes/key"), "{key}");
        assert_eq!(answer.body["errors"].as_array().map(Vec::len), Some(1), "{key}");
    }
    assert_eq!(listed(&vendor).await, 0, "nothing is made of what was refused");

    vendor.post("/licenses", body(&signed, json!({"key": "x"}))).await.expect(201);
    vendor.post("/licenses", body(&signed, json!({"key": "x"}))).await.expect(409);
    let made = vendor.post("/licenses", body(&legacy, json!({}))).await.expect(201);
    let raw = made.attributes()["key"].as_str().unwrap_or_default().to_owned();
    assert_eq!(raw.len(), 131);
    let license = id(&made.body["data"]);
    let shown = vendor.get(&format!("/licenses/{license}")).await.expect(200);
    assert_eq!(shown.attributes().get("key"), None);
    vendor.get(&format!("/licenses/{raw}")).await.expect(404);
}

#[tokio::test]
async fn a_license_is_found_by_id_or_key_and_the_older_one_wins() {
    let vendor = Server::start().await.vendor("names").await;
    let product = vendor.product().await;
    let policy = vendor.policy(&product, json!({})).await;
    let first = vendor.license(&policy, json!({"key": "FIRST-KEY"})).await;
    assert_eq!(vendor.get("/licenses/FIRST-KEY").await.expect(200).body["data"]["id"], first["id"]);
    vendor.get("/licenses/first-key").await.expect(404);
    let conflict = vendor.post("/licenses", body(&policy, json!({"key": first["id"]}))).await.expect(422);
    assert_eq!(conflict.code(), "KEY_CONFLICT");
    let mut same = body(&policy, json!({}));
    same["data"]["id"] = first["id"].clone();
    let taken = vendor.post("/licenses", same).await.expect(422);
    assert_eq!((taken.code(), taken.source()), ("ID_CONFLICT", "/data/id"));
}
