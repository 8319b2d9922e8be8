//! The README's guide "Which licensing model?", row by row: each policy as it stands there, sold and used.

use serde_json::{Value, json};
use shared::clock::Time;
use shared::sweep;
use support::{Answer, Server, Vendor, id};

/// The policies of the README's table, in its order.
fn guide() -> Vec<(String, Vec<Value>)> {
    let readme = include_str!("../../../README.md");
    let (_, section) = readme.split_once("## Which licensing model?").expect("the guide");
    let rows =
        section.lines().skip_while(|line| !line.starts_with("| ---")).skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split(" | ");
        let name = cells.next().expect("a model").trim().to_owned();
        let policies = cells.flat_map(|cell| cell.split('`')).filter_map(|code| serde_json::from_str(code).ok());
        (name, policies.filter(Value::is_object).collect())
    })
    .collect()
}

fn policy(model: &str) -> Value {
    let guide = guide();
    let row = guide.iter().find(|(name, _)| name.starts_with(model)).expect("a row");
    row.1.first().cloned().unwrap_or_else(|| json!({}))
}

struct Sold {
    vendor: Vendor,
    license: Value,
    key: String,
}

async fn sell(model: &str) -> Sold {
    let (_server, vendor) = Server::single().await;
    let license = vendor.licensed(policy(model)).await;
    let key = license["attributes"]["key"].as_str().expect("a key").to_owned();
    Sold { vendor, license, key }
}

impl Sold {
    async fn validate(&self, scope: Value) -> Answer {
        let body = json!({"meta": {"key": self.key, "scope": scope}});
        self.vendor.anonymous().post("/licenses/actions/validate-key", body).await.expect(200)
    }

    async fn code(&self, scope: Value) -> String {
        self.validate(scope).await.body["meta"]["code"].as_str().expect("a code").to_owned()
    }

    async fn act(&self, action: &str) -> Answer {
        self.vendor.post(&format!("/licenses/{}/actions/{action}", id(&self.license)), json!({})).await
    }

    async fn activate(&self, fingerprint: &str) -> Answer {
        let license = json!({"data": {"type": "licenses", "id": self.license["id"]}});
        let data = json!({"type": "machines", "attributes": {"fingerprint": fingerprint}, "relationships": {"license": license}});
        self.vendor.post("/machines", json!({"data": data})).await
    }

    /// Lets time pass.
    fn wait(&self, seconds: i64) {
        let clock = &self.vendor.server.app.clock;
        clock.freeze(clock.now().plus_seconds(seconds));
    }

    fn expiry(&self) -> Option<Time> {
        self.license["attributes"]["expiry"].as_str().map(|text| text.parse().expect("a time"))
    }
}

#[tokio::test]
async fn every_row_makes_a_policy() {
    let (_server, vendor) = Server::single().await;
    let product = vendor.product().await;
    let guide = guide();
    assert!(guide.len() >= 11, "{guide:?}");
    for (_, policies) in guide {
        for policy in policies {
            vendor.policy(&product, policy).await;
        }
    }
}

#[tokio::test]
async fn perpetual() {
    let sold = sell("a perpetual license").await;
    assert_eq!(sold.expiry(), None);
    sold.wait(10 * 365 * 86_400);
    assert_eq!(sold.code(json!({})).await, "VALID");
}

#[tokio::test]
async fn timed() {
    let sold = sell("a timed license").await;
    assert_eq!(sold.code(json!({})).await, "VALID");
    sold.wait(367 * 86_400);
    let validation = sold.validate(json!({})).await;
    assert_eq!(
        (&validation.body["meta"]["code"], &validation.body["meta"]["valid"]),
        (&json!("EXPIRED"), &json!(false))
    );
    sold.act("renew").await.expect(200);
    assert_eq!(sold.code(json!({})).await, "VALID");
}

#[tokio::test]
async fn trial() {
    let sold = sell("a trial").await;
    assert_eq!(sold.expiry(), None);
    assert_eq!(sold.code(json!({})).await, "VALID");
    let shown = sold.vendor.get(&format!("/licenses/{}", id(&sold.license))).await.expect(200);
    assert!(shown.attributes()["expiry"].is_string());
    sold.wait(13 * 86_400);
    assert_eq!(sold.code(json!({})).await, "VALID");
    sold.wait(2 * 86_400);
    assert_eq!(sold.code(json!({})).await, "EXPIRED");
}

#[tokio::test]
async fn node_locked() {
    let sold = sell("one machine").await;
    assert_eq!(sold.code(json!({})).await, "FINGERPRINT_SCOPE_REQUIRED");
    assert_eq!(sold.code(json!({"fingerprint": "A"})).await, "NO_MACHINE");
    sold.activate("A").await.expect(201);
    assert_eq!(sold.code(json!({"fingerprint": "A"})).await, "VALID");
    assert_eq!(sold.code(json!({"fingerprint": "B"})).await, "FINGERPRINT_SCOPE_MISMATCH");
    assert_eq!(sold.activate("B").await.expect(422).code(), "MACHINE_LIMIT_EXCEEDED");
}

#[tokio::test]
async fn floating() {
    let sold = sell("five seats").await;
    for seat in 0..5 {
        sold.activate(&format!("seat-{seat}")).await.expect(201);
    }
    assert_eq!(sold.activate("seat-5").await.expect(422).code(), "MACHINE_LIMIT_EXCEEDED");
    let taken = sold.activate("seat-0").await.expect(422);
    assert_eq!(taken.code(), "FINGERPRINT_TAKEN");
    sold.vendor.delete("/machines/seat-0").await.expect(204);
    sold.activate("seat-5").await.expect(201);
}

#[tokio::test]
async fn floating_with_heartbeats() {
    let sold = sell("floating seats that free themselves").await;
    let machine = id(&sold.activate("seat").await.expect(201).body["data"]);
    let ping = format!("/machines/{machine}/actions/ping");
    assert_eq!(sold.vendor.post(&ping, json!({})).await.expect(200).attributes()["heartbeatStatus"], "ALIVE");
    assert_eq!(sold.code(json!({"fingerprint": "seat"})).await, "VALID");
    for seat in 2..=5 {
        sold.activate(&format!("seat-{seat}")).await.expect(201);
    }
    assert_eq!(sold.activate("late").await.expect(422).code(), "MACHINE_LIMIT_EXCEEDED");

    sold.wait(601);
    assert_eq!(sold.code(json!({"fingerprint": "seat"})).await, "HEARTBEAT_DEAD");
    assert_eq!(sold.vendor.post(&ping, json!({})).await.expect(422).code(), "MACHINE_HEARTBEAT_DEAD");
    let job = sweep::find("dead-machines").expect("a job");
    (job.run)(&sold.vendor.server.app).await.expect("a table");
    sold.activate("late").await.expect(201);
    assert_eq!(sold.code(json!({"fingerprint": "late"})).await, "VALID", "a seat freed itself");
}

#[tokio::test]
async fn features() {
    let sold = sell("features").await;
    let entitlement = id(&sold.vendor.make("entitlements", json!({"name": "Export", "code": "EXPORT"}), &[]).await);
    assert_eq!(sold.code(json!({"entitlements": ["EXPORT"]})).await, "ENTITLEMENTS_MISSING");
    let body = json!({"data": [{"type": "entitlements", "id": entitlement}]});
    sold.vendor.post(&format!("/licenses/{}/entitlements", id(&sold.license)), body).await.expect(200);
    assert_eq!(sold.code(json!({"entitlements": ["EXPORT"]})).await, "VALID");
}

#[tokio::test]
async fn uses() {
    let sold = sell("uses").await;
    for _ in 0..100 {
        sold.act("increment-usage").await.expect(200);
    }
    assert_eq!(sold.act("increment-usage").await.expect(422).code(), "USES_LIMIT_EXCEEDED");
    sold.act("reset-usage").await.expect(200);
    assert_eq!(sold.act("increment-usage").await.expect(200).attributes()["uses"], 1);
}

#[tokio::test]
async fn subscription_with_check_in() {
    let sold = sell("a subscription").await;
    assert_eq!(sold.code(json!({})).await, "VALID");
    sold.wait(8 * 86_400);
    assert_eq!(sold.code(json!({})).await, "OVERDUE");
    sold.act("check-in").await.expect(200);
    assert_eq!(sold.code(json!({})).await, "VALID");
}

#[tokio::test]
async fn offline() {
    use shared::crypto::certificates::{self, FileSecret, Kind};
    let sold = sell("offline use").await;
    let path = format!("/licenses/{}/actions/check-out?encrypt=true&ttl=604800", id(&sold.license));
    let file = sold.vendor.post(&path, json!({})).await.expect(200);
    let certificate = file.attributes()["certificate"].as_str().expect("a certificate");
    let tenant = sold.vendor.tenant().await;
    let dataset =
        certificates::open(Kind::License, certificate, tenant.signer.public(), Some(&FileSecret::license(&sold.key)));
    let dataset: Value = serde_json::from_str(&dataset.expect("genuine")).expect("a document");
    assert_eq!(dataset["data"]["id"], sold.license["id"]);
    assert_eq!(dataset["meta"]["ttl"], 604_800);
}

#[tokio::test]
async fn air_gapped() {
    use shared::crypto::certificates::{self, FileSecret, Kind};
    let sold = sell("air-gapped").await;
    let machine = id(&sold.activate("bunker").await.expect(201).body["data"]);
    let path = format!("/machines/{machine}/actions/check-out?encrypt=true&include=license");
    let file = sold.vendor.post(&path, json!({})).await.expect(200);
    let certificate = file.attributes()["certificate"].as_str().expect("a certificate");
    let tenant = sold.vendor.tenant().await;
    let open = |fingerprint: &str| {
        let secret = FileSecret::machine(&sold.key, fingerprint);
        certificates::open(Kind::Machine, certificate, tenant.signer.public(), Some(&secret))
    };
    let dataset: Value = serde_json::from_str(&open("bunker").expect("genuine")).expect("a document");
    assert_eq!(dataset["included"][0]["id"], sold.license["id"]);
    assert!(open("elsewhere").is_err());
}
