//! A server in this process, and vendors who talk to it over HTTP.
//!
//! Every test starts a server of its own: an empty table, in memory, or in the engine that
//! `DYNAMODB_ENDPOINT` names.

pub mod rehearsal;

use std::net::SocketAddr;
use std::sync::Arc;

use latchkey_local::{engine, serve};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared::app::App;
use shared::clock::Clock;
use shared::domain::account::Account;
use shared::domain::user::User;
use shared::provision::{self, Provision};
use shared::tenant::{Name, Tenant};

/// A running server.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its state, for what cannot be seen over HTTP.
    pub app: App,
    /// Where it listens, e.g. `http://127.0.0.1:40123`.
    pub url: String,
    client: reqwest::Client,
}

impl Server {
    /// Starts a sandbox: many accounts, no throttling.
    ///
    /// # Panics
    /// When the server cannot be started.
    pub async fn start() -> Self {
        let endpoint = std::env::var("DYNAMODB_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty());
        let opened = engine::ephemeral(endpoint.as_deref()).await.expect("an engine");
        let (app, router) = serve::rehearsal(opened, "latchkey.test");
        Self::listen(app, router).await
    }

    /// Starts a server of one account, as `cargo run` does.
    ///
    /// # Panics
    /// When the server cannot be started.
    pub async fn single() -> (Self, Vendor) {
        let endpoint = std::env::var("DYNAMODB_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty());
        let opened = engine::ephemeral(endpoint.as_deref()).await.expect("an engine");
        let made = provision::account(&opened.store, &opened.vault, &Clock::system(), wanted("vendor"), true).await;
        let made = made.expect("an account");
        let app = serve::lone(opened, made.account.id, "localhost", "http", "localhost");
        let router = serve::families(&app);
        let server = Self::listen(app, router).await;
        let vendor = Vendor::of(&server, made);
        (server, vendor)
    }

    /// Serves every family of an app that the test put together itself.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn of(app: App) -> Self {
        let router = serve::families(&app);
        Self::listen(app, router).await
    }

    async fn listen(app: App, router: axum::Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { app, url: format!("http://{address}"), client }
    }

    /// A new account with an admin.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn vendor(&self, slug: &str) -> Vendor {
        let app = &self.app;
        let made = provision::account(&app.store, &app.vault, &app.clock, wanted(slug), false).await;
        Vendor::of(self, made.expect("an account"))
    }

    /// Sends a request as it is.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("a body");
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }
}

fn wanted(slug: &str) -> Provision {
    Provision {
        id: None,
        name: Some(slug.to_owned()),
        slug: Some(slug.to_owned()),
        email: format!("admin@{slug}.example"),
        password: "correct horse battery".to_owned(),
    }
}

/// An account, and a token to act with.
#[derive(Clone, Debug)]
pub struct Vendor {
    /// The server it is on.
    pub server: Server,
    /// The account.
    pub account: Arc<Account>,
    /// Its admin.
    pub admin: Arc<User>,
    /// `Authorization` header; empty for anonymous requests.
    pub authorization: String,
    /// Code or id of an environment, if requests name one.
    pub environment: Option<String>,
    /// API version, if requests name one.
    pub version: Option<&'static str>,
}

impl Vendor {
    fn of(server: &Server, made: provision::Provisioned) -> Self {
        Self {
            server: server.clone(),
            account: Arc::new(made.account),
            admin: Arc::new(made.admin),
            authorization: format!("Bearer {}", made.token),
            environment: None,
            version: None,
        }
    }

    /// The account with its keys, as the server holds it.
    ///
    /// # Panics
    /// When it is gone.
    pub async fn tenant(&self) -> Arc<Tenant> {
        let (app, id) = (&self.server.app, self.account.id.to_string());
        app.tenants.find(app, &app.store, Name::Segment(&id)).await.expect("a table").expect("an account")
    }

    /// The same account, acting with another credential.
    #[must_use]
    pub fn with(&self, authorization: &str) -> Self {
        Self { authorization: authorization.to_owned(), ..self.clone() }
    }

    /// The same account, without a credential.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        self.with("")
    }

    /// The same account, in an environment.
    #[must_use]
    pub fn within(&self, environment: &str) -> Self {
        Self { environment: Some(environment.to_owned()), ..self.clone() }
    }

    /// The same account, as a client of an API version.
    #[must_use]
    pub fn at(&self, version: &'static str) -> Self {
        Self { version: Some(version), ..self.clone() }
    }

    /// Sends a request below the account.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn request(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let path = format!("/v1/accounts/{}{path}", self.account.id);
        let mut headers = vec![("accept", "application/vnd.api+json"), ("content-type", "application/vnd.api+json")];
        if !self.authorization.is_empty() {
            headers.push(("authorization", &self.authorization));
        }
        if let Some(environment) = &self.environment {
            headers.push(("keygen-environment", environment));
        }
        if let Some(version) = self.version {
            headers.push(("keygen-version", version));
        }
        self.server.send(method, &path, &headers, body.map(|body| body.to_string()).unwrap_or_default()).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, None).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path, Some(body)).await
    }

    /// `PATCH`.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PATCH, path, Some(body)).await
    }

    /// `PUT`.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PUT, path, Some(body)).await
    }

    /// `DELETE` with a body, as detaching wants it.
    pub async fn delete_with(&self, path: &str, body: Value) -> Answer {
        self.request(Method::DELETE, path, Some(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path, None).await
    }

    /// Creates a record of a type and returns its resource object.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn make(&self, kind: &str, attributes: Value, relationships: &[(&str, &str, &str)]) -> Value {
        let linkage = relationships
            .iter()
            .map(|(name, kind, id)| ((*name).to_owned(), json!({"data": {"type": kind, "id": id}})))
            .collect::<serde_json::Map<_, _>>();
        let mut data = json!({"type": kind, "attributes": attributes});
        if !linkage.is_empty() {
            data["relationships"] = Value::Object(linkage);
        }
        let answer = self.post(&format!("/{kind}"), json!({"data": data})).await;
        assert!(answer.status.is_success(), "{kind}: {} {}", answer.status, answer.text);
        answer.body["data"].clone()
    }

    /// A product; its id.
    pub async fn product(&self) -> String {
        id(&self.make("products", json!({"name": "Example"}), &[]).await)
    }

    /// A policy of a product; its id.
    pub async fn policy(&self, product: &str, attributes: Value) -> String {
        let mut all = json!({"name": "Example"});
        if let (Value::Object(all), Value::Object(more)) = (&mut all, attributes) {
            all.extend(more);
        }
        id(&self.make("policies", all, &[("product", "products", product)]).await)
    }

    /// A license of a policy; its resource object.
    pub async fn license(&self, policy: &str, attributes: Value) -> Value {
        self.make("licenses", attributes, &[("policy", "policies", policy)]).await
    }

    /// A new product with a policy and a license of it; the license's resource object.
    pub async fn licensed(&self, policy: Value) -> Value {
        let product = self.product().await;
        let policy = self.policy(&product, policy).await;
        self.license(&policy, json!({})).await
    }
}

/// The id of a resource object.
///
/// # Panics
/// When it has none.
#[must_use]
pub fn id(resource: &Value) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: reqwest::header::HeaderMap,
    /// Body, if it is JSON; else null.
    pub body: Value,
    /// Body as it came.
    pub text: String,
}

impl Answer {
    /// The answer, if it has this status.
    ///
    /// # Panics
    /// When it has another.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// The first error's code.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["errors"][0]["code"].as_str().unwrap_or_default()
    }

    /// The first error's pointer, parameter or header.
    #[must_use]
    pub fn source(&self) -> &str {
        let source = &self.body["errors"][0]["source"];
        ["pointer", "parameter", "header"].iter().find_map(|name| source[*name].as_str()).unwrap_or_default()
    }

    /// The primary resource's attributes.
    #[must_use]
    pub fn attributes(&self) -> &Value {
        &self.body["data"]["attributes"]
    }

    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
