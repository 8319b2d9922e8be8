//! A sweep's work grows with what is due, not with what exists (spec 06 §4.4).

use serde_json::{Value, json};
use shared::clock::Time;
use shared::domain::license::License;
use shared::domain::machine::Machine;
use shared::domain::resource::Resource as _;
use shared::ids::{new_id, parse_id};
use shared::store::{Cost, Unit};
use support::{Server, Vendor, id};

use super::{at, swept};

/// How many machines one transaction takes, each with all its places.
const AT_A_TIME: usize = 16;
/// How many of the machines stop beating.
const DUE: usize = 10;
const NOW: &str = "2031-01-01T00:00:00.000Z";

/// Activates machines as the API does, but many in one transaction. All beat lately but the first [`DUE`].
async fn populate(server: &Server, vendor: &Vendor, license: &str, machines: usize) {
    let license = parse_id(license).expect("an id");
    let (store, account) = (&server.app.store.metered(), vendor.account.id);
    let license: License = store.get(account, license).await.expect("a table").expect("a license");
    let now: Time = NOW.parse().expect("a time");
    for start in (0..machines).step_by(AT_A_TIME) {
        let mut unit = Unit::new();
        for at in start..machines.min(start + AT_A_TIME) {
            let mut machine = Machine::draft(new_id(), account, None, now.plus_seconds(-86_400));
            machine.fingerprint = format!("machine-{at}");
            (machine.license, machine.product) = (license.id, license.product);
            let last = now.plus_seconds(if at < DUE { -700 } else { -100 });
            machine.last_heartbeat = Some(last);
            machine.timer = Some(last.plus_seconds(600));
            unit.insert(&machine);
        }
        unit.commit(store).await.expect("room in the table");
    }
}

/// What a sweep does, and what that costs.
async fn metered(server: &Server) -> (Value, Cost) {
    let before = server.app.store.cost();
    let done = swept(server).await;
    let after = server.app.store.cost();
    let cost = Cost {
        trips: after.trips - before.trips,
        depth: 0,
        reads: after.reads - before.reads,
        writes: after.writes - before.writes,
        retries: after.retries - before.retries,
    };
    (done, cost)
}

/// What two sweeps cost over so many machines: one that finds ten dead, and one that finds nothing due.
async fn sweeps_over(machines: usize) -> [Cost; 2] {
    let (server, vendor) = Server::single().await;
    at(&server, NOW);
    let policy = json!({"floating": true, "heartbeatDuration": 600, "heartbeatCullStrategy": "KEEP_DEAD"});
    let license = id(&vendor.licensed(policy).await);
    populate(&server, &vendor, &license, machines).await;
    let shown = vendor.get(&format!("/licenses/{license}")).await.expect(200);
    assert_eq!(shown.body["data"]["relationships"]["machines"]["meta"]["count"], machines);

    let (done, busy) = metered(&server).await;
    assert_eq!(done, json!({"due": DUE, "dead": DUE, "revived": 0, "culled": 0}));
    let (done, idle) = metered(&server).await;
    assert_eq!(done, json!({"due": 0, "dead": 0, "revived": 0, "culled": 0}));
    [busy, idle]
}

#[tokio::test]
async fn a_sweep_over_ten_thousand_machines_costs_what_one_over_a_hundred_does() {
    // Other engines are slower, and count units their own way; the round trips are ours.
    let elsewhere = std::env::var("DYNAMODB_ENDPOINT").is_ok_and(|endpoint| !endpoint.is_empty());
    let counted = |cost: Cost| if elsewhere { Cost { reads: 0.0, writes: 0.0, ..cost } } else { cost };
    let few = sweeps_over(100).await.map(counted);
    let many = sweeps_over(if elsewhere { 1000 } else { 10_000 }).await.map(counted);
    assert_eq!(few, many);
    let [busy, idle] = many;
    // A query for each shard of timers, and for each that is due: its reads, and the transaction that looks at it.
    assert_eq!((idle.trips, idle.writes), (16, 0.0));
    assert!(busy.trips <= 16 + 6 * 10, "{busy:?}");
}

#[tokio::test]
#[ignore = "writes a hundred thousand machines: a minute or two"]
async fn a_sweep_over_a_hundred_thousand_machines_costs_what_one_over_a_hundred_does() {
    let (few, many) = (sweeps_over(100).await, sweeps_over(100_000).await);
    println!("ten due: {}\nnothing due: {}", many[0], many[1]);
    assert_eq!(few, many);
}
