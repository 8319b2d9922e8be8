//! The vault in AWS: envelope encryption under a KMS key.
//!
//! A sealed value is `k1.{encrypted data key}.{value}`. Data keys are per context, cached in
//! memory, and reused for sealing as long as the process lives, so that KMS (1 to 10 ms, $0.03
//! for 10,000 calls) is asked once an account and process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::aead::LessSafeKey;
use aws_sdk_kms::Client;
use aws_sdk_kms::error::{DisplayErrorContext, SdkError};
use aws_sdk_kms::operation::decrypt::DecryptError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::{Zeroize as _, Zeroizing};

use super::{VaultError, cipher, open, seal};

const PREFIX: &str = "k1.";
/// The member of the encryption context; key policies and CloudTrail see it.
const CONTEXT_KEY: &str = "account";
/// Cached data keys. When there are more, the cache starts anew.
const CACHE: usize = 1024;

/// A vault over KMS. Made by [`super::Vault::kms`].
#[derive(Clone)]
pub struct KmsVault {
    client: Client,
    key_id: Arc<str>,
    cache: Arc<Mutex<Cache>>,
}

#[derive(Default)]
struct Cache {
    /// By context: what new values are sealed with, and that key's encrypted form.
    sealing: HashMap<String, (Arc<str>, Arc<LessSafeKey>)>,
    /// By context and encrypted form: keys of values that were opened.
    opening: HashMap<(String, String), Arc<LessSafeKey>>,
}

impl KmsVault {
    pub(super) fn new(client: Client, key_id: String) -> Self {
        Self { client, key_id: key_id.into(), cache: Arc::default() }
    }

    pub(super) async fn seal(&self, context: &str, plaintext: &[u8]) -> Result<String, VaultError> {
        let (wrapped, key) = match self.cached_sealing(context) {
            Some(found) => found,
            None => self.new_key(context).await?,
        };
        Ok(format!("{PREFIX}{wrapped}.{}", seal(&key, context, plaintext)?))
    }

    pub(super) async fn open(&self, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (wrapped, body) =
            sealed.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.')).ok_or(VaultError::Unreadable)?;
        let key = match self.cached_opening(context, wrapped) {
            Some(found) => found,
            None => self.unwrap_key(context, wrapped).await?,
        };
        open(&key, context, body).ok_or(VaultError::Unreadable)
    }

    fn cached_sealing(&self, context: &str) -> Option<(Arc<str>, Arc<LessSafeKey>)> {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.sealing.get(context).map(|(wrapped, key)| (Arc::clone(wrapped), Arc::clone(key)))
    }

    fn cached_opening(&self, context: &str, wrapped: &str) -> Option<Arc<LessSafeKey>> {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.opening.get(&(context.to_owned(), wrapped.to_owned())).map(Arc::clone)
    }

    fn remember_opening(&self, context: &str, wrapped: &str, key: &Arc<LessSafeKey>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.opening.len() >= CACHE {
            cache.opening.clear();
        }
        cache.opening.insert((context.to_owned(), wrapped.to_owned()), Arc::clone(key));
        // The account's key will do for sealing, too: no second call to KMS.
        if cache.sealing.len() >= CACHE {
            cache.sealing.clear();
        }
        cache.sealing.entry(context.to_owned()).or_insert_with(|| (wrapped.into(), Arc::clone(key)));
    }

    async fn new_key(&self, context: &str) -> Result<(Arc<str>, Arc<LessSafeKey>), VaultError> {
        let answer = self
            .client
            .generate_data_key()
            .key_id(&*self.key_id)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context(CONTEXT_KEY, context)
            .send()
            .await
            .map_err(|error| VaultError::Kms(DisplayErrorContext(error).to_string()))?;
        let (Some(plain), Some(wrapped)) = (answer.plaintext, answer.ciphertext_blob) else {
            return Err(VaultError::Kms("GenerateDataKey answered without a key".to_owned()));
        };
        let key = data_key(plain)?;
        let wrapped: Arc<str> = URL_SAFE_NO_PAD.encode(wrapped).into();
        self.remember_opening(context, &wrapped, &key);
        Ok((wrapped, key))
    }

    async fn unwrap_key(&self, context: &str, wrapped: &str) -> Result<Arc<LessSafeKey>, VaultError> {
        let blob = URL_SAFE_NO_PAD.decode(wrapped).map_err(|_| VaultError::Unreadable)?;
        let answer = self
            .client
            .decrypt()
            .key_id(&*self.key_id)
            .ciphertext_blob(Blob::new(blob))
            .encryption_context(CONTEXT_KEY, context)
            .send()
            .await
            .map_err(decrypt_error)?;
        let plain = answer.plaintext.ok_or_else(|| VaultError::Kms("Decrypt answered without a key".to_owned()))?;
        let key = data_key(plain)?;
        self.remember_opening(context, wrapped, &key);
        Ok(key)
    }
}

/// KMS says `InvalidCiphertext` for a changed blob and for another encryption context.
fn decrypt_error(error: SdkError<DecryptError>) -> VaultError {
    let invalid =
        error.as_service_error().is_some_and(|e| e.is_invalid_ciphertext_exception() || e.is_incorrect_key_exception());
    if invalid { VaultError::Unreadable } else { VaultError::Kms(DisplayErrorContext(error).to_string()) }
}

fn data_key(plain: Blob) -> Result<Arc<LessSafeKey>, VaultError> {
    let mut bytes = plain.into_inner();
    let key = cipher(&bytes);
    bytes.zeroize();
    Ok(Arc::new(key?))
}

impl fmt::Debug for KmsVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsVault").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
