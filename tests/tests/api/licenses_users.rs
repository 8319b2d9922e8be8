//! Owners and licensees of licenses (spec 04 §2.6, §3.12).

use futures::future::join_all;
use serde_json::{Value, json};
use support::{Server, Vendor, id};

async fn user(vendor: &Vendor, name: &str) -> String {
    id(&vendor.make("users", json!({"email": format!("{name}@example.com")}), &[]).await)
}

fn linkages(users: &[&String]) -> Value {
    json!({"data": users.iter().map(|id| json!({"type": "users", "id": id})).collect::<Vec<_>>()})
}

async fn users_count(vendor: &Vendor, license: &str) -> Value {
    let shown = vendor.get(&format!("/licenses/{license}")).await.expect(200);
    shown.body["data"]["relationships"]["users"]["meta"]["count"].clone()
}

#[tokio::test]
async fn the_user_limit_holds_against_a_crowd() {
    let vendor = Server::start().await.vendor("crowd").await;
    let license = id(&vendor.licensed(json!({"floating": true, "maxUsers": 5})).await);
    let users = join_all((0..20).map(|at| {
        let vendor = vendor.clone();
        async move { user(&vendor, &format!("user{at}")).await }
    }))
    .await;
    let path = format!("/licenses/{license}/users");
    let answers = join_all(users.iter().map(|user| vendor.post(&path, linkages(&[user])))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 5);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!((answer.status.as_u16(), answer.code()), (422, "USER_LIMIT_EXCEEDED"), "{}", answer.text);
        assert_eq!(answer.source(), "/data/relationships/users");
    }
    assert_eq!(users_count(&vendor, &license).await, 5);
    let owner = json!({"data": {"type": "users", "id": user(&vendor, "owner").await}});
    let refused = vendor.put(&format!("/licenses/{license}/owner"), owner).await.expect(422);
    assert_eq!(refused.code(), "USER_LIMIT_EXCEEDED");
}

#[tokio::test]
async fn all_are_attached_or_none() {
    let vendor = Server::start().await.vendor("lots").await;
    let license = id(&vendor.licensed(json!({"floating": true})).await);
    let path = format!("/licenses/{license}/users");
    let mut users = Vec::new();
    for at in 0..100 {
        users.push(user(&vendor, &format!("user{at}")).await);
    }
    let owner = json!({"data": {"type": "users", "id": users[99]}});
    vendor.put(&format!("/licenses/{license}/owner"), owner).await.expect(200);
    let all: Vec<&String> = users.iter().collect();
    let refused = vendor.post(&path, linkages(&all)).await.expect(422);
    assert_eq!((refused.code(), refused.source()), ("USER_CONFLICT", "/data/relationships/user"));
    assert_eq!(users_count(&vendor, &license).await, 1);
    vendor.put(&format!("/licenses/{license}/owner"), json!({"data": null})).await.expect(200);

    let attached = vendor.post(&path, linkages(&all)).await.expect(200);
    assert_eq!(attached.body["data"].as_array().map(Vec::len), Some(100));
    assert_eq!(users_count(&vendor, &license).await, 100);
    let again = vendor.post(&path, linkages(&all[..1])).await.expect(422);
    assert_eq!(again.code(), "USER_TAKEN");
    let licensee = json!({"data": {"type": "users", "id": users[0]}});
    let refused = vendor.put(&format!("/licenses/{license}/owner"), licensee).await.expect(422);
    assert_eq!((refused.code(), refused.source()), ("OWNER_INVALID", "/data/relationships/owner"));

    let twice = vendor.request(reqwest::Method::DELETE, &path, Some(linkages(&[all[0], all[0]]))).await.expect(422);
    assert_eq!(twice.source(), "/data/1");
    vendor.request(reqwest::Method::DELETE, &path, Some(linkages(&all))).await.expect(204);
    assert_eq!(users_count(&vendor, &license).await, 0);
}

#[tokio::test]
async fn the_owner_brings_its_group_and_leaves_by_its_own_route() {
    let vendor = Server::start().await.vendor("owner").await;
    let license = id(&vendor.licensed(json!({})).await);
    let group = id(&vendor.make("groups", json!({"name": "Team", "maxLicenses": 1}), &[]).await);
    let owner = user(&vendor, "owner").await;
    let path = format!("/licenses/{license}");
    let linkage = json!({"data": {"type": "groups", "id": group}});
    vendor.put(&format!("/users/{owner}/group"), linkage).await.expect(200);
    let owned = json!({"data": {"type": "users", "id": owner}});
    let changed = vendor.put(&format!("{path}/owner"), owned).await.expect(200);
    assert_eq!(changed.body["data"]["relationships"]["group"]["data"]["id"], group.as_str());
    assert_eq!(vendor.get(&format!("{path}/group")).await.expect(200).body["data"]["id"], group.as_str());
    assert_eq!(vendor.get(&format!("{path}/users")).await.expect(200).body["data"][0]["id"], owner.as_str());
    vendor.get(&format!("{path}/users/owner@example.com")).await.expect(200);
    let users = linkages(&[&owner]);
    let refused = vendor.request(reqwest::Method::DELETE, &format!("{path}/users"), Some(users)).await.expect(403);
    assert_eq!(refused.source(), "/data/0");

    let old = vendor.at("1.5").get(&path).await.expect(200);
    let related = &old.body["data"]["relationships"]["user"]["links"]["related"];
    assert!(related.as_str().is_some_and(|link| link.ends_with("/user")), "{related}");
    assert_eq!(old.body["data"]["relationships"].get("owner"), None);
    vendor.put(&format!("{path}/owner"), json!({"data": null})).await.expect(200);
    assert_eq!(vendor.get(&format!("{path}/owner")).await.expect(200).body, json!({"data": null}));
}
