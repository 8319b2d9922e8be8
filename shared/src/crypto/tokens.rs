//! Bearer tokens and password-reset tokens (spec 01 §5.2, 03 §5.1 and §5.2).
//!
//! Only digests are stored. A digest is found by equality, so the store's look-up is the
//! comparison; nobody can steer a digest byte by byte without the account's key.

use std::fmt;

use aws_lc_rs::hmac;
use uuid::Uuid;
use zeroize::{Zeroize as _, Zeroizing};

use super::account_keys::AccountSigner;
use super::bcrypt_secret;
pub use super::bcrypt_secret::Match;
use super::{Failure, random};
use crate::ids::parse_id;

/// Random bytes in a token of any bearer but a license.
pub const TOKEN_BYTES: usize = 32;
/// Random bytes in a token of a license.
pub const LICENSE_TOKEN_BYTES: usize = 16;
/// Random bytes in a password-reset token.
const RESET_BYTES: usize = 24;

/// A raw token. `Debug` does not show it, and it is erased when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct RawToken(String);

impl RawToken {
    /// The token in the clear.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for RawToken {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for RawToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawToken(redacted)")
    }
}

impl Drop for RawToken {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The generation of a token, told by its last two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// `{account}.{token}.{hex}v1`; found by id, compared by bcrypt.
    V1,
    /// `{kind}-{hex}v2`; found by [`digest_v2`].
    V2,
    /// `{prefix}-{hex}v3`; found by [`digest`]. The only one that is made today.
    V3,
}

impl Version {
    /// The name on the wire and in import records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
        }
    }

    /// Reads [`Version::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::V1, Self::V2, Self::V3].into_iter().find(|v| v.as_str() == text)
    }
}

/// A fresh version-3 token: `{prefix}-`, `bytes` random bytes as lower-case hex, `v3`.
///
/// `prefix` names the bearer's kind (`admin`, `activ`, …); `bytes` is [`TOKEN_BYTES`], or
/// [`LICENSE_TOKEN_BYTES`] for a license. More than 64 bytes are cut to 64.
///
/// # Errors
/// When there is no randomness.
pub fn generate(prefix: &str, bytes: usize) -> Result<RawToken, Failure> {
    let random = Zeroizing::new(random::<64>()?);
    let text = Zeroizing::new(hex::encode(random.get(..bytes).unwrap_or(random.as_ref())));
    Ok(RawToken(format!("{prefix}-{}v3", *text)))
}

/// A fresh password-reset token: 24 random bytes as lower-case hex, then `v3`. Its digest is
/// [`digest`].
///
/// # Errors
/// When there is no randomness.
pub fn generate_reset() -> Result<RawToken, Failure> {
    let text = Zeroizing::new(hex::encode(Zeroizing::new(random::<RESET_BYTES>()?)));
    Ok(RawToken(format!("{}v3", *text)))
}

/// The version that `raw` claims by its ending; `None` if it has no ending of a known version,
/// and so is no token.
#[must_use]
pub fn version_of(raw: &str) -> Option<Version> {
    let digits = raw.len() - raw.bytes().rev().take_while(u8::is_ascii_digit).count();
    Version::parse(raw.get(digits.checked_sub(1)?..)?)
}

/// Whether a client sent a token's identifier in place of its value (`TOKEN_FORMAT_INVALID`):
/// a UUID, with hyphens in the canonical places or none, in any case.
#[must_use]
pub fn is_uuid_like(raw: &str) -> bool {
    parse_id(raw).is_some()
}

/// What a version-3 token or a password-reset token is stored and looked up by: lower-case hex of
/// HMAC-SHA256 over the whole token, keyed by the text of the account's secret key.
#[must_use]
pub fn digest(signer: &AccountSigner, raw: &str) -> String {
    hex::encode(hmac::sign(&signer.token_key, raw.as_bytes()))
}

/// What a version-2 token is looked up by: lower-case hex of HMAC-SHA512 over the whole token,
/// keyed by the text of the account's RSA private key.
#[must_use]
pub fn digest_v2(signer: &AccountSigner, raw: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA512, signer.keys().rsa_private_pem().as_bytes());
    hex::encode(hmac::sign(&key, raw.as_bytes()))
}

/// The identifiers inside a version-1 token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct V1 {
    /// The account; must be the one that the request addresses.
    pub account: Uuid,
    /// The token's id, by which its record is found.
    pub token: Uuid,
}

/// Takes a version-1 token apart. `None` unless it is two bare UUIDs and hex, joined by dots and
/// ended by `v1`.
#[must_use]
pub fn parse_v1(raw: &str) -> Option<V1> {
    let mut parts = raw.split('.');
    let (account, token, secret) = (parts.next()?, parts.next()?, parts.next()?);
    let secret = secret.strip_suffix("v1")?;
    let plausible = parts.next().is_none()
        && account.len() == 32
        && token.len() == 32
        && !secret.is_empty()
        && secret.bytes().all(|b| b.is_ascii_hexdigit());
    if !plausible {
        return None;
    }
    Some(V1 { account: parse_id(account)?, token: parse_id(token)? })
}

/// The digest that a version-1 token is stored by (needed by import of a raw token).
///
/// # Errors
/// When the library fails.
pub fn digest_v1(raw: &str) -> Result<String, Failure> {
    bcrypt_secret::hash(raw)
}

/// Compares a version-1 token with its stored digest. See [`Match::Rehash`].
#[must_use]
pub fn verify_v1(raw: &str, digest: &str) -> Match {
    bcrypt_secret::verify(raw, digest)
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digests_match_the_vectors() {
        let signer = testing::signer();
        for (raw, expected) in [
            // Spec 01 §5.2.
            (
                "admin-50d858e0985ecc7f60418aaf0cc5ab587f42c2570a884095a9e8ccacd0f6545cv3",
                "340660c7be874d159a2bf3e26f63c10f731084f0707e99778d1b00538edbd1a3",
            ),
            // Spec 03 §5.1.
            (
                "user-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefv3",
                "ba5c18e0450eb2e7dc29c50e3607f4de5af67670538a9b3538adb1ca312c26f3",
            ),
            (
                "activ-0123456789abcdef0123456789abcdefv3",
                "3ca5723b31f1d4560b1a3227e30455fae6d0f39e3e6e34d264d7233195415813",
            ),
        ] {
            assert_eq!(digest(&signer, raw), expected);
        }
    }

    #[test]
    fn version_2_digests_are_keyed_by_the_pem_text() {
        // Computed with Python's hmac over the test key's text.
        let digest = digest_v2(&testing::signer(), "prod-0123456789abcdefv2");
        assert_eq!(
            digest,
            concat!(
                "5c7c3713b7c93ecbabed77edcd3c98088d6fc327d2ae4d0813a72b9ed647eb86",
                "8dc539284ef7383732d7721c3a70807f380a0fe6c6a3059e1fc93ed6bfbe0d30"
            )
        );
    }

    #[test]
    fn generates_the_documented_shapes() {
        let admin = generate("admin", TOKEN_BYTES).unwrap();
        let license = generate("activ", LICENSE_TOKEN_BYTES).unwrap();
        let reset = generate_reset().unwrap();
        assert_eq!((admin.expose().len(), license.expose().len(), reset.expose().len()), (72, 40, 50));
        assert!(admin.expose().starts_with("admin-") && admin.expose().ends_with("v3"));
        assert!(reset.expose()[..48].bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        assert_ne!(generate("admin", 32).unwrap(), admin);
        assert_eq!(version_of(license.expose()), Some(Version::V3));
        assert_eq!(format!("{admin:?}"), "RawToken(redacted)");
    }

    #[test]
    fn tells_versions_by_the_ending() {
        for (raw, version) in [
            ("admin-00v3", Some(Version::V3)),
            ("prod-00v2", Some(Version::V2)),
            ("a.b.00v1", Some(Version::V1)),
            ("v3", Some(Version::V3)),
            ("admin-00v4", None),
            ("admin-00v13", None),
            ("admin-003", None),
            ("admin-00v3 ", None),
            ("3", None),
            ("é3", None),
            ("", None),
        ] {
            assert_eq!(version_of(raw), version, "{raw:?}");
        }
    }

    #[test]
    fn tells_identifiers_from_values() {
        assert!(is_uuid_like("4F1D2C3B-0000-4000-8000-000000000001"));
        assert!(is_uuid_like("4f1d2c3b000040008000000000000001"));
        assert!(!is_uuid_like("admin-4f1d2c3b000040008000000000000001v3"));
        assert!(!is_uuid_like("4f1d2c3b0000-4000-8000-000000000001"));
    }

    #[test]
    fn reads_and_verifies_version_1() {
        let (account, token) = (Uuid::from_u128(7), Uuid::from_u128(9));
        let raw = format!("{}.{}.{}v1", account.simple(), token.simple(), "0a".repeat(31));
        assert_eq!(parse_v1(&raw), Some(V1 { account, token }));
        let digest = digest_v1(&raw).unwrap();
        assert_eq!(verify_v1(&raw, &digest), Match::Yes);
        assert_eq!(verify_v1(&raw.replace("0av1", "0bv1"), &digest), Match::No);
        let dashed = raw.replace(&account.simple().to_string(), &account.to_string());
        for bad in [&raw[1..], &raw[..raw.len() - 1], &format!("{raw}.v1"), &dashed, "..v1", "", "a.b.c"] {
            assert_eq!(parse_v1(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn readers_never_panic(raw in "\\PC{0,80}") {
            let _ = (version_of(&raw), parse_v1(&raw), is_uuid_like(&raw));
        }

        #[test]
        fn any_change_changes_the_digest(raw in "[a-z]{3,6}-[0-9a-f]{32}v3", at in 0usize..30) {
            let mut other = raw.clone().into_bytes();
            other[at] = if other[at] == b'0' { b'1' } else { b'0' };
            let other = String::from_utf8(other).unwrap();
            let signer = testing::signer();
            prop_assert_ne!(digest(&signer, &raw), digest(&signer, &other));
        }
    }
}
