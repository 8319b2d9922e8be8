//! Who may do what: every route of every family, asked by every kind of bearer, in and out of environments.
//!
//! The tables are made from the routers' own lists and kept as snapshots: a change of rights is a visible diff, and so
//! is a route without rights. `INSTA_UPDATE=always` writes them anew. Nothing is written to the table meanwhile
//! ([`Rehearsal`]), so the order of questions does not matter.

use std::collections::HashMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use shared::auth::permissions::{self, Role};
use support::rehearsal::{Rehearsal, Verdict};
use support::{Server, Vendor};

use crate::routes;
use crate::world::{Case, PASSWORD, World};

/// A route with one of the requests that it takes.
struct Question {
    method: Method,
    pattern: &'static str,
    case: Case,
}

impl Question {
    /// Every route but those that ask nobody's rights.
    fn all(world: &World) -> Vec<Self> {
        let routes = routes::all();
        let an_update = |pattern| routes.contains(&("PATCH", pattern));
        let mut questions = Vec::new();
        for &(method, pattern) in &routes {
            let open =
                matches!(pattern, "/accounts" | "/recover" | "/health" | "/health/webhooks" | "/ping" | "/passwords");
            if open || pattern.ends_with("/reset-password") || (method == "PUT" && an_update(pattern)) {
                continue;
            }
            for case in world.cases(method, pattern) {
                questions.push(Self { method: routes::method(method), pattern, case });
            }
        }
        questions
    }

    fn title(&self) -> String {
        let Self { method, pattern, case } = self;
        if case.label.is_empty() {
            format!("{method} {pattern}")
        } else {
            format!("{method} {pattern}: {}", case.label)
        }
    }

    fn path(&self, vendor: &Vendor, world: &World) -> String {
        let path = routes::path(vendor, self.pattern, |before, _| world.identifier(self.pattern, &self.case, before));
        path.trim_start_matches(&format!("/v1/accounts/{}", vendor.account.id)).to_owned()
    }

    async fn ask(&self, rehearsal: &Rehearsal, bearer: &Vendor, world: &World) -> Verdict {
        rehearsal.ask(bearer, self.method.clone(), &self.path(bearer, world), self.case.body.clone()).await
    }
}

/// A table in Markdown, with a row for each question.
struct Table {
    rows: Vec<String>,
    head: Vec<String>,
}

impl Table {
    fn new(questions: &[Question]) -> Self {
        Self { rows: questions.iter().map(|question| format!("| {} |", question.title())).collect(), head: Vec::new() }
    }

    fn column(&mut self, name: &str, cells: Vec<String>) {
        self.head.push(name.to_owned());
        for (row, cell) in self.rows.iter_mut().zip(cells) {
            write!(row, " {cell} |").expect("text");
        }
    }

    fn text(&self) -> String {
        let rule = " --- |".repeat(self.head.len());
        format!("| route | {} |\n| --- |{rule}\n{}\n", self.head.join(" | "), self.rows.join("\n"))
    }
}

/// A token for what a path names.
async fn bearer(vendor: &Vendor, path: &str) -> Vendor {
    let token = vendor.post(path, json!({})).await;
    assert!(token.status.is_success(), "{path}: {}", token.text);
    vendor.with(&format!("Bearer {}", token.attributes()["token"].as_str().expect("a token")))
}

async fn staff(vendor: &Vendor, role: &str) -> Vendor {
    let email = format!("{role}@example.com");
    vendor.make("users", json!({"email": email, "password": PASSWORD, "role": role}), &[]).await;
    let basic = STANDARD.encode(format!("{email}:{PASSWORD}"));
    bearer(&vendor.with(&format!("Basic {basic}")), "/tokens").await
}

/// The same bearer with a token of these permissions alone.
async fn cut(vendor: &Vendor, permissions: &[&str]) -> Vendor {
    let wanted = json!({"data": {"type": "tokens", "attributes": {"permissions": permissions}}});
    let token = vendor.post("/tokens", wanted).await.expect(201);
    vendor.with(&format!("Bearer {}", token.attributes()["token"].as_str().expect("a token")))
}

/// An environment; its id and an admin who acts in it.
async fn environment(vendor: &Vendor, strategy: &str) -> (String, Vendor) {
    let code = strategy.to_lowercase();
    let attributes = json!({"name": code, "code": code, "isolationStrategy": strategy});
    let id = support::id(&vendor.make("environments", attributes, &[]).await);
    let relationship = json!({"environment": {"data": {"type": "environments", "id": id}}});
    let token = json!({"data": {"type": "tokens", "relationships": relationship}});
    let token = vendor.post("/tokens", token).await.expect(201);
    let raw = token.attributes()["token"].as_str().expect("a token");
    (id, vendor.with(&format!("Bearer {raw}")).within(&code))
}

async fn setting(vendor: &Vendor) -> String {
    let setting = json!({"key": "default_user_permissions", "value": ["license.read"]});
    let setting = json!({"data": {"type": "settings", "attributes": setting}});
    support::id(&vendor.post("/settings", setting).await.expect(201).body["data"])
}

#[tokio::test]
async fn every_route_by_every_role() {
    let vendor = Server::start().await.vendor("acme").await;
    let mut world = World::furnish(&vendor, "acme").await;
    let (staging, _) = environment(&vendor, "SHARED").await;
    world.records.insert("environments", staging);
    let of = |kind: &str, name: &str| format!("/{kind}/{}/tokens", world.records[name]);
    let other = vendor.product().await;
    let mut bearers: Vec<(&str, Vendor)> = vec![
        ("admin", vendor.clone()),
        ("admin whose token may nothing", cut(&vendor, &[]).await),
        ("developer", staff(&vendor, "developer").await),
        ("sales-agent", staff(&vendor, "sales-agent").await),
        ("support-agent", staff(&vendor, "support-agent").await),
        ("read-only", staff(&vendor, "read-only").await),
        ("product", bearer(&vendor, &of("products", "products")).await),
        ("other product", bearer(&vendor, &format!("/products/{other}/tokens")).await),
        ("owner", bearer(&vendor, &of("users", "users")).await),
        ("licensee", bearer(&vendor, &of("users", "licensee")).await),
        ("stranger", bearer(&vendor, &of("users", "stranger")).await),
        ("license", bearer(&vendor, &of("licenses", "licenses")).await),
        ("license by key", vendor.with("License acme-KEY")),
        ("anonymous", vendor.anonymous()),
    ];
    // Last, so that the users above have the defaults.
    world.records.insert("settings", setting(&vendor).await);
    let rehearsal = Rehearsal::of(&vendor.server).await;
    let questions = Question::all(&world);
    let mut table = Table::new(&questions);
    for (name, bearer) in bearers.drain(..) {
        let mut cells = Vec::new();
        for question in &questions {
            let verdict = question.ask(&rehearsal, &bearer, &world).await;
            // To others an attribute that they may not send is unknown.
            let taken = name != "admin" || verdict != Verdict::Refused(400);
            assert!(taken, "{}: the request is not one that it takes", question.title());
            cells.push(verdict.to_string());
        }
        table.column(name, cells);
    }
    insta::assert_snapshot!("roles", table.text());
}

/// Owner and license with every permission that their roles may have, not only the defaults.
#[tokio::test]
async fn every_route_by_customers_with_every_permission() {
    let vendor = Server::start().await.vendor("acme").await;
    let world = World::furnish(&vendor, "acme").await;
    let rehearsal = Rehearsal::of(&vendor.server).await;
    let all = |kind: &str| json!({"data": {"type": kind, "attributes": {"permissions": ["*"]}}});
    let bearers = [("owner", "users", "users"), ("license", "licenses", "licenses")];
    let questions = Question::all(&world);
    let mut table = Table::new(&questions);
    for (title, kind, name) in bearers {
        let path = format!("/{kind}/{}", world.records[name]);
        let bearer = bearer(&vendor, &format!("{path}/tokens")).await;
        let mut columns = [Vec::new(), Vec::new()];
        for column in &mut columns {
            for question in &questions {
                column.push(question.ask(&rehearsal, &bearer, &world).await);
            }
            vendor.patch(&path, all(kind)).await.expect(200);
        }
        let [defaults, every] = columns;
        let gained = defaults
            .iter()
            .zip(&every)
            .map(|(before, after)| if before == after { String::new() } else { format!("{before} → {after}") });
        table.column(title, gained.collect());
    }
    table.rows.retain(|row| row.contains('→'));
    insta::assert_snapshot!("gains", table.text());
}

/// Records of each environment, asked for from each environment.
#[tokio::test]
async fn every_write_across_environments() {
    let vendor = Server::start().await.vendor("acme").await;
    let (shared_id, shared) = environment(&vendor, "SHARED").await;
    let (isolated_id, isolated) = environment(&vendor, "ISOLATED").await;
    let setting = setting(&vendor).await;
    let mut bearers = vec![
        ("admin, global", vendor.clone()),
        ("admin, shared", shared.clone()),
        ("admin, isolated", isolated.clone()),
    ];
    bearers.push(("shared environment", bearer(&shared, &format!("/environments/{shared_id}/tokens")).await));
    bearers.push(("isolated environment", bearer(&isolated, &format!("/environments/{isolated_id}/tokens")).await));
    let mut worlds = Vec::new();
    for (name, maker, id) in
        [("global", &vendor, &shared_id), ("shared", &shared, &shared_id), ("isolated", &isolated, &isolated_id)]
    {
        let mut world = World::furnish(maker, name).await;
        world.records.extend([("environments", id.clone()), ("settings", setting.clone())]);
        worlds.push((name, world));
    }
    let rehearsal = Rehearsal::of(&vendor.server).await;
    let questions: Vec<Question> =
        Question::all(&worlds[0].1).into_iter().filter(|question| question.method != Method::GET).collect();
    let mut table = Table::new(&questions);
    for (place, world) in &worlds {
        let questions = Question::all(world).into_iter().filter(|question| question.method != Method::GET);
        let questions: Vec<Question> = questions.collect();
        for (name, bearer) in &bearers {
            let mut cells = Vec::new();
            for question in &questions {
                cells.push(question.ask(&rehearsal, bearer, world).await.to_string());
            }
            table.column(&format!("{name} → {place} record"), cells);
        }
    }
    insta::assert_snapshot!("environments", table.text());
}

/// Tokens that hold a few permissions, made once.
struct Tokens<'a> {
    vendor: &'a Vendor,
    made: HashMap<Vec<&'static str>, Vendor>,
}

impl Tokens<'_> {
    async fn with(&mut self, permissions: &[&'static str]) -> Vendor {
        if !self.made.contains_key(permissions) {
            self.made.insert(permissions.to_vec(), cut(self.vendor, permissions).await);
        }
        self.made[permissions].clone()
    }

    /// The permissions without which a question is refused, found by halving.
    async fn needed(&mut self, rehearsal: &Rehearsal, question: &Question, world: &World) -> Vec<&'static str> {
        let catalogue: Vec<&'static str> = permissions::allowed(Role::Admin).iter().collect();
        let mut needed: Vec<&'static str> = Vec::new();
        loop {
            let (mut too_few, mut enough) = (0, catalogue.len());
            if question.ask(rehearsal, &self.with(&needed).await, world).await == Verdict::Admitted {
                return needed;
            }
            while enough - too_few > 1 {
                let middle = usize::midpoint(too_few, enough);
                let mut held = needed.clone();
                held.extend(catalogue[..middle].iter().filter(|name| !needed.contains(name)));
                match question.ask(rehearsal, &self.with(&held).await, world).await {
                    Verdict::Admitted => enough = middle,
                    Verdict::Refused(_) => too_few = middle,
                }
            }
            assert!(!needed.contains(&catalogue[enough - 1]), "{}: refused whatever a token holds", question.title());
            needed.push(catalogue[enough - 1]);
        }
    }
}

/// What an admin's token must hold for each route that an admin may use at all.
#[tokio::test]
async fn every_route_needs_its_permissions() {
    let vendor = Server::start().await.vendor("acme").await;
    let mut world = World::furnish(&vendor, "acme").await;
    let (staging, _) = environment(&vendor, "SHARED").await;
    world.records.extend([("environments", staging), ("settings", setting(&vendor).await)]);
    let rehearsal = Rehearsal::of(&vendor.server).await;
    let mut tokens = Tokens { vendor: &vendor, made: HashMap::new() };
    let questions = Question::all(&world);
    let mut table = Table::new(&questions);
    let mut cells = Vec::new();
    for question in &questions {
        let admitted = question.ask(&rehearsal, &vendor, &world).await == Verdict::Admitted;
        let needed =
            if admitted { tokens.needed(&rehearsal, question, &world).await.join(", ") } else { "–".to_owned() };
        cells.push(needed);
    }
    table.column("permissions", cells);
    insta::assert_snapshot!("permissions", table.text());
}

#[tokio::test]
async fn tokens_are_cut_to_their_permissions() {
    let (_server, vendor) = Server::single().await;
    let cut = cut(&vendor, &["product.read"]).await;
    assert_eq!(cut.get("/me").await.expect(403).body["errors"][0].get("code"), None::<&Value>);
    cut.get("/products").await.expect(200);
    let refused =
        cut.post("/products", json!({"data": {"type": "products", "attributes": {"name": "x"}}})).await.expect(403);
    let detail = refused.body["errors"][0]["detail"].as_str().expect("a detail").to_owned();
    assert!(detail.contains("token lacks permission"), "{detail}");
    assert_eq!(refused.body["errors"][0].get("code"), None::<&Value>);
}
