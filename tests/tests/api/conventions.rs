//! What every endpoint has in common (spec 01), over HTTP.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;
use support::Server;

#[tokio::test]
async fn both_url_forms_reach_the_one_account() {
    let (server, vendor) = Server::single().await;
    let authorization = vendor.authorization.as_str();
    let id = vendor.account.id;
    for path in [
        "/v1/products".to_owned(),
        "/v1//products/".to_owned(),
        format!("/v1/accounts/{id}/products"),
        format!("/v1/accounts/{}/products", id.simple()),
        format!("/v1/accounts/{}/products", vendor.account.slug),
    ] {
        let answer = server.send(Method::GET, &path, &[("authorization", authorization)], "").await.expect(200);
        assert!(answer.header("keygen-signature").is_some(), "{path}");
        assert_eq!(answer.header("keygen-account"), Some(id.to_string().as_str()));
    }
    let unknown = server.send(Method::GET, "/v1/accounts/nobody/products", &[], "").await.expect(404);
    assert_eq!(unknown.code(), "NOT_FOUND");
    assert!(unknown.header("keygen-signature").is_none() && unknown.header("keygen-account").is_none());
}

#[tokio::test]
async fn the_signature_covers_the_answer() {
    use shared::crypto::signature::{self, Algorithm};
    let (server, vendor) = Server::single().await;
    let tenant = vendor.tenant().await;
    let host = server.url.strip_prefix("http://").unwrap();
    for algorithm in Algorithm::ALL {
        let wanted = format!("algorithm=\"{algorithm}\"");
        let path = "/v1/products?limit=5&x=%2F";
        let headers = [("authorization", vendor.authorization.as_str()), ("keygen-accept-signature", &wanted)];
        let answer = server.send(Method::GET, path, &headers, "").await.expect(200);
        let digest = signature::digest(answer.text.as_bytes());
        assert_eq!(answer.header("digest"), Some(digest.as_str()));
        let date = answer.header("date").unwrap();
        let text = signature::signing_string("get", path, host, date, &digest);
        let header = answer.header("keygen-signature").unwrap();
        let signed = header.split("signature=\"").nth(1).unwrap().split('"').next().unwrap();
        let signed = STANDARD.decode(signed).unwrap();
        assert!(signature::verify(tenant.signer.public(), algorithm, text.as_bytes(), &signed), "{algorithm}");
    }
    let refused =
        [("authorization", vendor.authorization.as_str()), ("keygen-accept-signature", "algorithm=\"rsa-sha1\"")];
    server.send(Method::GET, "/v1/products", &refused, "").await.expect(400);
}

#[tokio::test]
async fn bodies_that_are_not_json() {
    let (server, vendor) = Server::single().await;
    let headers = [("authorization", vendor.authorization.as_str())];
    for body in [r#"{"data": {}"#, r#"{"data": {},}"#, "{'data': {}}", "{data: {}}", "{\"\\ud888\": 1}", "a=b", "{} ="]
    {
        let answer = server.send(Method::POST, "/v1/products", &headers, body.to_owned()).await.expect(400);
        assert_eq!(answer.code(), "JSON_INVALID", "{body}");
        assert!(answer.body.get("meta").is_none() && answer.header("keygen-signature").is_none());
    }
    let invalid = server.send(Method::POST, "/v1/products", &headers, vec![b'{', b'"', 0xFF, b'"', b'}']).await;
    assert_eq!(invalid.expect(400).code(), "JSON_INVALID");
    let deep = format!("{{\"data\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(server.send(Method::POST, "/v1/products", &headers, deep).await.expect(400).code(), "JSON_INVALID");
    let large = format!("{{\"data\": \"{}\"}}", "x".repeat(1_000_000));
    server.send(Method::POST, "/v1/products", &headers, large).await.expect(400);
    let xml = [("authorization", vendor.authorization.as_str()), ("content-type", "application/xml")];
    assert_eq!(server.send(Method::POST, "/v1/products", &xml, "<a/>").await.expect(400).source(), "/data");
    let odd = [("authorization", vendor.authorization.as_str()), ("content-type", "vnd.api+xml")];
    assert_eq!(server.send(Method::POST, "/v1/products", &odd, "{}").await.expect(400).code(), "MIME_TYPE_INVALID");
}

#[tokio::test]
async fn body_errors_point_at_the_member() {
    let (_server, vendor) = Server::single().await;
    for (body, detail, pointer) in [
        (json!({}), "is missing", "/data"),
        (json!({"data": {"type": "products"}}), "is missing", "/data/attributes"),
        (json!({"data": {"type": "product", "attributes": {}}}), "is missing", "/data/attributes/name"),
        (json!({"data": {"type": "users", "attributes": {"name": "x"}}}), "is invalid", "/data/type"),
        (
            json!({"data": {"type": "products", "attributes": {"name": 1}}}),
            "type mismatch (received integer expected string)",
            "/data/attributes/name",
        ),
        (
            json!({"data": {"type": "products", "attributes": {"unpermitted_param": 1}}}),
            "unpermitted parameter",
            "/data/attributes/unpermittedParam",
        ),
        (
            json!({"data": {"type": "products", "attributes": {"name": " "}}}),
            "cannot be blank",
            "/data/attributes/name",
        ),
        (
            json!({"data": {"type": "products", "attributes": {"name": null}}}),
            "cannot be null",
            "/data/attributes/name",
        ),
        (
            json!({"data": {"type": "products", "attributes": {"name": "x", "metadata": {"array": [[0], [1, 2, [3]], {"a": {"b": 1}}]}}}}),
            "maximum depth of 2 exceeded",
            "/data/attributes/metadata/array/1/2",
        ),
    ] {
        let answer = vendor.post("/products", body).await.expect(400);
        assert_eq!(answer.body["errors"][0]["detail"], detail);
        assert_eq!(answer.source(), pointer);
        assert_eq!(answer.body["meta"]["id"].as_str(), answer.header("x-request-id"));
    }
    let nul = vendor.post("/products", json!({"data": {"type": "products", "attributes": {"name": "a\0b"}}})).await;
    assert_eq!(nul.expect(400).code(), "ENCODING_INVALID");
}

#[tokio::test]
async fn credentials() {
    let (server, vendor) = Server::single().await;
    let token = vendor.authorization.strip_prefix("Bearer ").unwrap();
    for authorization in [format!("Bearer {token}"), format!("Token {token}"), format!("Bearer token=\"{token}\"")] {
        vendor.with(&authorization).get("/products").await.expect(200);
    }
    server.send(Method::GET, &format!("/v1/products?token={token}"), &[], "").await.expect(200);
    server.send(Method::GET, &format!("/v1/products?auth=token:{token}"), &[], "").await.expect(200);
    let missing = vendor.anonymous().get("/products").await.expect(401);
    assert_eq!(missing.code(), "TOKEN_MISSING");
    assert_eq!(missing.header("www-authenticate"), Some("Bearer realm=\"keygen\""));
    for (authorization, code) in [
        ("Bearer nonsense".to_owned(), "TOKEN_INVALID"),
        (format!("Bearer {}", vendor.account.id), "TOKEN_FORMAT_INVALID"),
        (format!("Bearer {}", token.replace('0', "1")), "TOKEN_INVALID"),
        ("License nonsense".to_owned(), "LICENSE_INVALID"),
    ] {
        assert_eq!(vendor.with(&authorization).get("/products").await.expect(401).code(), code, "{authorization}");
    }
}

#[tokio::test]
async fn versions() {
    let (_server, vendor) = Server::single().await;
    assert_eq!(vendor.get("/products").await.header("keygen-version"), Some("1.8"));
    let old = vendor.at("1.3").get("/products").await.expect(200);
    assert_eq!(old.header("keygen-version"), Some("1.3"));
    assert!(old.header("keygen-account-id").is_some() && old.header("keygen-account").is_none());
    assert_eq!(vendor.at("v1.5").get("/products").await.header("keygen-version"), Some("1.5"));
    let unknown = vendor.at("2.0").get("/products").await.expect(400);
    assert_eq!(unknown.code(), "INVALID_API_VERSION");
    assert_eq!((unknown.header("keygen-version"), unknown.header("keygen-signature")), (None, None));
}

#[tokio::test]
async fn preflights_and_origins() {
    let (server, _vendor) = Server::single().await;
    let headers = [
        ("origin", "https://shop.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization"),
    ];
    let preflight = server.send(Method::OPTIONS, "/v1/anything", &headers, "").await.expect(200);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("authorization"));
    let actual = server.send(Method::GET, "/v1/products", &[("origin", "https://shop.example")], "").await.expect(401);
    assert_eq!(actual.header("access-control-allow-origin"), Some("*"));
    assert_eq!(actual.header("vary"), Some("Origin"));
    server.send(Method::OPTIONS, "/v1/products", &[], "").await.expect(404);
}

#[tokio::test]
async fn pages() {
    let (_server, vendor) = Server::single().await;
    for number in 0..12 {
        vendor.make("products", json!({"name": format!("P{number:02}")}), &[]).await;
    }
    let names = |answer: &support::Answer| -> Vec<String> {
        answer.body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["attributes"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let usual = vendor.get("/products").await.expect(200);
    assert_eq!((names(&usual).len(), names(&usual)[0].as_str()), (10, "P11"));
    assert!(usual.body.get("links").is_none());
    let first = vendor.get("/products?order=asc&page[number]=1&page[size]=5").await.expect(200);
    assert_eq!(names(&first), ["P00", "P01", "P02", "P03", "P04"]);
    let links = &first.body["links"];
    assert_eq!(links["meta"], json!({"pages": 3, "count": 12}));
    assert!(links["prev"].is_null());
    assert!(links["next"].as_str().unwrap().ends_with("/products?order=asc&page%5Bnumber%5D=2&page%5Bsize%5D=5"));
    let mut path = "/products?page[cursor]=&page[size]=5".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = vendor.get(&path).await.expect(200);
        seen.extend(names(&page));
        let Some(next) = page.body["links"]["next"].as_str() else { break };
        path = next.split_once(&vendor.account.id.to_string()).unwrap().1.to_owned();
    }
    let expected: Vec<String> = (0..12).rev().map(|number| format!("P{number:02}")).collect();
    assert_eq!(seen, expected);
    for (path, parameter) in [
        ("/products?limit=0", "limit"),
        ("/products?limit=foo", "limit"),
        ("/products?page=2", "page"),
        ("/products?page[size]=5", "page"),
        ("/products?page[number]=101", "page[number]"),
        ("/products?page[number]=1&page[size]=250", "page[size]"),
        ("/products?page[cursor]=foo", "page[cursor]"),
        ("/products?order=foo", "order"),
    ] {
        assert_eq!(vendor.get(path).await.expect(400).source(), parameter, "{path}");
    }
    assert_eq!(vendor.get("/products?a=1&a[b]=2").await.expect(400).code(), "PARAMETERS_INVALID");
}

#[tokio::test]
async fn a_database_that_stays_away_is_a_503() {
    use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
    let (server, vendor) = Server::single().await;
    // Nothing listens there: the port was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("x", "x", None, None, "test"))
        .endpoint_url(format!("http://{closed}"))
        .build();
    let store = shared::store::Store::new(aws_sdk_dynamodb::Client::from_conf(config), "nowhere");
    let opened = latchkey_local::engine::Opened { store, vault: server.app.vault.clone() };
    let away =
        Server::of(latchkey_local::serve::lone(opened, vendor.account.id, "localhost", "http", "localhost")).await;
    let answer = away.send(Method::GET, "/v1/products", &[], "").await.expect(503);
    assert_eq!(answer.body["errors"][0]["title"], "Service unavailable");
}
