//! Machines, their components and processes (spec 06).

mod application;
mod heartbeats;
mod lookups;
mod races;
mod sweeps;

use serde_json::{Value, json};
use shared::domain::license::License;
use shared::sweep;
use support::{Answer, Server, Vendor, id};

/// Sets the server's clock.
fn at(server: &Server, now: &str) {
    server.app.clock.freeze(now.parse().expect("a time"));
}

/// Sweeps machines whose hearts stopped; what that did.
async fn swept(server: &Server) -> Value {
    let job = sweep::find("dead-machines").expect("a job");
    (job.run)(&server.app).await.expect("a table")
}

fn linked(kind: &str, id: &str) -> Value {
    json!({"data": {"type": kind, "id": id}})
}

async fn activate(vendor: &Vendor, license: &str, attributes: Value) -> Answer {
    let relationships = json!({"license": linked("licenses", license)});
    let data = json!({"type": "machines", "attributes": attributes, "relationships": relationships});
    vendor.post("/machines", json!({"data": data})).await
}

async fn activate_for(vendor: &Vendor, license: &str, owner: &str, attributes: Value) -> Answer {
    let relationships = json!({"license": linked("licenses", license), "owner": linked("users", owner)});
    let data = json!({"type": "machines", "attributes": attributes, "relationships": relationships});
    vendor.post("/machines", json!({"data": data})).await
}

async fn spawn(vendor: &Vendor, machine: &str, pid: &str) -> Answer {
    let relationships = json!({"machine": linked("machines", machine)});
    let data = json!({"type": "processes", "attributes": {"pid": pid}, "relationships": relationships});
    vendor.post("/processes", json!({"data": data})).await
}

/// What the license's counters say, held against a recount of its machines and processes.
async fn recount(vendor: &Vendor, license: &str) -> Value {
    let shown = vendor.get(&format!("/licenses/{license}")).await.expect(200);
    let meta = shown.body["data"]["relationships"]["machines"]["meta"].clone();
    let list = async |path: String| {
        let found = vendor.get(&path).await.expect(200).body["data"].as_array().cloned().expect("a list");
        assert!(found.len() < 100, "one page holds them all");
        found
    };
    let machines = list(format!("/licenses/{license}/machines?limit=100")).await;
    let sum = |name: &str| machines.iter().filter_map(|machine| machine["attributes"][name].as_i64()).sum::<i64>();
    let counted = json!({
        "cores": sum("cores"), "memory": sum("memory"), "disk": sum("disk"), "count": machines.len(),
    });
    assert_eq!(meta, counted);

    // What no document shows: the processes, and what is counted apart from machines with an owner.
    let processes = list(format!("/processes?license={license}&limit=100")).await;
    let ownerless: Vec<String> =
        machines.iter().filter(|machine| machine["relationships"]["owner"]["data"].is_null()).map(id).collect();
    let theirs = processes.iter().filter(|process| {
        ownerless.iter().any(|machine| process["relationships"]["machine"]["data"]["id"] == machine.as_str())
    });
    let parsed = shared::ids::parse_id(license).expect("an id");
    let stored: License = vendor.server.app.store.get(vendor.account.id, parsed).await.expect("a table").expect("one");
    let counted = |number: usize| i64::try_from(number).expect("few");
    assert_eq!(stored.processes_count, counted(processes.len()));
    assert_eq!((stored.unowned_count, stored.unowned_processes), (counted(ownerless.len()), counted(theirs.count())));
    meta
}
