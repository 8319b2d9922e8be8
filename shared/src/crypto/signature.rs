//! Signatures of responses and of webhook deliveries (spec 01 §5.1, 09 §5.2; the text to sign
//! follows draft-cavage-http-signatures).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self as lc, RsaPssSaltLength, RsaSignatureEncoding, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::account_keys::{AccountSigner, PublicKeys};
use super::{Failure, base64, sha256};

/// RSASSA-PSS with the longest salt: 222 bytes for SHA-256 under a 2048-bit key (RFC 8017 §9.1.1).
static PSS_MAX_SALT: RsaSignatureEncoding = lc::RSA_PSS_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);

/// A signature algorithm, by its name on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032): 64 bytes, deterministic. What clients get unless they ask otherwise.
    #[default]
    #[serde(rename = "ed25519")]
    Ed25519,
    /// RSASSA-PSS, SHA-256, MGF1-SHA-256, salt of 222 bytes (RFC 8017 §8.1): 256 bytes, randomised.
    #[serde(rename = "rsa-pss-sha256")]
    RsaPssSha256,
    /// RSASSA-PKCS1-v1_5, SHA-256 (RFC 8017 §8.2): 256 bytes, deterministic.
    #[serde(rename = "rsa-sha256")]
    RsaSha256,
    /// ECDSA on P-256 with SHA-256, ASN.1 DER (RFC 3279 §2.2.3): at most 72 bytes, randomised.
    #[serde(rename = "ecdsa-p256")]
    EcdsaP256,
}

/// A name that is no [`Algorithm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unsupported signature algorithm")]
pub struct UnknownAlgorithm;

impl Algorithm {
    /// All algorithms, in the order the specification lists them.
    pub const ALL: [Self; 4] = [Self::Ed25519, Self::RsaPssSha256, Self::RsaSha256, Self::EcdsaP256];

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
            Self::Ed25519 => "ed25519",
            Self::RsaPssSha256 => "rsa-pss-sha256",
            Self::RsaSha256 => "rsa-sha256",
            Self::EcdsaP256 => "ecdsa-p256",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|a| a.as_str() == text).ok_or(UnknownAlgorithm)
    }
}

/// Why a `Keygen-Accept-Signature` header was refused. `Display` is the error's `detail` on the
/// wire. Checked in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// Does not follow the grammar. The answer carries no signature headers.
    #[error("invalid accept-signature header (malformed)")]
    Malformed,
    /// The algorithm is none of the four. The answer carries no signature headers.
    #[error("invalid accept-signature header (unsupported algorithm)")]
    UnsupportedAlgorithm,
    /// The key id is not the account's. The answer carries date and digest, but no signature.
    #[error("invalid accept-signature header (keyid not found)")]
    KeyNotFound,
}

/// The reader of `Keygen-Accept-Signature` (spec 01 §5.1).
pub struct AcceptSignature;

impl AcceptSignature {
    /// Reads the header's value: `[keyid="…"] [ , ] algorithm="…" [;]`, parameter names in any
    /// case, blanks only around the comma. `account_id` is the account's id as it is rendered
    /// (lower case, hyphens); a key id has to equal it exactly.
    ///
    /// A request without the header gets [`Algorithm::default`].
    ///
    /// # Errors
    /// See [`AcceptError`].
    pub fn parse(header: &str, account_id: &str) -> Result<Algorithm, AcceptError> {
        let (keyid, rest) = match parameter(header, "keyid") {
            Some((value, rest)) => (Some(value), rest),
            None => (None, header),
        };
        let rest = rest
            .trim_start_matches([' ', '\t'])
            .strip_prefix(',')
            .map_or(rest, |tail| tail.trim_start_matches([' ', '\t']));
        let (algorithm, rest) = parameter(rest, "algorithm").ok_or(AcceptError::Malformed)?;
        if !matches!(rest, "" | ";") {
            return Err(AcceptError::Malformed);
        }
        let algorithm = algorithm.parse().map_err(|_| AcceptError::UnsupportedAlgorithm)?;
        match keyid {
            Some(id) if id != account_id => Err(AcceptError::KeyNotFound),
            _ => Ok(algorithm),
        }
    }
}

/// `name="value"` at the start of `text`, the value not empty: the value and what follows.
fn parameter<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let (found, rest) = text.split_at_checked(name.len())?;
    if !found.eq_ignore_ascii_case(name) {
        return None;
    }
    rest.strip_prefix("=\"")?.split_once('"').filter(|(value, _)| !value.is_empty())
}

/// The value of the `Digest` header: `sha-256=` and the base64 of the body's SHA-256 (RFC 3230).
#[must_use]
pub fn digest(body: &[u8]) -> String {
    format!("sha-256={}", base64(sha256(body)))
}

/// The text that is signed: four lines joined by line feeds, none at the end.
///
/// `target` is path and query byte for byte as received, `host` the host (with a non-default
/// port) as the client wrote it, `date` the very `Date` header of the message, `digest` its
/// `Digest` header ([`digest()`]).
#[must_use]
pub fn signing_string(method: &str, target: &str, host: &str, date: &str, digest: &str) -> String {
    let method = method.to_ascii_lowercase();
    format!("(request-target): {method} {target}\nhost: {host}\ndate: {date}\ndigest: {digest}")
}

/// Signs `message` with the account's key for `algorithm`.
///
/// # Errors
/// When the library fails.
pub fn sign(signer: &AccountSigner, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, Failure> {
    Ok(match algorithm {
        Algorithm::Ed25519 => signer.ed25519.try_sign(message)?.as_ref().to_vec(),
        Algorithm::RsaPssSha256 => sign_rsa(signer, &PSS_MAX_SALT, message)?,
        Algorithm::RsaSha256 => sign_rsa(signer, &lc::RSA_PKCS1_SHA256, message)?,
        Algorithm::EcdsaP256 => signer.ecdsa.sign(&SystemRandom::new(), message)?.as_ref().to_vec(),
    })
}

fn sign_rsa(
    signer: &AccountSigner,
    encoding: &'static RsaSignatureEncoding,
    message: &[u8],
) -> Result<Vec<u8>, Failure> {
    let mut signature = vec![0; signer.rsa.public_modulus_len()];
    signer.rsa.sign(encoding, &SystemRandom::new(), message, &mut signature)?;
    Ok(signature)
}

/// Whether `signature` over `message` is one by these keys. For PSS, only the salt length that
/// [`sign`] uses is accepted.
#[must_use]
pub fn verify(keys: &PublicKeys, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    let check = |how: &'static dyn VerificationAlgorithm, key: Option<Vec<u8>>| {
        key.is_some_and(|key| UnparsedPublicKey::new(how, key).verify(message, signature).is_ok())
    };
    match algorithm {
        Algorithm::Ed25519 => check(&lc::ED25519, hex::decode(keys.ed25519_public_hex()).ok()),
        Algorithm::RsaPssSha256 => {
            check(&const { lc::RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Max) }, {
                public_der(keys.rsa_public_pem())
            })
        }
        Algorithm::RsaSha256 => check(&lc::RSA_PKCS1_2048_8192_SHA256, public_der(keys.rsa_public_pem())),
        Algorithm::EcdsaP256 => check(&lc::ECDSA_P256_SHA256_ASN1, public_der(keys.ecdsa_public_pem())),
    }
}

/// The contents of a PEM text that [`PublicKeys`] wrote.
fn public_der(pem: &str) -> Option<Vec<u8>> {
    STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).ok()
}

/// The value of the `Keygen-Signature` header. `keyid` is the account's id.
#[must_use]
pub fn header_value(keyid: &str, algorithm: Algorithm, signature: &[u8]) -> String {
    let signature = base64(signature);
    format!(
        r#"keyid="{keyid}", algorithm="{algorithm}", signature="{signature}", headers="(request-target) host date digest""#
    )
}

/// The value of the legacy `X-Signature` header, for accounts created before 2021-06-11: base64 of
/// the RSASSA-PKCS1-v1_5 SHA-256 signature over the body, whatever algorithm was asked for.
///
/// # Errors
/// When the library fails.
pub fn legacy_header_value(signer: &AccountSigner, body: &[u8]) -> Result<String, Failure> {
    sign(signer, Algorithm::RsaSha256, body).map(base64)
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use proptest::prelude::*;

    const ACCOUNT: &str = "8f2c1d7e-0000-4000-8000-000000000001";

    #[test]
    fn reads_the_accept_header() {
        let keyed = |rest: &str| format!("keyid=\"{ACCOUNT}\"{rest}");
        for text in [
            r#"algorithm="ed25519""#.to_owned(),
            r#"Algorithm="ed25519";"#.to_owned(),
            r#", algorithm="ed25519""#.to_owned(),
            keyed(r#", algorithm="ed25519""#),
            keyed(r#" ,  ALGORITHM="ed25519";"#),
            keyed(r#"algorithm="ed25519""#),
        ] {
            assert_eq!(AcceptSignature::parse(&text, ACCOUNT), Ok(Algorithm::Ed25519), "{text}");
        }
        for algorithm in Algorithm::ALL {
            let text = format!("algorithm=\"{algorithm}\"");
            assert_eq!(AcceptSignature::parse(&text, ACCOUNT), Ok(algorithm));
        }
    }

    #[test]
    fn refuses_bad_accept_headers() {
        use AcceptError::{KeyNotFound, Malformed, UnsupportedAlgorithm};
        let keyed = |rest: &str| format!("keyid=\"{ACCOUNT}\"{rest}");
        for (text, error) in [
            (String::new(), Malformed),
            ("ed25519".to_owned(), Malformed),
            ("algorithm=ed25519".to_owned(), Malformed),
            (r#"algorithm="""#.to_owned(), Malformed),
            (r#" algorithm="ed25519""#.to_owned(), Malformed),
            (r#"algorithm="ed25519";;"#.to_owned(), Malformed),
            (r#"algorithm="ed25519", keyid="x""#.to_owned(), Malformed),
            (keyed(r#" algorithm="ed25519""#), Malformed),
            (keyed(r#",,algorithm="ed25519""#), Malformed),
            (keyed(""), Malformed),
            (keyed(r#", algorithm="hs2019""#), UnsupportedAlgorithm),
            (r#"keyid="x", algorithm="hs2019""#.to_owned(), UnsupportedAlgorithm),
            (r#"algorithm="ED25519""#.to_owned(), UnsupportedAlgorithm),
            (r#"keyid="acme", algorithm="ed25519""#.to_owned(), KeyNotFound),
            (format!(r#"keyid="{}", algorithm="ed25519""#, ACCOUNT.to_uppercase()), KeyNotFound),
        ] {
            assert_eq!(AcceptSignature::parse(&text, ACCOUNT), Err(error), "{text}");
        }
        assert_eq!(UnsupportedAlgorithm.to_string(), "invalid accept-signature header (unsupported algorithm)");
    }

    #[test]
    fn signs_the_webhook_vector() {
        // Spec 09 §5.2.
        let body = br#"{"data":{"id":"5d2f6f0e-8a3c-4a53-9a4c-0a1c7f0f2b11","type":"webhook-events"}}"#;
        let digest = digest(body);
        assert_eq!(digest, "sha-256=29RYrml9k5r5pjBXXqu0E6Q6l2JNxqChINeA9agTJa8=");
        let text =
            signing_string("POST", "/hooks?src=lic", "hooks.example.org", "Tue, 05 Mar 2030 10:15:30 GMT", &digest);
        let signer = testing::signer();
        let signature = sign(&signer, Algorithm::Ed25519, text.as_bytes()).unwrap();
        assert_eq!(
            header_value("K", Algorithm::Ed25519, &signature),
            "keyid=\"K\", algorithm=\"ed25519\", signature=\"QFSydxR+8qfBw0iH/oPnqO+kV31odqDSdkEcA6Oh1qki\
             gnVY/8+JR7wP5JkuPivSYGq6WyyRkgOUuNS+tib9DA==\", headers=\"(request-target) host date digest\""
        );
    }

    #[test]
    fn builds_the_signing_string() {
        assert_eq!(
            signing_string("GET", "/v1/accounts/acme/licenses?limit=5", "api.example.com", "D", &digest(b"")),
            "(request-target): get /v1/accounts/acme/licenses?limit=5\nhost: api.example.com\ndate: D\n\
             digest: sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        );
    }

    #[test]
    fn pss_uses_the_longest_salt() {
        let signer = testing::signer();
        let signature = sign(&signer, Algorithm::RsaPssSha256, b"message").unwrap();
        let key = signer.raw_rsa().unwrap().to_public_key();
        let digest = sha256(b"message");
        let with_salt =
            |len| key.verify(rsa::Pss::new_with_salt::<rsa::sha2::Sha256>(len), &digest, &signature).is_ok();
        assert!(with_salt(222));
        assert!(!with_salt(32));
    }

    #[test]
    fn every_algorithm_verifies_and_detects_changes() {
        let signer = testing::signer();
        for algorithm in Algorithm::ALL {
            let mut signature = sign(&signer, algorithm, b"message").unwrap();
            assert!(verify(signer.public(), algorithm, b"message", &signature), "{algorithm}");
            assert!(!verify(signer.public(), algorithm, b"massage", &signature));
            signature[10] ^= 1;
            assert!(!verify(signer.public(), algorithm, b"message", &signature));
            assert_eq!(algorithm.as_str().parse(), Ok(algorithm));
            assert_eq!(serde_json::to_value(algorithm).unwrap(), algorithm.as_str());
        }
        let legacy = legacy_header_value(&signer, b"{}").unwrap();
        let signature = STANDARD.decode(legacy).unwrap();
        assert!(verify(signer.public(), Algorithm::RsaSha256, b"{}", &signature));
    }

    proptest! {
        #[test]
        fn never_panics_on_a_header(text in "\\PC*") {
            let _ = AcceptSignature::parse(&text, ACCOUNT);
        }

        #[test]
        fn ed25519_round_trips(message: Vec<u8>) {
            let signer = testing::signer();
            let signature = sign(&signer, Algorithm::Ed25519, &message).unwrap();
            prop_assert!(verify(signer.public(), Algorithm::Ed25519, &message, &signature));
        }
    }
}
