//! Whether the service is there. Nobody needs credentials to ask.

use shared::http::context::Outside;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::store::{Consistency, keys};

pub async fn ping(_: Outside) -> Reply {
    Reply::empty().status(http::StatusCode::OK)
}

pub async fn health(_: Outside) -> Reply {
    Reply::empty()
}

/// Events and deliveries wait in the table, so that they get on as long as it answers.
pub async fn webhooks(outside: Outside) -> Result<Reply> {
    outside.exchange.store.item(&keys::claim(None, "health", ""), Consistency::Eventual).await?;
    Ok(Reply::empty())
}
