//! Identifiers.
//!
//! Every record is named by a UUID. New ids are version 7, so ids made by one process sort by
//! creation; readers must not rely on more than uniqueness, since imports bring ids of any version.

/// A record's identifier. Rendered lower-case and hyphenated.
pub type Id = uuid::Uuid;

/// A fresh, time-ordered identifier (UUID version 7, RFC 9562).
#[must_use]
pub fn new_id() -> Id {
    Id::now_v7()
}

/// Reads an identifier as clients may write it: 32 hex digits in any case, either without hyphens
/// or with them in the canonical places (spec 01 §3.2). Other UUID spellings (braces, URNs) are not ids.
#[must_use]
pub fn parse_id(text: &str) -> Option<Id> {
    match text.len() {
        32 if text.bytes().all(|b| b.is_ascii_hexdigit()) => Id::try_parse(text).ok(),
        36 => Id::try_parse(text).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hyphenated_and_bare_ids_in_any_case() {
        let id = new_id();
        assert_eq!(parse_id(&id.to_string()), Some(id));
        assert_eq!(parse_id(&id.simple().to_string().to_uppercase()), Some(id));
    }

    #[test]
    fn refuses_everything_else() {
        let id = new_id();
        for text in ["", "1", "actions", &format!("{{{id}}}"), &format!("urn:uuid:{id}"), &format!("{id}\n")] {
            assert_eq!(parse_id(text), None, "{text:?}");
        }
    }

    #[test]
    fn ids_made_in_sequence_sort_in_sequence() {
        let ids: Vec<Id> = (0..1000).map(|_| new_id()).collect();
        assert!(ids.is_sorted());
    }
}
