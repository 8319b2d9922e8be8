//! Who may do what: every read route, asked by every kind of bearer, in and out of environments.
//!
//! The table is a snapshot: a change of rights is a visible diff. `INSTA_UPDATE=always` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use support::{Server, Vendor, id};

use crate::routes;

/// What the bearers act on: all of it belongs to the first product and the first user.
async fn furnish(vendor: &Vendor) -> BTreeMap<&'static str, String> {
    let product = vendor.product().await;
    let pooled = vendor.policy(&product, json!({"usePool": true})).await;
    let policy = vendor.policy(&product, json!({"floating": true, "authenticationStrategy": "MIXED"})).await;
    let key = id(&vendor.make("keys", json!({"key": "POOL-0001"}), &[("policy", "policies", &pooled)]).await);
    let group = id(&vendor.make("groups", json!({"name": "G"}), &[]).await);
    let user = vendor.make("users", json!({"email": "owner@example.com", "password": "password"}), &[]).await;
    let user = id(&user);
    let license =
        vendor.make("licenses", json!({}), &[("policy", "policies", &policy), ("owner", "users", &user)]).await;
    let license = id(&license);
    let entitlement = id(&vendor.make("entitlements", json!({"name": "E", "code": "E1"}), &[]).await);
    let attach = json!({"data": [{"type": "entitlements", "id": entitlement}]});
    vendor.post(&format!("/licenses/{license}/entitlements"), attach).await.expect(200);
    let machine = id(&vendor.make("machines", json!({"fingerprint": "A"}), &[("license", "licenses", &license)]).await);
    let component = json!({"fingerprint": "C", "name": "C"});
    let component = id(&vendor.make("components", component, &[("machine", "machines", &machine)]).await);
    let process = id(&vendor.make("processes", json!({"pid": "1"}), &[("machine", "machines", &machine)]).await);
    let environment = id(&vendor
        .make("environments", json!({"name": "Staging", "code": "staging", "isolationStrategy": "SHARED"}), &[])
        .await);
    let owners = json!({"data": [{"type": "users", "id": user}]});
    let owner = vendor.post(&format!("/groups/{group}/owners"), owners).await.expect(200);
    let setting = json!({"data": {"type": "settings", "attributes": {"key": "default_user_permissions", "value": ["license.read"]}}});
    let setting = vendor.post("/settings", setting).await.expect(201);
    let token = vendor.post(&format!("/products/{product}/tokens"), json!({})).await.expect(200);
    BTreeMap::from([
        ("products", product),
        ("policies", policy),
        ("pool", key.clone()),
        ("keys", key),
        ("groups", group),
        ("owners", id(&owner.body["data"][0])),
        ("users", user),
        ("licenses", license),
        ("entitlements", entitlement),
        ("machines", machine),
        ("components", component),
        ("processes", process),
        ("environments", environment),
        ("settings", id(&setting.body["data"])),
        ("tokens", id(&token.body["data"])),
    ])
}

async fn bearer(vendor: &Vendor, path: &str) -> Vendor {
    let token = vendor.post(path, json!({})).await;
    assert!(token.status.is_success(), "{path}: {}", token.text);
    vendor.with(&format!("Bearer {}", token.attributes()["token"].as_str().expect("a token")))
}

async fn staff(vendor: &Vendor, role: &str) -> Vendor {
    let email = format!("{role}@example.com");
    vendor.make("users", json!({"email": email, "password": "password", "role": role}), &[]).await;
    let basic = STANDARD.encode(format!("{email}:password"));
    let token = vendor.with(&format!("Basic {basic}")).post("/tokens", json!({})).await.expect(201);
    vendor.with(&format!("Bearer {}", token.attributes()["token"].as_str().expect("a token")))
}

#[tokio::test]
async fn every_read_by_every_bearer() {
    let (_server, vendor) = Server::single().await;
    let records = furnish(&vendor).await;
    let other = vendor.product().await;
    let stranger = id(&vendor.make("users", json!({"email": "stranger@example.com"}), &[]).await);
    let staging = vendor.within("staging");
    let nothing = json!({"data": {"type": "tokens", "attributes": {"permissions": []}}});
    let powerless = vendor.post("/tokens", nothing).await.expect(201);
    let powerless = powerless.attributes()["token"].as_str().expect("a token").to_owned();
    let bearers: Vec<(&str, Vendor)> = vec![
        ("admin", vendor.clone()),
        ("admin without permissions", vendor.with(&format!("Bearer {powerless}"))),
        ("admin in staging", staging.clone()),
        ("developer", staff(&vendor, "developer").await),
        ("sales-agent", staff(&vendor, "sales-agent").await),
        ("support-agent", staff(&vendor, "support-agent").await),
        ("read-only", staff(&vendor, "read-only").await),
        ("environment", bearer(&staging, &format!("/environments/{}/tokens", records["environments"])).await),
        ("product", bearer(&vendor, &format!("/products/{}/tokens", records["products"])).await),
        ("other product", bearer(&vendor, &format!("/products/{other}/tokens")).await),
        ("user", bearer(&vendor, &format!("/users/{}/tokens", records["users"])).await),
        ("stranger", bearer(&vendor, &format!("/users/{stranger}/tokens")).await),
        ("license", bearer(&vendor, &format!("/licenses/{}/tokens", records["licenses"])).await),
        ("anonymous", vendor.anonymous()),
    ];
    let mut table = String::from("| route |");
    bearers.iter().for_each(|(name, _)| write!(table, " {name} |").expect("text"));
    table.push_str("\n| --- |");
    bearers.iter().for_each(|_| table.push_str(" --- |"));
    table.push('\n');
    for (_, pattern) in routes::all().into_iter().filter(|(method, _)| *method == "GET") {
        if matches!(pattern, "/accounts" | "/health" | "/health/webhooks" | "/ping") {
            continue;
        }
        let path = routes::path(&vendor, pattern, |before, _| {
            records.get(before).cloned().unwrap_or_else(|| "none".to_owned())
        });
        write!(table, "| {pattern} |").expect("text");
        for (_, bearer) in &bearers {
            let prefix = format!("/v1/accounts/{}", vendor.account.id);
            let answer = bearer.get(path.strip_prefix(&prefix).expect("a path of the account")).await;
            let listed = answer.body["data"].as_array().map(|list| format!(" ({})", list.len())).unwrap_or_default();
            write!(table, " {}{listed} |", answer.status.as_u16()).expect("text");
        }
        table.push('\n');
    }
    insta::assert_snapshot!("reads", table);
}

#[tokio::test]
async fn tokens_are_cut_to_their_permissions() {
    let (_server, vendor) = Server::single().await;
    let wanted = json!({"data": {"type": "tokens", "attributes": {"permissions": ["product.read"]}}});
    let token = vendor.post("/tokens", wanted).await.expect(201);
    assert_eq!(token.attributes()["permissions"], json!(["product.read"]));
    let cut = vendor.with(&format!("Bearer {}", token.attributes()["token"].as_str().expect("a token")));
    cut.get("/products").await.expect(200);
    let refused =
        cut.post("/products", json!({"data": {"type": "products", "attributes": {"name": "x"}}})).await.expect(403);
    let detail = refused.body["errors"][0]["detail"].as_str().expect("a detail").to_owned();
    assert!(detail.contains("token lacks permission"), "{detail}");
    assert_eq!(refused.body["errors"][0].get("code"), None::<&Value>);
}
