//! `/users`, and what hangs on users.

use serde_json::{Value, json};
use support::{Answer, Server, Vendor, id};

fn user(attributes: Value) -> Value {
    json!({"data": {"type": "users", "attributes": attributes}})
}

/// Logs in with a password; the token.
async fn log_in(vendor: &Vendor, email: &str, password: &str) -> Answer {
    use base64::Engine as _;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{email}:{password}"));
    vendor.with(&format!("Basic {pair}")).post("/tokens", json!({})).await
}

/// A user of a role, and a vendor that acts with its token.
async fn staff(vendor: &Vendor, name: &str, role: &str) -> (String, Vendor) {
    let email = format!("{name}@example.com");
    let made = vendor.make("users", json!({"email": email, "password": "secret1", "role": role}), &[]).await;
    let token = log_in(vendor, &email, "secret1").await.expect(201);
    let token = token.attributes()["token"].as_str().expect("a token").to_owned();
    (id(&made), vendor.with(&format!("Bearer {token}")))
}

#[tokio::test]
async fn anybody_registers_with_an_account_that_is_not_protected() {
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    let wanted = user(json!({"firstName": "", "lastName": null, "email": " Foo@Example.COM", "password": "secret1"}));
    vendor.anonymous().post("/users", wanted.clone()).await.expect(403);

    let open = json!({"data": {"type": "accounts", "attributes": {"protected": false}}});
    vendor.patch("", open).await.expect(200);
    server.app.tenants.clear();
    let account = vendor.anonymous();
    let made = account.post("/users", wanted).await.expect(201);
    let attributes = made.attributes();
    assert_eq!((&attributes["email"], &attributes["role"]), (&json!("foo@example.com"), &json!("user")));
    assert_eq!((&attributes["firstName"], &attributes["lastName"]), (&json!(""), &json!(null)));
    assert_eq!((&attributes["fullName"], &attributes["status"]), (&json!(null), &json!("ACTIVE")));
    assert_eq!(attributes["permissions"].as_array().map(Vec::len), Some(54));

    for (member, pointer) in [("role", "role"), ("RoLe", "roLe"), ("ROLE", "role"), ("permissions", "permissions")] {
        let answer = account.post("/users", user(json!({"email": "a@example.com", member: null}))).await.expect(400);
        assert_eq!(answer.source(), format!("/data/attributes/{pointer}"), "{member}");
    }
    let taken = account.post("/users", user(json!({"email": "FOO@example.com", "password": "12345"}))).await;
    let taken = taken.expect(422);
    let codes: Vec<&str> =
        taken.body["errors"].as_array().into_iter().flatten().filter_map(|e| e["code"].as_str()).collect();
    assert_eq!(codes, ["PASSWORD_TOO_SHORT", "EMAIL_TAKEN"]);
}

#[tokio::test]
async fn an_account_keeps_an_admin() {
    let (_server, vendor) = Server::single().await;
    let own = format!("/users/{}", vendor.admin.id);
    for attributes in [json!({"role": "user"}), json!({"permissions": ["license.read"]})] {
        let answer = vendor.patch(&own, user(attributes)).await.expect(422);
        assert_eq!((answer.code(), answer.source()), ("ACCOUNT_ADMINS_REQUIRED", "/data/relationships/account"));
    }
    assert_eq!(vendor.delete(&own).await.expect(422).code(), "ACCOUNT_ADMINS_REQUIRED");
    vendor.get("/me").await.expect(200);

    // Another admin with less than all permissions is an admin, but no root.
    let (other, limited) = staff(&vendor, "limited", "admin").await;
    let some = json!(["admin.read", "admin.update", "user.read", "user.update", "token.generate"]);
    vendor.patch(&format!("/users/{other}"), user(json!({"permissions": some}))).await.expect(200);
    vendor.patch(&own, user(json!({"permissions": ["license.read"]}))).await.expect(422);
    limited.patch(&format!("/users/{other}"), user(json!({"permissions": ["*"]}))).await.expect(403);
    limited.patch(&own, user(json!({"firstName": "x"}))).await.expect(403);

    // Demoted, it keeps what both roles may, and only the token in use.
    limited.post("/tokens", json!({})).await.expect(201);
    vendor.patch(&format!("/users/{other}"), user(json!({"role": "user"}))).await.expect(200);
    limited.get("/me").await.expect(401);
    let demoted = vendor.get(&format!("/users/{other}")).await.expect(200);
    assert_eq!(demoted.attributes()["permissions"], json!(["token.generate", "user.read", "user.update"]));
}

#[tokio::test]
async fn bans_hold_until_they_are_lifted() {
    let (_server, vendor) = Server::single().await;
    let (banned, end_user) = staff(&vendor, "ada", "user").await;
    let path = format!("/users/{banned}/actions");
    let answer = vendor.post(&format!("{path}/ban"), json!({})).await.expect(200);
    assert_eq!(answer.attributes()["status"], "BANNED");
    assert_eq!(end_user.get("/me").await.expect(403).code(), "USER_BANNED");
    vendor.post(&format!("{path}/unban"), json!({})).await.expect(200);
    end_user.get("/me").await.expect(200);
    vendor.post(&format!("/users/{}/actions/ban", vendor.admin.id), json!({})).await.expect(403);
}

#[tokio::test]
async fn a_new_password_ends_other_sessions() {
    let vendor = Server::start().await.vendor("acme").await;
    let (user, first) = staff(&vendor, "ada", "user").await;
    let second = log_in(&vendor, "ada@example.com", "secret1").await.expect(201);
    let second = vendor.with(&format!("Bearer {}", second.attributes()["token"].as_str().unwrap_or_default()));
    let path = format!("/users/{user}/actions/update-password");
    let body = |old: &str, new: &str| json!({"meta": {"oldPassword": old, "newPassword": new}});
    let wrong = first.post(&path, body("wrong", "secret2")).await.expect(401);
    assert_eq!((wrong.code(), wrong.source()), ("", "/meta/oldPassword"));
    assert_eq!(first.post(&path, body("secret1", "short")).await.expect(422).code(), "PASSWORD_TOO_SHORT");
    vendor.post(&path, body("secret1", "secret2")).await.expect(403);
    first.post(&path, body("secret1", "secret2")).await.expect(200);
    first.get("/me").await.expect(200);
    second.get("/me").await.expect(401);
    log_in(&vendor, "ada@example.com", "secret2").await.expect(201);
}
