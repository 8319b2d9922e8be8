//! `POST /search`, and lists filtered by metadata.

use serde_json::{Value, json};
use shared::clock::Time;
use shared::domain::product::Product;
use shared::domain::resource::Resource;
use shared::ids::new_id;
use shared::store::Unit;
use support::{Answer, Server, Vendor, id};

async fn search(vendor: &Vendor, paging: &str, meta: Value) -> Answer {
    vendor.post(&format!("/search{paging}"), json!({ "meta": meta })).await.expect(200)
}

/// The names of what was found.
fn names(answer: &Answer) -> Vec<&str> {
    let found = answer.body["data"].as_array().expect("a list");
    found.iter().map(|record| record["attributes"]["name"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn licenses_are_found_by_text_relation_and_metadata() {
    let (_server, vendor) = Server::single().await;
    let (one, two) = (vendor.product().await, vendor.product().await);
    let gold = vendor.policy(&one, json!({"name": "Gold plan"})).await;
    let silver = vendor.policy(&two, json!({"name": "Silver plan"})).await;
    let first = vendor.license(&gold, json!({"name": "Ada's", "metadata": {"customerId": "c_1", "seats": 4}})).await;
    vendor.license(&gold, json!({"name": "Bob's", "metadata": {"customerId": "c_2", "tags": ["new", "eu"]}})).await;
    vendor.license(&silver, json!({"name": "Cy 100%", "metadata": {"customerId": "c_1", "cpu": {"cores": 8}}})).await;
    let key = first["attributes"]["key"].as_str().expect("a key");

    for (query, found) in [
        (json!({"name": "'s"}), None),
        (json!({"name": "ADA"}), Some(vec!["Ada's"])),
        (json!({"name": "100%"}), Some(vec!["Cy 100%"])),
        (json!({"name": "a_a"}), Some(vec![])),
        (json!({"name": null}), Some(vec![])),
        (json!({"id": id(&first)}), Some(vec!["Ada's"])),
        (json!({"id": &id(&first)[9..]}), Some(vec!["Ada's"])),
        (json!({"key": key}), Some(vec!["Ada's"])),
        (json!({"key": &key[..12]}), Some(vec![])),
        (json!({"policy": gold}), Some(vec!["Bob's", "Ada's"])),
        (json!({"policy": "silver"}), Some(vec!["Cy 100%"])),
        (json!({"product": one, "policy": "plan"}), Some(vec!["Bob's", "Ada's"])),
        (json!({"metadata": {"customerId": "c_1"}}), Some(vec!["Cy 100%", "Ada's"])),
        (json!({"metadata": {"customer_id": "c_1", "seats": 4}}), Some(vec!["Ada's"])),
        (json!({"metadata": {"customerId": "c_1"}, "product": two}), Some(vec!["Cy 100%"])),
        (json!({"metadata": {"customerId": "c_9"}}), Some(vec![])),
        (json!({"metadata": {"tags": ["eu"]}}), Some(vec!["Bob's"])),
        (json!({"metadata": {"cpu": {"cores": 8}}}), Some(vec!["Cy 100%"])),
        (json!({"metadata": {}}), Some(vec!["Cy 100%", "Bob's", "Ada's"])),
        (json!({"name": "'; drop table licenses"}), Some(vec![])),
    ] {
        let body = json!({"meta": {"type": "licenses", "query": query}});
        let answer = vendor.post("/search", body).await;
        match found {
            Some(found) => assert_eq!(names(&answer.expect(200)), found, "{query}"),
            None => assert_eq!(answer.expect(400).source(), "/meta/query/name"),
        }
    }
    let either = json!({"type": "license", "op": "or", "query": {"key": key, "policy": silver, "name": "bob"}});
    assert_eq!(names(&search(&vendor, "", either).await), ["Cy 100%", "Bob's", "Ada's"]);

    let page =
        search(&vendor, "?page[size]=1&page[number]=1", json!({"type": "licenses", "query": {"policy": gold}})).await;
    assert_eq!(page.body["links"]["meta"], json!({"pages": 2, "count": 2}));
    assert!(page.body["links"]["next"].as_str().is_some_and(|next| next.contains("/search?page%5Bnumber%5D=2")));
    assert!(page.body["meta"].is_null(), "everything was looked at");
}

#[tokio::test]
async fn metadata_is_found_as_it_stands() {
    let (_server, vendor) = Server::single().await;
    let policy = vendor.policy(&vendor.product().await, json!({})).await;
    let mut metadata: serde_json::Map<String, Value> = (0..30).map(|n| (format!("k{n}"), json!(n))).collect();
    let license = id(&vendor.license(&policy, json!({"name": "One", "metadata": metadata})).await);
    let found = async |name: &str, value: Value| {
        let searched =
            search(&vendor, "", json!({"type": "licenses", "query": {"metadata": {name: value.clone()}}})).await;
        let listed = vendor.get(&format!("/licenses?metadata[{name}]={}", value.as_str().unwrap_or_default())).await;
        assert_eq!(names(&searched).len(), names(&listed).len(), "{name}");
        names(&searched).len()
    };
    // More pairs than are posted: the last is found like the first.
    assert_eq!(found("k0", json!("000")).await, 1, "digits are an integer");
    for number in 10..30 {
        assert_eq!(found(&format!("k{number}"), json!(format!("{number}.0"))).await, 1, "k{number}");
    }
    metadata.clear();
    metadata.insert("plan".to_owned(), json!("pro"));
    let patch = json!({"data": {"type": "licenses", "attributes": {"metadata": metadata}}});
    vendor.patch(&format!("/licenses/{license}"), patch).await.expect(200);
    assert_eq!((found("plan", json!("pro")).await, found("k12", json!("12.0")).await), (1, 0));
    vendor.delete(&format!("/licenses/{license}")).await.expect(204);
    assert_eq!(found("plan", json!("pro")).await, 0);
}

#[tokio::test]
async fn a_metadata_pair_costs_the_same_among_many() {
    let (_server, vendor) = Server::single().await;
    let policy = vendor.policy(&vendor.product().await, json!({})).await;
    let license = json!({"name": "Old", "metadata": {"plan": "pro", "customer": "c_1"}});
    vendor.license(&policy, license).await;
    for _ in 0..120 {
        vendor.license(&policy, json!({"metadata": {"plan": "pro"}})).await;
    }
    let query = json!({"metadata": {"plan": "pro", "customer": "c_1"}});
    let answer = search(&vendor, "?page[size]=10&page[number]=1", json!({"type": "licenses", "query": query})).await;
    assert_eq!(names(&answer), ["Old"]);
    let timing = answer.header("server-timing").expect("Server-Timing");
    let reads = timing.split("reads=").nth(1).and_then(|rest| rest.split([' ', '"']).next()).expect("a figure");
    assert!(reads.parse::<f64>().expect("a number") < 25.0, "{timing}");
}

#[tokio::test]
async fn a_search_that_ends_early_says_so_and_a_cursor_goes_on() {
    let (server, vendor) = Server::single().await;
    let product = |number: i64| {
        let mut product =
            Product::draft(new_id(), vendor.account.id, None, Time::from_millis(1_600_000_000_000 + number));
        product.name = if number == 0 { "The needle".to_owned() } else { format!("Straw {number}") };
        product
    };
    for from in (0..10_050).step_by(90) {
        let mut unit = Unit::new();
        (from..(from + 90).min(10_050)).for_each(|number| unit.insert(&product(number)));
        unit.commit(&server.app.store).await.expect("stored");
    }
    let needle = json!({"type": "products", "query": {"name": "needle"}});
    let answer = search(&vendor, "", needle.clone()).await;
    assert_eq!((names(&answer).len(), &answer.body["meta"]), (0, &json!({"complete": false})));

    let first = search(&vendor, "?page[size]=10&page[cursor]=", needle.clone()).await;
    let next = first.body["links"]["next"].as_str().expect("a next page").to_owned();
    let paging = next.split_once('?').map(|(_, query)| format!("?{query}")).expect("a query");
    let second = search(&vendor, &paging, needle).await;
    assert_eq!(names(&second), ["The needle"]);
    assert!(second.body["links"]["next"].is_null() && second.body["meta"].is_null());
}

#[tokio::test]
async fn only_staff_search_and_only_what_they_may_list() {
    let (_server, vendor) = Server::single().await;
    let product = vendor.product().await;
    let token = vendor.post(&format!("/products/{product}/tokens"), json!({})).await;
    let token = token.attributes()["token"].as_str().expect("a token").to_owned();
    let body = json!({"meta": {"type": "licenses", "query": {"foo": "bar"}}});
    // Who may not search is not told what is wrong with the keys; what is wrong with the type, it is.
    vendor.with(&format!("Bearer {token}")).post("/search", body.clone()).await.expect(403);
    assert_eq!(vendor.post("/search", body.clone()).await.expect(400).source(), "/meta/query/foo");
    vendor.anonymous().post("/search", body).await.expect(401);
    let unknown = json!({"meta": {"type": "packages", "query": {"foo": "bar"}}});
    let refused = vendor.with(&format!("Bearer {token}")).post("/search", unknown).await.expect(400);
    assert_eq!(refused.source(), "/meta/type");
    for kind in ["releases", "requestLog"] {
        let key = json!({"type": kind, "query": {"id": "abc"}});
        assert!(names(&search(&vendor, "", key).await).is_empty());
    }
}
