//! Logs. They go to standard error; no log line holds a secret.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

fn filter() -> EnvFilter {
    EnvFilter::try_from_env("LATCHKEY_LOG").unwrap_or_else(|_| EnvFilter::new("warn,dynoxide=error"))
}

/// One JSON object a line, as CloudWatch reads them.
pub fn init_json() {
    let subscriber = tracing_subscriber::fmt().json().with_env_filter(filter()).without_time();
    let _ = subscriber.with_span_events(FmtSpan::NONE).with_writer(std::io::stderr).try_init();
}

/// For people at a terminal.
pub fn init_text() {
    let _ = tracing_subscriber::fmt().with_env_filter(filter()).with_writer(std::io::stderr).try_init();
}
