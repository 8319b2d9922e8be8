//! Lists of licenses, their filters, and moves between policies (spec 04 §2.5, §3.10).

use serde_json::{Value, json};
use support::{Answer, Server, Vendor, id};

fn ids(answer: &Answer) -> Vec<String> {
    answer.body["data"].as_array().into_iter().flatten().map(id).collect()
}

async fn found(vendor: &Vendor, query: &str) -> Vec<String> {
    ids(&vendor.get(&format!("/licenses?{query}")).await.expect(200))
}

#[tokio::test]
async fn filters_combine() {
    let vendor = Server::start().await.vendor("filters").await;
    let (one, two) = (vendor.product().await, vendor.product().await);
    let (a, b) = (vendor.policy(&one, json!({})).await, vendor.policy(&two, json!({})).await);
    let plain = id(&vendor.license(&a, json!({})).await);
    let tagged = id(&vendor.license(&b, json!({"metadata": {"customerId": "c-1", "seats": 4}})).await);
    let past = id(&vendor.license(&b, json!({"expiry": "2020-01-01T00:00:00Z", "suspended": true})).await);
    let owner = id(&vendor.make("users", json!({"email": "owner@example.com"}), &[]).await);
    let linkage = json!({"data": {"type": "users", "id": owner}});
    vendor.put(&format!("/licenses/{tagged}/owner"), linkage).await.expect(200);

    let table: [(String, &[&String]); 13] = [
        (String::new(), &[&past, &tagged, &plain]),
        ("order=asc&limit=2".to_owned(), &[&plain, &tagged]),
        (format!("product={two}"), &[&past, &tagged]),
        (format!("policy={b}&suspended=true"), &[&past]),
        (format!("policy={a}&product={two}"), &[]),
        ("expired=true".to_owned(), &[&past]),
        ("owner=OWNER@example.com".to_owned(), &[&tagged]),
        (format!("user={owner}&policy={b}"), &[&tagged]),
        (format!("user={owner}&policy={a}"), &[]),
        ("unassigned=1".to_owned(), &[&past, &plain]),
        ("metadata[customer_id]=c-1&metadata[seats]=4".to_owned(), &[&tagged]),
        ("metadata[customerId]=c".to_owned(), &[]),
        ("product=nothing&policy[]=ignored".to_owned(), &[]),
    ];
    for (query, expected) in table {
        assert_eq!(found(&vendor, &query).await.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let under = vendor.get(&format!("/products/{two}/licenses?suspended=false")).await.expect(200);
    assert_eq!(ids(&under), std::slice::from_ref(&tagged));
    let page = vendor.get(&format!("/licenses?product={two}&page[cursor]={plain}&page[size]=5")).await.expect(200);
    assert_eq!(ids(&page), Vec::<String>::new(), "a cursor outside the filtered list");
}

#[tokio::test]
async fn licenses_move_between_compatible_policies() {
    let vendor = Server::start().await.vendor("moves").await;
    let (one, two) = (vendor.product().await, vendor.product().await);
    let from = vendor.policy(&one, json!({"duration": 1_209_600})).await;
    let to = vendor.policy(&two, json!({"transferStrategy": "RESET_EXPIRY"})).await;
    let signed = vendor.policy(&two, json!({"scheme": "ED25519_SIGN"})).await;
    let license = vendor.license(&from, json!({})).await;
    assert_ne!(license["attributes"]["expiry"], Value::Null);
    let path = format!("/licenses/{}/policy", id(&license));
    let policy = |id: &str| json!({"data": {"type": "policies", "id": id}});
    let refused = vendor.put(&path, policy(&signed)).await.expect(422);
    assert_eq!((refused.code(), refused.source()), ("POLICY_NOT_COMPATIBLE", "/data/relationships/policy"));
    let unknown = vendor.put(&path, policy(&one)).await.expect(422);
    assert_eq!(unknown.code(), "POLICY_NOT_FOUND");
    vendor.put(&path, json!({"data": null})).await.expect(400);

    let moved = vendor.put(&path, policy(&to)).await.expect(200);
    assert_eq!(moved.attributes()["expiry"], Value::Null);
    assert_eq!(moved.body["data"]["relationships"]["product"]["data"]["id"], two.as_str());
    assert_eq!(ids(&vendor.get(&format!("/products/{two}/licenses")).await.expect(200)), [id(&license)]);
    assert_eq!(ids(&vendor.get(&format!("/products/{one}/licenses")).await.expect(200)), Vec::<String>::new());
}

#[tokio::test]
async fn a_deleted_license_takes_its_own_with_it() {
    let vendor = Server::start().await.vendor("gone").await;
    let license = vendor.licensed(json!({"authenticationStrategy": "MIXED"})).await;
    let path = format!("/licenses/{}", id(&license));
    let token = vendor.request(reqwest::Method::POST, &format!("{path}/tokens"), None).await.expect(200);
    let token = token.attributes()["token"].as_str().unwrap_or_default().to_owned();
    let itself = vendor.with(&format!("Bearer {token}"));
    itself.get(&path).await.expect(200);
    itself.get("/licenses").await.expect(403);
    itself.delete(&path).await.expect(403);
    vendor.delete(&path).await.expect(204);
    vendor.get(&path).await.expect(404);
    itself.get(&path).await.expect(401);
    let policy = license["relationships"]["policy"]["data"]["id"].as_str().unwrap_or_default();
    let key = json!({"key": license["attributes"]["key"]});
    vendor.license(policy, key).await;
}
