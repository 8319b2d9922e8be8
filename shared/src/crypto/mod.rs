//! Cryptography: account keys, signatures, tokens, license keys, certificates, passwords, one-time
//! codes, and encryption at rest.
//!
//! Nothing here knows HTTP or the store, and no function reads a clock: the current time is an
//! argument. Functions that use a private key take an [`account_keys::AccountSigner`], which is
//! parsed once and then shared (`Arc`). On a full core of this class of machine, parsing takes
//! 0.2 ms, a signature by Ed25519 6 µs, by ECDSA 13 µs, by RSA 0.25 ms, a token digest 1 µs.
//!
//! | module | what | format |
//! |---|---|---|
//! | [`account_keys`] | key material of an account, public forms | spec 02 §5 |
//! | [`signature`] | signatures of responses and webhooks | spec 01 §5.1, 09 §5.2 |
//! | [`tokens`] | bearer tokens and password-reset tokens | spec 01 §5.2, 03 §5.1–5.2 |
//! | [`license_keys`] | random, legacy and signed license keys | spec 04 §5 |
//! | [`certificates`] | license files, machine files, offline proofs | spec 05 §5, 06 §5 |
//! | [`passwords`] | password digests | spec 03, 20.1 |
//! | [`totp`] | second factors | spec 03 §5.3, RFC 6238 |
//! | [`bcrypt_secret`] | digests of the oldest tokens and license keys | spec 01 §5.2, 04 §5.2 |
//! | [`sealed`] | encryption at rest, session cookies | design, spec 01 §5.3 |

pub mod account_keys;
pub mod bcrypt_secret;
pub mod certificates;
pub mod license_keys;
pub mod passwords;
mod pem;
pub mod sealed;
pub mod signature;
pub mod tokens;
pub mod totp;

use aws_lc_rs::{digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// The cryptographic library failed where it has no reason to: out of memory, or no randomness.
/// Never caused by input; answer 500 and try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct Failure;

impl From<aws_lc_rs::error::Unspecified> for Failure {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

/// `N` bytes from the system's generator.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes)?;
    Ok(bytes)
}

/// Runs work that holds a processor for milliseconds off the threads that answer requests.
///
/// # Errors
/// When the work panicked, or the process is ending.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Failure)
}

/// SHA-256 (FIPS 180-4).
pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    // The digest is 32 bytes by definition, so the slices match.
    out.copy_from_slice(digest::digest(&digest::SHA256, data).as_ref());
    out
}

/// Standard base64 with padding (RFC 4648 §4).
pub(crate) fn base64(data: impl AsRef<[u8]>) -> String {
    STANDARD.encode(data)
}

/// URL-safe base64 **with** padding (RFC 4648 §5).
pub(crate) fn base64url(data: impl AsRef<[u8]>) -> String {
    URL_SAFE.encode(data)
}

/// A timestamp in the wire form: UTC, three fractional digits, `Z` (spec 01 §1.1).
pub(crate) fn wire_time(at: jiff::Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
pub(crate) mod testing;
