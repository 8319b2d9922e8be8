//! Finding records by their metadata (spec 03 §3.12): in list filters and in searches.

use serde_json::{Map, Value};

use super::attribute::Metadata;
use crate::jsonapi::casing;
use crate::jsonapi::query::Query;

/// The pairs that `metadata[key]=value` of a query asks for; none if it asks for nothing.
#[must_use]
pub fn wanted(query: &Query) -> Option<Metadata> {
    query.map("metadata")?;
    let Some(Value::Object(mut wanted)) = query.to_value().get_mut("metadata").map(Value::take) else { return None };
    wanted.retain(|_, value| value.as_str().is_none_or(|text| !text.trim().is_empty()));
    (!wanted.is_empty()).then_some(wanted)
}

/// Whether metadata holds every pair that is wanted. Names may come in any casing; objects need to
/// hold the members given, arrays the elements given.
#[must_use]
pub fn matches(stored: &Metadata, wanted: &Map<String, Value>) -> bool {
    wanted.iter().all(|(name, wanted)| stored.get(&casing::snake(name)).is_some_and(|value| holds(value, wanted)))
}

fn holds(stored: &Value, wanted: &Value) -> bool {
    match (stored, wanted) {
        (Value::Object(stored), Value::Object(wanted)) => matches(stored, wanted),
        (Value::Array(stored), Value::Array(wanted)) => {
            wanted.iter().all(|element| stored.iter().any(|known| holds(known, element)))
        }
        // A query knows only text: it also stands for the value that it spells.
        (stored, Value::String(text)) => {
            stored == wanted || spelled(text).is_some_and(|value| is_same_scalar(stored, &value))
        }
        (stored, wanted) => is_same_scalar(stored, wanted),
    }
}

fn is_same_scalar(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

/// The boolean, null or number that a text spells.
fn spelled(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match text {
        "true" | "false" | "null" => serde_json::from_str(text).ok(),
        _ if number => serde_json::from_str(text).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(stored: Value, wanted: Value) -> bool {
        let (Value::Object(stored), Value::Object(wanted)) = (stored, wanted) else { panic!("objects") };
        matches(&stored, &wanted)
    }

    #[test]
    fn scalars_are_equal_or_spelled() {
        let stored =
            json!({"customer_id": "c_1", "seats": 4, "ratio": 1.5, "trial": true, "plan": null, "zip": "00123"});
        for wanted in [
            json!({"customerId": "c_1"}),
            json!({"customer-id": "c_1", "seats": "4"}),
            json!({"seats": 4}),
            json!({"ratio": "1.5"}),
            json!({"trial": "true"}),
            json!({"plan": "null"}),
            json!({"zip": "00123"}),
            json!({}),
        ] {
            assert!(found(stored.clone(), wanted.clone()), "{wanted}");
        }
        for wanted in [
            json!({"customer_id": "c_"}),
            json!({"customer_id": "C_1"}),
            json!({"seats": "5"}),
            json!({"missing": "null"}),
            json!({"customer_id": "c_1", "seats": "5"}),
        ] {
            assert!(!found(stored.clone(), wanted.clone()), "{wanted}");
        }
    }

    #[test]
    fn containers_match_in_part() {
        let stored = json!({"object": {"a_b": {"c": 1}, "d": 2}, "array": [1, "x", {"y": true, "z": 0}]});
        for wanted in [
            json!({"object": {"aB": {"c": 1}}}),
            json!({"object": {}}),
            json!({"array": ["x"]}),
            json!({"array": [{"y": true}, 1]}),
        ] {
            assert!(found(stored.clone(), wanted.clone()), "{wanted}");
        }
        for wanted in [json!({"object": {"c": 1}}), json!({"array": [2]}), json!({"array": "x"})] {
            assert!(!found(stored.clone(), wanted.clone()), "{wanted}");
        }
    }

    #[test]
    fn blank_filters_ask_for_nothing() {
        let read = |raw: &str| wanted(&Query::parse(raw).unwrap());
        assert_eq!(read("metadata[a]=&metadata[b]=%20"), None);
        assert_eq!(read("metadata=x"), None);
        assert_eq!(read("metadata[a]=1&metadata[b]=").map(Value::Object), Some(json!({"a": "1"})));
    }
}
