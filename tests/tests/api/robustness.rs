//! Whatever is thrown at it, the server answers with a documented error: never a 5xx, never a dropped connection.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use support::{Server, Vendor, id};

use crate::routes;

/// Identifiers that exist, that might, and that cannot.
fn identifiers(known: Vec<String>) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(known),
        1 => Just(shared::ids::new_id().to_string()),
        1 => "[a-zA-Z0-9%2F.@:+-]{1,40}".prop_map(|text| text.replace('%', "%25")),
        1 => Just("%00".to_owned()),
        1 => Just("%FF%FE".to_owned()),
        1 => Just("..".to_owned()),
    ]
}

fn leaves() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![0i64, 1, -1, 2_147_483_648, i64::MAX, i64::MIN]).prop_map(Value::from),
        (-1e300..1e300f64).prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(vec!["", " ", "\0", "actions", "2031-02-30", "*", "admin", "a@b.co", "😀"])
            .prop_map(Value::from),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    leaves().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-zA-Z_]{1,12}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Bodies that resemble documents closely enough to get past the first check now and then.
fn bodies(known: Vec<String>) -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "name",
        "code",
        "email",
        "password",
        "role",
        "permissions",
        "metadata",
        "key",
        "expiry",
        "maxMachines",
        "maxUsers",
        "duration",
        "scheme",
        "fingerprint",
        "pid",
        "cores",
        "enabled",
        "value",
        "slug",
        "floating",
        "strict",
        "suspended",
        "checkInInterval",
        "isolationStrategy",
        "protected",
        "maxActivations",
        "url",
        "platforms",
    ]);
    let attributes = prop::collection::vec((names, values()), 0..5)
        .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()));
    let kinds = prop::sample::select(vec![
        "products",
        "policies",
        "licenses",
        "users",
        "groups",
        "entitlements",
        "environments",
        "tokens",
        "keys",
        "machines",
        "components",
        "processes",
        "settings",
        "second-factors",
        "accounts",
    ]);
    let linkage =
        (kinds.clone(), prop::sample::select(known)).prop_map(|(kind, id)| json!({"data": {"type": kind, "id": id}}));
    let relation = prop::sample::select(vec![
        "product",
        "policy",
        "license",
        "owner",
        "group",
        "environment",
        "machine",
        "bearer",
        "admins",
    ]);
    let relationships = prop::collection::vec((relation, prop_oneof![3 => linkage, 1 => values()]), 0..3)
        .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()));
    let meta_names = prop::sample::select(vec![
        "key",
        "scope",
        "nonce",
        "email",
        "otp",
        "newPassword",
        "oldPassword",
        "increment",
        "ttl",
        "include",
        "encrypt",
        "algorithm",
        "dataset",
        "type",
        "query",
        "op",
    ]);
    let meta = prop::collection::vec((meta_names, values()), 0..3)
        .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()));
    prop_oneof![
        6 => (kinds, attributes, relationships).prop_map(|(kind, attributes, relationships)| {
            json!({"data": {"type": kind, "attributes": attributes, "relationships": relationships}}).to_string()
        }),
        3 => meta.prop_map(|meta| json!({"meta": meta}).to_string()),
        1 => values().prop_map(|value| value.to_string()),
        1 => ".{0,60}",
    ]
}

fn queries() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        1 => "[a-z]{1,8}(\\[[a-z]{0,6}\\]){0,2}=[a-zA-Z0-9%.-]{0,10}".prop_map(|query| format!("?{}", query.replace('%', "%25"))),
        1 => prop::sample::select(vec![
            "?page[number]=0", "?page[cursor]=x", "?limit=100&order=asc", "?metadata[a][b]=c", "?status=ACTIVE", "?expires[in]=P1Y",
            "?%zz", "?a=%FF", "?environment=nowhere", "?activations[gt]=1", "?user=a@b.co", "?roles[]=admin", "?bearer[type]=user",
        ])
        .prop_map(str::to_owned),
    ]
}

/// One record of each kind, and the ids and aliases by which requests may name them.
async fn furnish(vendor: &Vendor) -> Vec<String> {
    let product = vendor.product().await;
    let policy = vendor.policy(&product, json!({"floating": true, "strict": true, "maxMachines": 3})).await;
    let license = vendor.license(&policy, json!({})).await;
    let entitlement = id(&vendor.make("entitlements", json!({"name": "E", "code": "E1"}), &[]).await);
    let group = id(&vendor.make("groups", json!({"name": "G"}), &[]).await);
    let user = id(&vendor.make("users", json!({"email": "user@example.com", "password": "password"}), &[]).await);
    vec![
        product,
        policy,
        id(&license),
        entitlement,
        "E1".to_owned(),
        group,
        user,
        "user@example.com".to_owned(),
        vendor.admin.id.to_string(),
        vendor.account.id.to_string(),
    ]
}

#[tokio::test]
async fn no_request_gets_a_server_error() {
    let server = Server::start().await;
    let vendor = server.vendor("harbor").await;
    let known = furnish(&vendor).await;
    let mut runner = TestRunner::deterministic();
    let mut draw = |strategy: &BoxedStrategy<String>| strategy.new_tree(&mut runner).expect("a value").current();
    let (identifiers, bodies, queries) = (identifiers(known.clone()).boxed(), bodies(known).boxed(), queries().boxed());
    for (method, pattern) in routes::all() {
        for _ in 0..12 {
            let path = routes::path(&vendor, pattern, |_, _| draw(&identifiers));
            let (query, body) = (draw(&queries), draw(&bodies));
            let headers = [("authorization", vendor.authorization.as_str()), ("content-type", "application/json")];
            let answer = server.send(routes::method(method), &format!("{path}{query}"), &headers, body.clone()).await;
            assert!(
                !answer.status.is_server_error(),
                "{method} {path}{query} {body}\n{} {}",
                answer.status,
                answer.text
            );
            if answer.status.is_client_error() {
                let error = &answer.body["errors"][0];
                let described = error["title"].is_string() && error["detail"].is_string();
                let empty = answer.body["errors"].as_array().is_some_and(Vec::is_empty);
                assert!(described || empty, "{method} {path}{query} {body}\n{}", answer.text);
            }
        }
    }
}
