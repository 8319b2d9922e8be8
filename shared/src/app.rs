//! What every request shares: the table, the clock, the vault, the cached accounts.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::sealed::Vault;
use crate::domain::license::trails::Trails;
use crate::events::journal::Journal;
use crate::mail::Mailer;
use crate::store::Store;
use crate::tenant::Tenants;

/// A handle on the process's shared state; cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// The shared state.
#[derive(Debug)]
pub struct Parts {
    /// The table.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// Settings.
    pub config: Config,
    /// Seals secrets at rest.
    pub vault: Vault,
    /// Accounts with their keys, cached for 30 seconds.
    pub tenants: Tenants,
    /// Where license keys led lately.
    pub trails: Trails,
    /// Counts what is queued behind the requests.
    pub journal: Journal,
    /// Sends mails.
    pub mailer: Mailer,
    /// Wakes what works in the background.
    pub wake: tokio::sync::Notify,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(store: Store, clock: Clock, config: Config, vault: Vault, mailer: Mailer) -> Self {
        Self(Arc::new(Parts {
            store,
            clock,
            config,
            vault,
            tenants: Tenants::default(),
            trails: Trails::default(),
            journal: Journal::default(),
            mailer,
            wake: tokio::sync::Notify::new(),
        }))
    }

    /// The state of a deployed function, from its environment.
    ///
    /// # Errors
    /// Names the setting that is missing.
    pub async fn from_env() -> Result<Self, String> {
        let config = Config::from_env()?;
        let aws = aws_config::load_from_env().await;
        let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(&aws);
        if let Ok(endpoint) = std::env::var("DYNAMODB_ENDPOINT") {
            dynamodb = dynamodb.endpoint_url(endpoint);
        }
        let store = Store::new(aws_sdk_dynamodb::Client::from_conf(dynamodb.build()), &config.table);
        let vault = match (std::env::var("LATCHKEY_KMS_KEY"), std::env::var("LATCHKEY_KEY_FILE")) {
            (Ok(key), _) if !key.is_empty() => Vault::kms(aws_sdk_kms::Client::new(&aws), key),
            (_, Ok(path)) if !path.is_empty() => {
                Vault::file(std::path::Path::new(&path)).map_err(|error| error.to_string())?
            }
            _ => return Err("LATCHKEY_KMS_KEY is not set".to_owned()),
        };
        Ok(Self::new(store, Clock::system(), config, vault, Mailer::from_env(&aws)))
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
