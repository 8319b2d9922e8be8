//! API versions, and how answers are shaped for clients of older ones (spec 01 §3.15, §6).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A supported API version: `1.{n}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version(u8);

impl Version {
    /// The newest version.
    pub const CURRENT: Self = Self(8);
    /// All supported versions, oldest first.
    pub const NAMES: [&'static str; 9] = ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8"];

    /// Version `1.{minor}`.
    #[must_use]
    pub const fn minor(minor: u8) -> Self {
        Self(minor)
    }

    /// Its name, e.g. `1.8`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.get(usize::from(self.0)).copied().unwrap_or(Self::NAMES[8])
    }
}

impl FromStr for Version {
    type Err = ();

    /// Reads a version as clients write it; a leading `v` is tolerated.
    fn from_str(text: &str) -> Result<Self, ()> {
        let name = text.strip_prefix('v').unwrap_or(text);
        let at = Self::NAMES.iter().position(|known| *known == name).ok_or(())?;
        u8::try_from(at).map(Self).map_err(drop)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One difference between a version and the next newer one.
#[derive(Clone, Copy)]
pub struct Downgrade {
    /// The newest version that gets it.
    pub until: Version,
    /// Routes it applies to, by method and path pattern below the account; documents rendered apart
    /// from a route get it always.
    pub routes: fn(method: &str, route: &str) -> bool,
    /// The change, to a whole document.
    pub apply: fn(&mut Value),
}

impl fmt::Debug for Downgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Downgrade").field("until", &self.until).finish_non_exhaustive()
    }
}

/// The route a document answers, if it answers one.
#[derive(Clone, Copy, Debug)]
pub enum Occasion<'a> {
    /// An answer to a request.
    Route {
        /// Method, upper-case.
        method: &'a str,
        /// Path pattern below the account, e.g. `/licenses/{id}`.
        pattern: &'a str,
    },
    /// A document apart from a route: a webhook payload, the dataset of a file, `GET /me`.
    Apart,
}

/// Shapes a document of the newest version for `version`, from the newest difference to the oldest.
pub fn downgrade(document: &mut Value, version: Version, occasion: Occasion<'_>) {
    if version == Version::CURRENT {
        return;
    }
    let mut due: Vec<&Downgrade> = crate::domain::downgrades()
        .filter(|change| version <= change.until)
        .filter(|change| match occasion {
            Occasion::Route { method, pattern } => (change.routes)(method, pattern),
            Occasion::Apart => true,
        })
        .collect();
    due.sort_by_key(|change| std::cmp::Reverse(change.until));
    for change in due {
        (change.apply)(document);
    }
}

/// Every resource object of a document: its primary data and what is included.
pub fn resources_mut(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let Value::Object(members) = document else { return Vec::new().into_iter() };
    let mut found = Vec::new();
    for (name, member) in members.iter_mut() {
        if name == "data" || name == "included" {
            match member {
                Value::Array(elements) => found.extend(elements.iter_mut()),
                Value::Object(_) => found.push(member),
                _ => {}
            }
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_a_leading_v_is_tolerated() {
        for name in Version::NAMES {
            assert_eq!(name.parse::<Version>().unwrap().name(), name);
            assert_eq!(format!("v{name}").parse::<Version>().unwrap().name(), name);
        }
        for name in ["", "0.9", "2.0", "1", "1.9", "1.10", "vv1.0"] {
            assert!(name.parse::<Version>().is_err(), "{name}");
        }
    }
}
