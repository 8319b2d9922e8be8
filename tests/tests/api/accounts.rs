//! Sign-up, the account itself, its settings, recovery.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Server};

async fn sign_up(server: &Server, attributes: Value, emails: &[&str]) -> Answer {
    let admins: Vec<Value> = emails
        .iter()
        .map(|email| json!({"type": "user", "attributes": {"email": email, "password": "correct horse"}}))
        .collect();
    let body = json!({"data": {
        "type": "accounts",
        "attributes": attributes,
        "relationships": {"admins": {"data": admins}},
    }});
    server.send(Method::POST, "/v1/accounts", &[], body.to_string()).await
}

#[tokio::test]
async fn accounts_are_named_after_their_founder() {
    let server = Server::start().await;
    let made = sign_up(&server, json!({}), &["ada@harbor.dev"]).await.expect(201);
    assert_eq!((&made.attributes()["slug"], &made.attributes()["name"]), (&json!("harbor-dev"), &json!("harbor.dev")));
    assert_eq!(made.attributes()["apiVersion"], "1.8");
    assert_eq!((made.header("keygen-account"), made.header("keygen-signature")), (None, None));
    let account = made.body["data"]["id"].as_str().unwrap();
    assert_eq!(made.header("location").unwrap(), format!("https://api.latchkey.test/v1/accounts/{account}"));
    assert_eq!(made.body["data"]["links"]["self"], json!(format!("/v1/accounts/{account}")));

    let again = sign_up(&server, json!({}), &["bob@harbor.dev"]).await.expect(422);
    assert_eq!((again.code(), again.source()), ("SLUG_NOT_ALLOWED", "/data/attributes/slug"));
    let taken = sign_up(&server, json!({"slug": "HARBOR-DEV"}), &["bob@harbor.dev"]).await.expect(422);
    assert_eq!(taken.body["errors"].as_array().map(Vec::len), Some(2));

    let first = sign_up(&server, json!({"slug": "mine"}), &["ada.lovelace@gmail.com"]).await.expect(201);
    assert_eq!(first.attributes()["slug"], "ada-lovelace");
    let second = sign_up(&server, json!({}), &["ada.lovelace@icloud.com"]).await.expect(201);
    assert_eq!(second.attributes()["name"], "ada.lovelace");
    assert!(second.attributes()["slug"].as_str().unwrap().starts_with("ada-lovelace-"));
}

#[tokio::test]
async fn sign_ups_are_checked_like_users() {
    let server = Server::start().await;
    let bad = sign_up(&server, json!({}), &["one", "two"]).await.expect(422);
    let pointers: Vec<&str> =
        bad.body["errors"].as_array().unwrap().iter().filter_map(|error| error["source"]["pointer"].as_str()).collect();
    let pointer = |at: usize| format!("/data/relationships/admins/data/{at}/attributes/email");
    assert_eq!(pointers, [pointer(0), pointer(1)]);
    assert_eq!(sign_up(&server, json!({}), &[]).await.expect(422).code(), "USERS_TOO_SHORT");
    let refused = sign_up(&server, json!({"apiVersion": "1.8"}), &["ada@harbor.dev"]).await.expect(400);
    assert_eq!(refused.source(), "/data/attributes/apiVersion");
    let twice = sign_up(&server, json!({}), &["ada@harbor.dev", "ADA@harbor.dev"]).await.expect(422);
    assert_eq!(twice.code(), "USERS_EMAIL_TAKEN");
}

#[tokio::test]
async fn one_of_many_simultaneous_sign_ups_gets_the_slug() {
    let server = Server::start().await;
    let wanted = (0..20).map(|_| sign_up(&server, json!({"slug": "harbor"}), &["ada@harbor.dev"]));
    let answers = futures::future::join_all(wanted).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 422)));
}

#[tokio::test]
async fn a_server_of_one_account_knows_no_sign_up() {
    let (server, vendor) = Server::single().await;
    assert_eq!(sign_up(&server, json!({}), &["ada@harbor.dev"]).await.expect(404).code(), "NOT_FOUND");
    let shown = vendor.get("").await.expect(200);
    assert_eq!(shown.attributes()["protected"], true);
}

#[tokio::test]
async fn accounts_change_at_once_and_are_not_deleted() {
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    let patch = |attributes: Value| json!({"data": {"type": "account", "attributes": attributes}});
    vendor.patch("", patch(json!({"slug": "ajax", "apiVersion": "1.4", "name": null}))).await.expect(200);
    let authorization = vendor.authorization.as_str();
    let by_slug = async |slug: &str| {
        server.send(Method::GET, &format!("/v1/accounts/{slug}"), &[("authorization", authorization)], "").await
    };
    by_slug("acme").await.expect(404);
    let shown = by_slug("ajax").await.expect(200);
    assert_eq!(shown.header("keygen-version"), Some("1.4"));
    assert_eq!(shown.attributes()["name"], "acme");
    let refused = vendor.patch("", patch(json!({"apiVersion": "0.0"}))).await.expect(400);
    assert_eq!(refused.source(), "/data/attributes/apiVersion");
    vendor.delete("").await.expect(403);
}

#[tokio::test]
async fn settings_hold_known_permissions() {
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    let before = vendor.get("").await.expect(200).attributes()["updated"].clone();
    let setting =
        |key: &str, value: Value| json!({"data": {"type": "settings", "attributes": {"key": key, "value": value}}});
    let made = vendor.post("/settings", setting("defaultUserPermissions", json!(["machine.create", "account.read"])));
    let made = made.await.expect(201);
    assert_eq!(made.attributes()["key"], "default_user_permissions");
    assert_eq!(made.attributes()["value"], json!(["machine.create", "account.read"]));
    assert_ne!(vendor.get("").await.expect(200).attributes()["updated"], before);
    let twice = vendor.post("/settings", setting("default_user_permissions", json!(["*"]))).await.expect(422);
    assert_eq!(twice.code(), "KEY_TAKEN");
    let unknown = vendor.post("/settings", setting("foo", json!("bar"))).await.expect(422);
    assert_eq!(unknown.body["errors"].as_array().map(Vec::len), Some(2));
    vendor.get("/settings/default_user_permissions").await.expect(200);
    vendor.delete("/settings/default_user_permissions").await.expect(204);
    vendor.get("/settings/default_user_permissions").await.expect(404);
}

#[tokio::test]
async fn recovery_lists_the_accounts_of_staff() {
    let server = Server::start().await;
    sign_up(&server, json!({"slug": "harbor"}), &["ada@harbor.dev"]).await.expect(201);
    sign_up(&server, json!({"slug": "haven"}), &["ada@harbor.dev"]).await.expect(201);
    let recover = async |kind: &str, email: &str| {
        let body = json!({"meta": {"type": kind, "email": email}});
        server.send(Method::POST, "/v1/recover", &[], body.to_string()).await
    };
    recover("account", "nobody@harbor.dev").await.expect(204);
    recover("account", "ADA@harbor.dev").await.expect(204);
    assert_eq!(recover("user", "ada@harbor.dev").await.expect(400).source(), "/meta/type");
    let mails = server.app.mailer.kept();
    assert_eq!(mails.len(), 1);
    let slugs: Vec<&Value> =
        mails[0].variables["accounts"].as_array().unwrap().iter().map(|account| &account["slug"]).collect();
    assert_eq!(slugs, ["harbor", "haven"]);
}

#[tokio::test]
async fn pings_need_nothing() {
    let server = Server::start().await;
    for (path, status) in
        [("/v1/ping", 200), ("/v1/accounts/nobody/ping", 200), ("/v1/health", 204), ("/v1/health/webhooks", 204)]
    {
        let answer = server.send(Method::GET, path, &[], "").await.expect(status);
        assert!(answer.text.is_empty(), "{path}");
    }
    server.send(Method::GET, "/v1/ping", &[("keygen-version", "0.9")], "").await.expect(400);
}
