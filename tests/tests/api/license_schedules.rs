//! What schedules announce about licenses: expiries and check-ins, each once, however its instant moves.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use shared::clock::Time;
use shared::sweep;
use support::{Server, Vendor, id};

const YEAR: i64 = 31_556_952;

/// Sweeps at an instant: what was due, announced ahead, and announced late.
async fn swept(server: &Server, job: &str, now: &str) -> [u64; 3] {
    server.app.clock.freeze(now.parse::<Time>().expect("a time"));
    let job = sweep::find(job).expect("a job");
    let done: Value = (job.run)(&server.app).await.expect("a table");
    ["due", "ahead", "passed"].map(|name| done[name].as_u64().expect("a number"))
}

async fn expirations(server: &Server, now: &str) -> [u64; 3] {
    swept(server, "license-expirations", now).await
}

async fn check_ins(server: &Server, now: &str) -> [u64; 3] {
    swept(server, "license-check-ins", now).await
}

async fn server(now: &str) -> (Server, Vendor) {
    let (server, vendor) = Server::single().await;
    server.app.clock.freeze(now.parse::<Time>().expect("a time"));
    (server, vendor)
}

async fn set_expiry(vendor: &Vendor, license: &str, expiry: Value) {
    let data = json!({"type": "licenses", "attributes": {"expiry": expiry}});
    vendor.patch(&format!("/licenses/{license}"), json!({"data": data})).await.expect(200);
}

#[tokio::test]
async fn an_expiry_is_announced_for_three_days_and_once_when_it_passed() {
    let (server, vendor) = server("2031-01-01T00:00:00Z").await;
    let license = id(&vendor.licensed(json!({"duration": YEAR})).await);
    assert_eq!(expirations(&server, "2031-12-28T23:50:00Z").await, [0, 0, 0], "nothing is looked at before its time");
    assert_eq!(expirations(&server, "2031-12-29T00:10:00Z").await, [1, 1, 0]);
    let noted = vendor.get(&format!("/licenses/{license}")).await;
    assert_eq!(noted.attributes()["updated"], "2031-12-29T00:10:00.000Z");
    assert_eq!(expirations(&server, "2031-12-29T00:20:00Z").await, [0, 0, 0]);
    assert_eq!(expirations(&server, "2031-12-30T00:10:00Z").await, [1, 1, 0]);
    assert_eq!(expirations(&server, "2031-12-31T00:10:00Z").await, [1, 1, 0]);
    assert_eq!(expirations(&server, "2032-01-01T00:00:00Z").await, [0, 0, 0], "the instant itself is not past");
    assert_eq!(expirations(&server, "2032-01-01T00:10:00Z").await, [1, 0, 1]);
    assert_eq!(expirations(&server, "2032-01-02T00:10:00Z").await, [0, 0, 0]);
    assert_eq!(server.app.journal.take().0, 2 + 1 + 3 + 1, "a product, a policy, a license, and what was announced");
}

#[tokio::test]
async fn what_passed_long_ago_is_not_announced() {
    let (server, vendor) = server("2031-01-10T15:00:00Z").await;
    let product = vendor.product().await;
    let policy = vendor.policy(&product, json!({})).await;
    for (expiry, expected) in [
        ("2031-01-10T15:00:00Z", [1, 0]),
        ("2031-01-10T14:59:59Z", [0, 1]),
        ("2031-01-10T11:00:00Z", [0, 1]),
        ("2031-01-10T03:00:00Z", [0, 1]),
        ("2031-01-10T00:00:00Z", [0, 0]),
        ("2031-01-05T15:00:00Z", [0, 0]),
        ("2031-01-15T15:00:00Z", [0, 0]),
        ("2031-01-10T16:00:00Z", [1, 0]),
        ("2031-01-12T15:00:00Z", [1, 0]),
    ] {
        let license = id(&vendor.license(&policy, json!({"expiry": expiry})).await);
        assert_eq!(expirations(&server, "2031-01-10T15:00:00Z").await[1..], expected, "{expiry}");
        assert_eq!(expirations(&server, "2031-01-10T15:00:00Z").await, [0, 0, 0], "{expiry}");
        vendor.delete(&format!("/licenses/{license}")).await.expect(204);
    }
}

#[tokio::test]
async fn a_timer_moves_with_the_expiry() {
    let (server, vendor) = server("2031-01-01T00:00:00Z").await;
    let license = id(&vendor.licensed(json!({"duration": YEAR})).await);
    set_expiry(&vendor, &license, json!("2031-02-01T00:00:00Z")).await;
    assert_eq!(expirations(&server, "2031-01-29T01:00:00Z").await, [1, 1, 0], "brought forward");
    vendor.post(&format!("/licenses/{license}/actions/renew"), json!({})).await.expect(200);
    assert_eq!(expirations(&server, "2031-02-01T01:00:00Z").await, [0, 0, 0], "renewed, until 2032-02-01");
    assert_eq!(expirations(&server, "2032-01-29T01:00:00Z").await, [1, 1, 0]);
    set_expiry(&vendor, &license, Value::Null).await;
    assert_eq!(expirations(&server, "2032-02-01T01:00:00Z").await, [0, 0, 0], "no expiry, no timer");
    set_expiry(&vendor, &license, json!("2032-02-02T00:00:00Z")).await;
    assert_eq!(expirations(&server, "2032-02-01T02:00:00Z").await, [1, 1, 0]);

    vendor.delete(&format!("/licenses/{license}")).await.expect(204);
    assert_eq!(expirations(&server, "2032-02-02T01:00:00Z").await[1..], [0, 0], "deleted");
}

#[tokio::test]
async fn a_transfer_that_resets_the_expiry_resets_the_timer() {
    let (server, vendor) = server("2031-01-01T00:00:00Z").await;
    let product = vendor.product().await;
    let yearly = vendor.policy(&product, json!({"duration": YEAR})).await;
    let monthly = json!({"duration": 2_629_746, "transferStrategy": "RESET_EXPIRY"});
    let monthly = vendor.policy(&product, monthly).await;
    let license = id(&vendor.license(&yearly, json!({})).await);
    let named = json!({"data": {"type": "policies", "id": monthly}});
    vendor.put(&format!("/licenses/{license}/policy"), named).await.expect(200);
    assert_eq!(expirations(&server, "2031-01-30T00:00:00Z").await, [1, 1, 0]);
    assert_eq!(expirations(&server, "2031-12-30T00:00:00Z").await[1..], [0, 0]);
}

#[tokio::test]
async fn a_term_that_starts_later_has_a_timer_from_then_on() {
    for basis in ["FROM_FIRST_VALIDATION", "FROM_FIRST_USE", "FROM_FIRST_ACTIVATION"] {
        let (server, vendor) = server("2031-01-01T00:00:00Z").await;
        let policy = json!({"duration": YEAR, "expirationBasis": basis, "floating": true, "maxUses": 100});
        let license = id(&vendor.licensed(policy).await);
        assert_eq!(server.app.store.timers("license-expiration", None).await.expect("timers"), []);
        server.app.clock.freeze("2031-06-01T00:00:00Z".parse().expect("a time"));
        let act = |name: &str| format!("/licenses/{license}/actions/{name}");
        match basis {
            "FROM_FIRST_VALIDATION" => {
                vendor.post(&act("validate"), json!({})).await.expect(200);
            }
            "FROM_FIRST_USE" => {
                let path = act("increment-usage");
                let answers = join_all((0..20).map(|_| vendor.post(&path, json!({})))).await;
                let mut shown: Vec<i64> = answers
                    .into_iter()
                    .map(|answer| answer.expect(200).attributes()["uses"].as_i64().expect("uses"))
                    .collect();
                shown.sort_unstable();
                assert_eq!(shown, (1..=20).collect::<Vec<i64>>(), "each answer shows what its own use made of them");
            }
            _ => {
                let linked = [("license", "licenses", license.as_str())];
                vendor.make("machines", json!({"fingerprint": "A"}), &linked).await;
            }
        }
        let expiry = vendor.get(&format!("/licenses/{license}")).await.attributes()["expiry"].clone();
        assert_eq!(expiry, "2032-06-01T00:00:00.000Z", "{basis}");
        assert_eq!(expirations(&server, "2032-05-29T01:00:00Z").await, [1, 1, 0], "{basis}");
    }
}

#[tokio::test]
async fn sweeps_that_run_at_once_announce_once() {
    let (server, vendor) = server("2031-01-01T00:00:00Z").await;
    let product = vendor.product().await;
    let policy = vendor.policy(&product, json!({})).await;
    for _ in 0..5 {
        vendor.license(&policy, json!({"expiry": "2031-01-02T00:00:00Z"})).await;
    }
    let sweeps = join_all((0..8).map(|_| expirations(&server, "2031-01-01T00:10:00Z"))).await;
    assert_eq!(sweeps.iter().map(|done| done[1]).sum::<u64>(), 5);
}

#[tokio::test]
async fn a_check_in_is_asked_for_and_missed_once() {
    let (server, vendor) = server("2031-03-01T00:00:00Z").await;
    let policy = json!({"requireCheckIn": true, "checkInInterval": "week", "checkInIntervalCount": 1});
    let license = id(&vendor.licensed(policy).await);
    let check_in = async || {
        let answer = vendor.post(&format!("/licenses/{license}/actions/check-in"), json!({})).await.expect(200);
        answer.attributes()["nextCheckIn"].clone()
    };
    // Due on the 8th. The first sweep finds out when to look.
    assert_eq!(check_ins(&server, "2031-03-01T00:10:00Z").await, [1, 0, 0]);
    assert_eq!(check_ins(&server, "2031-03-04T23:50:00Z").await, [0, 0, 0]);
    assert_eq!(check_ins(&server, "2031-03-05T00:10:00Z").await, [1, 1, 0]);
    assert_eq!(check_ins(&server, "2031-03-05T23:50:00Z").await, [0, 0, 0]);
    assert_eq!(check_in().await, "2031-03-12T23:50:00.000Z");
    assert_eq!(check_ins(&server, "2031-03-06T00:20:00Z").await, [1, 0, 0], "put off");
    assert_eq!(check_ins(&server, "2031-03-10T00:00:00Z").await, [1, 1, 0]);
    assert_eq!(check_ins(&server, "2031-03-13T00:00:00Z").await[1..], [0, 1], "the day before was enough");
    assert_eq!(check_ins(&server, "2031-03-13T06:00:00Z").await, [0, 0, 0]);
    assert_eq!(check_ins(&server, "2031-03-20T00:00:00Z").await, [0, 0, 0], "nothing is left to say");

    // A check-in long after wakes the timer.
    assert_eq!(check_in().await, "2031-03-27T00:00:00.000Z");
    assert_eq!(check_ins(&server, "2031-03-24T00:10:00Z").await, [1, 1, 0]);
}

#[tokio::test]
async fn short_rhythms_and_late_discoveries() {
    let (server, vendor) = server("2031-03-01T00:00:00Z").await;
    let policy = json!({"requireCheckIn": true, "checkInInterval": "day", "checkInIntervalCount": 1});
    vendor.licensed(policy).await;
    assert_eq!(check_ins(&server, "2031-03-01T00:10:00Z").await, [1, 1, 0], "less than three days: at once");
    // Nobody swept for a while: 18 hours late is too late.
    assert_eq!(check_ins(&server, "2031-03-02T18:00:00Z").await, [1, 0, 0]);
    assert_eq!(check_ins(&server, "2031-03-03T18:00:00Z").await, [0, 0, 0]);
}

#[tokio::test]
async fn an_expired_license_need_not_check_in_until_it_is_renewed() {
    let (server, vendor) = server("2031-03-01T00:00:00Z").await;
    let policy = json!({"requireCheckIn": true, "checkInInterval": "week", "checkInIntervalCount": 1});
    let license = id(&vendor.licensed(policy).await);
    set_expiry(&vendor, &license, json!("2031-03-03T00:00:00Z")).await;
    assert_eq!(check_ins(&server, "2031-03-01T00:10:00Z").await, [1, 0, 0]);
    assert_eq!(check_ins(&server, "2031-03-06T00:00:00Z").await[1..], [0, 0], "expired");
    set_expiry(&vendor, &license, json!("2032-03-03T00:00:00Z")).await;
    assert_eq!(check_ins(&server, "2031-03-06T00:10:00Z").await, [1, 1, 0]);
}

#[tokio::test]
async fn a_policy_with_another_rhythm_looks_at_the_licenses_that_are_there() {
    let (server, vendor) = server("2031-03-01T00:00:00Z").await;
    let product = vendor.product().await;
    let rhythm = json!({"requireCheckIn": true, "checkInInterval": "year", "checkInIntervalCount": 1});
    let policy = vendor.policy(&product, rhythm).await;
    for _ in 0..3 {
        vendor.license(&policy, json!({})).await;
    }
    assert_eq!(check_ins(&server, "2031-03-01T00:10:00Z").await, [3, 0, 0]);
    let data = json!({"type": "policies", "attributes": {"checkInInterval": "week"}});
    vendor.patch(&format!("/policies/{policy}"), json!({"data": data})).await.expect(200);
    assert_eq!(check_ins(&server, "2031-03-05T00:10:00Z").await, [3, 3, 0]);
}

#[tokio::test]
async fn what_is_imported_is_looked_at_too() {
    let server = Server::start().await;
    let vendor = server.vendor("vendor").await;
    server.app.clock.freeze("2031-03-05T00:00:00Z".parse::<Time>().expect("a time"));
    let account = json!({"data": {"type": "accounts", "id": vendor.account.id}});
    let linked = |kind: &str, id: &str| json!({"data": {"type": kind, "id": id}});
    let [product, policy, license] =
        ["a", "b", "c"].map(|digit| format!("{}-0000-4000-8000-000000000000", digit.repeat(8)));
    let records = |interval: &str, expiry: &str| {
        let rhythm =
            json!({"requireCheckIn": true, "checkInInterval": interval, "checkInIntervalCount": 1, "name": "P"});
        json!({"data": [
            {"type": "products", "id": product, "attributes": {"name": "P"}, "relationships": {"account": account}},
            {"type": "policies", "id": policy, "attributes": rhythm,
             "relationships": {"account": account, "product": linked("products", &product)}},
            {"type": "licenses", "id": license,
             "attributes": {"key": "imported", "expiry": expiry, "lastCheckIn": "2031-03-01T00:00:00.000Z"},
             "relationships": {"account": account, "policy": linked("policies", &policy)}},
        ]})
    };
    let import = async |records: Value| {
        let headers = [("content-type", "application/json")];
        server.send(Method::POST, "/-/sandbox/import", &headers, records.to_string()).await.expect(200);
    };
    import(records("year", "2031-03-07T00:00:00.000Z")).await;
    assert_eq!(expirations(&server, "2031-03-05T00:00:00Z").await, [1, 1, 0]);
    assert_eq!(check_ins(&server, "2031-03-05T00:00:00Z").await, [1, 0, 0]);

    import(records("week", "2031-03-06T00:00:00.000Z")).await;
    shared::cascade::run_all(&server.app.store).await.expect("a table");
    assert_eq!(check_ins(&server, "2031-03-05T00:10:00Z").await, [1, 1, 0], "in another rhythm");
    assert_eq!(expirations(&server, "2031-03-06T00:10:00Z").await[1..], [0, 1]);
}
