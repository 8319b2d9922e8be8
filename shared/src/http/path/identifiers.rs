//! Which words of a path are one identifier: where collections stand, how their members are addressed, and what may
//! follow them.

use std::ops::RangeInclusive;

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
pub(super) struct Collection {
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

/// Runs of words that are one identifier, and whether the last word is (the end of) one that takes
/// dots.
#[derive(Default)]
pub(super) struct Found {
    /// The runs.
    pub(super) joined: Vec<RangeInclusive<usize>>,
    /// Whether the last word's dots belong to it.
    pub(super) last_is_literal: bool,
}

impl Found {
    fn join(&mut self, run: RangeInclusive<usize>) {
        if run.start() < run.end() {
            self.joined.push(run);
        }
    }
}

/// Finds the identifiers in the words behind a collection's name.
pub(super) fn identifiers(collection: &Collection, words: &[&str]) -> Found {
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
    /// The collection of this name, if its members have identifiers.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        COLLECTIONS.iter().find(|collection| collection.name == name)
    }

    /// Whether slashes below it are part of what is named, and never repeated by mistake.
    pub(super) fn keeps_slashes(&self) -> bool {
        self.identifier == Identifier::Artifact
    }

    /// The sub-resource that a word names; the last one may have an extension.
    fn below(&self, words: &[&str], at: usize) -> Option<After> {
        let word =
            if at + 1 == words.len() { extension_of(words[at]).map_or(words[at], |(stem, _)| stem) } else { words[at] };
        self.below.iter().find(|(name, _)| *name == word).map(|(_, after)| *after)
    }
}

/// A word's stem and extension. There is none where the stem has a dot, or nothing, of its own.
pub(super) fn extension_of(word: &str) -> Option<(&str, &str)> {
    word.split_once('.')
        .filter(|(stem, extension)| !stem.is_empty() && !extension.is_empty() && !extension.contains('.'))
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
