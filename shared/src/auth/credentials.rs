//! What a request says about who sends it (spec 01 §3.6, "Credential selection").

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// A credential, not yet checked.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// None was sent.
    None,
    /// A raw token.
    Token(String),
    /// A license key.
    License(String),
    /// An e-mail address and a password (`POST /tokens` only).
    Password {
        /// The address as sent.
        email: String,
        /// The password as sent.
        password: String,
    },
    /// The value of the session cookie of the current environment.
    Session(String),
    /// Bytes that are no UTF-8.
    Garbled,
}

impl std::fmt::Debug for Credential {
    /// Names the kind only: secrets do not belong in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Token(_) => "Token",
            Self::License(_) => "License",
            Self::Password { .. } => "Password",
            Self::Session(_) => "Session",
            Self::Garbled => "Garbled",
        })
    }
}

/// A credential and the scheme that a refusal asks for again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// What was sent.
    pub credential: Credential,
    /// `Bearer`, `Token`, `Basic` or `License`.
    pub scheme: &'static str,
}

const FALLBACK: &str = "Bearer";

/// Chooses the credential of a request.
///
/// `passwords`: whether Basic credentials may be an e-mail address and a password. `session`: the
/// value of the session cookie, if the request may use one. `query`: the first of `token` and `auth`.
#[must_use]
pub fn present(
    authorization: Option<&[u8]>,
    passwords: bool,
    session: Option<String>,
    query: Option<&str>,
) -> Presented {
    if let Some(header) = authorization {
        let Ok(header) = std::str::from_utf8(header) else {
            return Presented { credential: Credential::Garbled, scheme: FALLBACK };
        };
        if let Some(presented) = from_header(header, passwords) {
            return presented;
        }
    }
    let credential = match (session, query) {
        (Some(cookie), _) => Credential::Session(cookie),
        (None, Some(value)) => from_query(value),
        (None, None) => Credential::None,
    };
    Presented { credential, scheme: FALLBACK }
}

fn from_header(header: &str, passwords: bool) -> Option<Presented> {
    let (scheme, value) = header.split_once(' ').unwrap_or((header, ""));
    Some(match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Presented { credential: token(unquote(value)), scheme: "Bearer" },
        "token" => Presented { credential: token(unquote(value)), scheme: "Token" },
        "license" => Presented {
            credential: if value.is_empty() { Credential::None } else { Credential::License(value.to_owned()) },
            scheme: "License",
        },
        "basic" => Presented { credential: basic(value, passwords), scheme: "Basic" },
        _ => return None,
    })
}

/// Tokens may come bare, quoted, or as `token="…"`.
fn unquote(value: &str) -> &str {
    let value = value.trim();
    let value = value.strip_prefix("token=").unwrap_or(value);
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

fn token(value: &str) -> Credential {
    if value.is_empty() { Credential::None } else { Credential::Token(value.to_owned()) }
}

fn basic(value: &str, passwords: bool) -> Credential {
    let Ok(decoded) = String::from_utf8(decode_leniently(value)) else { return Credential::Garbled };
    let (user, password) = decoded.split_once(':').map_or((decoded.as_str(), None), |(user, rest)| (user, Some(rest)));
    match (user, password) {
        (email, Some(password)) if passwords && email.contains('@') => {
            Credential::Password { email: email.to_owned(), password: password.to_owned() }
        }
        ("license", Some(key)) if !key.is_empty() => Credential::License(key.to_owned()),
        ("token", Some(raw)) => token(raw),
        ("", _) => Credential::None,
        (raw, _) => token(raw),
    }
}

fn from_query(value: &str) -> Credential {
    match value.split_once(':') {
        Some(("license", key)) if !key.is_empty() => Credential::License(key.to_owned()),
        Some(("token", raw)) => token(raw),
        Some((raw, _)) => token(raw),
        None => token(value),
    }
}

/// Base64 in which characters of no alphabet are skipped.
fn decode_leniently(text: &str) -> Vec<u8> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let kept: String = text
        .chars()
        .take_while(|c| *c != '=')
        .filter_map(|c| match c {
            '-' => Some('+'),
            '_' => Some('/'),
            c if c.is_ascii_alphanumeric() || c == '+' || c == '/' => Some(c),
            _ => None,
        })
        .collect();
    let whole = if kept.len() % 4 == 1 { &kept[..kept.len() - 1] } else { &kept };
    LENIENT.decode(whole).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    fn header(value: &str) -> Credential {
        present(Some(value.as_bytes()), false, None, None).credential
    }

    fn basic_header(value: &str) -> String {
        format!("Basic {}", STANDARD.encode(value))
    }

    #[test]
    fn tokens_in_all_their_forms() {
        let token = Credential::Token("T".to_owned());
        for value in ["Bearer T", "bearer T", "Token T", "Bearer \"T\"", "Bearer token=\"T\""] {
            assert_eq!(header(value), token, "{value}");
        }
        for value in ["T:", "T", "token:T", "T:ignored"] {
            assert_eq!(header(&basic_header(value)), token, "{value}");
        }
        for value in ["T", "token:T", "T:rest"] {
            assert_eq!(present(None, false, None, Some(value)).credential, token, "{value}");
        }
    }

    #[test]
    fn license_keys_in_all_their_forms() {
        assert_eq!(header("License a b:c"), Credential::License("a b:c".to_owned()));
        assert_eq!(header(&basic_header("license:a:b")), Credential::License("a:b".to_owned()));
        assert_eq!(present(None, false, None, Some("license:a:b")).credential, Credential::License("a:b".to_owned()));
    }

    #[test]
    fn passwords_only_where_they_are_asked_for() {
        let value = basic_header("a@b.co:p:q");
        let password = Credential::Password { email: "a@b.co".to_owned(), password: "p:q".to_owned() };
        assert_eq!(present(Some(value.as_bytes()), true, None, None).credential, password);
        assert_eq!(header(&value), Credential::Token("a@b.co".to_owned()));
    }

    #[test]
    fn the_first_kind_that_applies_wins() {
        let cookie = Some("c".to_owned());
        assert_eq!(
            present(Some(b"Bearer T"), false, cookie.clone(), Some("Q")).credential,
            Credential::Token("T".to_owned())
        );
        assert_eq!(
            present(Some(b"Unknown T"), false, cookie.clone(), Some("Q")).credential,
            Credential::Session("c".to_owned())
        );
        assert_eq!(present(None, false, None, Some("Q")).credential, Credential::Token("Q".to_owned()));
        assert_eq!(present(None, false, None, None).credential, Credential::None);
        assert_eq!(header(&basic_header(":")), Credential::None);
    }

    #[test]
    fn foreign_characters_in_base64_are_skipped() {
        let value = STANDARD.encode("a@b.co:secret");
        let spoiled = format!("Basic \"{}\n{}\"", &value[..5], &value[5..]);
        assert!(matches!(present(Some(spoiled.as_bytes()), true, None, None).credential, Credential::Password { .. }));
        assert_eq!(present(Some(b"Basic /w=="), false, None, None).credential, Credential::Garbled);
    }
}
