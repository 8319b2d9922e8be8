//! `latchkey bench`: requests a second of validate-key, beside the floor that the stack sets.
//!
//! The server runs in this process over an empty table in memory; the client speaks HTTP over
//! loopback, from the same processors. The floor is one `GetItem` and one signature through the same
//! request stack.

mod client;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};
use shared::app::App;
use shared::domain::attribute::Reference;
use shared::domain::license::License;
use shared::http::context::Open;
use shared::http::error::Result as HandlerResult;
use shared::http::reply::Reply;
use shared::http::routes::Routes;
use shared::http::stack;
use shared::ids::{Id, new_id};
use shared::provision::{self, Provision};
use shared::store::{Consistency, keys};
use shared::transfer::Transfer;
use shared::transfer::import::Options;
use tokio::net::TcpListener;

use crate::cli::Outcome;
use crate::{engine, serve};
use client::{Connection, Wanted};

/// What to measure.
#[derive(Args, Clone, Debug)]
pub struct Bench {
    /// How long each measurement takes, in seconds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Numbers of connections to measure with.
    #[arg(long, value_delimiter = ',', default_values_t = [1_usize, 16])]
    connections: Vec<usize>,
    /// Endpoint of another DynamoDB engine; without it, the embedded one in memory.
    #[arg(long, env = "DYNAMODB_ENDPOINT")]
    endpoint: Option<String>,
}

/// Measures and prints.
///
/// # Errors
/// One sentence.
pub async fn run(options: Bench) -> Outcome {
    if options.connections.iter().any(|number| !(1..=1024).contains(number)) {
        return Err("--connections takes numbers from 1 to 1024".to_owned());
    }
    let endpoint = options.endpoint.as_deref().filter(|endpoint| !endpoint.is_empty());
    let (app, router) = serve::rehearsal(engine::ephemeral(endpoint).await?, "localhost");
    let subject = subject(&app).await?;
    let server = start(router).await?;
    let routes = Routes::new().get("/licenses/{id}", floor).into_router();
    let floor = start(stack::serve(app.clone(), routes)).await?;
    let account = subject.account;
    let validation = Wanted {
        address: server,
        method: "POST",
        path: format!("/v1/accounts/{account}/licenses/actions/validate-key"),
        body: json!({"meta": {"key": subject.key}}).to_string(),
    };
    let floor = Wanted {
        address: floor,
        method: "GET",
        path: format!("/v1/accounts/{account}/licenses/{}", subject.license),
        body: String::new(),
    };
    check(&validation).await?;
    check(&floor).await?;
    println!("{:<13} {:>11} {:>11} {:>9} {:>9}", "", "connections", "requests/s", "p50 ms", "p99 ms");
    for connections in &options.connections {
        for (name, wanted) in [("validate-key", &validation), ("floor", &floor)] {
            let measured = measure(wanted, *connections, Duration::from_secs(options.seconds)).await?;
            let Measured { rate, p50, p99 } = measured;
            println!("{name:<13} {connections:>11} {rate:>11.0} {p50:>9.2} {p99:>9.2}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is validated.
struct Subject {
    account: Id,
    license: Id,
    key: String,
}

/// An account with a license of a signed scheme.
async fn subject(app: &App) -> Result<Subject, String> {
    let wanted = Provision {
        id: None,
        name: None,
        slug: Some("bench".to_owned()),
        email: "bench@latchkey.example".to_owned(),
        password: "no one logs in".to_owned(),
    };
    let account = provision::account(&app.store, &app.vault, &app.clock, wanted, false).await?.account.id;
    let (product, policy, license) = (new_id(), new_id(), new_id());
    let linked = |kind: &str, id: Id| json!({"data": Reference::new(kind, id)});
    let records: [Value; 3] = [
        json!({
            "type": "products", "id": product, "attributes": {"name": "Bench"},
            "relationships": {"account": linked("accounts", account)},
        }),
        json!({
            "type": "policies", "id": policy, "attributes": {"name": "Bench", "scheme": "ED25519_SIGN", "floating": true},
            "relationships": {"account": linked("accounts", account), "product": linked("products", product)},
        }),
        json!({
            "type": "licenses", "id": license, "attributes": {"name": "Bench"},
            "relationships": {"account": linked("accounts", account), "policy": linked("policies", policy)},
        }),
    ];
    let transfer = Transfer { store: &app.store, vault: &app.vault, now: app.clock.now() };
    let options = Options { atomic: true, account: None };
    let report = transfer.import(&records, &options).await.map_err(|error| error.to_string())?;
    if let Some(problem) = report.problems.first() {
        return Err(format!("the records to measure with were refused: {problem:?}"));
    }
    let stored = app.store.get::<License>(account, license).await.map_err(|error| error.to_string())?;
    let key = stored.map(|license| license.key).ok_or("the license to measure with is gone")?;
    Ok(Subject { account, license, key })
}

/// One item, one signature.
async fn floor(Open(ctx): Open, axum::extract::Path(id): axum::extract::Path<String>) -> HandlerResult<Reply> {
    let id = shared::ids::parse_id(&id).unwrap_or_default();
    let item = ctx.store.item(&keys::record(ctx.account(), "licenses", id), Consistency::Strong).await?;
    Ok(Reply::data(json!({"type": "licenses", "id": id, "members": item.map_or(0, |item| item.len())})))
}

async fn start(router: axum::Router) -> Result<SocketAddr, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, service).await {
            tracing::error!(%error, "the measured server ended");
        }
    });
    Ok(address)
}

/// Refuses to measure errors.
async fn check(wanted: &Wanted) -> Result<(), String> {
    let mut connection = Connection::open(wanted.address).await?;
    let answer = connection.send(&wanted.request()).await?;
    if answer.status == 200 {
        Ok(())
    } else {
        Err(format!("{} {} answers {}: {}", wanted.method, wanted.path, answer.status, answer.body))
    }
}

struct Measured {
    rate: f64,
    p50: f64,
    p99: f64,
}

async fn measure(wanted: &Wanted, connections: usize, time: Duration) -> Result<Measured, String> {
    let request = wanted.request();
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(Connection::open(wanted.address).await?);
    }
    let started = Instant::now();
    let runs = opened.into_iter().map(|mut connection| {
        let request = request.clone();
        tokio::spawn(async move {
            let mut times = Vec::new();
            while started.elapsed() < time {
                let sent = Instant::now();
                let answer = connection.send(&request).await?;
                if answer.status != 200 {
                    return Err(format!("an answer was {}", answer.status));
                }
                times.push(sent.elapsed());
            }
            Ok(times)
        })
    });
    let mut times = Vec::new();
    for run in futures::future::join_all(runs).await {
        times.extend(run.map_err(|error| error.to_string())??);
    }
    let elapsed = started.elapsed().as_secs_f64();
    times.sort_unstable();
    let quantile = |share: usize| {
        let at = (times.len() * share / 100).min(times.len().saturating_sub(1));
        times.get(at).map_or(0.0, Duration::as_secs_f64) * 1000.0
    };
    Ok(Measured { rate: times.len() as f64 / elapsed, p50: quantile(50), p99: quantile(99) })
}
