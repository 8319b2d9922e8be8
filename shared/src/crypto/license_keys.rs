//! License keys: random, legacy-encrypted, and signed by one of the schemes (spec 04 §5).
//!
//! The default datasets and the templates of the schemes are in [`dataset`].

pub mod dataset;
#[cfg(test)]
mod vectors;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::account_keys::AccountSigner;
use super::bcrypt_secret::{self, Match};
use super::signature::{Algorithm, sign};
use super::{Failure, base64url, random};
use crate::ids::parse_id;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The largest dataset of `RSA_2048_PKCS1_ENCRYPT`: 256 bytes of modulus less 11 of padding.
pub const MAX_ENCRYPTED_BYTES: usize = 245;

/// How the keys of a policy's licenses are made. Rendered by its name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scheme {
    /// Random key of which only a digest is stored.
    #[serde(rename = "LEGACY_ENCRYPT")]
    LegacyEncrypt,
    /// The dataset in the padding of an RSA signature, readable with the public key.
    #[serde(rename = "RSA_2048_PKCS1_ENCRYPT")]
    RsaEncrypt,
    /// PKCS#1 v1.5 signature over the dataset's bytes.
    #[serde(rename = "RSA_2048_PKCS1_SIGN")]
    RsaSign,
    /// PSS signature over the dataset's bytes.
    #[serde(rename = "RSA_2048_PKCS1_PSS_SIGN")]
    RsaPssSign,
    /// A JSON Web Token, RS256.
    #[serde(rename = "RSA_2048_JWT_RS256")]
    RsaJwt,
    /// PKCS#1 v1.5 signature over the encoded dataset.
    #[serde(rename = "RSA_2048_PKCS1_SIGN_V2")]
    RsaSignV2,
    /// PSS signature over the encoded dataset.
    #[serde(rename = "RSA_2048_PKCS1_PSS_SIGN_V2")]
    RsaPssSignV2,
    /// Ed25519 signature over the encoded dataset.
    #[serde(rename = "ED25519_SIGN")]
    Ed25519Sign,
    /// ECDSA signature over the encoded dataset.
    #[serde(rename = "ECDSA_P256_SIGN")]
    EcdsaSign,
}

/// A name that is no [`Scheme`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown key scheme")]
pub struct UnknownScheme;

impl Scheme {
    /// All schemes.
    pub const ALL: [Self; 9] = [
        Self::LegacyEncrypt,
        Self::RsaEncrypt,
        Self::RsaSign,
        Self::RsaPssSign,
        Self::RsaJwt,
        Self::RsaSignV2,
        Self::RsaPssSignV2,
        Self::Ed25519Sign,
        Self::EcdsaSign,
    ];

    /// The names of [`Self::ALL`], in the same order.
    pub const NAMES: &'static [&'static str] = &{
        let mut names = [""; Self::ALL.len()];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].as_str();
            at += 1;
        }
        names
    };

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LegacyEncrypt => "LEGACY_ENCRYPT",
            Self::RsaEncrypt => "RSA_2048_PKCS1_ENCRYPT",
            Self::RsaSign => "RSA_2048_PKCS1_SIGN",
            Self::RsaPssSign => "RSA_2048_PKCS1_PSS_SIGN",
            Self::RsaJwt => "RSA_2048_JWT_RS256",
            Self::RsaSignV2 => "RSA_2048_PKCS1_SIGN_V2",
            Self::RsaPssSignV2 => "RSA_2048_PKCS1_PSS_SIGN_V2",
            Self::Ed25519Sign => "ED25519_SIGN",
            Self::EcdsaSign => "ECDSA_P256_SIGN",
        }
    }

    /// The signing algorithm of license and machine files when the request names none
    /// (spec 05 §3.10, 06 §5.2). Without a scheme: [`Algorithm::default`].
    #[must_use]
    pub const fn file_algorithm(self) -> Algorithm {
        match self {
            Self::LegacyEncrypt | Self::Ed25519Sign => Algorithm::Ed25519,
            Self::RsaPssSign | Self::RsaPssSignV2 => Algorithm::RsaPssSha256,
            Self::RsaSign | Self::RsaSignV2 | Self::RsaEncrypt | Self::RsaJwt => Algorithm::RsaSha256,
            Self::EcdsaSign => Algorithm::EcdsaP256,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scheme {
    type Err = UnknownScheme;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|s| s.as_str() == text).ok_or(UnknownScheme)
    }
}

/// Why a dataset cannot become a key. The first two are 422 at `/data/attributes/key`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The dataset has more than [`MAX_ENCRYPTED_BYTES`] bytes: `KEY_BYTE_SIZE_EXCEEDED`.
    #[error("byte size exceeded maximum ({MAX_ENCRYPTED_BYTES} bytes)")]
    ByteSizeExceeded,
    /// The dataset is no set of claims: `KEY_JWT_CLAIMS_INVALID`. The text says what is wrong.
    #[error("{0}")]
    JwtClaimsInvalid(String),
    /// `LEGACY_ENCRYPT` encodes nothing; use [`legacy_key`].
    #[error("the scheme does not encode datasets")]
    NotEncodable,
    /// The library failed; not the input's fault.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// A random key of a license without scheme (spec 04 §5.1): `^([0-9A-F]{6}-){5}V3$`, 120 random
/// bits. The caller tries again when the account has it already.
///
/// # Errors
/// When there is no randomness.
pub fn random_key() -> Result<String, Failure> {
    let text = Zeroizing::new(hex::encode_upper(random::<15>()?));
    let mut key = String::with_capacity(37);
    for (at, digit) in text.chars().chain("V3".chars()).enumerate() {
        if at > 0 && at % 6 == 0 {
            key.push('-');
        }
        key.push(digit);
    }
    Ok(key)
}

/// A raw key of the scheme `LEGACY_ENCRYPT` (spec 04 §5.2): 131 characters, four groups of 32
/// joined by hyphens, the first being the license's id, the last ending in `v1`. Shown once; what
/// is stored is [`legacy_digest`].
///
/// # Errors
/// When there is no randomness.
pub fn legacy_key(license: Uuid) -> Result<Zeroizing<String>, Failure> {
    let text = Zeroizing::new(hex::encode(Zeroizing::new(random::<47>()?)));
    let (second, rest) = text.split_at_checked(32).ok_or(Failure)?;
    let (third, fourth) = rest.split_at_checked(32).ok_or(Failure)?;
    Ok(Zeroizing::new(format!("{}-{second}-{third}-{fourth}v1", license.simple())))
}

/// The digest that a raw legacy key is stored by: bcrypt of the hex SHA-256.
///
/// # Errors
/// When the library fails.
pub fn legacy_digest(raw: &str) -> Result<String, Failure> {
    bcrypt_secret::hash(raw)
}

/// The license that a raw legacy key names in its first 32 characters (spec 05 §3.1 rule 3);
/// `None` if it has not the shape of one.
#[must_use]
pub fn legacy_license(raw: &str) -> Option<Uuid> {
    let (prefix, rest) = raw.split_at_checked(32)?;
    if rest.len() < 2 || !rest.starts_with('-') {
        return None;
    }
    parse_id(prefix)
}

/// Compares a raw legacy key with its license's stored digest. See [`Match::Rehash`].
#[must_use]
pub fn legacy_verify(raw: &str, digest: &str) -> Match {
    bcrypt_secret::verify(raw, digest)
}

/// The key that `scheme` makes of `dataset` (spec 04 §5.3): the default dataset
/// ([`dataset::default_dataset`]), or the given key after template expansion
/// ([`dataset::expand`]). All schemes but the PSS ones and ECDSA are deterministic.
///
/// # Errors
/// See [`KeyError`].
pub fn encode(scheme: Scheme, dataset: &[u8], signer: &AccountSigner) -> Result<String, KeyError> {
    match scheme {
        Scheme::LegacyEncrypt => Err(KeyError::NotEncodable),
        Scheme::RsaEncrypt => encode_block(dataset, signer),
        Scheme::RsaJwt => encode_jwt(dataset, signer),
        Scheme::RsaSign => encode_raw(Algorithm::RsaSha256, dataset, signer),
        Scheme::RsaPssSign => encode_raw(Algorithm::RsaPssSha256, dataset, signer),
        Scheme::RsaSignV2 => encode_prefixed(Algorithm::RsaSha256, dataset, signer),
        Scheme::RsaPssSignV2 => encode_prefixed(Algorithm::RsaPssSha256, dataset, signer),
        Scheme::Ed25519Sign => encode_prefixed(Algorithm::Ed25519, dataset, signer),
        Scheme::EcdsaSign => encode_prefixed(Algorithm::EcdsaP256, dataset, signer),
    }
}

/// `key/B64(dataset).B64(signature over all before the dot)`.
fn encode_prefixed(algorithm: Algorithm, dataset: &[u8], signer: &AccountSigner) -> Result<String, KeyError> {
    let signed = format!("key/{}", base64url(dataset));
    let signature = sign(signer, algorithm, signed.as_bytes())?;
    Ok(format!("{signed}.{}", base64url(signature)))
}

/// `B64(dataset).B64(signature over the dataset itself)`.
fn encode_raw(algorithm: Algorithm, dataset: &[u8], signer: &AccountSigner) -> Result<String, KeyError> {
    let signature = sign(signer, algorithm, dataset)?;
    Ok(format!("{}.{}", base64url(dataset), base64url(signature)))
}

/// The dataset in a PKCS#1 v1.5 block of type 1 (RFC 8017 §9.2, without a digest identifier),
/// raised to the private exponent. Blinded.
fn encode_block(dataset: &[u8], signer: &AccountSigner) -> Result<String, KeyError> {
    if dataset.len() > MAX_ENCRYPTED_BYTES {
        return Err(KeyError::ByteSizeExceeded);
    }
    let padding = rsa::Pkcs1v15Sign::new_unprefixed();
    let block = signer.raw_rsa()?.sign_with_rng(&mut rsa::rand_core::OsRng, padding, dataset).map_err(|_| Failure)?;
    Ok(base64url(block))
}

/// A compact JWS (RFC 7515), RS256, whose header is exactly `{"alg":"RS256"}`.
fn encode_jwt(dataset: &[u8], signer: &AccountSigner) -> Result<String, KeyError> {
    let claims = match serde_json::from_slice(dataset) {
        Ok(Value::Object(claims)) => claims,
        Ok(_) => return Err(KeyError::JwtClaimsInvalid("key is not a JSON object".to_owned())),
        Err(_) => return Err(KeyError::JwtClaimsInvalid("key is not valid JSON".to_owned())),
    };
    for name in ["exp", "iat", "nbf"] {
        if claims.get(name).is_some_and(|claim| !claim.is_number()) {
            return Err(KeyError::JwtClaimsInvalid(format!("{name} claim must be a number")));
        }
    }
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
    let payload = URL_SAFE_NO_PAD.encode(Value::Object(claims).to_string());
    let signed = format!("{header}.{payload}");
    let signature = sign(signer, Algorithm::RsaSha256, signed.as_bytes())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[cfg(test)]
mod tests {
    use super::super::signature::verify;
    use super::super::{sha256, testing};
    use super::vectors;
    use super::*;
    use base64::engine::general_purpose::URL_SAFE;
    use proptest::prelude::*;

    /// Splits a key at its last dot, checks the signature and returns the dataset.
    fn open(scheme: Scheme, key: &str) -> Vec<u8> {
        let signer = testing::signer();
        if scheme == Scheme::RsaEncrypt {
            return recover(key);
        }
        let (signed, signature) = key.rsplit_once('.').unwrap();
        let signature = URL_SAFE.decode(signature).unwrap();
        let raw = matches!(scheme, Scheme::RsaSign | Scheme::RsaPssSign);
        let dataset = URL_SAFE.decode(if raw { signed } else { signed.strip_prefix("key/").unwrap() }).unwrap();
        let message = if raw { dataset.as_slice() } else { signed.as_bytes() };
        assert!(verify(signer.public(), scheme.file_algorithm(), message, &signature), "{scheme}");
        dataset
    }

    /// What a client does with the public key: `m = c^e`, then strip the padding.
    fn recover(key: &str) -> Vec<u8> {
        use rsa::traits::PublicKeyParts as _;
        let public = testing::signer().raw_rsa().unwrap().to_public_key();
        let cipher = rsa::BigUint::from_bytes_be(&URL_SAFE.decode(key).unwrap());
        let block = cipher.modpow(public.e(), public.n()).to_bytes_be();
        let (head, rest) = (block[0], &block[1..]);
        let end = rest.iter().position(|b| *b == 0).unwrap();
        assert!(head == 1 && end >= 8 && rest[..end].iter().all(|b| *b == 0xff));
        rest[end + 1..].to_vec()
    }

    #[test]
    fn ed25519_vector() {
        let signer = testing::signer_with_seed("ecdc63852841945a5aebb42e3b022b8d0245cf7f9737fe571dfe258c53eb02f8");
        assert_eq!(
            signer.public().ed25519_public_hex(),
            "01be857371db2bbba1f900016b97ad4ce48036386f8f1cfd85ad8dee3becb781"
        );
        assert_eq!(
            encode(Scheme::Ed25519Sign, br#"{"tier":"pro","seats":10}"#, &signer).unwrap(),
            "key/eyJ0aWVyIjoicHJvIiwic2VhdHMiOjEwfQ==.8qjuM8MtPoI8G11B82oerisE9YyxL8otjzzLui2H8CaGrY8i76yDLoa1w\
             vOMWxmQR5s9mBbaUg1Z49lZdWd2Ag=="
        );
    }

    #[test]
    fn keys_are_those_that_openssl_makes() {
        for (scheme, key) in vectors::KEYS {
            match scheme {
                Scheme::EcdsaSign | Scheme::RsaPssSign | Scheme::RsaPssSignV2 => {
                    assert_eq!(open(scheme, key), vectors::DATASET, "{scheme}");
                }
                _ => assert_eq!(encode(scheme, vectors::DATASET, &testing::signer()).unwrap(), key, "{scheme}"),
            }
        }
    }

    #[test]
    fn scheme_names_round_trip() {
        for scheme in Scheme::ALL {
            assert_eq!(scheme.as_str().parse(), Ok(scheme));
            let json = serde_json::to_string(&scheme).unwrap();
            assert_eq!(json, format!("\"{scheme}\""));
            assert_eq!(serde_json::from_str::<Scheme>(&json).unwrap(), scheme);
        }
        assert_eq!(Scheme::NAMES, Scheme::ALL.map(Scheme::as_str));
        assert_eq!("AES_SHA256".parse::<Scheme>(), Err(UnknownScheme));
    }

    #[test]
    fn random_keys_have_the_documented_shape() {
        let key = random_key().unwrap();
        let groups: Vec<&str> = key.split('-').collect();
        assert_eq!(groups.iter().map(|g| g.len()).collect::<Vec<_>>(), [6, 6, 6, 6, 6, 2]);
        assert!(groups[..5].concat().bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')));
        assert_eq!(groups[5], "V3");
        assert_ne!(random_key().unwrap(), key);
    }

    #[test]
    fn legacy_keys_name_their_license_and_verify() {
        let id = Uuid::from_u128(0x0d9a_4c52_5f3e_4a54_8f0a_1a0a_8d1d_3c77);
        let key = legacy_key(id).unwrap();
        assert_eq!(key.len(), 131);
        assert_eq!(key.split('-').map(str::len).collect::<Vec<_>>(), [32; 4]);
        assert!(key.starts_with("0d9a4c525f3e4a548f0a1a0a8d1d3c77-") && key.ends_with("v1"));
        assert_eq!(legacy_license(&key), Some(id));
        let digest = legacy_digest(&key).unwrap();
        assert_eq!(legacy_verify(&key, &digest), Match::Yes);
        assert_eq!(legacy_verify(&key[..130], &digest), Match::No);
        for bad in ["", &key[..32], &key[..33], &key[1..], &id.to_string(), &key.replacen('-', "_", 1)] {
            assert_eq!(legacy_license(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_signing_scheme_round_trips() {
        for scheme in Scheme::ALL {
            let key = encode(scheme, "{\"naïve\":1}".as_bytes(), &testing::signer());
            match scheme {
                Scheme::LegacyEncrypt => assert_eq!(key, Err(KeyError::NotEncodable)),
                Scheme::RsaJwt => {}
                _ => assert_eq!(open(scheme, &key.unwrap()), "{\"naïve\":1}".as_bytes()),
            }
        }
    }

    #[test]
    fn blocks_hold_at_most_245_bytes() {
        let signer = testing::signer();
        for len in [0, 1, 245] {
            let dataset = vec![b'x'; len];
            let key = encode(Scheme::RsaEncrypt, &dataset, &signer).unwrap();
            assert_eq!(key.len(), 344);
            assert_eq!(recover(&key), dataset);
        }
        assert_eq!(encode(Scheme::RsaEncrypt, &[b'x'; 246], &signer), Err(KeyError::ByteSizeExceeded));
    }

    #[test]
    fn tokens_are_compact_and_keep_member_order() {
        let signer = testing::signer();
        let key = encode(Scheme::RsaJwt, br#" { "z": 1, "exp": 1.5, "a": "\u00e9" } "#, &signer).unwrap();
        let parts: Vec<&str> = key.split('.').collect();
        let decode = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!(decode(parts[0]), r#"{"alg":"RS256"}"#);
        assert_eq!(decode(parts[1]), r#"{"z":1,"exp":1.5,"a":"é"}"#);
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        let signed = format!("{}.{}", parts[0], parts[1]);
        assert!(verify(signer.public(), Algorithm::RsaSha256, signed.as_bytes(), &signature));
        assert_eq!(sha256(&signature).len(), 32);
    }

    #[test]
    fn refuses_bad_claims() {
        let signer = testing::signer();
        for (dataset, detail) in [
            ("", "key is not valid JSON"),
            ("hello", "key is not valid JSON"),
            ("[1]", "key is not a JSON object"),
            ("null", "key is not a JSON object"),
            (r#"{"exp":"1"}"#, "exp claim must be a number"),
            (r#"{"iat":null}"#, "iat claim must be a number"),
            (r#"{"nbf":[],"iat":1}"#, "nbf claim must be a number"),
        ] {
            let error = KeyError::JwtClaimsInvalid(detail.to_owned());
            assert_eq!(encode(Scheme::RsaJwt, dataset.as_bytes(), &signer), Err(error), "{dataset}");
        }
        assert!(encode(Scheme::RsaJwt, b"\xff", &signer).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn keys_hold_any_dataset(dataset in proptest::collection::vec(any::<u8>(), 0..600)) {
            let signer = testing::signer();
            for scheme in [Scheme::Ed25519Sign, Scheme::EcdsaSign, Scheme::RsaSign] {
                let key = encode(scheme, &dataset, &signer).unwrap();
                prop_assert_eq!(open(scheme, &key), dataset.as_slice());
            }
        }

        #[test]
        fn legacy_reader_never_panics(raw in "\\PC{0,60}") {
            let _ = legacy_license(&raw);
        }
    }
}
