//! `/tokens`, `/me`, `/profile` and `/passwords`.

use serde_json::{Value, json};
use support::{Answer, Server, Vendor, id};

fn asked(attributes: Value) -> Value {
    json!({"data": {"type": "tokens", "attributes": attributes}})
}

fn raw(answer: &Answer) -> String {
    answer.attributes()["token"].as_str().expect("a raw token").to_owned()
}

fn bearer(answer: &Answer) -> String {
    format!("Bearer {}", raw(answer))
}

fn basic(email: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{email}:{password}")))
}

#[tokio::test]
async fn a_login_makes_a_token_that_is_regenerated_and_revoked() {
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    let login = vendor.with(&basic("ADMIN@acme.example", "correct horse battery"));
    let made = login.post("/tokens", json!({})).await.expect(201);
    let token = id(&made.body["data"]);
    assert_eq!(made.attributes()["kind"], "admin-token");
    assert_eq!(made.attributes()["expiry"], json!(null));
    assert!(raw(&made).starts_with("admin-") && raw(&made).ends_with("v3"));
    assert!(made.header("location").unwrap().ends_with(&format!("/tokens/{token}")));

    let caller = vendor.with(&bearer(&made));
    let shown = caller.get(&format!("/tokens/{token}")).await.expect(200);
    assert_eq!(shown.attributes().get("token"), None);
    let me = caller.get("/me").await.expect(200);
    assert_eq!(me.body["included"][0]["id"], json!(token));
    let profile = caller.get("/profile").await.expect(200);
    assert_eq!(profile.body["meta"]["tokenId"], json!(token));

    let renewed = caller.put("/tokens", json!({})).await.expect(200);
    assert_eq!(renewed.body["data"]["id"], json!(token));
    assert_eq!(caller.get("/me").await.expect(401).code(), "TOKEN_INVALID");
    let caller = vendor.with(&bearer(&renewed));
    caller.delete(&format!("/tokens/{token}")).await.expect(204);
    assert_eq!(caller.get("/me").await.expect(401).code(), "TOKEN_INVALID");
    let by_identifier = vendor.with(&format!("Bearer {token}"));
    assert_eq!(by_identifier.get("/me").await.expect(401).code(), "TOKEN_FORMAT_INVALID");
}

#[tokio::test]
async fn failed_logins_say_what_is_wrong_to_new_clients_only() {
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    for (email, password, code) in [
        ("admin@acme", "x", "EMAIL_REQUIRED"),
        ("nobody@acme.example", "x", "EMAIL_INVALID"),
        ("admin@acme.example", "", "PASSWORD_REQUIRED"),
        ("admin@acme.example", "wrong", "PASSWORD_INVALID"),
        ("admin@acme.example", "wr\0ng", "PASSWORD_INVALID"),
    ] {
        let login = vendor.with(&basic(email, password));
        let answer = login.post("/tokens", json!({})).await.expect(401);
        assert_eq!((answer.code(), answer.source()), (code, "Authorization"), "{email}");
        assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"keygen\""));
        assert_eq!(login.at("1.7").post("/tokens", json!({})).await.expect(401).code(), "CREDENTIALS_INVALID");
    }
}

#[tokio::test]
async fn permissions_of_tokens_stay_within_their_bearers() {
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    let made = vendor.post("/tokens", asked(json!({"permissions": ["user.read", "token.read"]}))).await.expect(201);
    assert_eq!(made.attributes()["permissions"], json!(["token.read", "user.read"]));
    let limited = vendor.with(&bearer(&made));
    limited.get("/tokens").await.expect(200);
    limited.get("/products").await.expect(403);
    for permissions in [json!(["foo.bar"]), json!(["user.read", "user.read"])] {
        let answer = vendor.post("/tokens", asked(json!({"permissions": permissions}))).await.expect(422);
        assert_eq!((answer.code(), answer.source()), ("PERMISSIONS_NOT_ALLOWED", "/data/attributes/permissions"));
    }
    let nothing = vendor.post("/tokens", asked(json!({"permissions": []}))).await.expect(201);
    vendor.with(&bearer(&nothing)).get("/me").await.expect(403);
}

#[tokio::test]
async fn tokens_are_made_for_oneself_and_not_for_products() {
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    let product = vendor.product().await;
    let of = |kind: &str, id: &str| json!({"data": {"type": "token", "relationships": {"bearer": {"data": {"type": kind, "id": id}}}}});
    vendor.post("/tokens", of("products", &product)).await.expect(403);
    vendor.post("/tokens", of("users", &product)).await.expect(403);
    vendor.post("/tokens", of("users", &vendor.admin.id.to_string())).await.expect(201);
    let body = json!({"data": {"type": "token", "relationships": {"bearer": {"data": null}}}});
    let answer = vendor.post("/tokens", body).await.expect(400);
    assert_eq!(answer.source(), "/data/relationships/bearer/data");
}

#[tokio::test]
async fn lists_are_filtered_by_bearer() {
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    let product = vendor.product().await;
    let made = vendor.post(&format!("/products/{product}/tokens"), json!({})).await.expect(200);
    let count = async |caller: &Vendor, query: &str| {
        let answer = caller.get(&format!("/tokens?{query}")).await.expect(200);
        answer.body["data"].as_array().expect("a list").len()
    };
    assert_eq!(count(&vendor, "").await, 2);
    assert_eq!(count(&vendor, "bearer[type]=product").await, 1);
    assert_eq!(count(&vendor, &format!("bearer[type]=products&bearer[id]={product}")).await, 1);
    assert_eq!(count(&vendor, &format!("bearer[type]=users&bearer[id]={product}")).await, 0);
    assert_eq!(count(&vendor, "bearer[role][]=admin&bearer[role][]=license").await, 1);
    assert_eq!(count(&vendor, "bearer[role]=cat").await, 0);
    let caller = vendor.with(&bearer(&made));
    assert_eq!(count(&caller, "").await, 1);
    assert_eq!(count(&caller, "bearer[type]=user").await, 0);
}

#[tokio::test]
async fn password_resets_tell_nobody_who_has_an_address() {
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    for email in ["nobody@acme.example", "ADMIN@acme.example"] {
        let answer = vendor.anonymous().post("/passwords", json!({"meta": {"email": email}})).await.expect(204);
        assert!(answer.text.is_empty());
    }
    let mails = server.app.mailer.kept();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "admin@acme.example");
    let token = mails[0].variables["token"].as_str().unwrap();
    let mut parts = token.split('.');
    assert_eq!(parts.next(), Some(vendor.account.id.simple().to_string().as_str()));
    assert_eq!(parts.next(), Some(vendor.admin.id.simple().to_string().as_str()));
    assert!(parts.next().is_some_and(|raw| raw.len() == 50 && raw.ends_with("v3")));
    let quiet = json!({"meta": {"email": "admin@acme.example", "deliver": false}});
    vendor.anonymous().post("/passwords", quiet).await.expect(204);
    assert_eq!(server.app.mailer.kept().len(), 1);
    assert_eq!(vendor.anonymous().post("/passwords", json!({"meta": {}})).await.expect(400).source(), "/meta/email");
}

/// What the portal sends along.
const PORTAL: (&str, &str) = ("origin", "https://portal.latchkey.test");

struct Browser<'a> {
    vendor: &'a Vendor,
    cookie: String,
}

impl Browser<'_> {
    async fn send(&self, method: reqwest::Method, path: &str, origin: (&str, &str)) -> Answer {
        let path = format!("/v1/accounts/{}{path}", self.vendor.account.id);
        self.vendor.server.send(method, &path, &[origin, ("cookie", &self.cookie)], "").await
    }
}

/// The cookie that an answer sets: `name=value`.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie").expect("a cookie");
    for attribute in ["Domain=latchkey.test", "Path=/", "Secure", "HttpOnly", "SameSite=None", "Partitioned"] {
        assert!(set.contains(attribute), "{attribute} is not in {set}");
    }
    set.split(';').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_browser_session_begins_is_renewed_and_ends_with_its_token() {
    use reqwest::Method;
    let server = Server::start().await;
    let vendor = server.vendor("acme").await;
    let path = format!("/v1/accounts/{}/tokens", vendor.account.id);
    let credentials = basic("admin@acme.example", "correct horse battery");
    let authorization = ("authorization", credentials.as_str());
    let elsewhere = server.send(Method::POST, &path, &[authorization], "").await.expect(201);
    assert_eq!(elsewhere.header("set-cookie"), None);
    let made = server.send(Method::POST, &path, &[authorization, PORTAL], "").await.expect(201);
    let token = id(&made.body["data"]);
    let browser = Browser { vendor: &vendor, cookie: cookie(&made) };
    assert!(browser.cookie.starts_with("session_id="));

    let me = browser.send(Method::GET, "/me", PORTAL).await.expect(200);
    assert_eq!(me.header("keygen-token"), Some(token.as_str()));
    for origin in
        ["http://portal.latchkey.test", "https://api.latchkey.test", "https://portal.latchkey.test.evil.example"]
    {
        let answer = browser.send(Method::GET, "/me", ("origin", origin)).await.expect(401);
        assert_eq!((answer.code(), answer.header("set-cookie")), ("TOKEN_MISSING", None), "{origin}");
    }

    let renewed = browser.send(Method::PUT, "/tokens", PORTAL).await.expect(200);
    let old = browser.send(Method::GET, "/me", PORTAL).await.expect(401);
    assert_eq!(old.code(), "SESSION_INVALID");
    assert!(cookie(&old).ends_with("session_id="));
    let browser = Browser { vendor: &vendor, cookie: cookie(&renewed) };
    browser.send(Method::GET, "/me", PORTAL).await.expect(200);

    let revoked = browser.send(Method::DELETE, &format!("/tokens/{token}"), PORTAL).await.expect(204);
    assert!(cookie(&revoked).ends_with("session_id="));
    assert_eq!(browser.send(Method::GET, "/me", PORTAL).await.expect(401).code(), "SESSION_INVALID");
}
