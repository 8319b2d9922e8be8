//! The life of a heartbeat: beats, deaths, revivals and culls on the sandbox's clock (spec 06 §3.5, §4.4).

use serde_json::json;
use support::{Server, id};

use super::{activate, at, recount, swept};

#[tokio::test]
async fn a_machine_that_stops_beating_is_culled_after_its_window() {
    let (server, vendor) = Server::single().await;
    at(&server, "2031-01-01T00:00:00.000Z");
    let policy = json!({
        "floating": true, "heartbeatDuration": 600, "heartbeatResurrectionStrategy": "5_MINUTE_REVIVE",
    });
    let license = id(&vendor.licensed(policy).await);
    activate(&vendor, &license, json!({"fingerprint": "idle"})).await.expect(201);
    activate(&vendor, &license, json!({"fingerprint": "busy"})).await.expect(201);
    let ping = async || vendor.post("/machines/busy/actions/ping", json!({})).await;
    assert_eq!(ping().await.expect(200).attributes()["heartbeatStatus"], "ALIVE");

    at(&server, "2031-01-01T00:05:00.000Z");
    assert_eq!(ping().await.expect(200).attributes()["nextHeartbeat"], "2031-01-01T00:15:00.000Z");
    at(&server, "2031-01-01T00:11:00.000Z");
    assert_eq!(
        swept(&server).await,
        json!({"due": 2, "dead": 0, "revived": 0, "culled": 0}),
        "one beats, one is not watched"
    );
    assert_eq!(swept(&server).await["due"], 0, "nothing is due, nothing is looked at");

    at(&server, "2031-01-01T00:16:00.000Z");
    assert_eq!(swept(&server).await, json!({"due": 1, "dead": 1, "revived": 0, "culled": 0}), "it may come back");
    assert_eq!(ping().await.expect(200).attributes()["heartbeatStatus"], "RESURRECTED");
    at(&server, "2031-01-01T00:17:30.000Z");
    assert_eq!(swept(&server).await, json!({"due": 1, "dead": 0, "revived": 1, "culled": 0}));

    at(&server, "2031-01-01T00:27:00.000Z");
    assert_eq!(swept(&server).await, json!({"due": 1, "dead": 1, "revived": 0, "culled": 0}), "another death");
    at(&server, "2031-01-01T00:32:00.000Z");
    assert_eq!(ping().await.expect(422).code(), "MACHINE_HEARTBEAT_DEAD");
    assert_eq!(swept(&server).await["culled"], 1);
    vendor.get("/machines/busy").await.expect(404);
    vendor.get("/machines/idle").await.expect(200);
    assert_eq!(recount(&vendor, &license).await["count"], 1);
}

#[tokio::test]
async fn a_policy_that_asks_for_heartbeats_later_watches_the_machines_that_are_there() {
    let (server, vendor) = Server::single().await;
    at(&server, "2031-01-01T00:00:00.000Z");
    let product = vendor.product().await;
    let policy = vendor.policy(&product, json!({"floating": true})).await;
    let license = id(&vendor.license(&policy, json!({})).await);
    activate(&vendor, &license, json!({"fingerprint": "old"})).await.expect(201);
    let data = json!({"type": "policies", "attributes": {"requireHeartbeat": true}});
    vendor.patch(&format!("/policies/{policy}"), json!({"data": data})).await.expect(200);
    at(&server, "2031-01-01T00:11:00.000Z");
    assert_eq!(swept(&server).await["culled"], 1);
}
