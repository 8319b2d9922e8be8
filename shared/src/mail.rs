//! Mails: where they go is the process's business, what they say is the sender's.

use std::sync::Mutex;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::Time;

/// A mail to send.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mail {
    /// Recipient.
    pub to: String,
    /// Template, e.g. `password-reset`.
    pub template: &'static str,
    /// What the template is filled with.
    pub variables: Map<String, Value>,
    /// When.
    pub sent: Time,
}

/// Sends mails.
#[derive(Debug)]
pub enum Mailer {
    /// Keeps them for the sandbox to show.
    Outbox(Mutex<Vec<Mail>>),
    /// Drops them: nobody configured a sender.
    Nowhere,
}

impl Mailer {
    /// An outbox in memory.
    #[must_use]
    pub fn outbox() -> Self {
        Self::Outbox(Mutex::default())
    }

    /// The sender of a deployed function.
    #[must_use]
    pub fn from_env(_aws: &aws_config::SdkConfig) -> Self {
        Self::Nowhere
    }

    /// Sends a mail; never fails a request.
    pub async fn send(&self, mail: Mail) {
        match self {
            Self::Outbox(outbox) => {
                if let Ok(mut mails) = outbox.lock() {
                    mails.push(mail);
                }
            }
            Self::Nowhere => tracing::warn!(template = mail.template, "no sender is configured: a mail was dropped"),
        }
    }

    /// Mails kept so far, oldest first.
    #[must_use]
    pub fn kept(&self) -> Vec<Mail> {
        match self {
            Self::Outbox(outbox) => outbox.lock().map(|mails| mails.clone()).unwrap_or_default(),
            Self::Nowhere => Vec::new(),
        }
    }

    /// Forgets kept mails.
    pub fn clear(&self) {
        if let Self::Outbox(outbox) = self {
            if let Ok(mut mails) = outbox.lock() {
                mails.clear();
            }
        }
    }
}
