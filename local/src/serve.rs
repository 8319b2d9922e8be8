//! The local server: every family's router behind one listener.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum_server::tls_rustls::RustlsConfig;
use http::Request;
use shared::app::App;
use shared::clock::Clock;
use shared::config::{Config, Mode};
use shared::http::families::{self, Family};
use shared::http::path;
use shared::http::routes::Routes;
use shared::ids::Id;
use shared::mail::Mailer;
use tower::ServiceExt;

use crate::cli::{Outcome, Serve};
use crate::engine::Opened;
use crate::{engine, first_run, sandbox};

/// What a suite written for the hosted service expects.
const SANDBOX_DOMAIN: &str = "keygen.sh";

/// Serves until it is told to stop.
///
/// # Errors
/// One sentence: the port is taken, the data directory cannot be used, the account is unknown.
pub async fn serve(options: Serve) -> Outcome {
    if options.sandbox && !options.address.is_loopback() {
        return Err("--sandbox has no authentication and listens on a loopback address only".to_owned());
    }
    let address = SocketAddr::new(options.address, options.port);
    let listener =
        std::net::TcpListener::bind(address).map_err(|error| format!("cannot listen on {address}: {error}"))?;
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    let endpoint = std::env::var("DYNAMODB_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty());
    let scheme = if options.tls { "https" } else { "http" };
    let url = format!("{scheme}://{address}");

    let (app, router) = if options.sandbox {
        let opened = engine::ephemeral(endpoint.as_deref()).await?;
        let domain = options.domain.as_deref().unwrap_or(SANDBOX_DOMAIN);
        eprintln!("Sandbox on {url} (controls below {url}/-/sandbox)");
        rehearsal(opened, domain)
    } else {
        let opened = engine::local(&options.data, endpoint.as_deref()).await?;
        let account = first_run::account(&opened, options.account.as_deref(), &url).await?;
        let domain = options.domain.as_deref().unwrap_or("localhost");
        let app = lone(opened, account, domain, scheme, &address.to_string());
        eprintln!("Listening on {url}");
        shared::sweep::spawn(&app);
        (app.clone(), families(&app))
    };
    shared::cascade::spawn(app.clone());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let handle = axum_server::Handle::new();
    tokio::spawn(stop_on_signal(handle.clone()));
    let served = if options.tls {
        let tls = tls(&options.data, options.address).await?;
        axum_server::from_tcp_rustls(listener, tls)
            .map_err(|error| error.to_string())?
            .handle(handle)
            .serve(service)
            .await
    } else {
        axum_server::from_tcp(listener).map_err(|error| error.to_string())?.handle(handle).serve(service).await
    };
    served.map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// A sandbox: many accounts, no throttling, and its controls.
pub fn rehearsal(opened: Opened, domain: &str) -> (App, Router) {
    let mut config = config(&opened, Mode::Multi, domain, &format!("api.{domain}"));
    config.throttling = false;
    let app = App::new(opened.store, Clock::system(), config, opened.vault, Mailer::outbox());
    let router = families(&app).merge(sandbox::router(&app));
    (app, router)
}

/// A server of one account.
#[must_use]
pub fn lone(opened: Opened, account: Id, domain: &str, scheme: &'static str, host: &str) -> App {
    let mut config = config(&opened, Mode::Single(account), domain, host);
    config.scheme = scheme;
    App::new(opened.store, Clock::system(), config, opened.vault, Mailer::outbox())
}

fn config(opened: &Opened, mode: Mode, domain: &str, host: &str) -> Config {
    Config {
        table: opened.store.table().to_owned(),
        domain: domain.to_owned(),
        scheme: "https",
        host: host.to_owned(),
        mode,
        throttling: true,
        server_timing: true,
        public_mail_hosts: shared::config::public_mail_hosts(),
        trust_forwarded_host: false,
    }
}

/// The router of every family, by the paths that `template.yaml` gives to its function.
pub fn families(app: &App) -> Router {
    let routers: Arc<Vec<(&'static str, Router)>> =
        Arc::new(FAMILIES.iter().map(|family| (family.name, (family.router)(app.clone()))).collect());
    Router::new().fallback(move |request: Request<Body>| {
        let canonical = path::canonical(request.uri().path());
        let family = canonical.ok().and_then(|canonical| families::family_of(&canonical.path));
        let family = family.unwrap_or_else(families::fallback);
        let router = router_of(&routers, family);
        async move { answer(router, request).await }
    })
}

/// A family built into this server.
#[derive(Clone, Copy, Debug)]
pub struct Built {
    /// Its name.
    pub name: &'static str,
    /// Makes its router.
    pub router: fn(App) -> Router,
    /// Says what it serves.
    pub routes: fn() -> Routes,
}

/// Every family built into this server.
pub const FAMILIES: &[Built] = &[
    Built { name: "accounts", router: accounts::router, routes: accounts::routes },
    Built { name: "environments", router: environments::router, routes: environments::routes },
    Built { name: "tokens", router: tokens::router, routes: tokens::routes },
    Built { name: "users", router: users::router, routes: users::routes },
    Built { name: "products", router: products::router, routes: products::routes },
    Built { name: "policies", router: policies::router, routes: policies::routes },
    Built { name: "keys", router: keys::router, routes: keys::routes },
    Built { name: "entitlements", router: entitlements::router, routes: entitlements::routes },
    Built { name: "groups", router: groups::router, routes: groups::routes },
    Built { name: "licenses", router: licenses::router, routes: licenses::routes },
    Built { name: "machines", router: machines::router, routes: machines::routes },
    Built { name: "search", router: search::router, routes: search::routes },
];

fn router_of(routers: &[(&'static str, Router)], family: &Family) -> Router {
    let found = routers.iter().find(|(name, _)| *name == family.name).or_else(|| routers.first());
    found.map(|(_, router)| router.clone()).unwrap_or_default()
}

async fn answer(router: Router, request: Request<Body>) -> Response {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

async fn stop_on_signal(handle: axum_server::Handle<SocketAddr>) {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
    handle.graceful_shutdown(Some(std::time::Duration::from_secs(5)));
}

/// TLS 1.2 and newer, with a certificate that is made once and kept.
async fn tls(data: &Path, address: IpAddr) -> Result<RustlsConfig, String> {
    let (certificate, key) = (data.join("tls.crt"), data.join("tls.key"));
    if !certificate.exists() || !key.exists() {
        std::fs::create_dir_all(data).map_err(|error| error.to_string())?;
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), address.to_string()])
            .map_err(|error| error.to_string())?;
        std::fs::write(&certificate, made.cert.pem()).map_err(|error| error.to_string())?;
        std::fs::write(&key, made.signing_key.serialize_pem()).map_err(|error| error.to_string())?;
    }
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    RustlsConfig::from_pem_file(&certificate, &key)
        .await
        .map_err(|error| format!("{} cannot be used: {error}", certificate.display()))
}
