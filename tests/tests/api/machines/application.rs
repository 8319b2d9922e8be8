//! An application with floating licenses, from its first start to its last: the community's Rust SDK on the side of the
//! application, a clock and schedules that obey on the vendor's.

use keygen_rs::KeygenClient;
use keygen_rs::license::{License, LicenseValidationRequest};
use keygen_rs::machine::Machine;
use serde_json::{Value, json};
use support::{Server, Vendor, id};

use super::{at, swept};

/// An application, as it runs on somebody's computer.
struct Application {
    license: License,
    machine: Machine,
}

impl Application {
    /// Starts it: the license is validated, and the computer activated if it is not yet.
    async fn start(client: &KeygenClient, fingerprint: &str) -> Self {
        let request = LicenseValidationRequest::for_fingerprint(fingerprint.to_owned());
        let result = client.validate(&request).await.expect("an answer");
        let license = result.license.expect("a license").with_config(client.config().clone());
        let machine = match result.meta.code.as_str() {
            "VALID" => license.machine(fingerprint).await.expect("its machine"),
            "NO_MACHINE" | "NO_MACHINES" | "FINGERPRINT_SCOPE_MISMATCH" => {
                license.activate(fingerprint, &[]).await.expect("a free seat")
            }
            code => panic!("the license is no good: {code}"),
        };
        Self { license, machine }
    }

    /// Says that it still runs; how the server takes that.
    async fn beat(&self) -> String {
        match self.machine.ping().await {
            Ok(machine) => machine.heartbeat_status,
            Err(error) => format!("{error:?}"),
        }
    }

    /// Quits, and gives its seat back.
    async fn quit(self) {
        self.license.deactivate(&self.machine.id).await.expect("a deactivation");
    }
}

async fn machines(vendor: &Vendor) -> Vec<Value> {
    vendor.get("/machines").await.expect(200).body["data"].as_array().cloned().expect("a list")
}

#[tokio::test]
async fn an_application_lives_dies_comes_back_and_leaves() {
    let (server, vendor) = Server::single().await;
    at(&server, "2031-01-01T09:00:00Z");
    let product = vendor.product().await;
    let policy = json!({
        "floating": true, "maxMachines": 1, "strict": true, "authenticationStrategy": "LICENSE",
        "requireHeartbeat": true, "heartbeatDuration": 600, "heartbeatResurrectionStrategy": "5_MINUTE_REVIVE",
        "heartbeatCullStrategy": "DEACTIVATE_DEAD",
    });
    let policy = vendor.policy(&product, policy).await;
    let license = vendor.license(&policy, json!({})).await;
    let client = KeygenClient::builder()
        .api_url(server.url.clone())
        .account(vendor.account.id.to_string())
        .product(product)
        .license_key(license["attributes"]["key"].as_str().expect("a key"))
        // The server's clock is set by the test.
        .verify_keygen_signature(false)
        .build()
        .expect("a client");

    let app = Application::start(&client, "AA:BB").await;
    assert_eq!(app.machine.heartbeat_status, "ALIVE", "where heartbeats are required, activation is the first");
    assert_eq!(app.beat().await, "ALIVE");

    // It beats in time, and a sweep finds nothing to do.
    at(&server, "2031-01-01T09:09:30Z");
    assert_eq!(app.beat().await, "ALIVE");
    at(&server, "2031-01-01T09:12:00Z");
    assert_eq!(swept(&server).await["dead"], 0);

    // The computer sleeps for 13 minutes: its death is announced, but within five minutes it may come back.
    at(&server, "2031-01-01T09:22:30Z");
    assert_eq!(swept(&server).await, json!({"due": 1, "dead": 1, "revived": 0, "culled": 0}));
    assert_eq!(app.beat().await, "RESURRECTED");
    assert_eq!(app.beat().await, "ALIVE");

    // The computer is switched off: behind the window it is too late to beat, and the seat is free.
    at(&server, "2031-01-01T09:38:00Z");
    assert!(app.beat().await.contains("MACHINE_HEARTBEAT_DEAD"));
    assert_eq!(machines(&vendor).await.len(), 1);
    assert_eq!(swept(&server).await["culled"], 1);
    assert_eq!(machines(&vendor).await, Vec::<Value>::new());

    // Another computer takes it, and the first one has to wait until that quits.
    let other = Application::start(&client, "CC:DD").await;
    let refused = app.license.activate("AA:BB", &[]).await.expect_err("no free seat");
    assert!(format!("{refused:?}").contains("MACHINE_LIMIT_EXCEEDED"), "{refused:?}");
    other.quit().await;
    let app = Application::start(&client, "AA:BB").await;
    assert_eq!(app.beat().await, "ALIVE");
    let same = Application::start(&client, "AA:BB").await;
    assert_eq!(same.machine.id, app.machine.id, "a second start finds the machine that is there");
    app.quit().await;
    let shown = vendor.get(&format!("/licenses/{}", id(&license))).await.expect(200);
    assert_eq!(shown.body["data"]["relationships"]["machines"]["meta"]["count"], 0);
}
