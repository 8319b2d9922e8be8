//! What gateways do to paths, undone.
//!
//! An HTTP API hands a path over percent-*decoded*; function URLs, REST APIs, load balancers and the
//! local server hand it over as sent. [`canonical`] makes one routable form of either:
//!
//! * every segment in its canonical percent-encoding (RFC 3986: everything but `pchar` is encoded,
//!   nothing else is);
//! * an identifier that was cut into several segments, because its `%2F` arrived as `/`, in one
//!   piece again (`COLLECTIONS` knows what ends it);
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

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;
use std::ops::RangeInclusive;

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

/// How an identifier in a path is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identifier {
    /// An id or a code: a dot starts an extension, as behind fixed segments.
    Plain,
    /// Dots belong to it.
    Dotted,
    /// Dots and slashes belong to it.
    Free,
    /// An artifact's id or file name; behind an id a path inside the artifact (spec 07 §2).
    Artifact,
    /// Everything below is a protocol's own (spec 08): only its encoding is made canonical.
    Opaque,
}

impl Identifier {
    fn takes_dots(self) -> bool {
        self != Self::Plain
    }

    fn takes_slashes(self) -> bool {
        matches!(self, Self::Free | Self::Artifact)
    }
}

/// What may follow the name of a sub-resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// Nothing: a to-one sub-resource.
    Nothing,
    /// Nothing or the identifier of a member.
    Member(Identifier),
    /// The name of an action.
    Action,
}

/// A collection, how its members are addressed and what lies below them.
struct Collection {
    name: &'static str,
    identifier: Identifier,
    below: &'static [(&'static str, After)],
}

const ACTIONS: (&str, After) = ("actions", After::Action);
const PLAIN: After = After::Member(Identifier::Plain);
const FREE: After = After::Member(Identifier::Free);

/// The collections with identifiers of their own, by their first segment.
const COLLECTIONS: &[Collection] = &[
    Collection { name: "environments", identifier: Identifier::Plain, below: &[("tokens", PLAIN)] },
    Collection { name: "tokens", identifier: Identifier::Plain, below: &[] },
    Collection {
        name: "users",
        identifier: Identifier::Free,
        below: &[
            ACTIONS,
            ("group", After::Nothing),
            ("tokens", PLAIN),
            ("products", PLAIN),
            ("licenses", FREE),
            ("machines", FREE),
            ("second-factors", PLAIN),
        ],
    },
    Collection {
        name: "products",
        identifier: Identifier::Plain,
        below: &[
            ("tokens", PLAIN),
            ("policies", PLAIN),
            ("licenses", FREE),
            ("machines", FREE),
            ("users", FREE),
            ("releases", FREE),
            ("packages", FREE),
            ("artifacts", FREE),
            ("platforms", PLAIN),
            ("arches", PLAIN),
            ("channels", PLAIN),
            ("engines", After::Member(Identifier::Dotted)),
        ],
    },
    Collection { name: "entitlements", identifier: Identifier::Plain, below: &[] },
    Collection {
        name: "groups",
        identifier: Identifier::Plain,
        below: &[("owners", PLAIN), ("users", FREE), ("licenses", FREE), ("machines", FREE)],
    },
    Collection {
        name: "policies",
        identifier: Identifier::Plain,
        below: &[("product", After::Nothing), ("licenses", FREE), ("pool", PLAIN), ("entitlements", PLAIN)],
    },
    Collection {
        name: "keys",
        identifier: Identifier::Plain,
        below: &[("product", After::Nothing), ("policy", After::Nothing)],
    },
    Collection {
        name: "licenses",
        identifier: Identifier::Free,
        below: &[
            ACTIONS,
            ("product", After::Nothing),
            ("policy", After::Nothing),
            ("group", After::Nothing),
            ("owner", After::Nothing),
            ("user", After::Nothing),
            ("users", FREE),
            ("entitlements", PLAIN),
            ("machines", FREE),
            ("tokens", PLAIN),
        ],
    },
    Collection {
        name: "machines",
        identifier: Identifier::Free,
        below: &[
            ACTIONS,
            ("product", After::Nothing),
            ("license", After::Nothing),
            ("user", After::Nothing),
            ("group", After::Nothing),
            ("owner", After::Nothing),
            ("components", PLAIN),
            ("processes", PLAIN),
        ],
    },
    Collection {
        name: "components",
        identifier: Identifier::Plain,
        below: &[("product", After::Nothing), ("license", After::Nothing), ("machine", After::Nothing)],
    },
    Collection {
        name: "processes",
        identifier: Identifier::Plain,
        below: &[ACTIONS, ("product", After::Nothing), ("license", After::Nothing), ("machine", After::Nothing)],
    },
    Collection {
        name: "releases",
        identifier: Identifier::Free,
        below: &[
            ACTIONS,
            ("upgrade", After::Nothing),
            ("product", After::Nothing),
            ("package", After::Nothing),
            ("artifact", After::Nothing),
            ("entitlements", PLAIN),
            ("constraints", PLAIN),
            ("artifacts", FREE),
        ],
    },
    Collection { name: "artifacts", identifier: Identifier::Artifact, below: &[] },
    Collection { name: "packages", identifier: Identifier::Free, below: &[] },
    Collection { name: "engines", identifier: Identifier::Opaque, below: &[] },
    Collection { name: "webhook-events", identifier: Identifier::Plain, below: &[ACTIONS] },
];

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
        let Some(collection) = name(at).and_then(|name| COLLECTIONS.iter().find(|it| it.name == name)) else {
            return;
        };
        let tail = &filled[at + 1..];
        let words: Vec<&str> = tail.iter().map(|at| self.texts[*at].as_str()).collect();
        let found = identifiers(collection, &words);
        self.joined = found.joined.into_iter().map(|run| tail[*run.start()]..=tail[*run.end()]).collect();
        self.last_is_literal = found.last_is_literal;
        self.slashes_are_literal = collection.identifier == Identifier::Artifact;
    }
}

/// Runs of words that are one identifier, and whether the last word is (the end of) one that takes
/// dots.
#[derive(Default)]
struct Found {
    joined: Vec<RangeInclusive<usize>>,
    last_is_literal: bool,
}

impl Found {
    fn join(&mut self, run: RangeInclusive<usize>) {
        if run.start() < run.end() {
            self.joined.push(run);
        }
    }
}

/// Finds the identifiers in the words behind a collection's name.
fn identifiers(collection: &Collection, words: &[&str]) -> Found {
    let mut found = Found::default();
    let count = words.len();
    // `/licenses/actions/validate-key`: no record is called `actions`.
    if count == 0 || words[0] == ACTIONS.0 {
        return found;
    }
    let id = match collection.identifier {
        Identifier::Opaque => {
            found.last_is_literal = true;
            return found;
        }
        Identifier::Artifact => {
            found.join(usize::from(is_uuid(words[0]) && count > 1)..=count - 1);
            found.last_is_literal = true;
            return found;
        }
        Identifier::Free => identifier_length(collection, words),
        Identifier::Plain | Identifier::Dotted => 1,
    };
    found.join(0..=id - 1);
    if id == count {
        found.last_is_literal = collection.identifier.takes_dots();
    } else if let Some(After::Member(member)) = collection.below(words, id)
        && id + 1 < count
    {
        if member.takes_slashes() {
            found.join(id + 1..=count - 1);
        }
        found.last_is_literal = member.takes_dots();
    }
    found
}

/// How many of the words are the member's identifier.
fn identifier_length(collection: &Collection, words: &[&str]) -> usize {
    let count = words.len();
    // An id is whole, whatever follows: what is no sub-resource of it is no endpoint.
    if is_uuid(words[0]) {
        return 1;
    }
    let fits = |at: &usize| {
        let rest = count - 1 - at;
        match collection.below(words, *at) {
            None => false,
            Some(After::Nothing) => rest == 0,
            Some(After::Member(_)) => rest <= 1,
            Some(After::Action) => rest == 1,
        }
    };
    // The path as it stands; else the last sub-resource with all that may follow it; else the first
    // one whose member's identifier was cut too; else all is the identifier.
    (1..count.min(2))
        .find(fits)
        .or_else(|| (2..count).rev().find(fits))
        .or_else(|| {
            (1..count).find(
                |at| matches!(collection.below(words, *at), Some(After::Member(member)) if member.takes_slashes()),
            )
        })
        .unwrap_or(count)
}

impl Collection {
    /// The sub-resource that a word names; the last one may have an extension.
    fn below(&self, words: &[&str], at: usize) -> Option<After> {
        let word =
            if at + 1 == words.len() { extension_of(words[at]).map_or(words[at], |(stem, _)| stem) } else { words[at] };
        self.below.iter().find(|(name, _)| *name == word).map(|(_, after)| *after)
    }
}

/// A word's stem and extension. There is none where the stem has a dot, or nothing, of its own.
fn extension_of(word: &str) -> Option<(&str, &str)> {
    word.split_once('.')
        .filter(|(stem, extension)| !stem.is_empty() && !extension.is_empty() && !extension.contains('.'))
}

/// Cuts the extension off a path's last segment.
fn cut_extension(path: &mut String) -> Option<String> {
    let last = path.rfind('/').map_or(0, |slash| slash + 1);
    let (stem, extension) = extension_of(&path[last..])?;
    let (end, extension) = (last + stem.len(), extension.to_owned());
    path.truncate(end);
    Some(extension)
}

/// Whether a segment looks like an id: 32 hex digits, hyphens or none.
fn is_uuid(text: &str) -> bool {
    let mut digits = 0;
    text.len() <= 36
        && text.bytes().all(|byte| {
            digits += usize::from(byte != b'-');
            byte == b'-' || byte.is_ascii_hexdigit()
        })
        && digits == 32
}

#[cfg(test)]
mod tests {
    use super::{Canonical, InvalidEncoding, arrived_decoded, canonical, encode_segment, split_account, target};
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    const ID: &str = "0193e1b8-7c4f-7a2b-9c1d-2e3f4a5b6c7d";
    const KEY: &str = "key/eyJhY2NvdW50Ijp7ImlkIjoiMSJ9fQ==.GQ8tLmJ-4v_5xk1N0pHh7A==";
    const KEY_SENT: &str = "key%2FeyJhY2NvdW50Ijp7ImlkIjoiMSJ9fQ==.GQ8tLmJ-4v_5xk1N0pHh7A==";

    fn routed(received: &str) -> String {
        let Canonical { path, extension } = canonical(received).unwrap();
        assert_eq!(extension, None, "{received}");
        path
    }

    #[test]
    fn ordinary_paths_stay_as_they_are() {
        for path in [
            "/v1/licenses",
            "/v1/accounts/acme/licenses/0193e1b8-7c4f-7a2b-9c1d-2e3f4a5b6c7d/actions/check-out",
            "/v1/licenses/actions/validate-key",
            "/v1/licenses/key%2FeyJhY2NvdW50Ijp7ImlkIjoiMSJ9fQ==.GQ8tLmJ-4v_5xk1N0pHh7A==/actions/validate",
            "/v1/machines/AA:BB:CC:DD",
            "/v1/users/ada@example.com/tokens",
            "/v1/entitlements/FEATURE_A",
            "/v1",
            "/",
        ] {
            assert_eq!(routed(path), path);
            assert_eq!(target(path), path);
        }
    }

    #[test]
    fn a_signed_key_arrives_decoded_and_is_found() {
        for prefix in ["/v1", "/v1/accounts/acme"] {
            for suffix in ["", "/actions/validate", "/machines", "/machines/ab:cd", "/policy", "/entitlements/X"] {
                let sent = format!("{prefix}/licenses/{KEY_SENT}{suffix}");
                let received = format!("{prefix}/licenses/{KEY}{suffix}");
                assert_eq!(routed(&received), sent);
                assert_eq!(target(&received), sent);
                assert_eq!(routed(&sent), sent);
                assert_eq!(target(&sent), sent);
            }
        }
    }

    #[test]
    fn fingerprints_may_hold_anything() {
        for (fingerprint, sent) in [
            ("4d:Eq:8f/Kn/a+b==", "4d:Eq:8f%2FKn%2Fa+b=="),
            ("a//b", "a%2F%2Fb"),
            ("100% sure?", "100%25%20sure%3F"),
            ("line\nbreak\t.", "line%0Abreak%09."),
            ("Füße \u{1F511}", "F%C3%BC%C3%9Fe%20%F0%9F%94%91"),
            ("a#b<c>", "a%23b%3Cc%3E"),
        ] {
            assert_eq!(encode_segment(fingerprint), sent);
            let received = format!("/v1/machines/{fingerprint}/actions/ping");
            let sent = format!("/v1/machines/{sent}/actions/ping");
            assert_eq!(routed(&received), sent);
            assert_eq!(target(&received), sent);
            assert_eq!(routed(&sent), sent);
            assert_eq!(target(&sent), sent);
        }
        let below = format!("/v1/licenses/{ID}/machines/a/b/c");
        assert_eq!(routed(&below), format!("/v1/licenses/{ID}/machines/a%2Fb%2Fc"));
        assert_eq!(
            routed(&format!("/v1/licenses/{KEY}/machines/a/b")),
            format!("/v1/licenses/{KEY_SENT}/machines/a%2Fb")
        );
        assert_eq!(routed("/v1/groups/x/machines/a/b"), "/v1/groups/x/machines/a%2Fb");
    }

    #[test]
    fn file_names_keep_their_slashes_in_the_signature() {
        assert_eq!(routed("/v1/artifacts/dir/app.tar.gz"), "/v1/artifacts/dir%2Fapp.tar.gz");
        assert_eq!(target("/v1/artifacts/dir/app.tar.gz"), "/v1/artifacts/dir/app.tar.gz");
        assert_eq!(
            routed(&format!("/v1/artifacts/{ID}/blobs/sha256/ab")),
            format!("/v1/artifacts/{ID}/blobs%2Fsha256%2Fab")
        );
        assert_eq!(routed("/v1/releases/1.0.0/artifacts/dir/app.exe"), "/v1/releases/1.0.0/artifacts/dir%2Fapp.exe");
        assert_eq!(target("/v1/releases/1.0.0/artifacts/dir/app.exe"), "/v1/releases/1.0.0/artifacts/dir%2Fapp.exe");
    }

    #[test]
    fn an_id_ends_where_it_ends() {
        let path = format!("/v1/licenses/{ID}/nope");
        assert_eq!(routed(&path), path);
        let path = format!("/v1/licenses/{}/nope", ID.replace('-', "").to_uppercase());
        assert_eq!(routed(&path), path);
        assert_eq!(routed("/v1/products/a/b"), "/v1/products/a/b");
    }

    #[test]
    fn slashes_collapse_for_routing_but_not_for_signing() {
        for received in ["/v1//licenses/", "//v1/licenses", "/v1/licenses//"] {
            assert_eq!(routed(received), "/v1/licenses");
            assert_eq!(target(received), received);
        }
        assert_eq!(routed("/v1/licenses//x//actions/validate/"), "/v1/licenses/x/actions/validate");
        assert_eq!(target("/v1//machines/a b/"), "/v1//machines/a%20b/");
        assert_eq!(routed(""), "/");
    }

    #[test]
    fn needless_escapes_go_and_missing_ones_come() {
        assert_eq!(routed("/v1/licenses/A%2dB%5F%7e"), "/v1/licenses/A-B_~");
        assert_eq!(target("/v1/licenses/A%2dB%5F%7e"), "/v1/licenses/A%2dB%5F%7e");
        assert_eq!(routed("/v1/machines/[::1]|^"), "/v1/machines/%5B::1%5D%7C%5E");
        assert_eq!(routed("/v1/machines/a%2541"), "/v1/machines/a%2541");
        assert_eq!(canonical("/v1/machines/%FF"), Err(InvalidEncoding));
        assert_eq!(target("/v1/machines/%FF"), "/v1/machines/%FF");
    }

    #[test]
    fn decoding_leaves_traces() {
        for path in ["/v1/machines/a b", "/v1/machines/100%", "/v1/machines/%zz", "/v1/machines/é", "/v1/machines/a\nb"]
        {
            assert!(arrived_decoded(path), "{path}");
        }
        for path in ["/v1/machines/a%20b", "/v1/machines/[a]|\"{}^`\\", "/v1/machines/AA:BB"] {
            assert!(!arrived_decoded(path), "{path}");
        }
        // One trace settles the whole path.
        assert_eq!(routed("/v1/machines/a b%41"), "/v1/machines/a%20b%2541");
    }

    #[test]
    fn extensions_end_fixed_segments_and_plain_identifiers() {
        for (received, path) in [
            ("/v1/licenses.json", "/v1/licenses"),
            ("/v1/accounts/acme.jsonapi", "/v1/accounts/acme"),
            ("/v1/ping.json", "/v1/ping"),
            ("/v1/licenses/x.y/actions/validate.json", "/v1/licenses/x.y/actions/validate"),
            ("/v1/licenses/actions/validate-key.json", "/v1/licenses/actions/validate-key"),
            ("/v1/licenses/a/b/policy.json", "/v1/licenses/a%2Fb/policy"),
            ("/v1/policies/x.json", "/v1/policies/x"),
        ] {
            assert_eq!(routed(received), path);
            assert_eq!(target(received).matches(".json").count(), 1);
        }
        for (received, path, extension) in
            [("/v1/licenses.xml", "/v1/licenses", "xml"), ("/v1/products/com.html", "/v1/products/com", "html")]
        {
            assert_eq!(
                canonical(received),
                Ok(Canonical { path: path.to_owned(), extension: Some(extension.to_owned()) })
            );
        }
        // No extension at all: literal identifiers, more than one dot, nothing on one side of it.
        for path in [
            "/v1/licenses/a.json",
            "/v1/machines/foo.bar",
            "/v1/users/ada@example.com",
            "/v1/releases/1.0.0",
            "/v1/artifacts/app.exe",
            "/v1/groups/x/users/ada@example.com",
            "/v1/engines/rubygems/specs.4.8.gz",
            "/v1/engines/rubygems/x.gz",
            "/v1/licenses.json.json",
            "/v1/.json",
            "/v1/licenses.",
        ] {
            assert_eq!(routed(path), path);
        }
    }

    #[test]
    fn the_account_splits_off() {
        let split = |path| split_account(path).map(|(account, inner)| (account.unwrap_or_default(), inner));
        for (path, account, inner) in [
            ("/v1/accounts", "", "/accounts"),
            ("/v1/accounts/acme", "acme", "/account"),
            ("/v1/accounts/a%20b/settings", "a b", "/account/settings"),
            ("/v1/accounts/acme/settings/x", "acme", "/account/settings/x"),
            ("/v1/accounts/acme/licenses/x%2Fy", "acme", "/licenses/x%2Fy"),
            ("/v1/accounts/acme/ping", "acme", "/ping"),
            ("/v1/licenses/x/actions/validate", "", "/licenses/x/actions/validate"),
            ("/v1/ping", "", "/ping"),
            ("/v1/health/webhooks", "", "/health/webhooks"),
            ("/v1", "", "/"),
        ] {
            assert_eq!(split(path), Some((account.to_owned(), inner.to_owned())), "{path}");
        }
        for path in [
            "/",
            "/v2/licenses",
            "/v1x",
            "/licenses",
            "/v1/settings",
            "/v1/account",
            "/v1/account/settings",
            "/v1/accounts/acme/account",
            "/v1/accounts/acme/accounts",
            "/v1/accounts/acme/recover",
            "/v1/accounts/acme/health",
        ] {
            assert_eq!(split(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn canonical_is_a_fixed_point(received in "(/v1|/v1/accounts/x|)(/[a-z]{0,3}|/licenses|/machines|/artifacts|/actions|/products|/a\\.json|/.{0,6}){0,6}/?") {
            if let Ok(once) = canonical(&received) {
                let twice = canonical(&once.path).unwrap();
                prop_assert_eq!(&twice.path, &once.path);
                prop_assert_eq!(target(&once.path), once.path.as_str());
                prop_assert!(once.path.bytes().all(|byte| byte.is_ascii_graphic()));
            }
            prop_assert!(!arrived_decoded(&target(&received)) || canonical(&received).is_err());
        }

        #[test]
        fn an_encoded_identifier_comes_through_whole(identifier in "[^/]{0,4}[^/.][^/]{0,8}(/[^/]{1,6}){0,2}", suffix in prop::sample::select(vec!["", "/actions/ping", "/components", "/owner"])) {
            prop_assume!(!matches!(identifier.as_str(), "action" | "actions"));
            let sent = format!("/v1/machines/{}{suffix}", encode_segment(&identifier));
            let path = routed(&sent);
            prop_assert_eq!(&path, &sent);
            prop_assert_eq!(target(&sent), sent.as_str());
            let segment = path.split('/').nth(3).unwrap();
            prop_assert_eq!(percent_decode_str(segment).decode_utf8().unwrap(), identifier.as_str());
        }

        #[test]
        fn a_decoded_identifier_is_restored(identifier in "[a-zA-Z0-9:=+. é%]{1,8}(/[a-zA-Z0-9:=+. é]{1,6}){0,2}") {
            // Where an escape in it cannot be told from one that the client made, nothing can.
            let received = format!("/v1/machines/{identifier}/actions/ping");
            prop_assume!(arrived_decoded(&received) || !identifier.contains('%'));
            let sent = format!("/v1/machines/{}/actions/ping", encode_segment(&identifier));
            prop_assert_eq!(&routed(&received), &sent);
            prop_assert_eq!(target(&received), sent);
        }
    }
}
