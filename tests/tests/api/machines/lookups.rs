//! Machines by their fingerprints, whatever those are made of (spec 06 §2.1).

use std::fmt::Write;

use serde_json::json;
use support::{Server, id};

/// Every byte escaped, needed or not.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        write!(escaped, "%{byte:02X}").expect("text");
        escaped
    })
}

#[tokio::test]
async fn a_machine_is_found_by_any_fingerprint() {
    let (_server, vendor) = Server::single().await;
    let license = id(&vendor.licensed(json!({"floating": true, "maxMachines": 100})).await);
    let other = id(&vendor.licensed(json!({"floating": true})).await);
    for fingerprint in [
        "4d:Eq:UV:D3:XZ:tL:WN:Bz:mA:Eg:E6:Mk:YX:dK:NC",
        "C:\\Program Files\\x",
        "a/b//c/",
        "100%",
        "%2F",
        "a+b c",
        "q?x=1&y#z",
        "é ü 🖥",
        "a\"b'c",
        "actions/ping",
        "..",
        "v1;v2,v3",
    ] {
        let attributes = json!({"fingerprint": fingerprint});
        let made = vendor.make("machines", attributes, &[("license", "licenses", &license)]).await;
        let path = format!("/machines/{}", escaped(fingerprint));
        if fingerprint != ".." {
            // Clients take an escaped `..` for what it says, too.
            assert_eq!(vendor.get(&path).await.expect(200).body["data"]["id"], made["id"], "{fingerprint}");
            let pinged = vendor.post(&format!("{path}/actions/ping"), json!({})).await.expect(200);
            assert_eq!(pinged.body["data"]["id"], made["id"], "{fingerprint}");
            let scoped = format!("/licenses/{license}{path}");
            assert_eq!(vendor.get(&scoped).await.expect(200).body["data"]["id"], made["id"], "{fingerprint}");
            assert_eq!(vendor.get(&format!("/licenses/{other}{path}")).await.expect(404).code(), "NOT_FOUND");
        }
        let scope = json!({"meta": {"scope": {"fingerprint": fingerprint}}});
        let valid = vendor.post(&format!("/licenses/{license}/actions/validate"), scope).await.expect(200);
        assert_eq!(valid.body["meta"]["valid"], true, "{fingerprint}: {}", valid.text);
    }
}
