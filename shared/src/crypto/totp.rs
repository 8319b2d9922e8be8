//! Time-based one-time passwords of second factors (spec 03 §5.3, RFC 6238): SHA-1, six digits,
//! steps of 30 seconds from the Unix epoch.

use std::fmt;

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::{Zeroize as _, Zeroizing};

use super::passwords::constant_time_eq;
use super::{Failure, random};

/// Seconds in a step.
const STEP: i64 = 30;
/// Seconds that a code lives on after its step.
const DRIFT: i64 = 10;
/// Codes are below this.
const MODULUS: u32 = 1_000_000;

/// What stays as it is in a URI (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The shared secret of a second factor. `Debug` does not show it; erased when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A fresh secret of 20 bytes.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate() -> Result<Self, Failure> {
        Ok(Self(random::<20>()?.to_vec()))
    }

    /// Reads base32 (RFC 4648 §6) as people and imports write it: any case, padding, blanks and
    /// hyphens do not matter. `None` if that is not base32, or no byte.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let clean = |c: &char| !matches!(c, ' ' | '-' | '=');
        let packed: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(clean).map(|c| c.to_ascii_uppercase()).collect());
        let bytes = BASE32_NOPAD.decode(packed.as_bytes()).ok()?;
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    /// The secret in base32 without padding: 32 characters for a generated one.
    #[must_use]
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.0))
    }

    /// The `otpauth` URI that authenticator apps scan. `image` is the address of a logo.
    #[must_use]
    pub fn uri(&self, issuer: &str, email: &str, image: Option<&str>) -> Zeroizing<String> {
        let encode = |text| utf8_percent_encode(text, RESERVED);
        let (issuer, email) = (encode(issuer), encode(email));
        let mut uri = format!("otpauth://totp/{issuer}:{email}?secret={}", *self.base32());
        if let Some(image) = image {
            uri.push_str("&image=");
            uri.extend(encode(image));
        }
        uri.push_str("&issuer=");
        uri.extend(issuer);
        Zeroizing::new(uri)
    }

    /// Checks a code at `now` (Unix seconds). `last` is the step's start that the previous
    /// accepted code returned, if any.
    ///
    /// The code of the running step is good, and for its first 10 seconds that of the step
    /// before; steps up to the one last used are not, so that a code works once. Returns the
    /// start of the code's step (Unix seconds), which the caller stores as `last`, under a
    /// condition that it has not changed.
    #[must_use]
    pub fn verify(&self, code: &str, now: i64, last: Option<i64>) -> Option<i64> {
        let steps = now.saturating_sub(DRIFT).div_euclid(STEP)..=now.div_euclid(STEP);
        steps
            .filter(|step| last.is_none_or(|last| *step > last.div_euclid(STEP)))
            .find(|step| constant_time_eq(code.as_bytes(), self.code_of(*step).as_bytes()))
            .map(|step| step.saturating_mul(STEP))
    }

    /// The code that is shown at `now` (Unix seconds), six digits.
    #[must_use]
    pub fn code(&self, now: i64) -> String {
        self.code_of(now.div_euclid(STEP))
    }

    /// HOTP (RFC 4226 §5.3) of a step.
    fn code_of(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let mac = hmac::sign(&key, &step.to_be_bytes());
        let mac = mac.as_ref();
        let at = mac.last().map_or(0, |byte| usize::from(byte & 0xf));
        let number = mac.iter().skip(at).take(4).fold(0, |sum, byte| (sum << 8) | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % MODULUS)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret() -> Secret {
        Secret::parse("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").unwrap()
    }

    #[test]
    fn codes_match_the_vectors() {
        assert_eq!(secret().code(1_700_000_000), "406058", "spec 03 §5.3");
        // RFC 6238 appendix B, SHA-1, the last six of the eight digits.
        let rfc = Secret(b"12345678901234567890".to_vec());
        for (now, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037"), (20_000_000_000, "353130")]
        {
            assert_eq!(rfc.code(now), code);
        }
    }

    #[test]
    fn a_code_lives_ten_seconds_longer_and_works_once() {
        let (secret, start) = (secret(), 1_700_000_010);
        assert_eq!(start % 30, 0);
        let code = secret.code(start);
        for (now, last, expected) in [
            (start - 1, None, None),
            (start, None, Some(start)),
            (start + 29, None, Some(start)),
            (start + 39, None, Some(start)),
            (start + 40, None, None),
            (start + 5, Some(start - 30), Some(start)),
            (start + 5, Some(start), None),
            (start + 5, Some(start + 30), None),
        ] {
            assert_eq!(secret.verify(&code, now, last), expected, "{now} {last:?}");
        }
        for bad in ["", "40605", "0406058", " 406058", "x"] {
            assert_eq!(secret.verify(bad, 1_700_000_000, None), None);
        }
    }

    #[test]
    fn secrets_are_base32() {
        let secret = Secret::generate().unwrap();
        let text = secret.base32();
        assert_eq!(text.len(), 32);
        assert_eq!(Secret::parse(&text), Some(secret.clone()));
        assert_eq!(Secret::parse("jbsw y3dp-ehpk3pxp====").unwrap().0, b"Hello!\xde\xad\xbe\xef");
        for bad in ["", "====", "1", "A", "JBSWY3DPEHPK3PX0", "é"] {
            assert_eq!(Secret::parse(bad), None, "{bad}");
        }
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
    }

    #[test]
    fn uris_are_encoded() {
        let secret = secret();
        assert_eq!(
            *secret.uri("Latch key", "a+b@example.com", Some("https://x.example/l.png")),
            "otpauth://totp/Latch%20key:a%2Bb%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\
             &image=https%3A%2F%2Fx.example%2Fl.png&issuer=Latch%20key"
        );
        assert_eq!(
            *secret.uri("K", "a@b.cd", None),
            "otpauth://totp/K:a%40b.cd?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=K"
        );
    }

    proptest! {
        #[test]
        fn todays_code_verifies(bytes in proptest::collection::vec(any::<u8>(), 1..64), now in 0i64..i64::from(u32::MAX)) {
            let secret = Secret(bytes);
            let step = now - now % 30;
            // By chance, the code of the step before may be the same; then that one is found first.
            let found = secret.verify(&secret.code(now), now, None);
            prop_assert!(found == Some(step) || secret.code(now) == secret.code(now - 30));
            prop_assert_eq!(Secret::parse(&secret.base32()), Some(secret));
        }

        #[test]
        fn never_panics(code: String, now: i64, last: Option<i64>) {
            let _ = secret().verify(&code, now, last);
        }
    }
}
