//! The community's Rust SDK, unchanged, against this server.

use keygen_rs::KeygenClient;
use keygen_rs::license::{
    License, LicenseCheckoutOpts, LicenseFileAlgorithm, LicenseValidationRequest, LicenseValidationScope, SchemeCode,
    UpdateField,
};
use keygen_rs::machine::MachineCheckoutOpts;
use serde_json::{Value, json};
use shared::crypto::account_keys::PublicKeys;
use support::{Server, Vendor, id};

/// Who holds it may set the SDK's own configuration, which is one for the process.
pub static CONFIGURED: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

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

/// The license as the client gets it: validated with its key.
async fn validated(client: &KeygenClient) -> License {
    let result = client.validate(&LicenseValidationRequest::new(LicenseValidationScope::default())).await;
    let result = result.expect("a validation");
    assert!(result.meta.valid, "{}", result.meta.code);
    result.license.expect("a license").with_config(client.config().clone())
}

/// The public key that verifies what is signed with an algorithm.
fn verifying(keys: &PublicKeys, signing: &str) -> String {
    match signing {
        "ed25519" => keys.ed25519_public_hex().to_owned(),
        "ecdsa-p256" => keys.ecdsa_public_pem().to_owned(),
        _ => keys.rsa_public_pem().to_owned(),
    }
}

#[tokio::test]
async fn opens_license_files_of_every_algorithm_offline() {
    let (server, vendor) = Server::single().await;
    let sold = sell(&vendor, json!({"scheme": "ED25519_SIGN", "authenticationStrategy": "LICENSE"})).await;
    let client = client(&server, &vendor, &sold.product, &sold.key, &sold.public_key);
    let license = validated(&client).await;
    let tenant = vendor.tenant().await;
    for encoding in ["aes-256-gcm", "base64"] {
        for signing in ["ed25519", "ecdsa-p256", "rsa-pss-sha256", "rsa-sha256"] {
            let algorithm = LicenseFileAlgorithm::from_code(&format!("{encoding}+{signing}")).expect("an algorithm");
            let options = LicenseCheckoutOpts { ttl: UpdateField::Set(3600), ..LicenseCheckoutOpts::new() };
            let options = LicenseCheckoutOpts { include: Some(vec!["entitlements".to_owned()]), ..options };
            let file = license.checkout(&options.with_algorithm(algorithm)).await.expect("a license file");
            let public_key = verifying(tenant.signer.public(), signing);
            let dataset = match encoding {
                "base64" => file.verify_and_decode(&public_key, algorithm),
                _ => file.verify_and_decrypt(&public_key, &sold.key, algorithm),
            };
            let dataset = dataset.expect("a genuine file");
            assert_eq!((dataset.license.key.as_str(), dataset.ttl), (sold.key.as_str(), 3600));
            assert_eq!(dataset.included.expect("included").entitlements.len(), 2);
            if encoding == "aes-256-gcm" {
                assert!(file.decrypt("another key").is_err());
            }
        }
    }
}

#[tokio::test]
async fn licenses_of_every_scheme_validate_and_check_out() {
    let (server, vendor) = Server::single().await;
    let tenant = vendor.tenant().await;
    let product = vendor.product().await;
    for (scheme, signing) in [
        (None, "ed25519"),
        (Some("ED25519_SIGN"), "ed25519"),
        (Some("ECDSA_P256_SIGN"), "ecdsa-p256"),
        (Some("RSA_2048_PKCS1_PSS_SIGN"), "rsa-pss-sha256"),
        (Some("RSA_2048_PKCS1_PSS_SIGN_V2"), "rsa-pss-sha256"),
        (Some("RSA_2048_PKCS1_SIGN"), "rsa-sha256"),
        (Some("RSA_2048_PKCS1_SIGN_V2"), "rsa-sha256"),
        (Some("RSA_2048_PKCS1_ENCRYPT"), "rsa-sha256"),
        (Some("RSA_2048_JWT_RS256"), "rsa-sha256"),
    ] {
        let policy = json!({"scheme": scheme, "authenticationStrategy": "LICENSE"});
        let policy = vendor.policy(&product, policy).await;
        let license = vendor.license(&policy, json!({})).await;
        let key = license["attributes"]["key"].as_str().expect("a key");
        let client = client(&server, &vendor, &product, key, &public_key(&vendor).await);
        let license = validated(&client).await;
        assert_eq!(json!(license.scheme), json!(scheme));

        let options = LicenseCheckoutOpts::new().with_encrypt(true);
        let file = license.checkout(&options).await.expect("a license file");
        let algorithm = LicenseFileAlgorithm::from_code(&format!("aes-256-gcm+{signing}")).expect("an algorithm");
        let public_key = verifying(tenant.signer.public(), signing);
        let dataset = file.verify_and_decrypt(&public_key, key, algorithm).expect("a genuine file");
        assert_eq!(dataset.license.key, key, "{scheme:?}");
    }
}

#[tokio::test]
async fn activates_pings_and_opens_machine_files() {
    let (server, vendor) = Server::single().await;
    let policy =
        json!({"scheme": "ED25519_SIGN", "authenticationStrategy": "LICENSE", "floating": true, "strict": true});
    let sold = sell(&vendor, policy).await;
    let client = client(&server, &vendor, &sold.product, &sold.key, &sold.public_key);
    let scope = || LicenseValidationRequest::for_fingerprint("AA:BB".to_owned());
    let result = client.validate(&scope()).await.expect("a validation");
    assert_eq!((result.meta.valid, result.meta.code.as_str()), (false, "NO_MACHINES"));

    let license = result.license.expect("a license").with_config(client.config().clone());
    let machine = license.activate("AA:BB", &[]).await.expect("a machine");
    assert_eq!(machine.ping().await.expect("a ping").heartbeat_status, "ALIVE");
    assert!(client.validate(&scope()).await.expect("a validation").meta.valid);

    let options = MachineCheckoutOpts::with_include(vec!["license".to_owned()]);
    let file = machine.checkout(&options).await.expect("a machine file");
    let dataset = file.decrypt(&format!("{}AA:BB", sold.key)).expect("key and fingerprint open it");
    assert_eq!((dataset.machine.fingerprint.as_str(), dataset.license.key), ("AA:BB", sold.key));
    machine.deactivate().await.expect("a deactivation");
    assert_eq!(client.validate(&scope()).await.expect("a validation").meta.code, "NO_MACHINES");
}
