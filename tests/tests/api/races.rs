//! What many clients do at once: exactly the allowed number gets through.

use base64::Engine as _;
use futures::future::join_all;
use serde_json::{Value, json};
use support::{Answer, Server, Vendor, id};

/// How many of the answers have each status.
fn tally(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status.as_u16() == status).count()
}

fn user(email: &str) -> Value {
    json!({"data": {"type": "users", "attributes": {"email": email}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_a_hundred_gets_an_address() {
    let (_server, vendor) = Server::single().await;
    let answers = join_all((0..100).map(|_| vendor.post("/users", user("ada@example.com")))).await;
    assert_eq!((tally(&answers, 201), tally(&answers, 422)), (1, 99));
    assert!(answers.iter().filter(|answer| answer.status == 422).all(|answer| answer.code() == "EMAIL_TAKEN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_of_a_hundred_get_into_a_group_of_five() {
    let (_server, vendor) = Server::single().await;
    let group = id(&vendor.make("groups", json!({"name": "ACME", "maxUsers": 5}), &[]).await);
    let answers = join_all((0..100).map(|number| {
        let body = json!({"data": {
            "type": "users",
            "attributes": {"email": format!("{number}@example.com")},
            "relationships": {"group": {"data": {"type": "groups", "id": group}}},
        }});
        let vendor = vendor.clone();
        async move { vendor.post("/users", body).await }
    }))
    .await;
    assert_eq!((tally(&answers, 201), tally(&answers, 422)), (5, 95));
    let mut refused = answers.iter().filter(|answer| answer.status == 422);
    assert!(refused.all(|answer| answer.code() == "GROUP_USER_LIMIT_EXCEEDED"));
    let members = vendor.get(&format!("/groups/{group}/users?limit=100")).await.expect(200);
    assert_eq!(members.body["data"].as_array().map(Vec::len), Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_password_works_once() {
    let vendor = Server::start().await.vendor("acme").await;
    let path = format!("/users/{}/second-factors", vendor.admin.id);
    let made = vendor.post(&path, json!({"meta": {"password": "correct horse battery"}})).await.expect(201);
    let secret = shared::crypto::totp::Secret::parse(made.attributes()["secret"].as_str().expect("a secret"));
    let code = secret.expect("base32").code(vendor.server.app.clock.now().seconds());
    let path = format!("{path}/{}", id(&made.body["data"]));
    let body = json!({
        "data": {"type": "second-factors", "attributes": {"enabled": true}},
        "meta": {"otp": code},
    });
    let answers = join_all((0..50).map(|_| vendor.patch(&path, body.clone()))).await;
    assert_eq!((tally(&answers, 200), tally(&answers, 401)), (1, 49));
    assert!(answers.iter().filter(|answer| answer.status == 401).all(|answer| answer.code() == "OTP_INVALID"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_admins_who_all_leave_at_once_one_stays() {
    let vendor = Server::start().await.vendor("acme").await;
    let mut admins = vec![(vendor.admin.id.to_string(), vendor.clone())];
    for number in 0..4 {
        let email = format!("{number}@example.com");
        let made = vendor.make("users", json!({"email": email, "password": "secret1", "role": "admin"}), &[]).await;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{email}:secret1"));
        let token = vendor.with(&format!("Basic {pair}")).post("/tokens", json!({})).await.expect(201);
        let token = token.attributes()["token"].as_str().expect("a token").to_owned();
        admins.push((id(&made), vendor.with(&format!("Bearer {token}"))));
    }
    let body = json!({"data": {"type": "users", "attributes": {"role": "developer"}}});
    let resign = |(id, admin): &(String, Vendor)| {
        let (path, admin, body) = (format!("/users/{id}"), admin.clone(), body.clone());
        async move { admin.patch(&path, body).await }
    };
    let answers = join_all(admins.iter().map(resign)).await;
    assert_eq!((tally(&answers, 200), tally(&answers, 422)), (4, 1));
    assert!(
        answers.iter().filter(|answer| answer.status == 422).all(|answer| answer.code() == "ACCOUNT_ADMINS_REQUIRED")
    );
}
