//! What is done with licenses: validation, uses, check-outs and the rest (spec 05), where the order of things or the
//! number of callers matters.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::{Value, json};
use shared::clock::Time;
use shared::crypto::certificates::{FileSecret, Kind, open};
use support::{Answer, Server, Vendor, id};

const MONTH: i64 = 2_629_746;

async fn licensed(policy: Value) -> (Server, Vendor, String, String) {
    let (server, vendor) = Server::single().await;
    let license = vendor.licensed(policy).await;
    let key = license["attributes"]["key"].as_str().expect("a key").to_owned();
    (server, vendor, id(&license), key)
}

fn action(license: &str, name: &str) -> String {
    format!("/licenses/{license}/actions/{name}")
}

fn codes(answers: &[Answer]) -> BTreeSet<String> {
    answers.iter().map(|answer| format!("{} {}", answer.status.as_u16(), answer.code())).collect()
}

#[tokio::test]
async fn two_hundred_at_once_never_pass_the_limit() {
    let (_server, vendor, license, _) = licensed(json!({"maxUses": 50})).await;
    let path = action(&license, "increment-usage");
    let answers = join_all((0..200).map(|_| vendor.post(&path, json!({})))).await;

    let (used, refused): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|one| one.status.is_success());
    let shown: BTreeSet<i64> = used.iter().filter_map(|one| one.attributes()["uses"].as_i64()).collect();
    assert_eq!(used.len(), 50);
    assert_eq!(shown, (1..=50).collect(), "every answer shows what its own use made of the count");
    assert_eq!(codes(&refused), BTreeSet::from(["422 USES_LIMIT_EXCEEDED".to_owned()]));
    assert_eq!(vendor.get(&format!("/licenses/{license}")).await.attributes()["uses"], 50);
}

#[tokio::test]
async fn uses_go_down_to_nothing_and_no_further() {
    let (_server, vendor, license, _) = licensed(json!({})).await;
    vendor.post(&action(&license, "increment-usage"), json!({"meta": {"increment": 3}})).await.expect(200);
    let path = action(&license, "decrement-usage");
    let answers = join_all((0..5).map(|_| vendor.post(&path, json!({})))).await;
    assert_eq!(codes(&answers), BTreeSet::from(["200 ".to_owned(), "422 USES_INVALID".to_owned()]));
    assert_eq!(answers.iter().filter(|answer| answer.status.is_success()).count(), 3);

    let huge: Value = serde_json::from_str(r#"{"meta": {"increment": 46116860184273879031}}"#).expect("a number");
    let answer = vendor.post(&action(&license, "increment-usage"), huge).await.expect(400);
    assert_eq!(answer.source(), "/meta/increment");
}

#[tokio::test]
async fn the_first_validation_starts_the_term_once() {
    let policy = json!({"duration": MONTH, "expirationBasis": "FROM_FIRST_VALIDATION"});
    let (_server, vendor, license, key) = licensed(policy).await;
    let expiry = async || vendor.get(&format!("/licenses/{license}")).await.attributes()["expiry"].clone();

    vendor.get(&action(&license, "validate")).await.expect(200);
    assert_eq!(expiry().await, Value::Null, "a quick validation does not count");
    let anonymous = vendor.anonymous();
    let body = json!({"meta": {"key": key}});
    let answers = join_all((0..20).map(|_| anonymous.post("/licenses/actions/validate-key", body.clone()))).await;
    assert!(answers.iter().all(|answer| answer.body["meta"]["code"] == "VALID"));
    let first = expiry().await;
    assert!(first.is_string());
    vendor.post(&action(&license, "validate"), json!({})).await.expect(200);
    assert_eq!(expiry().await, first);
}

#[tokio::test]
async fn validation_echoes_what_was_sent_and_notes_that_it_was() {
    let (_server, vendor, license, key) = licensed(json!({"strict": true, "floating": true})).await;
    let scope = json!({"entitlements": ["A", "A"], "user": null});
    let sent = json!({"meta": {"key": key, "nonce": 9_048_238_457_i64, "scope": scope}});
    let answer = vendor.anonymous().post("/licenses/actions/validate-key", sent).await.expect(200);
    let meta = &answer.body["meta"];
    assert_eq!((&meta["code"], &meta["valid"]), (&json!("ENTITLEMENTS_MISSING"), &json!(false)));
    assert_eq!((&meta["nonce"], &meta["scope"]), (&json!(9_048_238_457_i64), &scope));
    let stored = vendor.get(&format!("/licenses/{license}")).await;
    assert_eq!(stored.attributes()["lastValidated"], answer.attributes()["lastValidated"]);
    assert!(stored.attributes()["updated"].as_str() > answer.attributes()["updated"].as_str());

    let old = vendor.at("1.1").post(&action(&license, "validate"), json!({})).await.expect(200);
    assert_eq!((&old.body["meta"]["constant"], &old.body["meta"]["code"]), (&json!("NO_MACHINES"), &Value::Null));

    let unknown = json!({"meta": {"key": "nothing", "nonce": 1}});
    let answer = vendor.anonymous().post("/licenses/actions/validate-key", unknown).await.expect(200);
    assert_eq!((&answer.body["data"], &answer.body["meta"]["code"]), (&Value::Null, &json!("NOT_FOUND")));
}

#[tokio::test]
async fn suspension_goes_one_way_at_a_time() {
    let (_server, vendor, license, key) = licensed(json!({"authenticationStrategy": "MIXED"})).await;
    let (suspend, reinstate) = (action(&license, "suspend"), action(&license, "reinstate"));
    assert_eq!(vendor.post(&reinstate, json!({})).await.expect(422).source(), "/data/attributes/suspended");
    vendor.post(&suspend, json!({})).await.expect(200);
    assert_eq!(vendor.post(&suspend, json!({})).await.expect(422).source(), "/data/attributes/suspended");
    let itself = vendor.with(&format!("License {key}"));
    assert_eq!(itself.get("/me").await.expect(403).code(), "LICENSE_SUSPENDED");
    vendor.post(&reinstate, json!({})).await.expect(200);
    itself.post(&action(&license, "validate"), json!({})).await.expect(200);
    itself.post(&action(&license, "check-in"), json!({})).await.expect(422);
    itself.post(&action(&license, "reset-usage"), json!({})).await.expect(403);
}

#[tokio::test]
async fn renewal_takes_a_duration_and_an_expiry() {
    let (_server, vendor, license, _) = licensed(json!({})).await;
    let answer = vendor.post(&action(&license, "renew"), json!({})).await.expect(422);
    assert_eq!(answer.body["errors"].as_array().map(Vec::len), Some(1));

    let basis = json!({"duration": MONTH, "expirationBasis": "FROM_FIRST_USE"});
    let endless = id(&vendor.licensed(basis).await);
    let answer = vendor.post(&action(&endless, "renew"), json!({})).await.expect(422);
    assert_eq!(answer.body["errors"], json!([]));
    assert!(answer.body["meta"]["id"].is_string());

    vendor.post(&action(&endless, "increment-usage"), json!({})).await.expect(200);
    let before = vendor.get(&format!("/licenses/{endless}")).await.attributes()["expiry"].clone();
    let after = vendor.post(&action(&endless, "renew"), json!({})).await.expect(200);
    assert!(after.attributes()["expiry"].as_str() > before.as_str());
}

#[tokio::test]
async fn a_revoked_license_is_gone_with_what_hung_on_it() {
    let (_server, vendor, license, key) = licensed(json!({"authenticationStrategy": "MIXED"})).await;
    let path = format!("/licenses/{license}/tokens");
    let token = vendor.post(&path, json!({})).await;
    let token = token.attributes()["token"].as_str().expect("a token").to_owned();
    vendor.delete(&action(&license, "revoke")).await.expect(204);
    vendor.get(&format!("/licenses/{license}")).await.expect(404);
    assert_eq!(vendor.with(&format!("Bearer {token}")).get("/me").await.expect(401).code(), "TOKEN_INVALID");
    let answer = vendor.anonymous().post("/licenses/actions/validate-key", json!({"meta": {"key": key}})).await;
    assert_eq!(answer.body["meta"]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn files_of_every_algorithm_open() {
    let (_server, vendor, license, key) = licensed(json!({"scheme": "ECDSA_P256_SIGN"})).await;
    let tenant = vendor.tenant().await;
    let secret = FileSecret::license(&key);
    for encoding in ["base64", "aes-256-gcm"] {
        for signing in ["ed25519", "rsa-pss-sha256", "rsa-sha256", "ecdsa-p256"] {
            let algorithm = format!("{encoding}+{signing}");
            let body = json!({"meta": {"algorithm": algorithm, "ttl": 3600, "include": ["policy", "entitlements"]}});
            let answer = vendor.post(&action(&license, "check-out"), body).await.expect(200);
            assert_eq!(answer.attributes()["algorithm"], algorithm);
            let certificate = answer.attributes()["certificate"].as_str().expect("a certificate");
            let dataset = open(Kind::License, certificate, tenant.signer.public(), Some(&secret)).expect("a dataset");
            let dataset: Value = serde_json::from_str(&dataset).expect("a document");
            assert_eq!(dataset["data"]["id"], license.as_str());
            assert_eq!(dataset["included"][0]["type"], "policies");
            assert_eq!(dataset["data"]["relationships"]["entitlements"]["data"], json!([]));
            assert_eq!(dataset["meta"]["expiry"], answer.attributes()["expiry"]);
        }
    }
    let answer = vendor.get(&format!("{}?ttl=&encrypt=1", action(&license, "check-out"))).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    let disposition = format!("attachment; filename=\"{license}.lic\"");
    assert_eq!(answer.header("content-disposition"), Some(disposition.as_str()));
    let dataset = open(Kind::License, &answer.text, tenant.signer.public(), Some(&secret)).expect("a dataset");
    let dataset: Value = serde_json::from_str(&dataset).expect("a document");
    assert_eq!((&dataset["meta"]["ttl"], &dataset["meta"]["expiry"]), (&Value::Null, &Value::Null));
    assert!(dataset["data"]["attributes"]["lastCheckOut"].is_string(), "the check-out before this one");
}

#[tokio::test]
async fn check_outs_are_refused_in_order() {
    let (_server, vendor, license, key) = licensed(json!({"authenticationStrategy": "LICENSE"})).await;
    let path = |query: &str| format!("{}?{query}", action(&license, "check-out"));
    let itself = vendor.with(&format!("License {key}"));
    let wrong = "include=account&ttl=60&algorithm=foo";
    for (query, code, parameter) in [
        (wrong, "CHECKOUT_INCLUDE_INVALID", "include"),
        ("ttl=60&algorithm=foo", "CHECKOUT_TTL_INVALID", "ttl"),
        ("ttl=&algorithm=foo", "CHECKOUT_ALGORITHM_INVALID", "algorithm"),
    ] {
        for answer in [itself.get(&path(query)).await, itself.post(&path(query), json!({})).await] {
            let answer = answer.expect(400);
            assert_eq!((answer.code(), answer.source()), (code, parameter));
        }
    }
    let answer = itself.post(&path(wrong), json!({"meta": {"include": "policy"}})).await.expect(400);
    assert_eq!(answer.source(), "/meta/include");
    itself.get(&path("include=policy")).await.expect(403);
    itself.get(&path("include=entitlements,group")).await.expect(200);
}

#[tokio::test]
async fn a_validation_is_a_sign_of_life_wherever_one_is_looked_for() {
    let (server, vendor) = Server::single().await;
    let freeze = |now: &str| server.app.clock.freeze(now.parse::<Time>().expect("a time"));
    freeze("2031-01-01T00:00:00Z");
    let policy = vendor.policy(&vendor.product().await, json!({})).await;
    let user = id(&vendor.make("users", json!({"email": "owner@example.com"}), &[]).await);
    let links = [("policy", "policies", policy.as_str()), ("owner", "users", &user)];
    let license = id(&vendor.make("licenses", json!({}), &links).await);
    freeze("2031-06-01T00:00:00Z");
    let shown = async |path: String| vendor.get(&path).await.expect(200).attributes()["status"].clone();
    let statuses = async || [shown(format!("/licenses/{license}")).await, shown(format!("/users/{user}")).await];
    let listed = async |filter: &str| {
        let page = vendor.get(&format!("/licenses?{filter}")).await.expect(200);
        page.body["data"].as_array().expect("a list").len()
    };
    assert_eq!(statuses().await, ["INACTIVE", "INACTIVE"]);
    assert_eq!((listed("status=ACTIVE").await, listed("activity[outside]=30d").await), (0, 1));

    let path = format!("/licenses/{license}/actions/validate");
    let answer = vendor.post(&path, json!({})).await.expect(200);
    assert_eq!(answer.attributes()["updated"], "2031-01-01T00:00:00.000Z", "as it was before");
    assert_eq!(statuses().await, ["ACTIVE", "ACTIVE"]);
    assert_eq!((listed("status=ACTIVE").await, listed("activity[outside]=30d").await), (1, 0));
    let found = vendor.get(&format!("/licenses/{license}")).await;
    for member in ["lastValidated", "updated"] {
        assert_eq!(found.attributes()[member], "2031-06-01T00:00:00.000Z", "{member}");
    }

    freeze("2031-06-02T00:00:00Z");
    let body = json!({"data": {"type": "licenses", "attributes": {"name": "Renamed"}}});
    let renamed = vendor.patch(&format!("/licenses/{license}"), body).await.expect(200);
    assert_eq!(renamed.attributes()["lastValidated"], "2031-06-01T00:00:00.000Z");
    assert_eq!(renamed.attributes()["updated"], "2031-06-02T00:00:00.000Z");
}

/// What a license file says to a client of a version, and what the license itself says to it.
async fn file_at(vendor: &Vendor, license: &str, version: &'static str) -> (Value, Value) {
    let include = "include=policy,owner,entitlements,users,product";
    let path = format!("{}?algorithm=base64%2Bed25519&{include}", action(license, "check-out"));
    let vendor = vendor.at(version);
    let certificate = vendor.get(&path).await.expect(200).text;
    let tenant = vendor.tenant().await;
    let dataset = open(Kind::License, &certificate, tenant.signer.public(), None).expect("a dataset");
    let shown = vendor.get(&format!("/licenses/{license}")).await.expect(200).body["data"].clone();
    (serde_json::from_str(&dataset).expect("a document"), shown)
}

#[tokio::test]
async fn files_speak_the_version_of_whoever_asked() {
    let (_server, vendor) = Server::single().await;
    let product = vendor.product().await;
    let nested = json!({"outerKey": {"innerKey": 1}});
    let policy = vendor.policy(&product, json!({"metadata": nested, "overageStrategy": "NO_OVERAGE"})).await;
    let owner = id(&vendor.make("users", json!({"email": "owner@example.com"}), &[]).await);
    let linked = [("policy", "policies", policy.as_str()), ("owner", "users", owner.as_str())];
    let license = id(&vendor.make("licenses", json!({"metadata": nested}), &linked).await);
    for version in ["1.8", "1.7", "1.6", "1.5", "1.4", "1.3", "1.2", "1.1", "1.0"] {
        let (file, shown) = file_at(&vendor, &license, version).await;
        let included = |kind: &str| {
            let resources = file["included"].as_array().expect("resources");
            resources.iter().find(|one| one["type"] == kind).expect("a resource").clone()
        };
        assert_eq!(included("users")["id"], owner.as_str());
        let policy = included("policies")["attributes"].clone();
        let has = |name: &str| policy.get(name).is_some();
        assert_eq!(
            (has("leasingStrategy"), has("processLeasingStrategy")),
            (version <= "1.6", version > "1.6"),
            "{version}"
        );
        let (old, new) = (has("fingerprintUniquenessStrategy"), has("machineUniquenessStrategy"));
        assert_eq!((old, new), (version <= "1.3", version > "1.3"), "{version}");
        let (old, new) = (has("fingerprintMatchingStrategy"), has("machineMatchingStrategy"));
        assert_eq!((old, new), (version <= "1.3", version > "1.3"), "{version}");
        assert_eq!(policy.get("concurrent"), (version <= "1.1").then_some(&json!(false)), "{version}");
        let inner = if version <= "1.4" { "inner_key" } else { "innerKey" };
        let metadata = json!({"outerKey": {inner: 1}});
        for (what, known) in [("policy", &policy["metadata"]), ("license", &file["data"]["attributes"]["metadata"])] {
            assert_eq!(*known, metadata, "{what} {version}");
        }
        let owned = if version <= "1.5" { "user" } else { "owner" };
        for license in [&file["data"], &shown] {
            let links = &license["relationships"][owned]["links"];
            let path = links["related"].as_str().expect("a link");
            assert!(path.ends_with(&format!("/{owned}")), "{version}: {path}");
            assert_eq!(
                license["relationships"].as_object().map(|all| all.contains_key("owner") && all.contains_key("user")),
                Some(false)
            );
        }
    }
}
