//! The casing of member names (spec 01 §1.4): snake_case inside, lowerCamelCase outside.

use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The stored form of a name that a client sent.
#[must_use]
pub fn snake(name: &str) -> String {
    let chars: Vec<char> = name.replace("::", "/").chars().collect();
    let mut spaced = String::with_capacity(chars.len() + 4);
    for (at, c) in chars.iter().enumerate() {
        if at > 0 && c.is_uppercase() {
            let before = chars[at - 1];
            let acronym_ends = before.is_uppercase() && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
            if before.is_lowercase() || before.is_ascii_digit() || acronym_ends {
                spaced.push('_');
            }
        }
        spaced.push(*c);
    }
    let lowered = spaced.replace('-', "_").to_lowercase();
    let mut plain = String::with_capacity(lowered.len());
    for c in lowered.nfd().filter(|c| !is_combining_mark(*c)) {
        if let Some(letters) = spelled(c) {
            plain.push_str(letters);
            continue;
        }
        // A letter without an ASCII form counts as "?", which is a separator like any other sign.
        let c = if matches!(c, 'a'..='z' | '0'..='9' | '_') { c } else { '_' };
        if c != '_' || !plain.ends_with('_') {
            plain.push(c);
        }
    }
    let plain = plain.strip_prefix('_').unwrap_or(&plain);
    plain.strip_suffix('_').unwrap_or(plain).to_owned()
}

/// The ASCII spelling of the Latin letters that are no accented ASCII letters.
fn spelled(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ĳ' => "ij",
        'ŋ' => "ng",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ł' | 'ŀ' => "l",
        'ŉ' => "n",
        'ŧ' => "t",
        _ => return None,
    })
}

/// The form in which a stored name is shown.
#[must_use]
pub fn camel(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    let mut parts = name.split('_');
    if let Some(first) = parts.next() {
        let mut chars = first.chars();
        if let Some(c) = chars.next() {
            shown.extend(c.to_lowercase());
            shown.push_str(chars.as_str());
        }
    }
    for part in parts {
        let mut chars = part.chars();
        if let Some(c) = chars.next() {
            shown.extend(c.to_uppercase());
            shown.push_str(&chars.as_str().to_lowercase());
        }
    }
    shown
}

/// Brings every name at every depth into its stored form. Of names that become the same, the later one wins.
pub fn normalise_keys(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let taken = std::mem::take(members);
            for (name, mut member) in taken {
                normalise_keys(&mut member);
                members.insert(snake(&name), member);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(normalise_keys),
        _ => {}
    }
}

/// A copy with every name at every depth in the form shown.
#[must_use]
pub fn camelise_keys(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, member)| (camel(name), camelise_keys(member))).collect::<Map<_, _>>(),
        ),
        Value::Array(elements) => Value::Array(elements.iter().map(camelise_keys).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_sent_stored_and_shown() {
        for (sent, stored, shown) in [
            ("example_key_1", "example_key_1", "exampleKey1"),
            ("ExampleKey2", "example_key2", "exampleKey2"),
            ("exampleKey3", "example_key3", "exampleKey3"),
            ("example key 4", "example_key_4", "exampleKey4"),
            ("userID", "user_id", "userId"),
            ("v1.2", "v1_2", "v12"),
            ("macOS", "mac_os", "macOs"),
            ("foo-bar", "foo_bar", "fooBar"),
            ("ROLE", "role", "role"),
            ("RoLe", "ro_le", "roLe"),
            ("HTMLPage", "html_page", "htmlPage"),
            ("A::B", "a_b", "aB"),
            ("café", "cafe", "cafe"),
            ("cafe\u{301}", "cafe", "cafe"),
            ("straße_łøæ", "strasse_loae", "strasseLoae"),
            ("a日本b", "a_b", "aB"),
            ("日本", "", ""),
            ("a\u{0}b", "a_b", "aB"),
            ("__x__", "x", "x"),
        ] {
            assert_eq!(snake(sent), stored, "{sent}");
            assert_eq!(camel(stored), shown, "{stored}");
        }
    }

    #[test]
    fn the_later_of_two_names_that_become_one_wins() {
        let mut value = json!({"fooBar": 1, "a": [{"X-Y": 2}], "foo_bar": 3});
        normalise_keys(&mut value);
        assert_eq!(value, json!({"foo_bar": 3, "a": [{"x_y": 2}]}));
        assert_eq!(camelise_keys(&value), json!({"fooBar": 3, "a": [{"xY": 2}]}));
    }

    proptest::proptest! {
        #[test]
        fn stored_names_are_fixed_points(name in ".{0,40}") {
            let once = snake(&name);
            proptest::prop_assert_eq!(&snake(&once), &once);
            proptest::prop_assert!(once.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')));
        }
    }
}
