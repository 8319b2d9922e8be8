//! Digests of random secrets by bcrypt, as the oldest tokens (version 1) and legacy-encrypted
//! license keys have them (spec 01 §5.2, 04 §5.2, 05 §3.1).
//!
//! The digest is bcrypt over the lower-case hex of the secret's SHA-256. Some imported records
//! hold bcrypt over the raw SHA-256 bytes instead, which C libraries cut at the first NUL.
//! Both are recognised; the latter should then be replaced ([`Match::Rehash`]).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bcrypt::{HashParts, Version};

use super::{Failure, random, sha256};

/// bcrypt's cost for new digests. The secrets have at least 128 random bits, so that stretching
/// adds nothing; a validation by legacy key should not take a quarter of a second on a small Lambda.
const COST: u32 = 6;

/// The highest cost that is computed (≈ 4 s of a full core). More in a stored digest is damage or malice.
const MAX_COST: u32 = 16;

/// Fewest bytes before the NUL of a raw SHA-256: shorter rests could be found by trying.
const MIN_RAW: usize = 4;

const BCRYPT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Another secret, or a digest that is none.
    No,
    /// The secret's digest.
    Yes,
    /// The secret's digest in the raw form. Accept it, and store this digest of the hex form
    /// (same salt and cost) in its place.
    Rehash(String),
}

impl Match {
    /// Whether the secret is the right one.
    #[must_use]
    pub fn is_match(&self) -> bool {
        !matches!(self, Self::No)
    }
}

/// The digest of `secret`, `$2b$`, with a fresh salt.
///
/// # Errors
/// When the library fails.
pub fn hash(secret: &str) -> Result<String, Failure> {
    hex_form(secret, COST, random()?, Version::TwoB).ok_or(Failure)
}

/// Compares `secret` with a stored digest, in time independent of where they differ. Anything
/// that is not a bcrypt digest of bearable cost (≤ 16) matches nothing. A match in the raw form
/// takes three bcrypt computations, anything else at most two.
#[must_use]
pub fn verify(secret: &str, digest: &str) -> Match {
    let Some((parts, version)) = parse(digest) else { return Match::No };
    let sha = sha256(secret.as_bytes());
    if bcrypt::verify(hex::encode(sha), digest).unwrap_or(false) {
        return Match::Yes;
    }
    let raw = sha.split(|b| *b == 0).next().unwrap_or_default();
    if raw.len() < MIN_RAW || !bcrypt::verify(raw, digest).unwrap_or(false) {
        return Match::No;
    }
    salt(&parts).and_then(|salt| hex_form(secret, parts.get_cost(), salt, version)).map_or(Match::Yes, Match::Rehash)
}

/// Whether `digest` has the form of a bcrypt digest whose cost this module is ready to compute:
/// what an import should check.
#[must_use]
pub fn is_digest(digest: &str) -> bool {
    parse(digest).is_some()
}

pub(super) fn parse(digest: &str) -> Option<(HashParts, Version)> {
    let version = match digest.get(..4)? {
        "$2a$" => Version::TwoA,
        "$2b$" => Version::TwoB,
        "$2y$" => Version::TwoY,
        _ => return None,
    };
    let parts: HashParts = digest.parse().ok()?;
    let sane = digest.len() == 60 && (4..=MAX_COST).contains(&parts.get_cost()) && salt(&parts).is_some();
    sane.then_some((parts, version))
}

fn salt(parts: &HashParts) -> Option<[u8; 16]> {
    BCRYPT_BASE64.decode(parts.get_salt()).ok()?.try_into().ok()
}

fn hex_form(secret: &str, cost: u32, salt: [u8; 16], version: Version) -> Option<String> {
    let text = hex::encode(sha256(secret.as_bytes()));
    Some(bcrypt::hash_with_salt(text, cost, salt).ok()?.format_for_version(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw_digest(secret: &str) -> String {
        let sha = sha256(secret.as_bytes());
        bcrypt::hash(sha.split(|b| *b == 0).next().unwrap(), 4).unwrap()
    }

    /// The first of `s0`, `s1`, … whose SHA-256 has its first NUL at `at`.
    fn secret_with_nul(at: usize) -> String {
        (0..).map(|n| format!("s{n}")).find(|s| sha256(s.as_bytes()).iter().position(|b| *b == 0) == Some(at)).unwrap()
    }

    #[test]
    fn accepts_its_own_digests() {
        let digest = hash("secret").unwrap();
        assert!(digest.starts_with("$2b$06$") && is_digest(&digest));
        assert_eq!(verify("secret", &digest), Match::Yes);
        assert_eq!(verify("Secret", &digest), Match::No);
    }

    #[test]
    fn accepts_the_raw_form_and_offers_the_hex_form() {
        for secret in ["plain".to_owned(), secret_with_nul(4), secret_with_nul(20)] {
            let old = raw_digest(&secret);
            let Match::Rehash(new) = verify(&secret, &old) else { panic!("{secret}") };
            assert_eq!(new[..29], old[..29], "version, cost and salt stay");
            assert_eq!(verify(&secret, &new), Match::Yes);
            assert!(verify(&secret, &new).is_match());
        }
    }

    #[test]
    fn refuses_raw_forms_that_could_be_guessed() {
        for at in [0, 1, 3] {
            let secret = secret_with_nul(at);
            assert_eq!(verify(&secret, &raw_digest(&secret)), Match::No);
        }
    }

    #[test]
    fn refuses_what_is_no_digest() {
        let good = hash("secret").unwrap();
        for digest in
            ["", "x", "$2b$", "$2b$31$", "é$2b$", &good.replace("$06$", "$31$"), &good[..59], &format!("{good}.")]
        {
            assert!(!is_digest(digest), "{digest:?}");
            assert_eq!(verify("secret", digest), Match::No);
        }
    }
}
