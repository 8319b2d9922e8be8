//! Machines: limits under a rush, and the life of a heartbeat (spec 06).

use futures::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use shared::clock::Time;
use shared::sweep;
use support::{Answer, Server, Vendor, id};

/// How many requests are under way at once.
const ABREAST: usize = 64;

fn linked(kind: &str, id: &str) -> Value {
    json!({"data": {"type": kind, "id": id}})
}

async fn activate(vendor: &Vendor, license: &str, attributes: Value) -> Answer {
    let relationships = json!({"license": linked("licenses", license)});
    let data = json!({"type": "machines", "attributes": attributes, "relationships": relationships});
    vendor.post("/machines", json!({"data": data})).await
}

async fn spawn(vendor: &Vendor, machine: &str, pid: usize) -> Answer {
    let relationships = json!({"machine": linked("machines", machine)});
    let data = json!({"type": "processes", "attributes": {"pid": pid.to_string()}, "relationships": relationships});
    vendor.post("/processes", json!({"data": data})).await
}

/// Sends `count` requests at once; the answers that made something, and the codes of the others.
async fn rush<F: Future<Output = Answer>>(count: usize, send: impl Fn(usize) -> F) -> (Vec<Value>, Vec<String>) {
    let answers: Vec<Answer> = stream::iter((0..count).map(send)).buffer_unordered(ABREAST).collect().await;
    let (made, refused): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 201);
    for answer in &refused {
        assert_eq!(answer.status, 422, "{}", answer.text);
    }
    let codes = refused.iter().map(|answer| answer.code().to_owned()).collect();
    (made.into_iter().map(|answer| answer.body["data"].clone()).collect(), codes)
}

/// What the license's counters say, held against a recount of its machines.
async fn recount(vendor: &Vendor, license: &str) -> Value {
    let shown = vendor.get(&format!("/licenses/{license}")).await.expect(200);
    let meta = shown.body["data"]["relationships"]["machines"]["meta"].clone();
    let machines = vendor.get(&format!("/licenses/{license}/machines?limit=100")).await.expect(200);
    let machines = machines.body["data"].as_array().cloned().unwrap_or_default();
    let sum = |name: &str| machines.iter().filter_map(|machine| machine["attributes"][name].as_i64()).sum::<i64>();
    let counted = json!({
        "cores": sum("cores"), "memory": sum("memory"), "disk": sum("disk"), "count": machines.len(),
    });
    assert_eq!(meta, counted);
    meta
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_for_five_seats_makes_five_machines() {
    let (_server, vendor) = Server::single().await;
    let license = id(&vendor.licensed(json!({"floating": true, "maxMachines": 5})).await);
    let send = |at: usize| {
        let (vendor, license) = (&vendor, &license);
        async move { activate(vendor, license, json!({"fingerprint": format!("seat-{at}")})).await }
    };
    let (made, refused) = rush(1000, send).await;
    assert_eq!((made.len(), refused.len()), (5, 995));
    assert!(refused.iter().all(|code| code == "MACHINE_LIMIT_EXCEEDED"), "{refused:?}");
    assert_eq!(recount(&vendor, &license).await["count"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_of_cores_stops_below_the_limit() {
    let (_server, vendor) = Server::single().await;
    let policy = json!({"floating": true, "maxCores": 32, "maxMemory": 1000, "maxDisk": 100_000});
    let license = id(&vendor.licensed(policy).await);
    let send = |at: usize| {
        let attributes = json!({"fingerprint": format!("core-{at}"), "cores": 3, "memory": 7, "disk": 11});
        let (vendor, license) = (&vendor, &license);
        async move { activate(vendor, license, attributes).await }
    };
    let (made, refused) = rush(100, send).await;
    assert_eq!(made.len(), 10);
    assert!(refused.iter().all(|code| code == "MACHINE_CORE_LIMIT_EXCEEDED"), "{refused:?}");
    assert_eq!(recount(&vendor, &license).await, json!({"cores": 30, "memory": 70, "disk": 110, "count": 10}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_for_one_fingerprint_makes_one_machine() {
    let (_server, vendor) = Server::single().await;
    let policy = json!({"floating": true, "machineUniquenessStrategy": "UNIQUE_PER_ACCOUNT"});
    let product = vendor.product().await;
    let policy = vendor.policy(&product, policy).await;
    let mut licenses = Vec::new();
    for _ in 0..4 {
        licenses.push(id(&vendor.license(&policy, json!({})).await));
    }
    let send = |at: usize| {
        let (vendor, license) = (&vendor, &licenses[at % 4]);
        async move { activate(vendor, license, json!({"fingerprint": "the only one"})).await }
    };
    let (made, refused) = rush(100, send).await;
    assert_eq!(made.len(), 1);
    assert!(refused.iter().all(|code| code == "FINGERPRINT_TAKEN"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_of_processes_stops_at_the_limit() {
    let (_server, vendor) = Server::single().await;
    let policy = json!({"floating": true, "maxProcesses": 5, "processLeasingStrategy": "PER_LICENSE"});
    let license = id(&vendor.licensed(policy).await);
    let mut machines = Vec::new();
    for at in 0..3 {
        let made = activate(&vendor, &license, json!({"fingerprint": format!("host-{at}")})).await.expect(201);
        machines.push(id(&made.body["data"]));
    }
    let send = |at: usize| {
        let (vendor, machine) = (&vendor, &machines[at % 3]);
        async move { spawn(vendor, machine, at).await }
    };
    let (made, refused) = rush(60, send).await;
    assert_eq!(made.len(), 5);
    assert!(refused.iter().all(|code| code == "MACHINE_PROCESS_LIMIT_EXCEEDED"), "{refused:?}");
    // What a machine takes with it is free again.
    for machine in &machines {
        vendor.delete(&format!("/machines/{machine}")).await.expect(204);
    }
    let made = activate(&vendor, &license, json!({"fingerprint": "host-4"})).await.expect(201);
    let machine = id(&made.body["data"]);
    let (made, _) = rush(20, |at: usize| spawn(&vendor, &machine, at)).await;
    assert_eq!(made.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_survive_coming_and_going() {
    let (_server, vendor) = Server::single().await;
    let license = id(&vendor.licensed(json!({"floating": true, "maxMachines": 8})).await);
    let churn = |at: usize| {
        let (vendor, license) = (&vendor, &license);
        async move {
            let attributes = json!({"fingerprint": format!("churn-{at}"), "cores": 2, "memory": at + 1});
            let made = activate(vendor, license, attributes).await;
            if made.status == 201 && !at.is_multiple_of(3) {
                vendor.delete(&format!("/machines/churn-{at}")).await.expect(204);
            }
            made
        }
    };
    let (made, refused) = rush(200, churn).await;
    assert_eq!(made.len() + refused.len(), 200);
    let left = recount(&vendor, &license).await["count"].as_i64().unwrap_or_default();
    assert!((1..=8).contains(&left), "{left}");
}

async fn at(server: &Server, text: &str) {
    server.app.clock.freeze(text.parse::<Time>().expect("a time"));
}

async fn swept(server: &Server) -> Value {
    let job = sweep::find("dead-machines").expect("a job");
    (job.run)(&server.app).await.expect("a table")
}

#[tokio::test]
async fn a_machine_that_stops_beating_is_culled_after_its_window() {
    let (server, vendor) = Server::single().await;
    at(&server, "2031-01-01T00:00:00.000Z").await;
    let policy = json!({
        "floating": true, "heartbeatDuration": 600, "heartbeatResurrectionStrategy": "5_MINUTE_REVIVE",
    });
    let license = id(&vendor.licensed(policy).await);
    activate(&vendor, &license, json!({"fingerprint": "idle"})).await.expect(201);
    activate(&vendor, &license, json!({"fingerprint": "busy"})).await.expect(201);
    let ping = async || vendor.post("/machines/busy/actions/ping", json!({})).await;
    assert_eq!(ping().await.expect(200).attributes()["heartbeatStatus"], "ALIVE");

    at(&server, "2031-01-01T00:05:00.000Z").await;
    assert_eq!(ping().await.expect(200).attributes()["nextHeartbeat"], "2031-01-01T00:15:00.000Z");
    at(&server, "2031-01-01T00:11:00.000Z").await;
    assert_eq!(
        swept(&server).await,
        json!({"due": 2, "dead": 0, "revived": 0, "culled": 0}),
        "one beats, one is not watched"
    );
    assert_eq!(swept(&server).await["due"], 0, "nothing is due, nothing is looked at");

    at(&server, "2031-01-01T00:16:00.000Z").await;
    assert_eq!(swept(&server).await, json!({"due": 1, "dead": 1, "revived": 0, "culled": 0}), "it may come back");
    assert_eq!(ping().await.expect(200).attributes()["heartbeatStatus"], "RESURRECTED");
    at(&server, "2031-01-01T00:17:30.000Z").await;
    assert_eq!(swept(&server).await, json!({"due": 1, "dead": 0, "revived": 1, "culled": 0}));

    at(&server, "2031-01-01T00:27:00.000Z").await;
    assert_eq!(swept(&server).await, json!({"due": 1, "dead": 1, "revived": 0, "culled": 0}), "another death");
    at(&server, "2031-01-01T00:32:00.000Z").await;
    assert_eq!(ping().await.expect(422).code(), "MACHINE_HEARTBEAT_DEAD");
    assert_eq!(swept(&server).await["culled"], 1);
    vendor.get("/machines/busy").await.expect(404);
    vendor.get("/machines/idle").await.expect(200);
    assert_eq!(recount(&vendor, &license).await["count"], 1);
}

#[tokio::test]
async fn a_policy_that_asks_for_heartbeats_later_watches_the_machines_that_are_there() {
    let (server, vendor) = Server::single().await;
    at(&server, "2031-01-01T00:00:00.000Z").await;
    let product = vendor.product().await;
    let policy = vendor.policy(&product, json!({"floating": true})).await;
    let license = id(&vendor.license(&policy, json!({})).await);
    activate(&vendor, &license, json!({"fingerprint": "old"})).await.expect(201);
    let data = json!({"type": "policies", "attributes": {"requireHeartbeat": true}});
    vendor.patch(&format!("/policies/{policy}"), json!({"data": data})).await.expect(200);
    at(&server, "2031-01-01T00:11:00.000Z").await;
    assert_eq!(swept(&server).await["culled"], 1);
}
