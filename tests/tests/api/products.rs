//! `/products`.

use serde_json::json;
use support::{Server, id};

#[tokio::test]
async fn a_product_is_made_shown_changed_and_deleted() {
    let (_server, vendor) = Server::single().await;
    let made = vendor
        .post(
            "/products",
            json!({"data": {"type": "products", "attributes": {
                "name": "App", "code": "app", "url": "https://example.com", "platforms": ["macOS"],
                "metadata": {"example key 4": 1, "userID": {"fooBar": [true]}},
            }}}),
        )
        .await
        .expect(201);
    let product = id(&made.body["data"]);
    let location = made.header("location").unwrap();
    assert!(location.ends_with(&format!("/v1/accounts/{}/products/{product}", vendor.account.id)));
    let attributes = made.attributes();
    assert_eq!(attributes["distributionStrategy"], "LICENSED");
    assert_eq!(attributes["metadata"], json!({"exampleKey4": 1, "userId": {"fooBar": [true]}}));
    let all = shared::auth::permissions::defaults(shared::auth::permissions::Role::Product);
    assert_eq!(attributes["permissions"], json!(all));

    for identifier in [product.as_str(), &product.to_uppercase(), &product.replace('-', ""), "app"] {
        let shown = vendor.get(&format!("/products/{identifier}")).await.expect(200);
        assert_eq!(shown.body["data"], made.body["data"], "{identifier}");
    }
    let patch = json!({"data": {"type": "product", "attributes": {"url": null, "platforms": null, "name": null, "code": null}}});
    let changed = vendor.patch(&format!("/products/{product}"), patch).await.expect(200);
    assert_eq!(changed.attributes()["url"], json!(null));
    assert_eq!((&changed.attributes()["name"], &changed.attributes()["code"]), (&json!("App"), &json!("app")));

    vendor.delete(&format!("/products/{product}")).await.expect(204);
    let gone = vendor.get(&format!("/products/{product}")).await.expect(404);
    assert_eq!(gone.code(), "NOT_FOUND");
    vendor.make("products", json!({"name": "Again", "code": "APP"}), &[]).await;
}

#[tokio::test]
async fn rules_of_products() {
    let (_server, vendor) = Server::single().await;
    vendor.make("products", json!({"name": "App", "code": "app"}), &[]).await;
    for (attributes, code) in [
        (json!({"name": "x", "code": "APP"}), "CODE_TAKEN"),
        (json!({"name": "x", "code": "actions"}), "CODE_NOT_ALLOWED"),
        (json!({"name": "x", "code": vendor.account.id}), "CODE_INVALID"),
        (json!({"name": "x".repeat(256)}), "NAME_TOO_LONG"),
        (json!({"name": "x", "distributionStrategy": "NONE"}), "DISTRIBUTION_STRATEGY_NOT_ALLOWED"),
        (json!({"name": "x", "url": "file:///boom.sh"}), "URL_PROTOCOL_INVALID"),
        (json!({"name": "x", "permissions": ["product.create"]}), "PERMISSIONS_NOT_ALLOWED"),
        (json!({"name": "x", "permissions": ["foo.bar"]}), "PERMISSIONS_NOT_ALLOWED"),
    ] {
        let answer = vendor.post("/products", json!({"data": {"type": "products", "attributes": attributes}})).await;
        assert_eq!(answer.expect(422).code(), code, "{attributes}");
    }
}

#[tokio::test]
async fn one_of_many_simultaneous_claims_wins() {
    let (_server, vendor) = Server::single().await;
    let body = json!({"data": {"type": "products", "attributes": {"name": "x", "code": "same"}}});
    let answers = futures::future::join_all((0..40).map(|_| vendor.post("/products", body.clone()))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    assert!(answers.iter().filter(|answer| answer.status != 201).all(|answer| answer.code() == "CODE_TAKEN"));
    let counted = vendor.get("/products?page[number]=1").await.expect(200);
    assert_eq!(counted.body["links"]["meta"]["count"], 1);
}

#[tokio::test]
async fn a_product_acts_through_its_token() {
    let (_server, vendor) = Server::single().await;
    let (own, other) = (vendor.product().await, vendor.product().await);
    let token = vendor.post(&format!("/products/{own}/tokens"), json!({})).await.expect(200);
    let raw = token.attributes()["token"].as_str().unwrap().to_owned();
    assert!(raw.starts_with("prod-") && raw.ends_with("v3"));
    let product = vendor.with(&format!("Bearer {raw}"));
    product.get(&format!("/products/{own}")).await.expect(200);
    product.get(&format!("/products/{other}")).await.expect(404);
    product.get("/products").await.expect(403);
    product.delete(&format!("/products/{own}")).await.expect(403);
    product.post(&format!("/products/{own}/tokens"), json!({})).await.expect(403);
    let listed = product.get(&format!("/products/{own}/tokens")).await.expect(200);
    assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);
    assert!(listed.body["data"][0]["attributes"].get("token").is_none());
    // A deleted product's token is nobody's.
    vendor.delete(&format!("/products/{own}")).await.expect(204);
    assert_eq!(product.get(&format!("/products/{own}")).await.expect(401).code(), "TOKEN_INVALID");
}
