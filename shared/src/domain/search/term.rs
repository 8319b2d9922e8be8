//! When a value matches a term.

use serde_json::Value;

use crate::auth::permissions::Role;
use crate::ids::{Id, parse_id};

/// A scalar that a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    text: String,
    lowered: String,
    id: Option<Id>,
}

impl Term {
    /// The term that a scalar is; none for null, which matches nothing.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        Some(Self { lowered: text.to_lowercase(), id: parse_id(&text), text })
    }

    /// Its text as it was sent.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The id it is, if it is a whole one.
    #[must_use]
    pub const fn id(&self) -> Option<Id> {
        self.id
    }

    /// Whether a text holds it, in any case. Nothing in it is a wildcard.
    #[must_use]
    pub fn is_in(&self, text: Option<&str>) -> bool {
        text.is_some_and(|text| text.to_lowercase().contains(&self.lowered))
    }

    /// Whether it is an id, or a part of its text.
    #[must_use]
    pub fn names(&self, id: Id) -> bool {
        match self.id {
            Some(own) => own == id,
            None => id.to_string().contains(&self.lowered),
        }
    }

    /// Whether it could be the beginning of an id, and is that of this one.
    #[must_use]
    pub fn begins(&self, id: Id) -> bool {
        let hexadecimal = !self.text.is_empty() && self.text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        hexadecimal && id.to_string().starts_with(&self.lowered)
    }

    /// Whether it is a full name: what stands before the first space is in the first name, the rest
    /// in the last name. A single word is none.
    #[must_use]
    pub fn is_full_name(&self, first: Option<&str>, last: Option<&str>) -> bool {
        let is_in = |part: &str, name: Option<&str>| name.is_some_and(|name| name.to_lowercase().contains(part));
        self.lowered.split_once(' ').is_some_and(|(given, family)| is_in(given, first) && is_in(family, last))
    }

    /// Whether it is in the name of a role, which is written with underscores.
    #[must_use]
    pub fn is_role(&self, role: Role) -> bool {
        role.as_str().replace('-', "_").contains(&self.lowered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn term(value: &str) -> Term {
        Term::of(&json!(value)).expect("a term")
    }

    #[test]
    fn texts_hold_terms_in_any_case() {
        assert!(term("DOE").is_in(Some("John Doe")));
        assert!(term("o'brien").is_in(Some("O'Brien's MacBook")));
        assert!(!term("d%e").is_in(Some("doe")) && !term("d_e").is_in(Some("doe")));
        assert!(term("100%").is_in(Some("100% cotton")));
        assert!(!term("doe").is_in(None));
        assert!(Term::of(&json!(42)).is_some_and(|term| term.is_in(Some("1420"))));
        assert_eq!(Term::of(&Value::Null), None);
    }

    #[test]
    fn ids_are_whole_or_in_part() {
        let id = parse_id("0190a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b").expect("an id");
        assert!(term("0190A1B27C3D7E4F8A5B6C7D8E9F0A1B").names(id));
        assert!(term("7E4F-8a5b").names(id));
        assert!(!term("0190a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1c").names(id));
        assert!(term("0190a").begins(id) && term("0190a1b2-7").begins(id));
        assert!(!term("7c3d").begins(id) && !term("0190x").begins(id));
    }

    #[test]
    fn full_names_have_two_parts() {
        let (first, last) = (Some("John"), Some("van Doe"));
        assert!(term("John van Doe").is_full_name(first, last));
        assert!(term("joh doe").is_full_name(first, last));
        assert!(!term("John").is_full_name(first, last));
        assert!(!term("Doe John").is_full_name(first, last));
        assert!(!term("John Doe").is_full_name(first, None));
    }

    #[test]
    fn roles_have_underscores() {
        assert!(term("sales_agent").is_role(Role::SalesAgent));
        assert!(term("Agent").is_role(Role::SupportAgent));
        assert!(!term("sales-agent").is_role(Role::SalesAgent));
        assert!(term("admin").is_role(Role::Admin) && !term("admin").is_role(Role::User));
    }
}
