//! The keys of licenses: what may be given, and what is made of it (spec 04 §3.5, §5).

use zeroize::Zeroizing;

use super::License;
use crate::clock::Time;
use crate::crypto::account_keys::AccountSigner;
use crate::crypto::license_keys::{self, KeyError, Scheme, dataset};
use crate::domain::model::{self, Failures};
use crate::domain::policy::Policy;
use crate::domain::user::User;

/// The shortest key that is stored as given, in characters.
const SHORTEST: usize = 6;

/// What a license is found by once it is made.
#[derive(Debug)]
pub enum Issued {
    /// A key as given: it is somebody's choice, and may be somebody else's.
    Given(String),
    /// A random key. On a collision another one is as good.
    Random(String),
    /// A key encoded by a scheme.
    Encoded(String),
    /// A key out of the policy's pool.
    Pooled(String),
    /// A legacy key, of which only a digest is stored.
    Legacy {
        /// The key, shown once.
        raw: Zeroizing<String>,
        /// What is stored.
        digest: String,
    },
}

impl Issued {
    /// Gives the key to a license.
    pub fn give(&self, license: &mut License) {
        match self {
            Self::Given(key) | Self::Random(key) | Self::Encoded(key) | Self::Pooled(key) => {
                license.key.clone_from(key);
            }
            Self::Legacy { digest, .. } => {
                license.key.clear();
                license.legacy_digest = Some(digest.clone());
            }
        }
    }

    /// The raw key, if it is shown only now.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::Legacy { raw, .. } => Some(raw),
            _ => None,
        }
    }
}

impl Policy {
    /// The scheme that encodes its licenses' keys.
    #[must_use]
    pub fn key_scheme(&self) -> Option<Scheme> {
        self.scheme.or(if self.encrypted { Some(Scheme::LegacyEncrypt) } else { None })
    }
}

/// The rules of a key that was given, beyond those declared and uniqueness.
pub fn check(given: &str, scheme: Option<Scheme>, failures: &mut Failures) {
    if scheme == Some(Scheme::LegacyEncrypt) {
        failures.push("key", "NOT_SUPPORTED", "cannot be specified for a legacy encrypted license");
        return;
    }
    model::check_reserved("key", given, failures);
    if scheme.is_none() && given.chars().count() < SHORTEST {
        failures.push("key", "TOO_SHORT", format!("is too short (minimum is {SHORTEST} characters)"));
    }
}

/// What a key may say about its license.
#[must_use]
pub fn subject<'a>(license: &License, policy: &Policy, owner: Option<&'a User>) -> dataset::Subject<'a> {
    dataset::Subject {
        account: license.account,
        product: policy.product,
        policy: policy.id,
        duration: policy.duration,
        owner: owner.map(|owner| dataset::Owner { id: owner.id, email: &owner.email }),
        license: license.id,
        created: license.created.timestamp(),
        expiry: license.expiry.map(Time::timestamp),
    }
}

/// Makes the key of a license that is otherwise complete.
///
/// # Errors
/// See [`KeyError`]; [`note`] turns what the given key is to blame for into failures.
pub fn issue(
    license: &License,
    policy: &Policy,
    owner: Option<&User>,
    given: Option<&str>,
    signer: &AccountSigner,
) -> Result<Issued, KeyError> {
    let subject = subject(license, policy, owner);
    match (policy.key_scheme(), given) {
        (None, Some(given)) => Ok(Issued::Given(given.to_owned())),
        (None, None) => Ok(Issued::Random(license_keys::random_key()?)),
        (Some(Scheme::LegacyEncrypt), _) => {
            let raw = license_keys::legacy_key(license.id)?;
            let digest = license_keys::legacy_digest(&raw)?;
            Ok(Issued::Legacy { raw, digest })
        }
        (Some(scheme), given) => {
            let text = match given {
                Some(given) => dataset::expand(given, &subject),
                None => dataset::default_dataset(scheme, &subject)?,
            };
            Ok(Issued::Encoded(license_keys::encode(scheme, text.as_bytes(), signer)?))
        }
    }
}

/// Notes what is wrong with a given key.
///
/// # Errors
/// When it is not the key's fault.
pub fn note(error: KeyError, failures: &mut Failures) -> Result<(), KeyError> {
    match &error {
        KeyError::ByteSizeExceeded => failures.push("key", "BYTE_SIZE_EXCEEDED", error.to_string()),
        KeyError::JwtClaimsInvalid(detail) => failures.push("key", "JWT_CLAIMS_INVALID", detail.clone()),
        KeyError::NotEncodable | KeyError::Failure(_) => return Err(error),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(given: &str, scheme: Option<Scheme>) -> Vec<String> {
        let mut failures = Failures::default();
        check(given, scheme, &mut failures);
        let error = failures.error::<License>();
        error.errors.into_iter().filter_map(|one| Some(one.code?.into_owned())).collect()
    }

    #[test]
    fn given_keys() {
        assert!(failures("123456", None).is_empty());
        assert_eq!(failures("short", None), ["KEY_TOO_SHORT"]);
        assert!(failures("x", Some(Scheme::Ed25519Sign)).is_empty());
        for scheme in [None, Some(Scheme::RsaSignV2)] {
            assert_eq!(failures("actions", scheme), ["KEY_NOT_ALLOWED"]);
            assert_eq!(failures("action", scheme), ["KEY_NOT_ALLOWED"]);
        }
        assert_eq!(failures("actions", Some(Scheme::LegacyEncrypt)), ["KEY_NOT_SUPPORTED"]);
    }
}
