//! The key material of an account (spec 02 §5).
//!
//! [`AccountKeys`] is what is stored (sealed, see [`super::sealed`]); [`AccountSigner`] is the same,
//! parsed and ready to sign; [`PublicKeys`] is what clients may see.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::{Failure, base64, pem, random};

/// Fewest hex characters of an imported secret key (32 bytes). Generated ones have 128.
const MIN_SECRET_CHARS: usize = 64;

/// Why key material was refused. The text names the member as an import record spells it
/// (`privateKeys` of spec 20.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyMaterialError {
    /// Not the hex text of a 32-byte seed.
    #[error("ed25519 must be a seed of 32 bytes as 64 hexadecimal characters")]
    Ed25519,
    /// Not an unencrypted PKCS#8 or PKCS#1 PEM of a consistent RSA key of exactly 2048 bits.
    #[error("rsa2048 must be an unencrypted PEM (PKCS#8 or PKCS#1) of a 2048-bit RSA private key")]
    Rsa2048,
    /// Not an unencrypted PKCS#8 or SEC1 PEM of a key on P-256.
    #[error("ecdsaP256 must be an unencrypted PEM (PKCS#8 or SEC1) of a P-256 private key")]
    EcdsaP256,
    /// Not hex text, or too short to be a secret.
    #[error("secretKey must be hexadecimal, at least 64 characters")]
    SecretKey,
    /// The library failed; not the input's fault.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Private keys that an account brings along from another server (spec 20.1, `privateKeys`).
/// Every member is optional; unknown ones are refused.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportedKeys {
    /// Hex of the 32-byte seed.
    pub ed25519: Option<String>,
    /// PEM of the RSA private key, kept byte for byte: it keys the digests of version-2 tokens.
    pub rsa2048: Option<String>,
    /// PEM of the P-256 private key.
    pub ecdsa_p256: Option<String>,
    /// The secret key's hex text, kept byte for byte: the text itself keys token digests.
    pub secret_key: Option<String>,
}

/// The private keys of an account, as text, in the form they are stored in. Erased when dropped;
/// `Debug` shows nothing. Serialised with the member names of an import record, so that an export
/// with secrets is this very value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountKeys {
    ed25519: String,
    rsa2048: String,
    ecdsa_p256: String,
    secret_key: String,
}

impl AccountKeys {
    /// Fresh keys. Searching RSA primes takes 50 to 500 ms of processor time: call it where
    /// blocking is allowed.
    ///
    /// # Errors
    /// When the library fails.
    pub fn generate() -> Result<Self, Failure> {
        Ok(Self { ed25519: new_ed25519()?, rsa2048: new_rsa()?, ecdsa_p256: new_ecdsa()?, secret_key: new_secret()? })
    }

    /// Keys from the given parts; missing parts are generated (an absent RSA key costs as much as
    /// in [`AccountKeys::generate`]). PEM texts and the secret's text are kept byte for byte.
    ///
    /// # Errors
    /// Names the first part that is not what it should be. A value that this returns always
    /// makes a signer.
    pub fn from_parts(parts: ImportedKeys) -> Result<Self, KeyMaterialError> {
        let ed25519 = match parts.ed25519 {
            Some(text) => {
                parse_ed25519(&text)?;
                text.to_ascii_lowercase()
            }
            None => new_ed25519()?,
        };
        let rsa2048 = match parts.rsa2048 {
            Some(text) => {
                parse_rsa(&text)?;
                text
            }
            None => new_rsa()?,
        };
        let ecdsa_p256 = match parts.ecdsa_p256 {
            Some(text) => {
                parse_ecdsa(&text)?;
                text
            }
            None => new_ecdsa()?,
        };
        let secret_key = match parts.secret_key {
            Some(text) => {
                check_secret(&text)?;
                text
            }
            None => new_secret()?,
        };
        Ok(Self { ed25519, rsa2048, ecdsa_p256, secret_key })
    }

    /// The Ed25519 seed: 64 lower-case hex characters.
    #[must_use]
    pub fn ed25519_seed_hex(&self) -> &str {
        &self.ed25519
    }

    /// The RSA private key, PEM text as it came.
    #[must_use]
    pub fn rsa_private_pem(&self) -> &str {
        &self.rsa2048
    }

    /// The P-256 private key, PEM text as it came.
    #[must_use]
    pub fn ecdsa_private_pem(&self) -> &str {
        &self.ecdsa_p256
    }

    /// The secret key's text; 128 lower-case hex characters when generated here. The text is the
    /// key, it is never decoded.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }
}

impl Drop for AccountKeys {
    fn drop(&mut self) {
        for text in [&mut self.ed25519, &mut self.rsa2048, &mut self.ecdsa_p256, &mut self.secret_key] {
            text.zeroize();
        }
    }
}

impl fmt::Debug for AccountKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountKeys(redacted)")
    }
}

/// The public keys of an account. May be stored and shown in the clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicKeys {
    ed25519: String,
    rsa2048: String,
    ecdsa_p256: String,
}

impl PublicKeys {
    /// The Ed25519 public key, 64 lower-case hex characters: what SDKs are configured with.
    #[must_use]
    pub fn ed25519_public_hex(&self) -> &str {
        &self.ed25519
    }

    /// The RSA public key: SubjectPublicKeyInfo PEM, 64 columns, one line feed at the end.
    #[must_use]
    pub fn rsa_public_pem(&self) -> &str {
        &self.rsa2048
    }

    /// The P-256 public key: SubjectPublicKeyInfo PEM, 64 columns, one line feed at the end.
    #[must_use]
    pub fn ecdsa_public_pem(&self) -> &str {
        &self.ecdsa_p256
    }

    /// `meta.keys.ed25519`: base64 of the hex text.
    #[must_use]
    pub fn ed25519_meta(&self) -> String {
        base64(&self.ed25519)
    }

    /// `meta.keys.rsa2048` and `meta.publicKey`: base64 of the PEM text.
    #[must_use]
    pub fn rsa2048_meta(&self) -> String {
        base64(&self.rsa2048)
    }

    /// `meta.keys.ecdsa`: base64 of the PEM text.
    #[must_use]
    pub fn ecdsa_meta(&self) -> String {
        base64(&self.ecdsa_p256)
    }
}

/// The keys of an account, parsed. Make it once per account and share it (`Arc`): it is `Sync`,
/// and using it never parses again.
pub struct AccountSigner {
    keys: AccountKeys,
    public: PublicKeys,
    pub(super) ed25519: Ed25519KeyPair,
    pub(super) rsa: RsaKeyPair,
    pub(super) ecdsa: EcdsaKeyPair,
    pub(super) token_key: hmac::Key,
    raw_rsa: OnceLock<Option<rsa::RsaPrivateKey>>,
}

impl AccountSigner {
    /// Parses the keys. Checks the RSA key's consistency, which is most of the cost (≈ 0.2 ms).
    ///
    /// # Errors
    /// Names the part that cannot be parsed; only possible for values that were deserialised.
    pub fn new(keys: AccountKeys) -> Result<Self, KeyMaterialError> {
        check_secret(&keys.secret_key)?;
        let ed25519 = parse_ed25519(&keys.ed25519)?;
        let rsa = parse_rsa(&keys.rsa2048)?;
        let ecdsa = parse_ecdsa(&keys.ecdsa_p256)?;
        let rsa_spki: PublicKeyX509Der<'_> = rsa.public_key().as_der().map_err(Failure::from)?;
        let ecdsa_spki: PublicKeyX509Der<'_> = ecdsa.public_key().as_der().map_err(Failure::from)?;
        let public = PublicKeys {
            ed25519: hex::encode(ed25519.public_key()),
            rsa2048: pem::encode("PUBLIC KEY", rsa_spki.as_ref()),
            ecdsa_p256: pem::encode("PUBLIC KEY", ecdsa_spki.as_ref()),
        };
        let token_key = hmac::Key::new(hmac::HMAC_SHA256, keys.secret_key.as_bytes());
        Ok(Self { keys, public, ed25519, rsa, ecdsa, token_key, raw_rsa: OnceLock::new() })
    }

    /// [`AccountSigner::new`] behind an `Arc`, as callers cache it.
    ///
    /// # Errors
    /// As [`AccountSigner::new`].
    pub fn shared(keys: AccountKeys) -> Result<Arc<Self>, KeyMaterialError> {
        Self::new(keys).map(Arc::new)
    }

    /// The keys it was made from.
    #[must_use]
    pub fn keys(&self) -> &AccountKeys {
        &self.keys
    }

    /// The public halves.
    #[must_use]
    pub fn public(&self) -> &PublicKeys {
        &self.public
    }

    /// The RSA key for the one operation that aws-lc-rs does not offer (raw PKCS#1 v1.5 type-1
    /// blocks); parsed on first use.
    pub(super) fn raw_rsa(&self) -> Result<&rsa::RsaPrivateKey, Failure> {
        self.raw_rsa.get_or_init(|| parse_raw_rsa(&self.keys.rsa2048)).as_ref().ok_or(Failure)
    }
}

impl fmt::Debug for AccountSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountSigner").field("public", &self.public).finish_non_exhaustive()
    }
}

fn new_ed25519() -> Result<String, Failure> {
    Ok(hex::encode(Zeroizing::new(random::<32>()?)))
}

fn new_rsa() -> Result<String, Failure> {
    let der: Pkcs8V1Der<'_> = RsaKeyPair::generate(KeySize::Rsa2048)?.as_der()?;
    Ok(pem::encode("PRIVATE KEY", der.as_ref()))
}

fn new_ecdsa() -> Result<String, Failure> {
    let document = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?.to_pkcs8v1()?;
    Ok(pem::encode("PRIVATE KEY", document.as_ref()))
}

fn new_secret() -> Result<String, Failure> {
    Ok(hex::encode(Zeroizing::new(random::<64>()?)))
}

fn parse_ed25519(text: &str) -> Result<Ed25519KeyPair, KeyMaterialError> {
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text, seed.as_mut()).map_err(|_| KeyMaterialError::Ed25519)?;
    Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).map_err(|_| KeyMaterialError::Ed25519)
}

fn parse_rsa(text: &str) -> Result<RsaKeyPair, KeyMaterialError> {
    let key = match pem::private_key(text).ok_or(KeyMaterialError::Rsa2048)? {
        ("RSA PRIVATE KEY", der) => RsaKeyPair::from_der(&der),
        (_, der) => RsaKeyPair::from_pkcs8(&der),
    };
    let key = key.map_err(|_| KeyMaterialError::Rsa2048)?;
    // Signatures and encrypted keys have fixed sizes on the wire: no other key length will do.
    if key.public_modulus_len() == 256 { Ok(key) } else { Err(KeyMaterialError::Rsa2048) }
}

fn parse_raw_rsa(text: &str) -> Option<rsa::RsaPrivateKey> {
    use rsa::{pkcs1::DecodeRsaPrivateKey as _, pkcs8::DecodePrivateKey as _};
    match pem::private_key(text)? {
        ("RSA PRIVATE KEY", der) => rsa::RsaPrivateKey::from_pkcs1_der(&der).ok(),
        (_, der) => rsa::RsaPrivateKey::from_pkcs8_der(&der).ok(),
    }
}

fn parse_ecdsa(text: &str) -> Result<EcdsaKeyPair, KeyMaterialError> {
    let (_, der) = pem::private_key(text).ok_or(KeyMaterialError::EcdsaP256)?;
    EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_ASN1_SIGNING, &der).map_err(|_| KeyMaterialError::EcdsaP256)
}

fn check_secret(text: &str) -> Result<(), KeyMaterialError> {
    let ok = text.len() >= MIN_SECRET_CHARS && text.bytes().all(|b| b.is_ascii_hexdigit());
    if ok { Ok(()) } else { Err(KeyMaterialError::SecretKey) }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn generates_keys_of_the_documented_shapes() {
        let keys = AccountKeys::generate().unwrap();
        assert_eq!((keys.ed25519.len(), keys.secret_key.len()), (64, 128));
        assert!(keys.secret_key.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        assert!(keys.rsa2048.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert_ne!(keys, AccountKeys::generate().unwrap());
        let signer = AccountSigner::new(keys).unwrap();
        signer.raw_rsa().unwrap();
        for text in [signer.public.rsa_public_pem(), signer.public.ecdsa_public_pem()] {
            assert!(text.starts_with("-----BEGIN PUBLIC KEY-----\n") && text.ends_with("-----END PUBLIC KEY-----\n"));
            assert!(text.lines().all(|line| line.len() <= 64));
        }
    }

    #[test]
    fn renders_the_public_forms() {
        // RFC 8032 §7.1, test 1; the base64 text is the example of spec 02 §5.
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let signer = testing::signer_with_seed(seed);
        let public = signer.public();
        assert_eq!(public.ed25519_public_hex(), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assert_eq!(
            public.ed25519_meta(),
            "ZDc1YTk4MDE4MmIxMGFiN2Q1NGJmZWQzYzk2NDA3M2EwZWUxNzJmM2RhYTYyMzI1YWYwMjFhNjhmNzA3NTExYQ=="
        );
        assert_eq!(public.rsa_public_pem(), testing::RSA_PUBLIC);
        assert_eq!(public.ecdsa_public_pem(), testing::EC_PUBLIC);
        assert_eq!(public.rsa2048_meta(), base64(testing::RSA_PUBLIC));
        assert_eq!(public.ecdsa_meta(), base64(testing::EC_PUBLIC));
    }

    #[test]
    fn takes_every_container_format_and_keeps_its_bytes() {
        for (rsa, ec) in [(testing::RSA_PKCS8, testing::EC_PKCS8), (testing::RSA_PKCS1, testing::EC_SEC1)] {
            let (rsa, ec) = (rsa.replace('\n', "\r\n"), format!("some text\n{ec}\n\n"));
            let parts =
                ImportedKeys { rsa2048: Some(rsa.clone()), ecdsa_p256: Some(ec.clone()), ..ImportedKeys::default() };
            let keys = AccountKeys::from_parts(parts).unwrap();
            assert_eq!((keys.rsa_private_pem(), keys.ecdsa_private_pem()), (rsa.as_str(), ec.as_str()));
            let signer = AccountSigner::new(keys).unwrap();
            assert_eq!(signer.public().rsa_public_pem(), testing::RSA_PUBLIC);
            assert_eq!(signer.public().ecdsa_public_pem(), testing::EC_PUBLIC);
            signer.raw_rsa().unwrap();
        }
    }

    #[test]
    fn refuses_bad_parts_by_name() {
        let some = |text: &str| Some(text.to_owned());
        let parts = ImportedKeys::default;
        for (bad, error) in [
            (ImportedKeys { ed25519: some("00"), ..parts() }, KeyMaterialError::Ed25519),
            (ImportedKeys { ed25519: some(&"zz".repeat(32)), ..parts() }, KeyMaterialError::Ed25519),
            (ImportedKeys { rsa2048: some(""), ..parts() }, KeyMaterialError::Rsa2048),
            (ImportedKeys { rsa2048: some(testing::EC_PKCS8), ..parts() }, KeyMaterialError::Rsa2048),
            (ImportedKeys { rsa2048: some(testing::RSA_PUBLIC), ..parts() }, KeyMaterialError::Rsa2048),
            (
                ImportedKeys { rsa2048: some(testing::RSA_PKCS8), ecdsa_p256: some(testing::RSA_PKCS8), ..parts() },
                KeyMaterialError::EcdsaP256,
            ),
            (
                ImportedKeys { rsa2048: some(testing::RSA_PKCS8), secret_key: some("abc"), ..parts() },
                KeyMaterialError::SecretKey,
            ),
        ] {
            assert_eq!(AccountKeys::from_parts(bad).unwrap_err(), error);
        }
        assert!(serde_json::from_str::<ImportedKeys>(r#"{"ecdsaP256":null,"secretKey":"00"}"#).is_ok());
        assert!(serde_json::from_str::<ImportedKeys>(r#"{"rsa4096":""}"#).is_err());
    }

    #[test]
    fn stored_form_round_trips_and_debug_is_silent() {
        let keys = testing::keys();
        let text = serde_json::to_string(&keys).unwrap();
        assert!(text.starts_with(r#"{"ed25519":""#) && text.contains(r#""ecdsaP256":""#));
        let back: AccountKeys = serde_json::from_str(&text).unwrap();
        assert_eq!(back, keys);
        assert_eq!(format!("{keys:?}"), "AccountKeys(redacted)");
        let debug = format!("{:?}", AccountSigner::new(keys.clone()).unwrap());
        assert!(!debug.contains(keys.secret_key()) && !debug.contains("PRIVATE"));
        // An exported value comes in again through the import form.
        let again = AccountKeys::from_parts(serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(again, keys);
    }
}
