//! Encryption at rest ([`Vault`]) and of what clients keep for us ([`SecretBox`], [`CookieSealer`]).
//!
//! Everything is AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces, and everything is bound
//! to a context: what was sealed for one account or cookie cannot be opened as another's.

mod kms;
mod local;

use std::fmt;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;
use zeroize::{Zeroize as _, Zeroizing};

use super::{Failure, random};

/// Why a vault cannot be used, or cannot open something.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key file cannot be read or made.
    #[error("the key file {path} cannot be used: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The key file is not 32 bytes of key. It is left as it is: a new one could not open what
    /// the old one sealed.
    #[error("the key file {path} is damaged ({found} bytes, expected a key of 32); restore it from a backup")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        found: u64,
    },
    /// The value is not one that this vault sealed for this context: damaged, another key, another
    /// account, or another kind of vault.
    #[error("the sealed value cannot be opened with this key and context")]
    Unreadable,
    /// The key service refused or did not answer.
    #[error("the key service failed: {0}")]
    Kms(String),
    /// The cryptographic library failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Seals secrets for storage: private keys, second factors. Cheap to clone, `Sync`.
///
/// Sealed values are text: `l1.…` by a key file, `k1.…` by KMS. One kind of vault does not open
/// what the other sealed.
#[derive(Clone, Debug)]
pub enum Vault {
    /// One key, in a file.
    File(local::FileVault),
    /// Data keys, encrypted by a key in AWS KMS.
    Kms(kms::KmsVault),
}

impl Vault {
    /// A vault whose key is the 32 bytes in the file at `path`. Creates the file (mode 0600) with
    /// a random key if there is none; several processes that start at once end up with one key.
    ///
    /// # Errors
    /// [`VaultError::File`] if the file cannot be read or made, [`VaultError::Damaged`] if it
    /// holds no key. An existing file is never changed.
    pub fn file(path: impl AsRef<Path>) -> Result<Self, VaultError> {
        local::FileVault::open(path.as_ref()).map(Self::File)
    }

    /// A vault that asks KMS for data keys under `key_id` (id, ARN or alias). Makes no call yet.
    ///
    /// Each context gets a data key of its own, whose encryption context (`account`) is that
    /// context; it is kept in memory, so that a process calls KMS once for each account, whatever
    /// it seals or opens.
    #[must_use]
    pub fn kms(client: aws_sdk_kms::Client, key_id: impl Into<String>) -> Self {
        Self::Kms(kms::KmsVault::new(client, key_id.into()))
    }

    /// Encrypts `plaintext` for storage. `context`, the account's id, is not secret and is not
    /// stored, but the same one is needed to open the value.
    ///
    /// # Errors
    /// When KMS or the library fails.
    pub async fn seal(&self, context: &str, plaintext: &[u8]) -> Result<String, VaultError> {
        match self {
            Self::File(vault) => vault.seal(context, plaintext),
            Self::Kms(vault) => vault.seal(context, plaintext).await,
        }
    }

    /// Opens what [`Vault::seal`] sealed for the same context.
    ///
    /// # Errors
    /// [`VaultError::Unreadable`] if the value was not sealed by this vault for this context, or
    /// was changed; [`VaultError::Kms`] if KMS fails.
    pub async fn open(&self, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        match self {
            Self::File(vault) => vault.open_value(context, sealed),
            Self::Kms(vault) => vault.open(context, sealed).await,
        }
    }
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, Failure> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?))
}

/// Nonce, ciphertext and tag in unpadded base64url.
fn seal(key: &LessSafeKey, aad: &str, plaintext: &[u8]) -> Result<String, Failure> {
    let nonce = random::<NONCE_LEN>()?;
    // Encrypted in place: the plaintext's copy does not outlive this function.
    let mut data = [nonce.as_slice(), plaintext].concat();
    let (_, body) = data.split_at_mut_checked(NONCE_LEN).ok_or(Failure)?;
    let sealed = key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad.as_bytes()), body);
    let Ok(tag) = sealed else {
        data.zeroize();
        return Err(Failure);
    };
    data.extend_from_slice(tag.as_ref());
    Ok(URL_SAFE_NO_PAD.encode(data))
}

/// The inverse of [`seal`]; `None` for anything else.
fn open(key: &LessSafeKey, aad: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut data = Zeroizing::new(URL_SAFE_NO_PAD.decode(sealed).ok()?);
    let (nonce, body) = data.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let plain = key.open_in_place(nonce, Aad::from(aad.as_bytes()), body).ok()?;
    Some(Zeroizing::new(plain.to_vec()))
}

/// Authenticated encryption under a key derived from an account's secret key (HKDF-SHA-256,
/// RFC 5869). For small values that travel through clients: cookies, single-sign-on state.
#[derive(Clone)]
pub struct SecretBox {
    key: std::sync::Arc<LessSafeKey>,
}

impl SecretBox {
    /// The box of an account for one purpose. Boxes of different secrets or purposes do not open
    /// each other's values. `purpose` is a constant of the program.
    ///
    /// # Errors
    /// When the library fails.
    pub fn new(secret: &str, purpose: &str) -> Result<Self, Failure> {
        let prk = Salt::new(HKDF_SHA256, b"latchkey").extract(secret.as_bytes());
        let info = [purpose.as_bytes()];
        let mut key = Zeroizing::new([0; 32]);
        prk.expand(&info, HKDF_SHA256)?.fill(key.as_mut())?;
        Ok(Self { key: cipher(key.as_ref())?.into() })
    }

    /// Encrypts `plaintext`, bound to `context`: unpadded base64url, different each time.
    ///
    /// # Errors
    /// When the library fails.
    pub fn seal(&self, context: &str, plaintext: &[u8]) -> Result<String, Failure> {
        seal(&self.key, context, plaintext)
    }

    /// Opens what [`SecretBox::seal`] made for the same context; `None` for anything else.
    #[must_use]
    pub fn open(&self, context: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        open(&self.key, context, sealed)
    }
}

impl fmt::Debug for SecretBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBox(redacted)")
    }
}

/// Session cookies' values (spec 01 §5.3): the session's id, encrypted and authenticated.
#[derive(Clone, Debug)]
pub struct CookieSealer(SecretBox);

impl CookieSealer {
    /// The sealer of an account, from its secret key's text.
    ///
    /// # Errors
    /// When the library fails.
    pub fn new(secret: &str) -> Result<Self, Failure> {
        SecretBox::new(secret, "session cookie").map(Self)
    }

    /// The value of the cookie `name` for a session: 59 characters of `A–Z a–z 0–9 - _`. The name
    /// is bound in, so that a cookie of one environment is worth nothing under another's name.
    ///
    /// # Errors
    /// When the library fails.
    pub fn seal(&self, name: &str, session: Uuid) -> Result<String, Failure> {
        self.0.seal(name, session.as_bytes())
    }

    /// The session in the cookie `name`; `None` if the value was not sealed for this account and
    /// name, or was changed.
    #[must_use]
    pub fn open(&self, name: &str, value: &str) -> Option<Uuid> {
        Uuid::from_slice(&self.0.open(name, value)?).ok()
    }
}

#[cfg(test)]
#[path = "sealed/tests.rs"]
mod tests;
