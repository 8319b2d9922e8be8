//! The community's Rust SDK, unchanged: everything it does with users, tokens, groups, environments and products.

use keygen_rs::KeygenClient;
use keygen_rs::config::{set_config, set_environment, set_token};
use keygen_rs::environment::{
    CreateEnvironmentRequest, CreateEnvironmentTokenRequest, Environment, IsolationStrategy, UpdateEnvironmentRequest,
};
use keygen_rs::group::{CreateGroupRequest, Group, UpdateGroupRequest};
use keygen_rs::product::{CreateProductRequest, DistributionStrategy, Platform, Product, UpdateProductRequest};
use keygen_rs::token::{CreateTokenRequest, RegenerateTokenRequest, Token};
use keygen_rs::user::{
    CreateUserRequest, ListUsersOptions, ResetPasswordRequest, UpdatePasswordRequest, UpdateUserRequest, User,
    UserRole, UserStatus,
};
use serde_json::json;
use support::{Server, Vendor};

use crate::client_keygen_rs::CONFIGURED;

/// A server and its admin, as whom the SDK acts from now on.
async fn back_office() -> (Server, Vendor) {
    let (server, vendor) = Server::single().await;
    let client = KeygenClient::builder()
        .api_url(server.url.clone())
        .account(vendor.account.id.to_string())
        .public_key(vendor.tenant().await.signer.public().ed25519_public_hex())
        .verify_keygen_signature(true)
        .token(vendor.authorization.trim_start_matches("Bearer "))
        .build()
        .expect("a client");
    set_config(client.config().clone()).expect("a configuration");
    (server, vendor)
}

fn person(email: &str) -> CreateUserRequest {
    CreateUserRequest {
        email: email.to_owned(),
        first_name: Some("Ada".to_owned()),
        last_name: Some("Lovelace".to_owned()),
        role: Some(UserRole::User),
        permissions: None,
        metadata: Some([("seat".to_owned(), json!(7))].into()),
    }
}

#[tokio::test]
async fn users_and_their_passwords() {
    let _alone = CONFIGURED.lock().await;
    let (server, vendor) = back_office().await;
    let ada = User::create(person("ada@example.com")).await.expect("a user");
    assert_eq!((ada.full_name.as_deref(), ada.status.clone()), (Some("Ada Lovelace"), UserStatus::Active));
    assert_eq!(User::get(&ada.id).await.expect("a user").email, "ada@example.com");
    let rename = UpdateUserRequest {
        email: None,
        first_name: Some("Augusta".to_owned()),
        last_name: None,
        role: None,
        metadata: None,
    };
    assert_eq!(ada.update(rename).await.expect("a user").first_name.as_deref(), Some("Augusta"));
    let newest = ListUsersOptions { limit: Some(1), status: Some(UserStatus::Active), ..ListUsersOptions::default() };
    let listed: Vec<String> =
        User::list(Some(newest)).await.expect("users").users.into_iter().map(|user| user.id).collect();
    assert_eq!(listed, std::slice::from_ref(&ada.id));
    assert_eq!(ada.ban().await.expect("a user").status, UserStatus::Banned);
    assert_eq!(ada.unban().await.expect("a user").status, UserStatus::Active);

    // In a protected account nobody makes a user's first password but the vendor.
    let open = json!({"data": {"type": "accounts", "attributes": {"protected": false}}});
    vendor.patch("", open).await.expect(200);
    vendor.anonymous().post("/passwords", json!({"meta": {"email": "ada@example.com"}})).await.expect(204);
    let mails = server.app.mailer.kept();
    // What the link holds names account and user first.
    let link = mails[0].variables["token"].as_str().expect("a token");
    let reset = link.rsplit('.').next().expect("a token").to_owned();
    let reset = ResetPasswordRequest { password_reset_token: reset, new_password: "a first one".to_owned() };
    ada.reset_password(reset).await.expect("a password");
    let token = ada.generate_token(None).await.expect("a token");
    set_token(token.token.as_deref().expect("the raw token")).expect("a configuration");
    let change =
        UpdatePasswordRequest { old_password: Some("a first one".to_owned()), new_password: "another".to_owned() };
    ada.update_password(change).await.expect("a password");
    set_token(vendor.authorization.trim_start_matches("Bearer ")).expect("a configuration");
    ada.delete().await.expect("gone");
    assert!(User::get(&ada.id).await.is_err());
}

#[tokio::test]
async fn tokens_of_users_and_products() {
    let _alone = CONFIGURED.lock().await;
    let (_server, _vendor) = back_office().await;
    let wanted = CreateProductRequest {
        name: "Example".to_owned(),
        code: Some("example".to_owned()),
        distribution_strategy: Some(DistributionStrategy::Licensed),
        url: Some("https://example.com".to_owned()),
        platforms: Some(vec![Platform::Linux, Platform::MacOs]),
        permissions: None,
        metadata: None,
    };
    let product = Product::create(wanted).await.expect("a product");
    assert_eq!(product.platforms, Some(vec![Platform::Linux, Platform::MacOs]));
    let change = UpdateProductRequest {
        name: Some("Example 2".to_owned()),
        code: None,
        distribution_strategy: None,
        url: None,
        platforms: None,
        permissions: None,
        metadata: Some([("tier".to_owned(), json!("pro"))].into()),
    };
    assert_eq!(product.update(change).await.expect("a product").name, "Example 2");
    assert_eq!(Product::get("example").await.expect("by its code").id, product.id);
    assert_eq!(Product::list(None).await.expect("products").len(), 1);
    assert!(product.generate_token().await.expect("a token").starts_with("prod-"));
    let narrow = CreateTokenRequest {
        name: Some("Build".to_owned()),
        permissions: Some(vec!["license.create".to_owned()]),
        ..CreateTokenRequest::default()
    };
    let token = product.generate_token_with_options(Some(narrow)).await.expect("a token");
    assert!(token.has_permission("license.create") && !token.has_permission("license.delete") && !token.is_expired());
    assert_eq!(Token::get(&token.id).await.expect("a token").name.as_deref(), Some("Build"));
    let again = RegenerateTokenRequest { name: None, expiry: None, permissions: None, metadata: None };
    let regenerated = token.regenerate(again).await.expect("a token");
    assert_ne!(regenerated.get_token(), token.get_token());
    let before = Token::list(None).await.expect("tokens").len();
    token.revoke().await.expect("gone");
    assert_eq!(Token::list(None).await.expect("tokens").len(), before - 1);
    product.delete().await.expect("gone");
    assert!(Product::get(&product.id).await.is_err());
}

#[tokio::test]
async fn groups_and_who_is_in_them() {
    let _alone = CONFIGURED.lock().await;
    let (_server, vendor) = back_office().await;
    let wanted = CreateGroupRequest {
        name: "ACME".to_owned(),
        max_users: Some(2),
        max_licenses: None,
        max_machines: Some(5),
        metadata: None,
    };
    let group = Group::create(wanted).await.expect("a group");
    let ada = User::create(person("ada@example.com")).await.expect("a user");
    ada.change_group(&group.id).await.expect("a member");
    let owners = json!({"data": [{"type": "users", "id": ada.id}]});
    vendor.post(&format!("/groups/{}/owners", group.id), owners).await.expect(200);
    let change =
        UpdateGroupRequest { name: None, max_users: Some(1), max_licenses: None, max_machines: None, metadata: None };
    assert_eq!(group.update(change).await.expect("a group").max_users, Some(1));
    let late = User::create(person("late@example.com")).await.expect("a user");
    assert!(late.change_group(&group.id).await.is_err(), "the group is full");
    assert_eq!(group.users(None).await.expect("users").len(), 1);
    assert!(group.licenses(None).await.expect("licenses").is_empty());
    assert!(group.machines(None).await.expect("machines").is_empty());
    assert_eq!(Group::list(None).await.expect("groups").len(), 1);
    assert_eq!(Group::get(&group.id).await.expect("a group").name, "ACME");
    group.delete().await.expect("gone");
    assert!(Group::get(&group.id).await.is_err());
}

#[tokio::test]
async fn environments_and_their_tokens() {
    let _alone = CONFIGURED.lock().await;
    let (_server, vendor) = back_office().await;
    let wanted = CreateEnvironmentRequest {
        name: "Staging".to_owned(),
        code: "staging".to_owned(),
        isolation_strategy: Some(IsolationStrategy::Isolated),
    };
    let staging = Environment::create(wanted).await.expect("an environment");
    assert_eq!(Environment::get("staging").await.expect("by its code").id, staging.id);
    let change = UpdateEnvironmentRequest { name: Some("Rehearsal".to_owned()), code: None };
    assert_eq!(staging.update(change).await.expect("an environment").name, "Rehearsal");
    assert_eq!(Environment::list(None).await.expect("environments").environments.len(), 1);

    // An environment's tokens are made from inside.
    let inside = json!({"environment": {"data": {"type": "environments", "id": staging.id}}});
    let inside = vendor.post("/tokens", json!({"data": {"type": "tokens", "relationships": inside}})).await.expect(201);
    set_token(inside.attributes()["token"].as_str().expect("a token")).expect("a configuration");
    set_environment("staging").expect("a configuration");
    let wanted = CreateEnvironmentTokenRequest { name: Some("CI".to_owned()), expiry: None, permissions: None };
    let token = staging.generate_token(Some(wanted)).await.expect("a token");
    set_token(&token.token).expect("a configuration");
    assert!(Product::list(None).await.expect("products").is_empty());

    let outside = vendor.authorization.trim_start_matches("Bearer ").to_owned();
    set_config(keygen_rs::config::KeygenConfig {
        environment: None,
        token: Some(outside),
        ..keygen_rs::config::get_config().expect("a configuration")
    })
    .expect("a configuration");
    staging.delete().await.expect("gone");
    assert!(Environment::get(&staging.id).await.is_err());
}
