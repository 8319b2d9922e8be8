//! A server that does everything but write.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use reqwest::Method;
use serde_json::Value;
use shared::app::App;
use shared::clock::Clock;
use shared::mail::Mailer;
use shared::store::Store;

use crate::{Server, Vendor};

/// A second server on another one's table, which refuses every write.
///
/// What a bearer may do can be asked of it over and over: nothing that it admits leaves a trace.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    server: Server,
    writes: Arc<AtomicUsize>,
}

/// What a request to a rehearsal came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was answered, or would have changed something.
    Admitted,
    /// It was refused with this status, by authorization or by what comes before or after it.
    Refused(u16),
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Admitted => f.write_str("✓"),
            Self::Refused(status) => write!(f, "{status}"),
        }
    }
}

impl Rehearsal {
    /// Starts one beside a server.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn of(server: &Server) -> Self {
        let writes = Arc::new(AtomicUsize::new(0));
        let app = &server.app;
        let config = app.store.client().config().to_builder().interceptor(NoWrites(Arc::clone(&writes))).build();
        let store = Store::new(Client::from_conf(config), app.store.table());
        let mut settings = app.config.clone();
        settings.throttling = false;
        let app = App::new(store, Clock::system(), settings, app.vault.clone(), Mailer::outbox());
        Self { server: Server::of(app).await, writes }
    }

    /// What `bearer`'s request comes to.
    ///
    /// # Panics
    /// When it fails by a fault of the server's.
    pub async fn ask(&self, bearer: &Vendor, method: Method, path: &str, body: Option<Value>) -> Verdict {
        let bearer = Vendor { server: self.server.clone(), ..bearer.clone() };
        let before = self.writes.load(Ordering::SeqCst);
        let answer = bearer.request(method.clone(), path, body).await;
        let wrote = self.writes.load(Ordering::SeqCst) > before;
        match answer.status.as_u16() {
            200..=299 => Verdict::Admitted,
            500 if wrote => Verdict::Admitted,
            status if status >= 500 => panic!("{method} {path}: {}", answer.text),
            status => Verdict::Refused(status),
        }
    }
}

/// Refuses what writes, and counts it.
#[derive(Debug)]
struct NoWrites(Arc<AtomicUsize>);

impl Intercept for NoWrites {
    fn name(&self) -> &'static str {
        "NoWrites"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input();
        if input.downcast_ref::<TransactWriteItemsInput>().is_some()
            || input.downcast_ref::<UpdateItemInput>().is_some()
        {
            self.0.fetch_add(1, Ordering::SeqCst);
            return Err("a rehearsal writes nothing".into());
        }
        Ok(())
    }
}
