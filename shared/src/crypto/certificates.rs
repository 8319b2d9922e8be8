//! License files, machine files (spec 05 §5, 06 §5.1) and offline activation proofs (06 §5.4).
//!
//! A certificate is a JSON envelope `{"enc","sig","alg"}` in base64, lines of 60 characters,
//! between a `BEGIN` and an `END` line. What it certifies, the dataset, is a JSON:API document
//! that the caller renders.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::account_keys::{AccountSigner, PublicKeys};
use super::license_keys::Scheme;
use super::signature::{Algorithm, sign, verify};
use super::{Failure, base64, base64url, pem, random, sha256, wire_time};

/// What a certificate is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A license: `LICENSE FILE`, signed over `license/…`.
    License,
    /// A machine: `MACHINE FILE`, signed over `machine/…`.
    Machine,
}

impl Kind {
    const fn label(self) -> &'static str {
        match self {
            Self::License => "LICENSE FILE",
            Self::Machine => "MACHINE FILE",
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::License => "license/",
            Self::Machine => "machine/",
        }
    }
}

/// How the dataset stands in the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Readable by anyone.
    Base64,
    /// Readable with the license key (and, for a machine, its fingerprint).
    Aes256Gcm,
}

impl Encoding {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Aes256Gcm => "aes-256-gcm",
        }
    }
}

/// `{encoding}+{signing}`, as in the parameter and the attribute `algorithm` and in `alg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileAlgorithm {
    /// The encoding of the dataset.
    pub encoding: Encoding,
    /// The signature.
    pub signing: Algorithm,
}

/// Why an `algorithm` parameter was refused (400 `CHECKOUT_ALGORITHM_INVALID`). `Display` is the
/// error's `detail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileAlgorithmError {
    /// The part before the first `+` is unknown.
    #[error("invalid encoding algorithm")]
    Encoding,
    /// The part after the first `+` is unknown or missing.
    #[error("invalid signing algorithm")]
    Signing,
}

impl FileAlgorithm {
    /// What a check-out without `algorithm` uses (spec 05 §3.10, 06 §5.2): `encrypt` decides the
    /// encoding, the policy's scheme the signature.
    #[must_use]
    pub fn default_for(scheme: Option<Scheme>, encrypt: bool) -> Self {
        Self {
            encoding: if encrypt { Encoding::Aes256Gcm } else { Encoding::Base64 },
            signing: scheme.map_or(Algorithm::default(), Scheme::file_algorithm),
        }
    }
}

impl fmt::Display for FileAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.encoding.as_str(), self.signing)
    }
}

impl FromStr for FileAlgorithm {
    type Err = FileAlgorithmError;

    /// Reads an explicit algorithm. A blank parameter is not one: use [`FileAlgorithm::default_for`].
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (encoding, signing) = text.split_once('+').unwrap_or((text, ""));
        let encoding = [Encoding::Base64, Encoding::Aes256Gcm]
            .into_iter()
            .find(|e| e.as_str() == encoding)
            .ok_or(FileAlgorithmError::Encoding)?;
        let signing = signing.parse().map_err(|_| FileAlgorithmError::Signing)?;
        Ok(Self { encoding, signing })
    }
}

/// The AES-256 key of an encrypted file: SHA-256 of what the client knows. Erased when dropped.
pub struct FileSecret(Zeroizing<[u8; 32]>);

impl FileSecret {
    /// For a license file: the license key (of a legacy-encrypted license its stored digest, so
    /// that nobody can open the file).
    #[must_use]
    pub fn license(key: &str) -> Self {
        Self(Zeroizing::new(sha256(key.as_bytes())))
    }

    /// For a machine file: the license key directly followed by the machine's fingerprint.
    #[must_use]
    pub fn machine(key: &str, fingerprint: &str) -> Self {
        Self(Zeroizing::new(sha256(Zeroizing::new([key, fingerprint].concat()).as_bytes())))
    }

    fn cipher(&self) -> Result<LessSafeKey, Failure> {
        Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, self.0.as_ref())?))
    }
}

impl fmt::Debug for FileSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileSecret(redacted)")
    }
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    enc: String,
    sig: String,
    alg: String,
}

/// The certificate text of `dataset` (compact JSON), with its final line feed. `secret` is only
/// used by [`Encoding::Aes256Gcm`], with a fresh random nonce.
///
/// # Errors
/// When the library fails.
pub fn issue(
    kind: Kind,
    algorithm: FileAlgorithm,
    secret: &FileSecret,
    dataset: &str,
    signer: &AccountSigner,
) -> Result<String, Failure> {
    issue_with_nonce(kind, algorithm, secret, dataset, signer, random()?)
}

fn issue_with_nonce(
    kind: Kind,
    algorithm: FileAlgorithm,
    secret: &FileSecret,
    dataset: &str,
    signer: &AccountSigner,
    nonce: [u8; 12],
) -> Result<String, Failure> {
    let enc = match algorithm.encoding {
        Encoding::Base64 => base64(dataset),
        Encoding::Aes256Gcm => {
            let mut data = dataset.as_bytes().to_vec();
            let tag = secret.cipher()?.seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::empty(),
                &mut data,
            )?;
            format!("{}.{}.{}", base64(data), base64(nonce), base64(tag))
        }
    };
    let sig = base64(sign(signer, algorithm.signing, &signed_message(kind, &enc))?);
    let envelope = Envelope { enc, sig, alg: algorithm.to_string() };
    let body = base64(serde_json::to_vec(&envelope).map_err(|_| Failure)?);
    let label = kind.label();
    let mut text = format!("-----BEGIN {label}-----\n");
    pem::push_lines(&mut text, &body, 60);
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    Ok(text)
}

fn signed_message(kind: Kind, enc: &str) -> Vec<u8> {
    [kind.prefix(), enc].concat().into_bytes()
}

/// Why [`open`] refused a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not a certificate of this kind.
    #[error("malformed certificate")]
    Malformed,
    /// Its algorithm is unknown.
    #[error(transparent)]
    Algorithm(#[from] FileAlgorithmError),
    /// The signature is not the account's.
    #[error("the signature does not verify")]
    Signature,
    /// It is encrypted, and the secret is missing or wrong.
    #[error("the certificate cannot be decrypted")]
    Secret,
}

/// Verifies and decodes a certificate as clients do (spec 05 §5.3), up to the dataset's text;
/// `meta.issued` and `meta.expiry` are left to the caller.
///
/// # Errors
/// See [`OpenError`].
pub fn open(
    kind: Kind,
    certificate: &str,
    keys: &PublicKeys,
    secret: Option<&FileSecret>,
) -> Result<String, OpenError> {
    let label = kind.label();
    let body = certificate
        .trim()
        .strip_prefix(&format!("-----BEGIN {label}-----"))
        .and_then(|rest| rest.strip_suffix(&format!("-----END {label}-----")))
        .ok_or(OpenError::Malformed)?;
    let packed: String = body.split_ascii_whitespace().collect();
    let json = STANDARD.decode(packed).map_err(|_| OpenError::Malformed)?;
    let envelope: Envelope = serde_json::from_slice(&json).map_err(|_| OpenError::Malformed)?;
    let algorithm: FileAlgorithm = envelope.alg.parse()?;
    let signature = STANDARD.decode(&envelope.sig).map_err(|_| OpenError::Signature)?;
    if !verify(keys, algorithm.signing, &signed_message(kind, &envelope.enc), &signature) {
        return Err(OpenError::Signature);
    }
    let dataset = match algorithm.encoding {
        Encoding::Base64 => STANDARD.decode(&envelope.enc).map_err(|_| OpenError::Malformed)?,
        Encoding::Aes256Gcm => decrypt(&envelope.enc, secret.ok_or(OpenError::Secret)?)?,
    };
    String::from_utf8(dataset).map_err(|_| OpenError::Malformed)
}

fn decrypt(enc: &str, secret: &FileSecret) -> Result<Vec<u8>, OpenError> {
    let parts: Vec<Vec<u8>> =
        enc.split('.').map(|part| STANDARD.decode(part)).collect::<Result<_, _>>().map_err(|_| OpenError::Malformed)?;
    let [data, nonce, tag] = parts.try_into().map_err(|_| OpenError::Malformed)?;
    let nonce = Nonce::try_assume_unique_for_key(&nonce).map_err(|_| OpenError::Malformed)?;
    let cipher = secret.cipher().map_err(|_| OpenError::Secret)?;
    let mut data = [data, tag].concat();
    let plain = cipher.open_in_place(nonce, Aad::empty(), &mut data).map_err(|_| OpenError::Secret)?;
    Ok(plain.to_vec())
}

/// An offline activation proof: `proof/{E}.{G}`, `E` the dataset in padded base64url, `G` the RSA
/// signature (PKCS#1 v1.5, SHA-256) over `proof/{E}`, whatever the license's scheme. Deterministic.
///
/// # Errors
/// When the library fails.
pub fn offline_proof(dataset: &[u8], signer: &AccountSigner) -> Result<String, Failure> {
    let signed = format!("proof/{}", base64url(dataset));
    let signature = sign(signer, Algorithm::RsaSha256, signed.as_bytes())?;
    Ok(format!("{signed}.{}", base64url(signature)))
}

/// What a default offline proof says.
#[derive(Clone, Copy, Debug)]
pub struct ProofSubject<'a> {
    /// The account's id.
    pub account: Uuid,
    /// The product's id.
    pub product: Uuid,
    /// The policy's id.
    pub policy: Uuid,
    /// The policy's duration in seconds.
    pub duration: Option<i64>,
    /// The license's id.
    pub license: Uuid,
    /// The license's key; `None` for a legacy-encrypted license.
    pub key: Option<&'a str>,
    /// When the license expires.
    pub expiry: Option<Timestamp>,
    /// The machine's id.
    pub machine: Uuid,
    /// The machine's fingerprint.
    pub fingerprint: &'a str,
    /// When the machine was created.
    pub created: Timestamp,
}

/// The dataset of a proof for which the request gave none: compact JSON, members in the order of
/// the specification. `now` becomes `ts`.
#[must_use]
pub fn default_proof_dataset(subject: &ProofSubject<'_>, now: Timestamp) -> String {
    json!({
        "account": { "id": subject.account },
        "product": { "id": subject.product },
        "policy": { "id": subject.policy, "duration": subject.duration },
        "license": { "id": subject.license, "key": subject.key, "expiry": subject.expiry.map(wire_time) },
        "machine": {
            "id": subject.machine,
            "fingerprint": subject.fingerprint,
            "created": wire_time(subject.created),
        },
        "ts": wire_time(now),
    })
    .to_string()
}

#[cfg(test)]
#[path = "certificates_tests.rs"]
mod tests;
