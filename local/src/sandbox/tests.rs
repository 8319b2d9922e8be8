use axum::body::{Body, to_bytes};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use shared::app::App;
use shared::crypto::account_keys::AccountKeys;
use shared::domain::group::Group;
use shared::domain::license::License;
use shared::domain::user::User;
use shared::ids::{Id, new_id};
use shared::store::keys;
use shared::transfer::import::Options;
use shared::transfer::{Transfer, kinds};
use tower::ServiceExt;

use crate::{engine, serve};

struct Suite {
    app: App,
    account: Id,
}

/// A record without relationships but the account.
fn record(kind: &str, id: Id, attributes: Value, account: Id) -> Value {
    json!({"type": kind, "id": id, "attributes": attributes, "relationships": {"account": linked("accounts", account)}})
}

fn linked(kind: &str, id: Id) -> Value {
    json!({"data": {"type": kind, "id": id}})
}

/// Points a record at another.
fn to(mut record: Value, name: &str, kind: &str, id: Id) -> Value {
    record["relationships"][name] = linked(kind, id);
    record
}

fn secret(mut record: Value, name: &str, value: Value) -> Value {
    record["meta"]["secrets"][name] = value;
    record
}

impl Suite {
    async fn new() -> Self {
        let opened = engine::ephemeral(None).await.expect("an engine");
        let (app, _) = serve::rehearsal(opened, "keygen.sh");
        Self { app, account: new_id() }
    }

    async fn call(&self, method: Method, path: &str, body: &str) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(format!("/-/sandbox{path}"));
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let response = super::router(&self.app).oneshot(request).await.expect("an answer");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let document = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
        (status, document)
    }

    async fn import(&self, records: &[Value]) -> (StatusCode, Value) {
        self.call(Method::POST, "/import", &json!({"data": records}).to_string()).await
    }

    async fn imported(&self, records: &[Value]) -> Value {
        let (status, document) = self.import(records).await;
        assert_eq!(status, StatusCode::OK, "{document}");
        document
    }

    fn transfer(&self) -> Transfer<'_> {
        Transfer { store: &self.app.store, vault: &self.app.vault, now: self.app.clock.now() }
    }

    /// Everything, as `latchkey export` writes it.
    async fn dump(&self, secrets: bool) -> Vec<Value> {
        let transfer = self.transfer();
        let mut all = Vec::new();
        for kind in kinds::KINDS {
            let mut pages = transfer.export(self.account, *kind, secrets).await.expect("readable");
            loop {
                let page = pages.next().await.expect("readable");
                if page.is_empty() {
                    break;
                }
                all.extend(page);
            }
        }
        all
    }

    /// Every item of the table as text, sorted.
    async fn table(&self) -> Vec<String> {
        let store = &self.app.store;
        let page = store.client().scan().table_name(store.table()).send().await.expect("a scan");
        let mut items: Vec<String> = page
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|item| format!("{:?}", item.into_iter().collect::<std::collections::BTreeMap<_, _>>()))
            .collect();
        items.sort_unstable();
        items
    }

    fn account(&self) -> Value {
        let keys = serde_json::to_value(AccountKeys::generate().expect("keys")).expect("JSON");
        let account = json!({
            "type": "accounts", "id": self.account,
            "attributes": {"name": "Acme", "slug": "acme", "created": "2030-01-01T00:00:00.000Z"},
        });
        secret(account, "privateKeys", keys)
    }
}

/// One of each type, children before parents.
fn one_of_each(suite: &Suite) -> (Vec<Value>, Ids) {
    let (a, ids) = (suite.account, Ids::new());
    let plain = |kind: &str, id: Id, attributes: Value| record(kind, id, attributes, a);
    let mut records = vec![
        to(
            to(plain("sessions", new_id(), json!({"ip": "::1"})), "bearer", "users", ids.user),
            "token",
            "tokens",
            ids.token,
        ),
        to(plain("processes", new_id(), json!({"pid": "1"})), "machine", "machines", ids.machine),
        to(
            plain("components", new_id(), json!({"name": "CPU", "fingerprint": "c"})),
            "machine",
            "machines",
            ids.machine,
        ),
        to(
            to(
                plain("machines", ids.machine, json!({"fingerprint": "f", "cores": 4})),
                "license",
                "licenses",
                ids.license,
            ),
            "owner",
            "users",
            ids.owner,
        ),
        secret(
            to(plain("tokens", ids.token, json!({"name": "CI"})), "bearer", "users", ids.user),
            "token",
            json!("admin-50d858e0985ecc7f60418aaf0cc5ab587f42c2570a884095a9e8ccacd0f6545cv3"),
        ),
        to(plain("tokens", new_id(), json!({"maxActivations": 3})), "bearer", "licenses", ids.license),
        to(
            to(plain("license-users", new_id(), json!({})), "license", "licenses", ids.license),
            "user",
            "users",
            ids.user,
        ),
        to(
            to(plain("license-entitlements", new_id(), json!({})), "license", "licenses", ids.license),
            "entitlement",
            "entitlements",
            ids.entitlement,
        ),
        to(
            to(
                to(
                    plain(
                        "licenses",
                        ids.license,
                        json!({"metadata": {"orderId": 7}, "lastExpiredEventSentAt": "2030-02-01T00:00:00.000Z"}),
                    ),
                    "policy",
                    "policies",
                    ids.policy,
                ),
                "owner",
                "users",
                ids.owner,
            ),
            "environment",
            "environments",
            ids.environment,
        ),
        secret(
            to(plain("licenses", new_id(), json!({})), "policy", "policies", ids.policy),
            "legacyKey",
            json!("0d9a4c525f3e4a548f0a1a0a8d1d3c77-x-y-zv1"),
        ),
        to(plain("keys", new_id(), json!({"key": "pool-key-1"})), "policy", "policies", ids.policy),
        to(
            to(plain("policy-entitlements", new_id(), json!({})), "policy", "policies", ids.policy),
            "entitlement",
            "entitlements",
            ids.entitlement,
        ),
        to(
            plain(
                "policies",
                ids.policy,
                json!({"name": "Pro", "scheme": "ED25519_SIGN", "duration": 86_400, "requireCheckIn": true}),
            ),
            "product",
            "products",
            ids.product,
        ),
        plain("products", ids.product, json!({"name": "App", "code": "app", "platforms": ["macOS"], "url": null})),
        secret(
            to(plain("second-factors", new_id(), json!({"enabled": true})), "user", "users", ids.user),
            "secret",
            json!("JBSWY3DPEHPK3PXP"),
        ),
        to(to(plain("group-owners", new_id(), json!({})), "group", "groups", ids.group), "user", "users", ids.user),
        secret(
            plain("users", ids.user, json!({"email": " Ada@Example.com", "role": "admin"})),
            "password",
            json!("password"),
        ),
        secret(
            secret(
                to(plain("users", ids.owner, json!({"email": "bob@example.com"})), "group", "groups", ids.group),
                "bannedAt",
                json!("2030-01-01T00:00:00.000Z"),
            ),
            "passwordResetToken",
            json!("abcv3"),
        ),
        plain("entitlements", ids.entitlement, json!({"name": "SSO", "code": "SSO"})),
        plain("groups", ids.group, json!({"name": "G", "maxUsers": 2})),
        plain("settings", new_id(), json!({"key": "defaultLicensePermissions", "value": ["license.validate"]})),
        plain("environments", ids.environment, json!({"name": "Test", "code": "test", "isolationStrategy": "SHARED"})),
    ];
    records.push(suite.account());
    (records, ids)
}

struct Ids {
    user: Id,
    owner: Id,
    token: Id,
    license: Id,
    machine: Id,
    policy: Id,
    product: Id,
    entitlement: Id,
    group: Id,
    environment: Id,
}

impl Ids {
    fn new() -> Self {
        Self {
            user: new_id(),
            owner: new_id(),
            token: new_id(),
            license: new_id(),
            machine: new_id(),
            policy: new_id(),
            product: new_id(),
            entitlement: new_id(),
            group: new_id(),
            environment: new_id(),
        }
    }
}

#[tokio::test]
async fn what_is_exported_comes_in_again_byte_by_byte() {
    let suite = Suite::new().await;
    let (records, _) = one_of_each(&suite);
    let answer = suite.imported(&records).await;
    assert_eq!(answer["data"].as_array().map(Vec::len), Some(records.len()));
    assert_eq!(answer["meta"]["imported"]["tokens"], 2);
    let cookie = answer["data"][0]["meta"]["cookie"].as_str().expect("a cookie");
    assert!(cookie.starts_with("session_id="));
    for secrets in [true, false] {
        let first = suite.dump(secrets).await;
        assert_eq!(first.len(), records.len());
        let (status, _) = suite.call(Method::POST, "/reset", "").await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert!(suite.table().await.is_empty());
        let mut again = first.clone();
        if !secrets {
            // Without its secrets an account would get new keys, which take a while to make.
            again[0] = suite.account();
            again[0]["attributes"] = first[0]["attributes"].clone();
        }
        suite.imported(&again).await;
        assert_eq!(suite.dump(secrets).await, first);
    }
}

#[tokio::test]
async fn importing_twice_changes_nothing() {
    let suite = Suite::new().await;
    let (records, _) = one_of_each(&suite);
    suite.imported(&records).await;
    let before = suite.table().await;
    suite.imported(&records).await;
    assert_eq!(suite.table().await, before);
    let exported = suite.dump(true).await;
    suite.imported(&exported).await;
    assert_eq!(suite.table().await, before);
}

#[tokio::test]
async fn records_stand_where_the_api_would_put_them() {
    let suite = Suite::new().await;
    let (records, ids) = one_of_each(&suite);
    suite.imported(&records).await;
    let (store, account) = (&suite.app.store, suite.account);
    let license: License = store.get(account, ids.license).await.expect("readable").expect("a license");
    assert_eq!((license.product, license.licensees_count), (ids.product, 1));
    assert_eq!((license.machines_count, license.machines_cores, license.processes_count), (1, 4, 1));
    assert_eq!(license.group, Some(ids.group), "its owner's");
    assert!(license.last_check_in.is_some() && license.expiry.is_some() && license.key.starts_with("key/"));
    assert_eq!(license.permissions.iter().collect::<Vec<_>>(), ["license.validate"]);
    assert!(license.metadata.contains_key("order_id"));
    let found = store.item(&keys::license_key(account, &license.key), shared::store::Consistency::Strong).await;
    assert!(found.expect("readable").is_some());
    let group: Group = store.get(account, ids.group).await.expect("readable").expect("a group");
    assert_eq!((group.users_count, group.licenses_count), (1, 1));
    let owner: User = store.get(account, ids.owner).await.expect("readable").expect("a user");
    assert_eq!((owner.licenses_count, owner.is_banned()), (1, true));
    let by_email = store.claimed_by(&User::by_email(account, "ADA@example.com")).await.expect("readable");
    assert_eq!(by_email, Some(ids.user));
    assert_eq!(store.count(account, &[None], "licenses").await.expect("readable"), 1);
    assert_eq!(store.count(account, &[None, Some(ids.environment)], "licenses").await.expect("readable"), 2);
}

#[tokio::test]
async fn a_record_replaces_the_members_it_brings() {
    let suite = Suite::new().await;
    let (records, ids) = one_of_each(&suite);
    suite.imported(&records).await;
    let before: License = suite.app.store.get(suite.account, ids.license).await.expect("readable").expect("a license");
    let mut change = record("licenses", ids.license, json!({"maxMachines": 5, "key": "other"}), suite.account);
    change["relationships"]["environment"] = json!({"data": null});
    change["relationships"]["owner"] = json!({"data": null});
    suite.imported(&[change]).await;
    let after: License = suite.app.store.get(suite.account, ids.license).await.expect("readable").expect("a license");
    assert_eq!((after.max_machines, after.environment, after.owner), (Some(5), None, None));
    assert_eq!((after.expiry, after.group, after.licensees_count), (before.expiry, before.group, 1));
    let owner: User = suite.app.store.get(suite.account, ids.owner).await.expect("readable").expect("a user");
    assert_eq!(owner.licenses_count, 0);
    assert_eq!(suite.app.store.count(suite.account, &[None], "licenses").await.expect("readable"), 2);
    let consistency = shared::store::Consistency::Strong;
    let old = suite.app.store.item(&keys::license_key(suite.account, &before.key), consistency).await;
    assert!(old.expect("readable").is_none());
}

#[tokio::test]
async fn one_bad_record_stores_nothing() {
    let suite = Suite::new().await;
    let (good, ids) = one_of_each(&suite);
    let a = suite.account;
    let email = |text: &str| record("users", new_id(), json!({"email": text}), a);
    let cases = [
        (json!({"type": "plans"}), "/type"),
        (record("users", new_id(), json!({}), a), "/attributes/email"),
        (email("bob@EXAMPLE.com"), "/attributes/email"),
        (record("users", new_id(), json!({"email": "x@y.z", "role": "king"}), a), "/attributes/role"),
        (record("groups", new_id(), json!({"name": "x", "maxUsers": "2"}), a), "/attributes/maxUsers"),
        (record("groups", new_id(), json!({"name": "x", "created": "soon"}), a), "/attributes/created"),
        (record("groups", new_id(), json!({"name": "x"}), new_id()), "/relationships/account"),
        (record("licenses", new_id(), json!({}), a), "/relationships/policy"),
        (to(record("licenses", new_id(), json!({}), a), "policy", "policies", new_id()), "/relationships/policy"),
        (to(email("n@e.w"), "environment", "environments", new_id()), "/relationships/environment"),
        (secret(email("n@e.w"), "passwordDigest", json!("md5")), "/meta/secrets/passwordDigest"),
        (secret(email("n@e.w"), "bannedAt", json!(1)), "/meta/secrets/bannedAt"),
        (
            secret(to(record("tokens", new_id(), json!({}), a), "bearer", "users", ids.user), "token", json!("x")),
            "/meta/secrets/token",
        ),
        (
            to(
                to(record("group-owners", new_id(), json!({}), a), "group", "groups", ids.group),
                "user",
                "users",
                ids.user,
            ),
            "/relationships/user",
        ),
    ];
    for (bad, pointer) in &cases {
        let mut records = good.clone();
        records.push(bad.clone());
        let (status, document) = suite.import(&records).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        let expected = format!("/data/{}{pointer}", good.len());
        assert_eq!(document["errors"][0]["source"]["pointer"], json!(expected), "{document}");
    }
    let mut records = good.clone();
    let last = records.len() - 1;
    records[last]["meta"]["secrets"]["privateKeys"]["rsa2048"] = json!("no key");
    let (status, document) = suite.import(&records).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{document}");
    let errors = document["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), records.len(), "all hang on the account");
    assert_eq!(errors[last]["source"]["pointer"], json!(format!("/data/{last}/meta/secrets/privateKeys")));
    assert!(suite.table().await.is_empty());
    // The same against what is stored already.
    suite.imported(&good).await;
    let before = suite.table().await;
    for (bad, pointer) in &cases {
        let (status, document) = suite.import(std::slice::from_ref(bad)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert_eq!(document["errors"][0]["source"]["pointer"], json!(format!("/data/0{pointer}")), "{document}");
    }
    assert_eq!(suite.table().await, before);
}

#[tokio::test]
async fn without_atomicity_the_good_ones_are_stored() {
    let suite = Suite::new().await;
    let (mut records, _) = one_of_each(&suite);
    let (good, lost) = (records.len(), new_id());
    // Nobody may have the first user's address; what hangs on the refused user is refused with it.
    records.push(record("users", lost, json!({"email": "ada@example.com"}), suite.account));
    records.push(to(record("tokens", new_id(), json!({}), suite.account), "bearer", "users", lost));
    let report = suite.transfer().import(&records, &Options::default()).await.expect("an import");
    let pointers: Vec<(usize, &str)> =
        report.problems.iter().map(|problem| (problem.index, problem.fault.pointer.as_str())).collect();
    assert_eq!(pointers, [(good, "/attributes/email"), (good + 1, "/relationships/bearer")]);
    assert_eq!(report.done.iter().flatten().count(), good);
    assert_eq!(suite.dump(false).await.len(), good);
}

#[tokio::test]
async fn large_batches_take_several_transactions() {
    let suite = Suite::new().await;
    let (mut records, ids) = one_of_each(&suite);
    for number in 0..150 {
        let license = record("licenses", new_id(), json!({"key": format!("bulk-{number}")}), suite.account);
        records.push(to(to(license, "policy", "policies", ids.policy), "owner", "users", ids.user));
    }
    suite.imported(&records).await;
    let user: User = suite.app.store.get(suite.account, ids.user).await.expect("readable").expect("a user");
    assert_eq!(user.licenses_count, 150);
    assert_eq!(suite.app.store.count(suite.account, &[None], "licenses").await.expect("readable"), 151);
    let (status, _) = suite.call(Method::POST, "/reset", "").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(suite.table().await.is_empty());
}

#[tokio::test]
async fn the_clock_stops_and_goes_on() {
    let suite = Suite::new().await;
    let (status, document) = suite.call(Method::PUT, "/clock", r#"{"now":"2031-01-01T00:00:00.000Z"}"#).await;
    assert_eq!((status, document), (StatusCode::OK, json!({"now": "2031-01-01T00:00:00.000Z", "frozen": true})));
    let (_, document) = suite.call(Method::GET, "/clock", "").await;
    assert_eq!(document["frozen"], true);
    let (_, document) = suite.call(Method::DELETE, "/clock", "").await;
    assert_eq!(document["frozen"], false);
}

#[tokio::test]
async fn bad_requests_get_json_errors() {
    let suite = Suite::new().await;
    let deep = format!("{{\"data\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for (method, path, body, status) in [
        (Method::POST, "/import", "", 400),
        (Method::POST, "/import", "[]", 400),
        (Method::POST, "/import", deep.as_str(), 400),
        (Method::POST, "/import", "{}", 422),
        (Method::POST, "/import", r#"{"data":1}"#, 422),
        (Method::POST, "/import", r#"{"data":[1,null]}"#, 422),
        (Method::PUT, "/clock", r#"{"now":1}"#, 422),
        (Method::PUT, "/clock", r#"{"now":"soon"}"#, 422),
        (Method::GET, "/export", "", 400),
        (Method::GET, "/export?account=a&type=plans", "", 400),
        (Method::GET, "/export?account=a&type=users", "", 404),
        (Method::GET, "/export?%ff=%zz", "", 400),
        (Method::POST, "/schedules/nothing", "", 404),
        (Method::GET, "/nothing", "", 404),
        (Method::GET, "/reset", "", 405),
    ] {
        let (got, document) = suite.call(method, path, body).await;
        assert_eq!(got.as_u16(), status, "{path} {document}");
        assert!(document["errors"][0]["detail"].is_string(), "{path} {document}");
    }
    let (status, document) = suite.call(Method::POST, "/drain", "").await;
    assert_eq!((status, &document["meta"]["mails"]), (StatusCode::OK, &json!(0)));
    for path in ["/mails", "/jobs"] {
        assert_eq!(suite.call(Method::GET, path, "").await, (StatusCode::OK, json!({"data": []})));
    }
}
