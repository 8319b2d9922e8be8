//! The way from the root of a request to a value, kept on the stack.

use std::borrow::Cow;

use super::violation::{Kind, Place, Violation};
use crate::jsonapi::casing::camel;
use crate::jsonapi::pointer::json_pointer;

/// One step, linked to those before it.
#[derive(Clone, Copy)]
pub(super) struct Trail<'a> {
    before: Option<&'a Trail<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Body,
    Query,
    Key(&'a str),
    Index(usize),
}

impl<'a> Trail<'a> {
    /// The root of bodies.
    pub(super) const BODY: Trail<'static> = Trail { before: None, step: Step::Body };
    /// The root of queries.
    pub(super) const QUERY: Trail<'static> = Trail { before: None, step: Step::Query };

    /// On to a member.
    pub(super) const fn key(&'a self, key: &'a str) -> Self {
        Self { before: Some(self), step: Step::Key(key) }
    }

    /// On to an element.
    pub(super) const fn index(&'a self, index: usize) -> Self {
        Self { before: Some(self), step: Step::Index(index) }
    }

    /// Something is wrong here.
    pub(super) fn violation(&self, kind: Kind, detail: impl Into<Cow<'static, str>>) -> Violation {
        Violation { kind, detail: detail.into(), place: self.place(|index| index) }
    }

    /// A required member is absent here. Whatever the elements on the way, it names them all `0`.
    pub(super) fn missing(&self) -> Violation {
        Violation { kind: Kind::Missing, detail: Cow::Borrowed("is missing"), place: self.place(|_| 0) }
    }

    fn place(&self, shown: fn(usize) -> usize) -> Place {
        let mut names = Vec::new();
        let mut at = *self;
        loop {
            match at.step {
                Step::Key(key) => names.push(Cow::Borrowed(key)),
                Step::Index(index) => names.push(Cow::Owned(shown(index).to_string())),
                Step::Body | Step::Query => break,
            }
            match at.before {
                Some(before) => at = *before,
                None => break,
            }
        }
        let names = names.iter().rev();
        if matches!(at.step, Step::Body) {
            return Place::Pointer(json_pointer(names));
        }
        let parameter = names.fold(String::new(), |parameter, name| {
            if parameter.is_empty() { camel(name) } else { format!("{parameter}[{}]", camel(name)) }
        });
        Place::Parameter(parameter)
    }
}
