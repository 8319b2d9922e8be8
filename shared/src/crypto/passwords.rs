//! Password digests.
//!
//! New ones are argon2id (RFC 9106) in PHC form, 19 MiB of memory, two passes, one lane: the
//! smallest setting OWASP advises, chosen so that a 256 MB Lambda has room for it next to
//! everything else (about 20 ms on a full core, 150 ms on the seventh of a core that 256 MB buy).
//! Imported accounts bring bcrypt digests (spec 20.1), which verify too and should be replaced at
//! the next log-in ([`needs_rehash`]).
//!
//! Both hashing and verifying hold the processor for that long: requests call [`hash_aside`],
//! [`verify_aside`] and [`verify_nothing_aside`], which leave the threads that answer others free.

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use subtle::ConstantTimeEq as _;

use zeroize::Zeroizing;

use super::{Failure, aside, bcrypt_secret, random};

/// KiB of memory that a digest takes.
const MEMORY: u32 = 19_456;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;

/// The most memory (KiB), passes and lanes that a stored digest may ask of us.
const MAX: (u32, u32, u32) = (65_536, 10, 4);

fn hasher() -> Result<Argon2<'static>, Failure> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|_| Failure)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The digest of a password: an argon2id PHC string with a fresh 16-byte salt.
///
/// The password is hashed as it is; limits on its length are the caller's.
///
/// # Errors
/// When the library fails (no randomness, no memory).
pub fn hash(password: &str) -> Result<String, Failure> {
    let salt = SaltString::encode_b64(&random::<16>()?).map_err(|_| Failure)?;
    let digest = hasher()?.hash_password(password.as_bytes(), &salt).map_err(|_| Failure)?;
    Ok(digest.to_string())
}

/// Whether `password` has this digest (argon2id PHC string, or bcrypt `$2a$`, `$2b$`, `$2y$`).
/// Of a password longer than 72 bytes, bcrypt sees the first 72. Anything else, and a digest that
/// [`is_digest`] refuses, matches nothing. The comparison takes constant time.
#[must_use]
pub fn verify(password: &str, digest: &str) -> bool {
    if bcrypt_secret::is_digest(digest) {
        return bcrypt::verify(password, digest).unwrap_or(false);
    }
    let Some(parsed) = argon2id(digest) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
}

/// Does the work of [`verify`] for a user who does not exist or has no password, so that the
/// time of the answer does not tell. The result is always `false`.
#[must_use]
pub fn verify_nothing(password: &str) -> bool {
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    if let Ok(hasher) = hasher() {
        let done = hasher.hash_password_into(password.as_bytes(), b"nobody at all...", &mut out);
        std::hint::black_box((done.is_ok(), out));
    }
    false
}

/// [`hash`], for requests.
///
/// # Errors
/// As [`hash`].
pub async fn hash_aside(password: &str) -> Result<String, Failure> {
    let password = Zeroizing::new(password.to_owned());
    aside(move || hash(&password)).await?
}

/// [`verify`], for requests. What cannot be verified does not match.
pub async fn verify_aside(password: &str, digest: &str) -> bool {
    let (password, digest) = (Zeroizing::new(password.to_owned()), digest.to_owned());
    aside(move || verify(&password, &digest)).await.unwrap_or(false)
}

/// [`verify_nothing`], for requests.
pub async fn verify_nothing_aside(password: &str) -> bool {
    let password = Zeroizing::new(password.to_owned());
    aside(move || verify_nothing(&password)).await.unwrap_or(false)
}

/// Whether a digest that just verified should be replaced by [`hash`] of the same password:
/// bcrypt, or argon2 with other parameters than today's.
#[must_use]
pub fn needs_rehash(digest: &str) -> bool {
    argon2id(digest)
        .and_then(|parsed| Params::try_from(&parsed).ok())
        .is_none_or(|params| (params.m_cost(), params.t_cost(), params.p_cost()) != (MEMORY, PASSES, LANES))
}

/// Whether [`verify`] can handle this digest: well-formed, and of bearable cost. What an import
/// should check.
#[must_use]
pub fn is_digest(digest: &str) -> bool {
    bcrypt_secret::is_digest(digest) || argon2id(digest).is_some()
}

fn argon2id(digest: &str) -> Option<PasswordHash<'_>> {
    let parsed = PasswordHash::new(digest).ok()?;
    let params = Params::try_from(&parsed).ok()?;
    let bearable = params.m_cost() <= MAX.0 && params.t_cost() <= MAX.1 && params.p_cost() <= MAX.2;
    let complete = parsed.salt.is_some() && parsed.hash.is_some();
    (parsed.algorithm == argon2::ARGON2ID_IDENT && bearable && complete).then_some(parsed)
}

/// Whether two secrets are equal, in time that depends on their lengths only.
#[must_use]
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_verify() {
        let digest = hash("correct horse").unwrap();
        assert!(digest.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{digest}");
        assert!(verify("correct horse", &digest) && !verify("correct horsf", &digest));
        assert!(is_digest(&digest) && !needs_rehash(&digest));
        assert_ne!(hash("correct horse").unwrap(), digest);
    }

    #[test]
    fn verifies_bcrypt() {
        // From the test vectors of crypt_blowfish.
        for (password, digest) in [
            ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
        ] {
            assert!(verify(password, digest) && !verify("U*U*U*", digest));
            assert!(is_digest(digest) && needs_rehash(digest));
        }
        let long = bcrypt::hash("x".repeat(72), 4).unwrap();
        assert!(verify(&"x".repeat(80), &long) && !verify(&"x".repeat(71), &long));
    }

    #[test]
    fn verifies_other_argon2id_parameters_within_bounds() {
        // Made with OpenSSL, by way of Python's cryptography.
        let digest = "$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$FiU+I6KbINfHoMBfkVDnS6qmzxgy7cg41IT8JQoCvvk";
        assert!(verify("password", digest) && !verify("passwore", digest));
        assert!(needs_rehash(digest));
        let greedy = digest.replace("m=1024", "m=9999999");
        assert!(!is_digest(&greedy) && !verify("password", &greedy));
    }

    #[test]
    fn refuses_what_is_no_digest() {
        let argon2d = hash("p").unwrap().replace("argon2id", "argon2d");
        for digest in ["", "password", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1", "$1$x$y", argon2d.as_str()] {
            assert!(!is_digest(digest) && !verify("password", digest), "{digest}");
            assert!(needs_rehash(digest));
        }
    }

    #[test]
    fn nobody_never_verifies_and_takes_as_long() {
        let digest = hash("password").unwrap();
        let time = |work: &dyn Fn() -> bool| {
            (0..5)
                .map(|_| {
                    let start = std::time::Instant::now();
                    assert!(!work());
                    start.elapsed()
                })
                .min()
                .unwrap_or_default()
        };
        let (real, dummy) = (time(&|| verify("wrong", &digest)), time(&|| verify_nothing("wrong")));
        assert!(dummy * 4 > real && real * 4 > dummy, "{real:?} {dummy:?}");
    }

    #[test]
    fn compares() {
        assert!(constant_time_eq(b"abc", b"abc") && constant_time_eq(b"", b""));
        assert!(!constant_time_eq(b"abc", b"abd") && !constant_time_eq(b"abc", b"ab"));
    }
}
