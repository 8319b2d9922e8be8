//! Passwords of users.

use crate::crypto::passwords;
use crate::http::error::{Error, Result};
use crate::store::StoreError;

/// The digest of a new password.
///
/// # Errors
/// When it cannot be hashed.
pub async fn digest(password: &str) -> Result<String> {
    passwords::hash_aside(password).await.map_err(|error| Error::from(StoreError::Broken(error.to_string())))
}

/// Whether a password has a digest. Nothing matches where none is set, just as slowly.
pub async fn matches(password: &str, digest: Option<&str>) -> bool {
    match digest {
        Some(digest) => passwords::verify_aside(password, digest).await,
        None => passwords::verify_nothing_aside(password).await,
    }
}
