//! No secret reaches a log line, however much is logged.

use std::io::Write;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Server, Vendor, id};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Everything that Latchkey's own code has to say, and what libraries say to those who look for faults.
const VERBOSE: &str = "debug,shared=trace,latchkey_local=trace,tokens=trace,users=trace,licenses=trace,machines=trace,\
    accounts=trace,environments=trace,products=trace,policies=trace,keys=trace,groups=trace,search=trace";

/// Log lines, kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Secrets by what they are.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn note(&mut self, what: &'static str, secret: impl Into<String>) -> String {
        let secret = secret.into();
        assert!(secret.len() >= 6, "{what} is too short to look for: {secret}");
        self.0.push((what, secret.clone()));
        secret
    }

    /// The member of an answer that is a secret.
    fn shown(&mut self, what: &'static str, answer: &Answer, pointer: &str) -> String {
        assert!(answer.status.is_success(), "{what}: {}", answer.text);
        self.note(what, answer.body.pointer(pointer).and_then(Value::as_str).expect("a secret"))
    }
}

const TOKEN: &str = "/data/attributes/token";

/// Makes and uses every kind of secret there is, and misuses some.
async fn live(server: &Server, vendor: &Vendor, secrets: &mut Secrets) {
    secrets.note("admin's token", vendor.authorization.trim_start_matches("Bearer "));
    let tenant = vendor.tenant().await;
    let opened = server.app.vault.open(&tenant.account.id.to_string(), &tenant.account.sealed_keys).await;
    let keys: Value = serde_json::from_slice(&opened.expect("keys")).expect("keys");
    for (_, key) in keys.as_object().expect("keys by name") {
        // In whatever form: the middle of each is its own.
        let text = key.as_str().expect("a text").replace("\\n", "");
        let middle = text.len() / 2;
        secrets.note("account's private key", &text[middle.saturating_sub(12)..middle + 12]);
    }

    let password = secrets.note("password", "correct battery staple");
    let email = "ada@example.com";
    let user = id(&vendor.make("users", json!({"email": email, "password": password}), &[]).await);
    let wrong = secrets.note("mistyped password", "incorrect battery");
    let basic = |password: &str| vendor.with(&format!("Basic {}", STANDARD.encode(format!("{email}:{password}"))));
    basic(&wrong).post("/tokens", json!({})).await.expect(401);
    let token = secrets.shown("user's token", &basic(&password).post("/tokens", json!({})).await, TOKEN);
    let ada = vendor.with(&format!("Bearer {token}"));
    vendor.anonymous().get(&format!("/me?token={token}")).await.expect(200);
    let forged =
        secrets.note("forged token", "user-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefv3");
    vendor.with(&format!("Bearer {forged}")).get("/me").await.expect(401);
    let (old, new) = (password, secrets.note("new password", "another battery staple"));
    let change = json!({"meta": {"oldPassword": old, "newPassword": new}});
    ada.post(&format!("/users/{user}/actions/update-password"), change).await.expect(200);
    let token = secrets.shown("user's second token", &basic(&new).post("/tokens", json!({})).await, TOKEN);
    let ada = vendor.with(&format!("Bearer {token}"));

    vendor.anonymous().post("/passwords", json!({"meta": {"email": email}})).await.expect(204);
    let mails = server.app.mailer.kept();
    // What the link holds names account and user first.
    let link = mails.last().expect("a mail").variables["token"].as_str().expect("a token");
    let reset = secrets.note("reset token", link.rsplit('.').next().expect("a token"));
    let latest = secrets.note("reset password", "yet another staple");
    let body = json!({"meta": {"passwordResetToken": reset, "newPassword": latest}});
    vendor.anonymous().post(&format!("/users/{user}/actions/reset-password"), body).await.expect(200);
    let token = secrets.shown("user's third token", &basic(&latest).post("/tokens", json!({})).await, TOKEN);
    drop(ada);
    let ada = vendor.with(&format!("Bearer {token}"));

    let factor = ada.post(&format!("/users/{user}/second-factors"), json!({"meta": {"password": latest}})).await;
    let secret = secrets.shown("second factor", &factor, "/data/attributes/secret");
    let code = shared::crypto::totp::Secret::parse(&secret).expect("base32").code(server.app.clock.now().seconds());
    let enable = json!({"data": {"type": "second-factors", "attributes": {"enabled": true}}, "meta": {"otp": code}});
    let factor = id(&factor.body["data"]);
    ada.patch(&format!("/users/{user}/second-factors/{factor}"), enable).await.expect(200);

    let product = vendor.product().await;
    let tokens = vendor.post(&format!("/products/{product}/tokens"), json!({})).await;
    secrets.shown("product's token", &tokens, TOKEN);
    let terms = json!({"scheme": "ED25519_SIGN", "authenticationStrategy": "MIXED", "floating": true});
    let policy = vendor.policy(&product, terms).await;
    let license = vendor.license(&policy, json!({})).await;
    let key = secrets.note("license key", license["attributes"]["key"].as_str().expect("a key"));
    let license = id(&license);
    let tokens = vendor.post(&format!("/licenses/{license}/tokens"), json!({})).await;
    secrets.shown("license's token", &tokens, TOKEN);
    let application = vendor.with(&format!("License {key}"));
    application.post("/licenses/actions/validate-key", json!({"meta": {"key": key}})).await.expect(200);
    application.post(&format!("/licenses/{license}/actions/check-out"), json!({})).await.expect(200);
    let machine = json!({"data": {"type": "machines", "attributes": {"fingerprint": "AA:BB"},
        "relationships": {"license": {"data": {"type": "licenses", "id": license}}}}});
    application.post("/machines", machine).await.expect(201);
    let unknown = secrets.note("unknown license key", "NO-SUCH-KEY-0000-1111");
    vendor.with(&format!("License {unknown}")).get("/me").await.expect(401);
    vendor.anonymous().post("/licenses/actions/validate-key", json!({"meta": {"key": unknown}})).await.expect(200);

    let pool = vendor.policy(&product, json!({"usePool": true})).await;
    let pooled = secrets.note("pooled key", "POOLED-0000-2222-4444");
    vendor.make("keys", json!({"key": pooled}), &[("policy", "policies", &pool)]).await;
    let legacy = vendor.policy(&product, json!({"encrypted": true})).await;
    let legacy = vendor.license(&legacy, json!({})).await;
    secrets.note("legacy key", legacy["attributes"]["key"].as_str().expect("a key"));
    let broken = vendor.server.send(Method::POST, "/v1/tokens", &[("authorization", "Basic ====")], "{").await;
    assert!(broken.status.is_client_error());
}

/// The log is this thread's, and so is everything that the server does: a runtime of one thread.
#[tokio::test]
async fn no_log_line_holds_one() {
    let log = Log::default();
    let lines = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_env_filter(EnvFilter::new(VERBOSE))
        .with_span_events(FmtSpan::FULL)
        .with_writer(move || lines.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let (server, vendor) = Server::single().await;
    let mut secrets = Secrets::default();
    live(&server, &vendor, &mut secrets).await;
    tracing::info!("the last line");

    let log = String::from_utf8(log.0.lock().expect("a log").clone()).expect("UTF-8");
    assert!(log.contains("the last line") && log.lines().count() > 100, "nothing was logged: {log}");
    for (what, secret) in &secrets.0 {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{what} is in the log: {}", line.unwrap_or_default());
    }
}
