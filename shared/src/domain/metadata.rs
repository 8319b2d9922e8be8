//! Metadata as something to look for: what it contains (spec 03 §3.12, 04 §2.5), and by which texts
//! its pairs are found.

use serde_json::{Map, Number, Value};

use super::attribute::Metadata;
use crate::jsonapi::casing;
use crate::jsonapi::query::Query;

/// The pairs that `metadata[name]=value` of a query asks for, first-level names in their stored form;
/// none if it asks for nothing: blank values are ignored.
#[must_use]
pub fn wanted(query: &Query) -> Option<Metadata> {
    query.map("metadata")?;
    let Some(Value::Object(pairs)) = query.to_value().get_mut("metadata").map(Value::take) else { return None };
    let wanted: Metadata = pairs
        .into_iter()
        .filter(|(_, value)| value.as_str().is_none_or(|text| !text.trim().is_empty()))
        .map(|(name, value)| (casing::snake(&name), value))
        .collect();
    (!wanted.is_empty()).then_some(wanted)
}

/// Whether every wanted pair is contained in the stored ones. Names are in their stored form on
/// both sides.
///
/// Scalars must be equal; a wanted *text* also matches the boolean, null, integer or decimal that it
/// spells. Objects match in part, arrays if every wanted element is there; inside both, texts are
/// texts.
#[must_use]
pub fn matches(stored: &Metadata, wanted: &Metadata) -> bool {
    wanted.iter().all(|(name, wanted)| {
        stored
            .get(name)
            .is_some_and(|stored| holds(stored, wanted) || cast(wanted).is_some_and(|cast| equal(stored, &cast)))
    })
}

/// The texts under which a scalar pair that matches `wanted` can be posted; `None` for objects and
/// arrays, whose pairs are not posted.
#[must_use]
pub fn terms(wanted: &Value) -> Option<Vec<String>> {
    let mut terms = vec![term(wanted)?];
    if let Some(cast) = cast(wanted).as_ref().and_then(term)
        && cast != terms[0]
    {
        terms.push(cast);
    }
    Some(terms)
}

/// The text under which a stored scalar is posted: equal for scalars that one term can match.
#[must_use]
pub fn term(stored: &Value) -> Option<String> {
    match stored {
        Value::Null => Some("null".to_owned()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(canonical(number)),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// A number's text; one for each value.
fn canonical(number: &Number) -> String {
    match number.as_f64() {
        // Whole floats are written like the integers they equal.
        Some(float) if number.is_f64() && float.fract() == 0.0 => format!("{float:.0}"),
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

/// What a text spells as JSON: no signs, no exponents.
fn cast(wanted: &Value) -> Option<Value> {
    let text = wanted.as_str()?;
    match text {
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        "null" => return Some(Value::Null),
        _ => {}
    }
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('.') {
        None if digits(text) => text.parse::<u64>().ok().map(Value::from),
        Some((whole, fraction)) if digits(whole) && digits(fraction) => text.parse::<f64>().ok().map(Value::from),
        _ => None,
    }
}

/// Containment of JSON in JSON.
fn holds(stored: &Value, wanted: &Value) -> bool {
    match (stored, wanted) {
        (Value::Object(stored), Value::Object(wanted)) => object_holds(stored, wanted),
        (Value::Array(stored), Value::Array(wanted)) => {
            wanted.iter().all(|wanted| stored.iter().any(|stored| holds(stored, wanted)))
        }
        _ => equal(stored, wanted),
    }
}

fn object_holds(stored: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    wanted.iter().all(|(name, wanted)| stored.get(name).is_some_and(|stored| holds(stored, wanted)))
}

/// Equality of scalars: numbers by value.
fn equal(stored: &Value, wanted: &Value) -> bool {
    match (stored, wanted) {
        (Value::Number(stored), Value::Number(wanted)) => canonical(stored) == canonical(wanted),
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => false,
        _ => stored == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn found(stored: Value, wanted: Value) -> bool {
        let (Value::Object(stored), Value::Object(wanted)) = (stored, wanted) else { return false };
        matches(&stored, &wanted)
    }

    #[test]
    fn every_pair_must_be_there() {
        let stored = json!({"plan": "pro", "seats": 4});
        assert!(found(stored.clone(), json!({})));
        assert!(found(stored.clone(), json!({"plan": "pro"})));
        assert!(found(stored.clone(), json!({"plan": "pro", "seats": 4})));
        assert!(!found(stored.clone(), json!({"plan": "pro", "seats": 5})));
        assert!(!found(stored.clone(), json!({"plan": "pr"})), "no part of a text");
        assert!(!found(stored, json!({"plan": "PRO"})));
    }

    #[test]
    fn a_text_also_matches_what_it_spells() {
        for (stored, wanted) in [
            (json!(true), "true"),
            (json!(null), "null"),
            (json!(123), "123"),
            (json!(1.5), "1.5"),
            (json!(1.5), "1.50"),
            (json!(1), "1.0"),
            (json!(1.0), "1"),
            (json!("123"), "123"),
            (json!("true"), "true"),
        ] {
            assert!(found(json!({"a": stored}), json!({"a": wanted})), "{stored} {wanted}");
        }
        for (stored, wanted) in
            [(json!(-1), json!("-1")), (json!(1000), json!("1e3")), (json!("1"), json!(1)), (json!("x"), json!("y"))]
        {
            assert!(!found(json!({"a": stored}), json!({"a": wanted})), "{stored} {wanted}");
        }
    }

    #[test]
    fn containers_match_in_part() {
        let stored = json!({"cpu": {"brand": "x", "cores": 8}, "tags": ["a", "b", 2]});
        assert!(found(stored.clone(), json!({"cpu": {"cores": 8}})));
        assert!(found(stored.clone(), json!({"cpu": {}})));
        assert!(!found(stored.clone(), json!({"cpu": {"cores": "8"}})), "texts inside are texts");
        assert!(found(stored.clone(), json!({"tags": ["b", "a"]})));
        assert!(found(stored.clone(), json!({"tags": []})));
        assert!(!found(stored.clone(), json!({"tags": ["2"]})));
        assert!(!found(stored, json!({"tags": "a"})), "an element is no list");
    }

    #[test]
    fn containers_are_not_posted() {
        assert_eq!(terms(&json!({"a": 1})), None);
        assert_eq!(terms(&json!("1.50")), Some(vec!["1.50".to_owned(), "1.5".to_owned()]));
        assert_eq!(terms(&json!("abc")), Some(vec!["abc".to_owned()]));
    }

    #[test]
    fn blank_filters_ask_for_nothing() {
        let read = |raw: &str| Query::parse(raw).ok().and_then(|query| wanted(&query)).map(Value::Object);
        assert_eq!(read("metadata[a]=&metadata[b]=%20"), None);
        assert_eq!(read("metadata=x"), None);
        assert_eq!(read("metadata[nodeId]=1&metadata[b]="), Some(json!({"node_id": "1"})));
        assert_eq!(read("metadata[a][bC]=1&metadata[d][]=2"), Some(json!({"a": {"bC": "1"}, "d": ["2"]})));
    }

    fn scalar() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
            (-1000i64..1000).prop_map(Value::from),
            (-1000f64..1000f64).prop_map(Value::from),
            "[0-9]{1,3}(\\.[0-9]{1,2})?".prop_map(Value::from),
            "true|false|null|[a-c]{0,3}".prop_map(Value::from),
        ]
    }

    proptest! {
        /// What is posted is found by every value that matches it.
        #[test]
        fn matching_values_share_a_term(stored in scalar(), wanted in scalar()) {
            if found(json!({"a": stored.clone()}), json!({"a": wanted.clone()})) {
                let posted = term(&stored).expect("a scalar");
                prop_assert!(terms(&wanted).expect("a scalar").contains(&posted));
            }
        }
    }
}
