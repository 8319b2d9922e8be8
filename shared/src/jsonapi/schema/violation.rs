//! What a request does wrong.

use std::borrow::Cow;

/// The first thing wrong with a request: status 400, title "Bad request", no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Violation {
    /// What rule is broken.
    pub kind: Kind,
    /// What is wrong, for people.
    pub detail: Cow<'static, str>,
    /// Where.
    pub place: Place,
}

/// Where a request violates its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the body, at this JSON pointer (lowerCamelCase).
    Pointer(String),
    /// In the query, at this parameter (bracket notation, lowerCamelCase).
    Parameter(String),
    /// The error names no source.
    Nowhere,
}

/// Which rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A member that is not declared, or not permitted now.
    Unpermitted,
    /// A value that cannot be read as the declared type.
    Coercion,
    /// A required member is absent.
    Missing,
    /// A required member is null.
    Null,
    /// A value of another type.
    Type,
    /// A container where only scalars may be.
    Content,
    /// Blank text or an empty container.
    Blank,
    /// A value outside its enumeration.
    Enumeration,
    /// Too short or too long.
    Length,
    /// Text of another format.
    Format,
    /// Containers nested too deeply.
    Depth,
    /// An integer beyond its stored width.
    TooLarge,
}

impl Violation {
    /// An integer is beyond its stored width.
    #[must_use]
    pub const fn too_large() -> Self {
        Self { kind: Kind::TooLarge, detail: Cow::Borrowed("integer is too large"), place: Place::Nowhere }
    }

    /// The JSON pointer into the body, if it is the body that is wrong.
    #[must_use]
    pub fn pointer(&self) -> Option<&str> {
        match &self.place {
            Place::Pointer(pointer) => Some(pointer),
            _ => None,
        }
    }

    /// The parameter, if it is the query that is wrong.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match &self.place {
            Place::Parameter(parameter) => Some(parameter),
            _ => None,
        }
    }
}
