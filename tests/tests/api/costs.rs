//! What operations cost: DynamoDB round trips, how many of them wait for another, units.
//!
//! The figures are deterministic. `docs/COSTS.md` is made of them: run with `UPDATE_COSTS=1` to write it anew.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;
use support::{Answer, Server, Vendor, id};

/// On-demand list prices of DynamoDB (us-east-1), dollars for a million units.
const MILLION_READS: f64 = 0.125;
const MILLION_WRITES: f64 = 0.625;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    trips: u32,
    depth: u32,
    reads: f64,
    writes: f64,
}

impl Cost {
    /// Reads the `Server-Timing` header of an answer.
    fn of(answer: &Answer) -> Self {
        let header = answer.header("server-timing").expect("Server-Timing");
        let figure = |name: &str| -> f64 {
            let rest = header.split(&format!("{name}=")).nth(1).expect("a figure");
            rest.split([' ', '"']).next().and_then(|digits| digits.parse().ok()).expect("a number")
        };
        let whole = |name: &str| -> u32 { format!("{}", figure(name)).parse().expect("a whole number") };
        Self { trips: whole("trips"), depth: whole("depth"), reads: figure("reads"), writes: figure("writes") }
    }

    fn dollars(self) -> f64 {
        self.reads * MILLION_READS + self.writes * MILLION_WRITES
    }
}

/// A vendor with a floating policy, a license with five entitlements, an owner and a machine.
struct Stage {
    vendor: Vendor,
    product: String,
    policy: String,
    license: String,
    key: String,
    machine: String,
}

async fn stage() -> Stage {
    let (_server, vendor) = Server::single().await;
    let product = vendor.product().await;
    let policy = json!({"floating": true, "strict": true, "maxMachines": 50, "maxUses": 1000, "authenticationStrategy": "MIXED"});
    let policy = vendor.policy(&product, policy).await;
    let user = id(&vendor.make("users", json!({"email": "owner@example.com"}), &[]).await);
    let license = vendor
        .make(
            "licenses",
            json!({"metadata": {"order": "A-1"}}),
            &[("policy", "policies", &policy), ("owner", "users", &user)],
        )
        .await;
    let (key, license) = (license["attributes"]["key"].as_str().expect("a key").to_owned(), id(&license));
    for number in 0..5 {
        let code = format!("E{number}");
        let entitlement = id(&vendor.make("entitlements", json!({"name": code, "code": code}), &[]).await);
        let body = json!({"data": [{"type": "entitlements", "id": entitlement}]});
        vendor.post(&format!("/licenses/{license}/entitlements"), body).await.expect(200);
    }
    let machine = vendor.make("machines", json!({"fingerprint": "AA:BB"}), &[("license", "licenses", &license)]).await;
    Stage { vendor, product, policy, license, key, machine: id(&machine) }
}

#[tokio::test]
async fn every_operation_costs_what_the_table_says() {
    let Stage { vendor, product, policy, license, key, machine } = stage().await;
    let anonymous = vendor.anonymous();
    let scope = json!({"fingerprint": "AA:BB", "entitlements": ["E0", "E1", "E2", "E3", "E4"]});
    let validate = json!({"meta": {"key": key, "scope": scope}});
    let linked = |kind: &str, id: &str| json!({"data": {"type": kind, "id": id}});
    let new_license = json!({"data": {"type": "licenses", "relationships": {"policy": linked("policies", &policy)}}});
    let new_machine = |fingerprint| {
        json!({"data": {"type": "machines", "attributes": {"fingerprint": fingerprint, "cores": 4},
        "relationships": {"license": linked("licenses", &license)}}})
    };

    let mut rows: Vec<(&str, Cost)> = Vec::new();
    let mut note = |name, answer: Answer| {
        assert!(answer.status.is_success(), "{name}: {}", answer.text);
        rows.push((name, Cost::of(&answer)));
    };
    let first = anonymous.post("/licenses/actions/validate-key", validate.clone()).await;
    note("validate a key for the first time: fingerprint and five entitlements", first);
    note(
        "validate a key: fingerprint and five entitlements",
        anonymous.post("/licenses/actions/validate-key", validate).await,
    );
    note(
        "validate a key, no scope",
        anonymous.post("/licenses/actions/validate-key", json!({"meta": {"key": key}})).await,
    );
    note("authenticate with a token, and nothing else", vendor.get("/profile").await);
    note(
        "authenticate with a license key, and nothing else",
        vendor.with(&format!("License {key}")).get("/profile").await,
    );
    note("show a product", vendor.get(&format!("/products/{product}")).await);
    note("show a license", vendor.get(&format!("/licenses/{license}")).await);
    note("list ten licenses", vendor.get("/licenses").await);
    note("create a license", vendor.post("/licenses", new_license).await);
    let timed = vendor.policy(&product, json!({"duration": 31_556_952})).await;
    let timed = json!({"data": {"type": "licenses", "relationships": {"policy": linked("policies", &timed)}}});
    note("create a license that expires: it gets a timer", vendor.post("/licenses", timed).await);
    let check_out = format!("/licenses/{license}/actions/check-out?include=entitlements");
    vendor.post(&check_out, json!({})).await.expect(200);
    note("check a license out, its entitlements included", vendor.post(&check_out, json!({})).await);
    let itself = vendor.with(&format!("License {key}"));
    note("check a license out with its key, its entitlements included", itself.post(&check_out, json!({})).await);
    note("increment usage", vendor.post(&format!("/licenses/{license}/actions/increment-usage"), json!({})).await);
    note("activate a machine", vendor.post("/machines", new_machine("CC:DD")).await);
    note("activate a machine with its license's key", itself.post("/machines", new_machine("EE:FF")).await);
    let ping = format!("/machines/{machine}/actions/ping");
    note("ping a machine", vendor.post(&ping, json!({})).await);
    note("ping a machine with its license's key", itself.post(&ping, json!({})).await);
    let process = json!({"data": {"type": "processes", "attributes": {"pid": "1"},
        "relationships": {"machine": linked("machines", &machine)}}});
    let process = vendor.post("/processes", process).await;
    note("spawn a process", process.clone());
    let ping = format!("/processes/{}/actions/ping", id(&process.body["data"]));
    note("ping a process", vendor.post(&ping, json!({})).await);
    note("ping a process with its license's key", itself.post(&ping, json!({})).await);
    note("deactivate a machine", vendor.delete("/machines/CC:DD").await);
    note("deactivate a machine with its license's key", itself.delete("/machines/EE:FF").await);

    let cost = |name: &str| rows.iter().find(|(known, _)| known.starts_with(name)).expect("a row").1;
    let validation = cost("validate a key: fingerprint");
    assert!(validation.depth <= 2 && validation.reads <= 3.0 && validation.writes <= 1.0, "{validation:?}");
    assert!(cost("authenticate with a token").depth <= 2);
    let own = cost("check a license out, ").depth - cost("authenticate with a token").depth;
    assert!(own <= 2, "what it reads, then what it includes while it is noted: {own}");
    assert!(cost("check a license out with its key").depth <= 2);
    let after = |name: &str, authentication: &str| cost(name).depth - cost(authentication).depth;
    for name in ["activate a machine", "ping a machine", "ping a process"] {
        // Two reads that wait for each other, and the write.
        assert!(after(name, "authenticate with a token") <= 3, "{name}: {:?}", cost(name));
        let itself = format!("{name} with its license's key");
        assert!(after(&itself, "authenticate with a license key") <= 3, "{itself}: {:?}", cost(&itself));
        if name == "ping a machine" {
            assert!(cost(name).writes <= 1.0 && cost(&itself).writes <= 1.0);
        }
    }

    if std::env::var_os("DYNAMODB_ENDPOINT").is_some() {
        // Other engines count units their own way; the round trips are ours.
        return;
    }
    let mut table = String::from(
        "| operation | trips | depth | read units | write units | $ for a million |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for (name, cost) in &rows {
        let Cost { trips, depth, reads, writes } = cost;
        writeln!(table, "| {name} | {trips} | {depth} | {reads} | {writes} | {:.2} |", cost.dollars()).expect("text");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/COSTS.md");
    let document = std::fs::read_to_string(&path).expect("docs/COSTS.md");
    let (head, rest) = document.split_once("<!-- table -->\n").expect("a place for the table");
    let (_, tail) = rest.split_once("<!-- /table -->").expect("an end of the table");
    let computed = format!("{head}<!-- table -->\n{table}<!-- /table -->{tail}");
    if std::env::var_os("UPDATE_COSTS").is_some() {
        std::fs::write(&path, computed).expect("docs/COSTS.md");
    } else {
        assert!(document == computed, "docs/COSTS.md is out of date; the table is now\n{table}");
    }
}
