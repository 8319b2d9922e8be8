//! What a process is told about its surroundings, once, at start.

use crate::ids::{Id, parse_id};

/// How the account of a request is found (spec 01 §3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One account; un-prefixed paths belong to it.
    Single(Id),
    /// Many accounts; un-prefixed paths need a custom domain.
    Multi,
}

/// Settings shared by all functions and the local server.
#[derive(Clone, Debug)]
pub struct Config {
    /// Name of the DynamoDB table.
    pub table: String,
    /// The service's own domain, e.g. `keygen.sh`; the portal lives at `portal.{domain}`.
    pub domain: String,
    /// Scheme of absolute links: `https`, or `http` on a local server without TLS.
    pub scheme: &'static str,
    /// Host (and port) that absolute links name, e.g. `api.example.com`.
    pub host: String,
    /// Single- or multi-account mode.
    pub mode: Mode,
    /// Whether logins and password changes are throttled (spec 01 §3.11).
    pub throttling: bool,
    /// Whether responses carry `Server-Timing` (local server only).
    pub server_timing: bool,
    /// Mail hosts that give addresses to everybody, besides those known already (spec 02 §3.2 rule 4).
    pub public_mail_hosts: Vec<String>,
    /// Whether `X-Forwarded-Host` names the host the client used.
    pub trust_forwarded_host: bool,
}

impl Config {
    /// Reads the settings of a deployed function from `LATCHKEY_*` variables.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub fn from_env() -> Result<Self, String> {
        let var = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let table = var("LATCHKEY_TABLE").ok_or("LATCHKEY_TABLE is not set")?;
        let mode = match var("LATCHKEY_ACCOUNT") {
            Some(id) => Mode::Single(parse_id(&id).ok_or("LATCHKEY_ACCOUNT is not a UUID")?),
            None => Mode::Multi,
        };
        let host = var("LATCHKEY_HOST").unwrap_or_else(|| "localhost".to_owned());
        let domain = var("LATCHKEY_DOMAIN").unwrap_or_else(|| registrable(&host).to_owned());
        Ok(Self {
            table,
            domain,
            scheme: "https",
            host,
            mode,
            throttling: true,
            server_timing: var("LATCHKEY_SERVER_TIMING").is_some(),
            public_mail_hosts: public_mail_hosts(),
            trust_forwarded_host: var("LATCHKEY_TRUST_FORWARDED_HOST").is_some(),
        })
    }

    /// The browser origin whose requests may use session cookies.
    #[must_use]
    pub fn portal_origin(&self) -> String {
        format!("https://portal.{}", self.domain)
    }
}

/// The hosts in `LATCHKEY_PUBLIC_MAIL_HOSTS`, separated by commas.
#[must_use]
pub fn public_mail_hosts() -> Vec<String> {
    let hosts = std::env::var("LATCHKEY_PUBLIC_MAIL_HOSTS").unwrap_or_default();
    hosts.split(',').map(|host| host.trim().to_lowercase()).filter(|host| !host.is_empty()).collect()
}

/// The last two labels of a host name, its port cut off.
fn registrable(host: &str) -> &str {
    let name = host.split(':').next().unwrap_or(host);
    match name.rmatch_indices('.').nth(1) {
        Some((at, _)) => &name[at + 1..],
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::registrable;

    #[test]
    fn the_domain_defaults_to_the_hosts_last_two_labels() {
        assert_eq!(registrable("api.eu.example.com:8443"), "example.com");
        assert_eq!(registrable("example.com"), "example.com");
        assert_eq!(registrable("localhost:8787"), "localhost");
    }
}
