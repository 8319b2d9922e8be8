//! The community's Rust SDK, unchanged, against this server.

use keygen_rs::KeygenClient;
use keygen_rs::license::{LicenseCheckoutOpts, LicenseValidationRequest, LicenseValidationScope, SchemeCode};
use serde_json::{Value, json};
use support::{Server, Vendor, id};

/// A client that authenticates with a license key and verifies every signature.
fn client(server: &Server, vendor: &Vendor, product: &str, key: &str, public_key: &str) -> KeygenClient {
    KeygenClient::builder()
        .api_url(server.url.clone())
        .account(vendor.account.id.to_string())
        .product(product)
        .license_key(key)
        .public_key(public_key)
        .verify_keygen_signature(true)
        .build()
        .expect("a client")
}

/// The account's Ed25519 public key as SDKs take it: 64 hex digits, published base64-encoded.
async fn public_key(vendor: &Vendor) -> String {
    let account = vendor.get("").await.expect(200);
    let published = account.body["data"]["meta"]["keys"]["ed25519"].as_str().expect("a key").to_owned();
    let tenant = vendor.tenant().await;
    assert_eq!(published, tenant.signer.public().ed25519_meta());
    tenant.signer.public().ed25519_public_hex().to_owned()
}

struct Sold {
    product: String,
    key: String,
    public_key: String,
}

async fn sell(vendor: &Vendor, policy: Value) -> Sold {
    let product = vendor.product().await;
    let policy = vendor.policy(&product, policy).await;
    let license = vendor.license(&policy, json!({})).await;
    for code in ["EXPORT", "SYNC"] {
        let entitlement = id(&vendor.make("entitlements", json!({"name": code, "code": code}), &[]).await);
        let body = json!({"data": [{"type": "entitlements", "id": entitlement}]});
        vendor.post(&format!("/licenses/{}/entitlements", id(&license)), body).await.expect(200);
    }
    let key = license["attributes"]["key"].as_str().expect("a key").to_owned();
    Sold { product, key, public_key: public_key(vendor).await }
}

#[tokio::test]
async fn validates_reads_entitlements_and_verifies_signatures() {
    let (server, vendor) = Server::single().await;
    let sold = sell(&vendor, json!({"scheme": "ED25519_SIGN", "authenticationStrategy": "LICENSE"})).await;
    let client = client(&server, &vendor, &sold.product, &sold.key, &sold.public_key);

    let scope = LicenseValidationScope { entitlements: Some(vec!["SYNC".to_owned()]), ..Default::default() };
    let result = client.validate(&LicenseValidationRequest::new(scope)).await.expect("a validation");
    assert!(result.meta.valid, "{}", result.meta.code);
    let license = result.license.expect("a license").with_config(client.config().clone());
    let mut codes: Vec<String> =
        license.entitlements(None).await.expect("entitlements").data.into_iter().map(|one| one.code).collect();
    codes.sort();
    assert_eq!(codes, ["EXPORT", "SYNC"]);

    // The key itself is signed: an application can trust it without asking.
    let dataset = client.verify(SchemeCode::Ed25519Sign, &sold.key).expect("a genuine key");
    let dataset: Value = serde_json::from_slice(&dataset).expect("the default dataset");
    assert_eq!(dataset["product"]["id"], sold.product.as_str());
    assert!(client.verify(SchemeCode::Ed25519Sign, &sold.key.replace("key/", "key/A")).is_err());
}

#[tokio::test]
async fn refuses_an_answer_signed_by_another_account() {
    let (server, vendor) = Server::single().await;
    let sold = sell(&vendor, json!({"scheme": "ED25519_SIGN", "authenticationStrategy": "LICENSE"})).await;
    let wrong = "0".repeat(64);
    let client = client(&server, &vendor, &sold.product, &sold.key, &wrong);
    assert!(client.validate(&LicenseValidationRequest::new(LicenseValidationScope::default())).await.is_err());
}

#[tokio::test]
async fn opens_license_files_offline() {
    let (server, vendor) = Server::single().await;
    let sold = sell(&vendor, json!({"scheme": "ED25519_SIGN", "authenticationStrategy": "LICENSE"})).await;
    let client = client(&server, &vendor, &sold.product, &sold.key, &sold.public_key);
    let result = client.validate(&LicenseValidationRequest::new(LicenseValidationScope::default())).await;
    let license = result.expect("a validation").license.expect("a license").with_config(client.config().clone());

    let options = LicenseCheckoutOpts::with_include(vec!["entitlements".to_owned()]).with_encrypt(true);
    let file = license.checkout(&options).await.expect("a license file");
    keygen_rs::config::set_config(client.config().clone()).expect("a configuration");
    file.verify().expect("a genuine file");
    let dataset = file.decrypt(&sold.key).expect("the license's own key opens it");
    assert_eq!(dataset.license.key, sold.key);
    assert_eq!(dataset.included.expect("included").entitlements.len(), 2);
}
