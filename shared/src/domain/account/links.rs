//! Pages of the portal that mails point to.

use super::Account;
use crate::config::Config;

/// Where a password is chosen; `token` names account, user and reset token.
#[must_use]
pub fn password(config: &Config, account: &Account, token: &str) -> String {
    format!("{}/{}/passwords/{token}", config.portal_origin(), account.slug)
}

/// Where a new password is asked for.
#[must_use]
pub fn recovery(config: &Config, account: &Account) -> String {
    format!("{}/{}/passwords", config.portal_origin(), account.slug)
}

/// Where one logs in.
#[must_use]
pub fn login(config: &Config, account: &Account) -> String {
    format!("{}/{}", config.portal_origin(), account.slug)
}
