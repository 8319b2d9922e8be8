//! `/keys`, and pools that are drawn from by many at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Server, Vendor, id};

async fn pool(vendor: &Vendor, keys: usize) -> String {
    let product = vendor.product().await;
    let policy = vendor.policy(&product, json!({"usePool": true})).await;
    for number in 0..keys {
        key(vendor, &policy, &format!("POOL-{number:04}")).await;
    }
    policy
}

async fn key(vendor: &Vendor, policy: &str, key: &str) -> String {
    id(&vendor.make("keys", json!({"key": key}), &[("policy", "policies", policy)]).await)
}

/// A key about to be made.
fn wanted(policy: &str, key: &str) -> Value {
    let policy = json!({"data": {"type": "policies", "id": policy}});
    json!({"data": {"type": "keys", "attributes": {"key": key}, "relationships": {"policy": policy}}})
}

#[tokio::test]
async fn rules_of_keys() {
    let (_server, vendor) = Server::single().await;
    let policy = pool(&vendor, 1).await;
    let product = vendor.product().await;
    let unpooled = vendor.policy(&product, json!({})).await;
    let license = vendor.license(&unpooled, json!({"key": "LICENSED-KEY"})).await;
    for (policy, key, code, source) in [
        (&policy, "POOL-0000", "KEY_TAKEN", "attributes/key"),
        (&policy, "LICENSED-KEY", "KEY_CONFLICT", "attributes/key"),
        (&policy, license["id"].as_str().unwrap(), "KEY_CONFLICT", "attributes/key"),
        (&policy, "short", "KEY_TOO_SHORT", "attributes/key"),
        (&unpooled, "UNPOOLED-KEY", "POLICY_NOT_SUPPORTED", "relationships/policy"),
        (&vendor.account.id.to_string(), "HOMELESS-KEY", "POLICY_NOT_FOUND", "relationships/policy"),
    ] {
        let refused = vendor.post("/keys", wanted(policy, key)).await.expect(422);
        assert_eq!((refused.code(), refused.source()), (code, format!("/data/{source}").as_str()), "{key}");
    }
    let made = key(&vendor, &policy, "POOL-0001").await;
    let patch = |key: &str| json!({"data": {"type": "keys", "attributes": {"key": key}}});
    let path = format!("/keys/{made}");
    assert_eq!(vendor.patch(&path, patch("LICENSED-KEY")).await.expect(422).code(), "KEY_CONFLICT");
    assert_eq!(vendor.patch(&path, patch("POOL-0000")).await.expect(422).code(), "KEY_TAKEN");
    vendor.patch(&path, patch("POOL-0002")).await.expect(200);
    key(&vendor, &policy, "POOL-0001").await;
}

#[tokio::test]
async fn pops_end_with_the_pool() {
    let (_server, vendor) = Server::single().await;
    let policy = pool(&vendor, 2).await;
    let path = format!("/policies/{policy}/pool");
    for expected in ["POOL-0001", "POOL-0000"] {
        let popped = vendor.delete(&path).await.expect(200);
        assert_eq!(popped.attributes()["key"], expected);
        vendor.get(&format!("/keys/{}", popped.body["data"]["id"].as_str().unwrap())).await.expect(404);
    }
    let empty = vendor.delete(&path).await.expect(422);
    assert_eq!((empty.code(), empty.source()), ("", "/data/relationships/pool"));
}

#[tokio::test]
async fn a_pool_drawn_from_by_many_hands_out_each_key_once() {
    let (_server, vendor) = Server::single().await;
    let policy = pool(&vendor, 100).await;
    let pops = (0..60).map(|_| {
        let (vendor, path) = (vendor.clone(), format!("/policies/{policy}/pool"));
        tokio::spawn(async move { vendor.delete(&path).await })
    });
    let creations = (0..60).map(|_| {
        let (vendor, policy) = (vendor.clone(), json!({"data": {"type": "policies", "id": policy}}));
        let body = json!({"data": {"type": "licenses", "relationships": {"policy": policy}}});
        tokio::spawn(async move { vendor.post("/licenses", body).await })
    });
    let mut handed_out = Vec::new();
    let mut refused = 0;
    for answer in futures::future::join_all(pops.chain(creations)).await {
        let answer = answer.unwrap();
        match answer.status.as_u16() {
            200 | 201 => handed_out.push(answer.attributes()["key"].as_str().unwrap().to_owned()),
            422 => refused += 1,
            status => panic!("{status}: {}", answer.text),
        }
    }
    assert_eq!((handed_out.len(), refused), (100, 20));
    assert_eq!(handed_out.into_iter().collect::<BTreeSet<_>>().len(), 100, "no key twice");
    assert_eq!(vendor.get("/keys").await.body["data"], json!([]));
}
