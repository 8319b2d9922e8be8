//! The commands of docs/IDENTITY.md, as they stand there.

use support::{Server, id};

use crate::shell;

const IDENTITY: &str = include_str!("../../../docs/IDENTITY.md");

/// What the authenticator application of the document does (RFC 6238), where nobody installed one.
const OATHTOOL: &str = r#"
oathtool() {
  python3 - "${!#}" <<'PY'
import base64, hmac, struct, sys, time
secret = sys.argv[1]
key = base64.b32decode(secret + "=" * (-len(secret) % 8))
digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
at = digest[-1] & 15
print("%06d" % ((struct.unpack(">I", digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000))
PY
}
"#;

#[tokio::test]
async fn identity_goes_as_documented() {
    if !shell::has(&["curl", "python3"]) {
        return;
    }
    let (_server, vendor) = Server::single().await;
    let script = format!("{OATHTOOL}{}", shell::blocks(IDENTITY).concat());
    let output = shell::run(&vendor, &shell::folder("transcripts-identity"), &[], &script).await;
    let (shown, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{shown}\n{errors}");
    assert!(shown.contains("USER_BANNED") && shown.contains("Ada is out"), "{shown}");
    assert_eq!(shown.matches("\"errors\"").count(), 1, "the banned user's alone: {shown}");

    let users = vendor.get("/users?metadata=&roles[]=user").await.expect(200);
    let ada = &users.body["data"][0];
    assert_eq!(ada["attributes"]["email"], "ada@example.com");
    let group = ada["relationships"]["group"]["data"]["id"].as_str().expect("a group");
    let owners = vendor.get(&format!("/groups/{group}/owners")).await.expect(200);
    assert_eq!(owners.body["data"].as_array().map(Vec::len), Some(1));
    let factors = vendor.get(&format!("/users/{}/second-factors", id(ada))).await.expect(200);
    assert_eq!(factors.body["data"][0]["attributes"]["enabled"], true);
    let products = vendor.get("/products").await.expect(200);
    assert_eq!(products.body["data"].as_array().map(Vec::len), Some(0), "the staged one is not to be seen");
}
