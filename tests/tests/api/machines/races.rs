//! Limits under a rush: exactly what fits gets in, and the counters are right afterwards (spec 06 §3).

use futures::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use support::{Answer, Server, Vendor, id};

use super::{activate, activate_for, recount, spawn};

/// How many connections send at once.
const CONNECTIONS: usize = 64;
/// How many requests a rush consists of.
const REQUESTS: usize = 1000;

/// Sends requests over all connections at once; what they made, when all others were refused with `code`.
async fn rush<F: Future<Output = Answer>>(
    count: usize,
    code: &'static str,
    send: impl Fn(usize) -> F,
) -> (Vec<Value>, usize) {
    let answers: Vec<Answer> = stream::iter((0..count).map(send)).buffer_unordered(CONNECTIONS).collect().await;
    let (made, refused): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 201);
    for answer in &refused {
        assert_eq!((answer.status.as_u16(), answer.code()), (422, code), "{}", answer.text);
    }
    (made.into_iter().map(|answer| answer.body["data"].clone()).collect(), refused.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_activations_fill_five_seats() {
    let (_server, vendor) = Server::single().await;
    let license = id(&vendor.licensed(json!({"floating": true, "maxMachines": 5})).await);
    let send = |at: usize| {
        let (vendor, license) = (&vendor, &license);
        async move { activate(vendor, license, json!({"fingerprint": format!("seat-{at}")})).await }
    };
    let (made, refused) = rush(REQUESTS, "MACHINE_LIMIT_EXCEEDED", send).await;
    assert_eq!((made.len(), refused), (5, 995));
    assert_eq!(recount(&vendor, &license).await, json!({"cores": 0, "memory": 0, "disk": 0, "count": 5}));
}

/// A thousand machines of `size` want to share what is `most`.
async fn fill(dimension: &str, size: i64, most: i64, code: &'static str) {
    let (_server, vendor) = Server::single().await;
    let limit = format!("max{}{}", dimension[..1].to_uppercase(), &dimension[1..]);
    let license = id(&vendor.licensed(json!({"floating": true, limit: most})).await);
    let send = |at: usize| {
        let (vendor, license) = (&vendor, &license);
        async move { activate(vendor, license, json!({"fingerprint": format!("host-{at}"), dimension: size})).await }
    };
    let (made, refused) = rush(REQUESTS, code, send).await;
    let fits = usize::try_from(most / size).expect("a number");
    assert_eq!((made.len(), refused), (fits, REQUESTS - fits));
    assert_eq!(recount(&vendor, &license).await[dimension], most / size * size);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_activations_share_32_cores() {
    fill("cores", 3, 32, "MACHINE_CORE_LIMIT_EXCEEDED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_activations_share_a_terabyte_of_memory() {
    fill("memory", 200_000_000_000, 1_000_000_000_000, "MACHINE_MEMORY_LIMIT_EXCEEDED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_activations_share_the_largest_disk() {
    fill("disk", i64::MAX / 4, i64::MAX, "MACHINE_DISK_LIMIT_EXCEEDED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_activations_fill_the_seats_of_each_user() {
    let (_server, vendor) = Server::single().await;
    let policy = json!({"floating": true, "maxMachines": 3, "machineLeasingStrategy": "PER_USER"});
    let license = id(&vendor.licensed(policy).await);
    let user = id(&vendor.make("users", json!({"email": "ada@example.com"}), &[]).await);
    let body = json!({"data": [{"type": "users", "id": user}]});
    vendor.post(&format!("/licenses/{license}/users"), body).await.expect(200);
    let send = |at: usize| {
        let (vendor, license, user) = (&vendor, &license, &user);
        async move {
            let attributes = json!({"fingerprint": format!("desk-{at}")});
            match at % 2 {
                0 => activate_for(vendor, license, user, attributes).await,
                _ => activate(vendor, license, attributes).await,
            }
        }
    };
    let (made, refused) = rush(REQUESTS, "MACHINE_LIMIT_EXCEEDED", send).await;
    assert_eq!((made.len(), refused), (6, 994));
    let owned = made.iter().filter(|machine| machine["relationships"]["owner"]["data"]["id"] == user.as_str());
    assert_eq!(owned.count(), 3);
    assert_eq!(recount(&vendor, &license).await["count"], 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_for_one_fingerprint_makes_one_machine() {
    let (_server, vendor) = Server::single().await;
    let product = vendor.product().await;
    let policy = json!({"floating": true, "machineUniquenessStrategy": "UNIQUE_PER_ACCOUNT"});
    let policy = vendor.policy(&product, policy).await;
    let mut licenses = Vec::new();
    for _ in 0..4 {
        licenses.push(id(&vendor.license(&policy, json!({})).await));
    }
    let send = |at: usize| {
        let (vendor, license) = (&vendor, &licenses[at % 4]);
        async move { activate(vendor, license, json!({"fingerprint": "the only one"})).await }
    };
    let (made, refused) = rush(100, "FINGERPRINT_TAKEN", send).await;
    assert_eq!((made.len(), refused), (1, 99));
}

/// A thousand processes on three machines want the few places that there are.
async fn crowd(leasing: &str, fits: usize) {
    let (_server, vendor) = Server::single().await;
    let policy = json!({"floating": true, "maxProcesses": 5, "processLeasingStrategy": leasing});
    let license = id(&vendor.licensed(policy).await);
    let mut machines = Vec::new();
    for at in 0..3 {
        let made = activate(&vendor, &license, json!({"fingerprint": format!("host-{at}")})).await.expect(201);
        machines.push(id(&made.body["data"]));
    }
    let send = |at: usize| {
        let (vendor, machine) = (&vendor, &machines[at % 3]);
        async move { spawn(vendor, machine, &at.to_string()).await }
    };
    let (made, refused) = rush(REQUESTS, "MACHINE_PROCESS_LIMIT_EXCEEDED", send).await;
    assert_eq!((made.len(), refused), (fits, REQUESTS - fits));
    recount(&vendor, &license).await;
    // What a machine takes with it is free again.
    for machine in &machines {
        vendor.delete(&format!("/machines/{machine}")).await.expect(204);
    }
    let made = activate(&vendor, &license, json!({"fingerprint": "host-4"})).await.expect(201);
    let machine = id(&made.body["data"]);
    let send = |at: usize| {
        let (vendor, machine) = (&vendor, &machine);
        async move { spawn(vendor, machine, &at.to_string()).await }
    };
    let (made, _) = rush(20, "MACHINE_PROCESS_LIMIT_EXCEEDED", send).await;
    assert_eq!(made.len(), 5);
    recount(&vendor, &license).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_processes_fill_a_license() {
    crowd("PER_LICENSE", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_processes_fill_each_machine() {
    crowd("PER_MACHINE", 15).await;
}

/// One client's coming and going: activates, spawns, beats, and mostly leaves again; twice, by mistake.
async fn come_and_go(vendor: &Vendor, license: &str, at: usize) {
    let fingerprint = format!("churn-{at}");
    let made = activate(vendor, license, json!({"fingerprint": fingerprint, "cores": 2, "memory": at + 1})).await;
    if made.status == 422 {
        assert_eq!(made.code(), "MACHINE_LIMIT_EXCEEDED", "{}", made.text);
        return;
    }
    let machine = id(&made.expect(201).body["data"]);
    let process = spawn(vendor, &machine, "1").await.expect(201);
    vendor.post(&format!("/machines/{machine}/actions/ping"), json!({})).await.expect(200);
    if at.is_multiple_of(5) {
        vendor.delete(&format!("/processes/{}", id(&process.body["data"]))).await.expect(204);
    }
    if !at.is_multiple_of(50) {
        let (by_id, by_fingerprint) = (format!("/machines/{machine}"), format!("/machines/{fingerprint}"));
        let (one, other) = futures::future::join(vendor.delete(&by_id), vendor.delete(&by_fingerprint)).await;
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 404], "{}{}", one.text, other.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_survive_a_thousand_comings_and_goings() {
    let (_server, vendor) = Server::single().await;
    let license = id(&vendor.licensed(json!({"floating": true, "maxMachines": 32})).await);
    stream::iter(0..REQUESTS).for_each_concurrent(CONNECTIONS, |at| come_and_go(&vendor, &license, at)).await;
    let left = recount(&vendor, &license).await["count"].as_u64().expect("a number");
    assert!((1..=32).contains(&left), "{left}");
    // All counters go back to nothing with the last machine.
    let machines = vendor.get(&format!("/licenses/{license}/machines?limit=100")).await.expect(200);
    for machine in machines.body["data"].as_array().expect("a list") {
        vendor.delete(&format!("/machines/{}", id(machine))).await.expect(204);
    }
    assert_eq!(recount(&vendor, &license).await, json!({"cores": 0, "memory": 0, "disk": 0, "count": 0}));
}
