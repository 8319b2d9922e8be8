//! What signed license keys say when nobody gave a dataset, and templates in given ones
//! (spec 04 §5.3 and §5.4).

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{KeyError, Scheme};
use crate::crypto::{Failure, random, wire_time};

/// The issuer that default claims name. Clients of the format expect this very text.
const ISSUER: &str = "https://keygen.sh";

/// What a key may say about its license. Borrowed; nothing is read from anywhere else.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The account's id.
    pub account: Uuid,
    /// The product's id.
    pub product: Uuid,
    /// The policy's id.
    pub policy: Uuid,
    /// The policy's duration in seconds.
    pub duration: Option<i64>,
    /// The license's owner, if it has one.
    pub owner: Option<Owner<'a>>,
    /// The license's id.
    pub license: Uuid,
    /// When the license is created, exactly as it is stored.
    pub created: Timestamp,
    /// When the license expires; `None` also while that is still to be decided.
    pub expiry: Option<Timestamp>,
}

/// The owner of a license.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The user's id.
    pub id: Uuid,
    /// The user's e-mail address.
    pub email: &'a str,
}

#[derive(Serialize)]
struct Ref {
    id: Uuid,
}

#[derive(Serialize)]
struct PolicyRef {
    id: Uuid,
    duration: Option<i64>,
}

#[derive(Serialize)]
struct UserRef<'a> {
    id: Uuid,
    email: &'a str,
}

#[derive(Serialize)]
struct LicenseRef {
    id: Uuid,
    created: String,
    expiry: Option<String>,
}

#[derive(Serialize)]
struct Signed<'a> {
    account: Ref,
    product: Ref,
    policy: PolicyRef,
    user: Option<UserRef<'a>>,
    license: LicenseRef,
}

#[derive(Serialize)]
struct Encrypted {
    id: Uuid,
    created: String,
    duration: Option<i64>,
    expiry: Option<String>,
}

#[derive(Serialize)]
struct Claims {
    jti: Uuid,
    iss: &'static str,
    aud: Uuid,
    sub: Uuid,
    iat: i64,
    nbf: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
}

/// The dataset of a license whose key was not given: compact JSON in the member order of the
/// specification. The claims of `RSA_2048_JWT_RS256` hold a random id, so that no two are equal.
///
/// # Errors
/// [`KeyError::NotEncodable`] for `LEGACY_ENCRYPT`; [`KeyError::Failure`] without randomness.
pub fn default_dataset(scheme: Scheme, subject: &Subject<'_>) -> Result<String, KeyError> {
    let (created, expiry) = (wire_time(subject.created), subject.expiry.map(wire_time));
    match scheme {
        Scheme::LegacyEncrypt => Err(KeyError::NotEncodable),
        Scheme::RsaEncrypt => json(&Encrypted { id: subject.license, created, duration: subject.duration, expiry }),
        Scheme::RsaJwt => json(&Claims {
            jti: uuid::Builder::from_random_bytes(random()?).into_uuid(),
            iss: ISSUER,
            aud: subject.account,
            sub: subject.license,
            iat: subject.created.as_second(),
            nbf: subject.created.as_second(),
            exp: subject.expiry.map(Timestamp::as_second),
        }),
        Scheme::RsaSign
        | Scheme::RsaPssSign
        | Scheme::RsaSignV2
        | Scheme::RsaPssSignV2
        | Scheme::Ed25519Sign
        | Scheme::EcdsaSign => json(&Signed {
            account: Ref { id: subject.account },
            product: Ref { id: subject.product },
            policy: PolicyRef { id: subject.policy, duration: subject.duration },
            user: subject.owner.map(|owner| UserRef { id: owner.id, email: owner.email }),
            license: LicenseRef { id: subject.license, created, expiry },
        }),
    }
}

fn json(value: &impl Serialize) -> Result<String, KeyError> {
    serde_json::to_string(value).map_err(|_| KeyError::Failure(Failure))
}

/// Expands the templates of a given key: `{{name}}` (letters, digits, `_`, in any letter case)
/// becomes the subject's value, or nothing if the name is unknown or the value absent. One pass
/// from left to right; what was put in is not looked at again, nothing is escaped.
///
/// Only for policies with a scheme other than `LEGACY_ENCRYPT`.
#[must_use]
pub fn expand(given: &str, subject: &Subject<'_>) -> String {
    let mut out = String::with_capacity(given.len());
    let mut rest = given;
    while let Some(at) = rest.find("{{") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some((name, after)) = template(from) {
            push_value(&mut out, name, subject);
            rest = after;
        } else {
            // Of `{{{`, the last two braces may still open a template.
            out.push('{');
            rest = from.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// The name in a template at the start of `text`, and what follows it.
fn template(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("{{")?;
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let (name, after) = inner.split_at_checked(end)?;
    let after = after.strip_prefix("}}")?;
    (!name.is_empty()).then_some((name, after))
}

fn push_value(out: &mut String, name: &str, subject: &Subject<'_>) {
    let value = match name.to_ascii_lowercase().as_str() {
        "account" => Some(subject.account.to_string()),
        "product" => Some(subject.product.to_string()),
        "policy" => Some(subject.policy.to_string()),
        "id" => Some(subject.license.to_string()),
        "user" => subject.owner.map(|owner| owner.id.to_string()),
        "email" => subject.owner.map(|owner| owner.email.to_owned()),
        "created" => Some(wire_time(subject.created)),
        "expiry" => subject.expiry.map(wire_time),
        "duration" => subject.duration.map(|seconds| seconds.to_string()),
        _ => None,
    };
    out.push_str(&value.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn subject() -> Subject<'static> {
        Subject {
            account: Uuid::from_u128(1),
            product: Uuid::from_u128(2),
            policy: Uuid::from_u128(3),
            duration: Some(1_209_600),
            owner: Some(Owner { id: Uuid::from_u128(4), email: "a\"b@example.com" }),
            license: Uuid::from_u128(5),
            created: Timestamp::from_millisecond(1_700_000_000_120).unwrap(),
            expiry: Some(Timestamp::from_second(1_701_209_600).unwrap()),
        }
    }

    fn bare() -> Subject<'static> {
        Subject { duration: None, owner: None, expiry: None, ..subject() }
    }

    const ID: &str = "00000000-0000-0000-0000-00000000000";

    #[test]
    fn default_dataset_of_signing_schemes() {
        assert_eq!(
            default_dataset(Scheme::Ed25519Sign, &subject()).unwrap(),
            format!(
                r#"{{"account":{{"id":"{ID}1"}},"product":{{"id":"{ID}2"}},"policy":{{"id":"{ID}3","duration":1209600}},"user":{{"id":"{ID}4","email":"a\"b@example.com"}},"license":{{"id":"{ID}5","created":"2023-11-14T22:13:20.120Z","expiry":"2023-11-28T22:13:20.000Z"}}}}"#
            )
        );
        assert_eq!(
            default_dataset(Scheme::RsaPssSign, &bare()).unwrap(),
            format!(
                r#"{{"account":{{"id":"{ID}1"}},"product":{{"id":"{ID}2"}},"policy":{{"id":"{ID}3","duration":null}},"user":null,"license":{{"id":"{ID}5","created":"2023-11-14T22:13:20.120Z","expiry":null}}}}"#
            )
        );
    }

    #[test]
    fn default_dataset_of_rsa_encrypt_fits_its_block() {
        let text = default_dataset(Scheme::RsaEncrypt, &subject()).unwrap();
        assert_eq!(
            text,
            format!(
                r#"{{"id":"{ID}5","created":"2023-11-14T22:13:20.120Z","duration":1209600,"expiry":"2023-11-28T22:13:20.000Z"}}"#
            )
        );
        assert!(text.len() < super::super::MAX_ENCRYPTED_BYTES);
        assert!(default_dataset(Scheme::LegacyEncrypt, &subject()).is_err());
    }

    #[test]
    fn default_claims() {
        let text = default_dataset(Scheme::RsaJwt, &subject()).unwrap();
        let (jti, rest) = text.split_at(r#"{"jti":""#.len() + 36);
        assert_eq!(jti[8..].parse::<Uuid>().unwrap().get_version_num(), 4);
        assert_eq!(
            rest,
            format!(
                r#"","iss":"https://keygen.sh","aud":"{ID}1","sub":"{ID}5","iat":1700000000,"nbf":1700000000,"exp":1701209600}}"#
            )
        );
        let text = default_dataset(Scheme::RsaJwt, &bare()).unwrap();
        assert!(text.ends_with(r#""nbf":1700000000}"#));
    }

    #[test]
    fn expands_templates() {
        for (given, expected) in [
            ("{{account}} {{product}} {{policy}} {{id}}", format!("{ID}1 {ID}2 {ID}3 {ID}5")),
            ("{{USER}}/{{Email}}", format!("{ID}4/a\"b@example.com")),
            ("{{created}}/{{expiry}}", "2023-11-14T22:13:20.120Z/2023-11-28T22:13:20.000Z".to_owned()),
            ("d={{duration}};", "d=1209600;".to_owned()),
            ("[{{private_key}}]", "[]".to_owned()),
            ("{{{{private_key}}}}", "{{}}".to_owned()),
            ("{{{id}}}", format!("{{{ID}5}}")),
            ("{{ id }} {{}} {{id} {{id", "{{ id }} {{}} {{id} {{id".to_owned()),
            ("é{{idé}}{{id}}é", format!("é{{{{idé}}}}{ID}5é")),
            ("", String::new()),
        ] {
            assert_eq!(expand(given, &subject()), expected, "{given}");
        }
        assert_eq!(expand("{{user}}{{email}}{{expiry}}{{duration}}", &bare()), "");
    }

    #[test]
    fn values_are_not_expanded_again() {
        let owner = Some(Owner { id: Uuid::nil(), email: "{{id}}" });
        assert_eq!(expand("{{email}}", &Subject { owner, ..subject() }), "{{id}}");
    }

    proptest! {
        #[test]
        fn text_without_templates_stays(text in "[^{]*") {
            prop_assert_eq!(expand(&text, &subject()), text);
        }

        #[test]
        fn never_panics(text in "[{}a-z_é ]*") {
            let _ = expand(&text, &subject());
        }
    }
}
