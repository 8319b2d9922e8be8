//! What an account must be, and how it is shown (spec 02 §1.1, §3.1).

use serde_json::{Value, json};

use super::Account;
use crate::crypto::account_keys::PublicKeys;
use crate::domain::model::{self, Failures};
use crate::jsonapi::document::{self, Extras};

/// Longest slug, in characters.
const LONGEST_SLUG: usize = 255;

/// The rules of slugs; `taken` says whether another account has it, in any case.
pub fn check_slug(slug: &str, taken: bool, failures: &mut Failures) {
    if !has_slug_format(slug) {
        failures.push("slug", "INVALID", "may consist of lower-case letters, digits and inner dashes only");
    }
    model::check_reserved("slug", slug, failures);
    if taken {
        failures.taken("slug");
    }
    if slug.chars().count() > LONGEST_SLUG {
        failures.push("slug", "TOO_LONG", format!("is too long (maximum is {LONGEST_SLUG} characters)"));
    }
    if resembles_id(slug) {
        failures.push("slug", "NOT_ALLOWED", "cannot resemble a UUID");
    }
}

fn has_slug_format(slug: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    match slug.as_bytes() {
        [first, rest @ ..] => word(*first) && !rest.is_empty() && rest.iter().all(|byte| word(*byte) || *byte == b'-'),
        [] => false,
    }
}

/// Whether a slug could be taken for an id, wherever its dashes stand.
#[must_use]
pub fn resembles_id(slug: &str) -> bool {
    let bare: Vec<u8> = slug.bytes().filter(|byte| *byte != b'-').collect();
    bare.len() == 32 && bare.iter().all(u8::is_ascii_hexdigit)
}

/// An account's resource object. Subscriptions are not provided: every account is subscribed.
#[must_use]
pub fn document(account: &Account, keys: &PublicKeys) -> Value {
    // What other resources stand below, it is.
    let mut extras = Extras::default().attribute("status", "SUBSCRIBED").at(String::new());
    extras.meta = Some(json!({
        "publicKey": keys.rsa2048_meta(),
        "keys": {
            "ed25519": keys.ed25519_meta(),
            "rsa2048": keys.rsa2048_meta(),
            "ecdsa": keys.ecdsa_meta(),
        },
    }));
    document::resource(account, &extras)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(slug: &str, taken: bool) -> Vec<String> {
        let mut failures = Failures::default();
        check_slug(slug, taken, &mut failures);
        failures.error::<Account>().errors.iter().filter_map(|error| error.code.as_deref().map(str::to_owned)).collect()
    }

    #[test]
    fn slugs() {
        for slug in ["acme", "a1", "0-0", "harbor-dev"] {
            assert!(codes(slug, false).is_empty(), "{slug}");
        }
        for slug in ["-", "a", "-a", "A1", "a_b", "a/b", "é1"] {
            assert_eq!(codes(slug, false), ["SLUG_INVALID"], "{slug}");
        }
        assert_eq!(codes("HARBOR-DEV", true), ["SLUG_INVALID", "SLUG_TAKEN"]);
        assert_eq!(codes("actions", false), ["SLUG_NOT_ALLOWED"]);
        assert_eq!(codes(&"a".repeat(256), false), ["SLUG_TOO_LONG"]);
        for slug in [
            "3f981c0d-2ab7-4e65-017f-c9b28ad436e0",
            "3f981c0d2ab74e65017fc9b28ad436e0",
            "3f9-81c0-d2ab74-e6-5017fc-9b28ad-436e0",
        ] {
            assert_eq!(codes(slug, false), ["SLUG_NOT_ALLOWED"], "{slug}");
        }
    }
}
