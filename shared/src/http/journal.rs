//! Which requests belong in the request log (spec 01 §4, 09 §3.14).

use super::exchange::{Exchange, Progress};

/// Collections whose requests are not logged.
const UNLOGGED: &[&str] =
    &["/account", "/webhook-endpoints", "/webhook-events", "/request-logs", "/event-logs", "/search"];

/// Whether an answered request belongs in the log.
#[must_use]
pub fn is_logged(exchange: &Exchange, progress: &Progress) -> bool {
    let domain = &exchange.app.config.domain;
    let dashboards = [format!("https://app.{domain}"), format!("https://dist.{domain}")];
    let from_dashboard = exchange.header("origin").is_some_and(|origin| dashboards.iter().any(|known| known == origin));
    progress.tenant.is_some()
        && !progress.unlogged
        && !progress.route.is_empty()
        && !UNLOGGED.iter().any(|prefix| progress.route == *prefix || progress.route.starts_with(&format!("{prefix}/")))
        && !from_dashboard
}
