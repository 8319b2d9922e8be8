//! What gateways do to paths, undone.
//!
//! An HTTP API hands a path over percent-*decoded*; function URLs, REST APIs, load balancers and the
//! local server hand it over as sent. [`canonical`] makes one routable form of either:
//!
//! * every segment in its canonical percent-encoding (RFC 3986: everything but `pchar` is encoded,
//!   nothing else is);
//! * an identifier that was cut into several segments, because its `%2F` arrived as `/`, in one
//!   piece again (`identifiers` knows what ends it);
//! * repeated and trailing slashes gone, `.json` and `.jsonapi` gone (spec 01 §3.1 rules 9, 10).
//!
//! [`target`] gives the path that the response signature covers: the received one, byte for byte,
//! unless it arrived decoded; then the one the client most probably sent.
//!
//! Feed both the path *as the event has it* (`lambda_http`'s `raw_http_path()`): the URI that
//! `lambda_http` builds from it has lost tabs, newlines and dot segments.
//!
//! What no code can bring back: what followed a decoded `?` (the gateway drops it), slashes at the
//! ends of an identifier, and the difference between `%41` and `A` in a decoded identifier that
//! shows no other trace of decoding ([`arrived_decoded`]).

mod identifiers;
#[cfg(test)]
mod tests;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;
use std::ops::RangeInclusive;

use identifiers::{Collection, extension_of, identifiers};

/// A path as the routers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical {
    /// The path to route by.
    pub path: String,
    /// An extension other than `.json` and `.jsonapi` that [`path`](Self::path) has lost: if there
    /// is such a route, the request is 400 `MIME_TYPE_INVALID`.
    pub extension: Option<String>,
}

/// The path does not decode to UTF-8: 400 `ENCODING_INVALID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid byte sequence in path")]
pub struct InvalidEncoding;

/// What stays as it is in a canonical segment: `pchar` of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// The canonical percent-encoding of one path segment.
#[must_use]
pub fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Whether a path shows that it was percent-decoded on its way: it holds something that no HTTP
/// client can send, or a `%` that starts no escape.
///
/// `false` does not prove the contrary: most paths are the same decoded and as sent.
#[must_use]
pub fn arrived_decoded(received: &str) -> bool {
    let bytes = received.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        0..=b' ' | 0x7f.. | b'<' | b'>' | b'#' | b'?' => true,
        b'%' => !bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
        _ => false,
    })
}

/// The path to route a request by, from its path as received (without query).
///
/// The result is a fixed point: its `path` has itself as canonical path.
///
/// # Errors
/// A segment does not decode to UTF-8.
pub fn canonical(received: &str) -> Result<Canonical, InvalidEncoding> {
    let read = Read::new(received)?;
    let mut path = String::with_capacity(received.len());
    let mut next = 0;
    for (at, text) in read.texts.iter().enumerate() {
        if at < next {
            continue;
        }
        if let Some(range) = read.joined.iter().find(|range| *range.start() == at) {
            path.push('/');
            path.push_str(&encode_segment(&read.texts[range.clone()].join("/")));
            next = range.end() + 1;
        } else if !text.is_empty() {
            path.push('/');
            path.push_str(&encode_segment(text));
        }
    }
    if path.is_empty() {
        path.push('/');
    }
    let extension = if read.last_is_literal { None } else { cut_extension(&mut path) };
    Ok(Canonical { path, extension: extension.filter(|ext| ext != "json" && ext != "jsonapi") })
}

/// The path that the response signature covers, from the path as received (without query): the same
/// text, unless it arrived decoded or with a cut identifier; then the canonical encoding of what
/// arrived, its slashes as they were.
#[must_use]
pub fn target(received: &str) -> Cow<'_, str> {
    let Ok(read) = Read::new(received) else { return Cow::Borrowed(received) };
    // Unlike all others, an artifact's name may be sent with its slashes as they are.
    let joined: &[RangeInclusive<usize>] = if read.slashes_are_literal { &[] } else { &read.joined };
    if !read.decoded && joined.is_empty() {
        return Cow::Borrowed(received);
    }
    let mut target = String::with_capacity(received.len() + 8);
    for (at, raw) in received.split('/').enumerate() {
        if at > 0 {
            let inside = joined.iter().any(|range| range.contains(&(at - 1)) && range.contains(&at));
            target.push_str(if inside { "%2F" } else { "/" });
        }
        if read.decoded {
            target.extend(utf8_percent_encode(raw, SEGMENT));
        } else {
            target.push_str(raw);
        }
    }
    Cow::Owned(target)
}

/// Splits a canonical path into its account segment (decoded) and the path inside the account, by
/// which the routers route:
///
/// | path | account | inner path |
/// | --- | --- | --- |
/// | `/v1/accounts` | – | `/accounts` |
/// | `/v1/accounts/{a}` | `a` | `/account` |
/// | `/v1/accounts/{a}/settings…` | `a` | `/account/settings…` |
/// | `/v1/accounts/{a}/x…` | `a` | `/x…` |
/// | `/v1/x…` | – | `/x…` |
///
/// `None` for what is not below `/v1`, and for segments that exist in the other form only.
#[must_use]
pub fn split_account(path: &str) -> Option<(Option<String>, String)> {
    let inner = path.strip_prefix("/v1")?;
    let Some(below) = inner.strip_prefix('/') else {
        return inner.is_empty().then(|| (None, "/".to_owned()));
    };
    let Some(prefixed) = below.strip_prefix("accounts/") else {
        return match first(below) {
            "account" | "settings" => None,
            _ => Some((None, inner.to_owned())),
        };
    };
    let (account, rest) = prefixed.split_once('/').map_or((prefixed, None), |(account, rest)| (account, Some(rest)));
    let inner = match rest {
        None => "/account".to_owned(),
        Some(rest) => match first(rest) {
            "settings" => format!("/account/{rest}"),
            "account" | "accounts" | "health" | "recover" => return None,
            _ => format!("/{rest}"),
        },
    };
    Some((Some(percent_decode_str(account).decode_utf8_lossy().into_owned()), inner))
}

fn first(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// A received path, read: its segments' texts and which of them are one identifier.
struct Read {
    decoded: bool,
    /// Every text between two slashes, the empty ones too.
    texts: Vec<String>,
    /// Runs of segments that are one identifier.
    joined: Vec<RangeInclusive<usize>>,
    last_is_literal: bool,
    slashes_are_literal: bool,
}

impl Read {
    fn new(received: &str) -> Result<Self, InvalidEncoding> {
        let decoded = arrived_decoded(received);
        let texts = received
            .split('/')
            .map(|raw| {
                if decoded {
                    return Ok(raw.to_owned());
                }
                percent_decode_str(raw).decode_utf8().map(Cow::into_owned).map_err(|_| InvalidEncoding)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut read = Self { decoded, texts, joined: Vec::new(), last_is_literal: false, slashes_are_literal: false };
        read.find_identifiers();
        Ok(read)
    }

    fn find_identifiers(&mut self) {
        let filled: Vec<usize> = (0..self.texts.len()).filter(|at| !self.texts[*at].is_empty()).collect();
        let name = |nth: usize| filled.get(nth).map(|at| self.texts[*at].as_str());
        if name(0) != Some("v1") {
            return;
        }
        let at = if name(1) == Some("accounts") { 3 } else { 1 };
        let Some(collection) = name(at).and_then(Collection::named) else {
            return;
        };
        let tail = &filled[at + 1..];
        let words: Vec<&str> = tail.iter().map(|at| self.texts[*at].as_str()).collect();
        let found = identifiers(collection, &words);
        self.joined = found.joined.into_iter().map(|run| tail[*run.start()]..=tail[*run.end()]).collect();
        self.last_is_literal = found.last_is_literal;
        self.slashes_are_literal = collection.keeps_slashes();
    }
}

/// Cuts the extension off a path's last segment.
fn cut_extension(path: &mut String) -> Option<String> {
    let last = path.rfind('/').map_or(0, |slash| slash + 1);
    let (stem, extension) = extension_of(&path[last..])?;
    let (end, extension) = (last + stem.len(), extension.to_owned());
    path.truncate(end);
    Some(extension)
}
