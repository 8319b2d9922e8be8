//! Mails: where they go is the process's business, what they say is written here.

use std::fmt::Write as _;
use std::sync::Mutex;

use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::Time;

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Template {
    /// Somebody asked to set another password, or (`invitation`) has none yet and is asked to choose one.
    PasswordReset,
    /// Somebody asked which accounts they belong to.
    AccountRecovery,
}

/// A mail to send.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mail {
    /// Recipient.
    pub to: String,
    /// What it says.
    pub template: Template,
    /// What the template is filled with.
    pub variables: Map<String, Value>,
    /// When.
    pub sent: Time,
}

impl Mail {
    fn variable(&self, name: &str) -> &str {
        self.variables.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn is_invitation(&self) -> bool {
        self.variables.get("invitation").and_then(Value::as_bool).unwrap_or_default()
    }

    /// Its subject line.
    #[must_use]
    pub fn subject(&self) -> String {
        match self.template {
            Template::PasswordReset if self.is_invitation() => {
                format!("Choose a password for {}", self.variable("account"))
            }
            Template::PasswordReset => format!("Set a new password for {}", self.variable("account")),
            Template::AccountRecovery => "Your accounts".to_owned(),
        }
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        let (account, url) = (self.variable("account"), self.variable("url"));
        match self.template {
            Template::PasswordReset if self.is_invitation() => format!(
                "Hello,\n\n{account} has a place for this address. Choose a password to use it; this link works for \
                 the next 24 hours:\n\n{url}\n"
            ),
            Template::PasswordReset => format!(
                "Hello,\n\nsomeone, probably you, wants to set a new password for this address at {account}. Within \
                 the next 24 hours this link does it:\n\n{url}\n\nIf it was not you, there is nothing to do: your \
                 password stays as it is.\n"
            ),
            Template::AccountRecovery => {
                let mut text = "Hello,\n\nthis address belongs to these accounts:\n".to_owned();
                for account in self.variables.get("accounts").and_then(Value::as_array).into_iter().flatten() {
                    let member = |name: &str| account.get(name).and_then(Value::as_str).unwrap_or_default();
                    // Writing to a String cannot fail.
                    let _ = write!(
                        text,
                        "\n{} ({})\n  Log in: {}\n  Set a new password: {}\n",
                        member("name"),
                        member("slug"),
                        member("login"),
                        member("recovery"),
                    );
                }
                text.push_str("\nIf you did not ask for this list, there is nothing to do.\n");
                text
            }
        }
    }
}

/// Sends mails.
#[derive(Debug)]
pub enum Mailer {
    /// Keeps them for the sandbox to show.
    Outbox(Mutex<Vec<Mail>>),
    /// Amazon SES.
    Ses {
        /// The service.
        client: aws_sdk_sesv2::Client,
        /// Sender, an address that SES knows.
        from: String,
    },
    /// Drops them: nobody configured a sender.
    Nowhere,
}

impl Mailer {
    /// An outbox in memory.
    #[must_use]
    pub fn outbox() -> Self {
        Self::Outbox(Mutex::default())
    }

    /// The sender of a deployed function: SES, with the address in `LATCHKEY_MAIL_FROM`.
    #[must_use]
    pub fn from_env(aws: &aws_config::SdkConfig) -> Self {
        match std::env::var("LATCHKEY_MAIL_FROM") {
            Ok(from) if !from.is_empty() => Self::Ses { client: aws_sdk_sesv2::Client::new(aws), from },
            _ => Self::Nowhere,
        }
    }

    /// Sends a mail; never fails a request. What a mail says is secret and never logged.
    pub async fn send(&self, mail: Mail) {
        match self {
            Self::Outbox(outbox) => {
                if let Ok(mut mails) = outbox.lock() {
                    mails.push(mail);
                }
            }
            Self::Ses { client, from } => {
                if let Err(error) = send_by_ses(client, from, &mail).await {
                    tracing::error!(%error, template = ?mail.template, "a mail could not be sent");
                }
            }
            Self::Nowhere => tracing::warn!(template = ?mail.template, "no sender is configured: a mail was dropped"),
        }
    }

    /// Mails kept so far, oldest first.
    #[must_use]
    pub fn kept(&self) -> Vec<Mail> {
        match self {
            Self::Outbox(outbox) => outbox.lock().map(|mails| mails.clone()).unwrap_or_default(),
            Self::Ses { .. } | Self::Nowhere => Vec::new(),
        }
    }

    /// Forgets kept mails.
    pub fn clear(&self) {
        if let Self::Outbox(outbox) = self
            && let Ok(mut mails) = outbox.lock()
        {
            mails.clear();
        }
    }
}

async fn send_by_ses(client: &aws_sdk_sesv2::Client, from: &str, mail: &Mail) -> Result<(), aws_sdk_sesv2::Error> {
    let content = |text: String| Content::builder().data(text).charset("UTF-8").build();
    let body = Body::builder().text(content(mail.text())?).build();
    let message = Message::builder().subject(content(mail.subject())?).body(body).build();
    client
        .send_email()
        .from_email_address(from)
        .destination(Destination::builder().to_addresses(&mail.to).build())
        .content(EmailContent::builder().simple(message).build())
        .send()
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mail(template: Template, variables: &Value) -> Mail {
        Mail {
            to: "ada@example.com".to_owned(),
            template,
            variables: variables.as_object().cloned().unwrap_or_default(),
            sent: Time::default(),
        }
    }

    #[test]
    fn mails_name_the_account_and_the_link() {
        for invitation in [false, true] {
            let variables = json!({"account": "Acme", "url": "https://portal.example.com/x", "invitation": invitation});
            let mail = mail(Template::PasswordReset, &variables);
            assert!(mail.subject().contains("Acme") && mail.text().contains("https://portal.example.com/x"));
            assert_eq!(mail.subject().starts_with("Choose"), invitation);
        }
    }

    #[test]
    fn recovery_lists_every_account() {
        let accounts = json!({"accounts": [
            {"name": "Acme", "slug": "acme", "login": "https://l/acme", "recovery": "https://r/acme"},
            {"name": "Beta", "slug": "beta", "login": "https://l/beta", "recovery": "https://r/beta"},
        ]});
        let text = mail(Template::AccountRecovery, &accounts).text();
        for part in ["Acme (acme)", "https://l/beta", "https://r/acme"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }

    #[test]
    fn templates_have_names() {
        assert_eq!(json!(Template::PasswordReset), "password-reset");
    }
}
