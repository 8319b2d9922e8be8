//! Records as DynamoDB items.
//!
//! Scalars become the table's own scalars, so that conditions and counters can read them. Arrays
//! and objects become binary attributes that hold their JSON text: exact (numbers beyond
//! DynamoDB's range, member order) and smaller than lists and maps. Null is absence.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{keys, schema};
use crate::auth::permissions::{self, PermissionSet, Role};
use crate::jsonapi::parse;

/// The member that holds a set of permissions, on every record that has one.
const PERMISSIONS: &str = "permissions";

/// One item of the table.
pub type Item = HashMap<String, AttributeValue>;

/// The attribute that stores a JSON value; `None` for null.
#[must_use]
pub fn encode(value: &Value) -> Option<AttributeValue> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) if number.is_f64() => AttributeValue::B(Blob::new(number.to_string())),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(_) | Value::Object(_) => AttributeValue::B(Blob::new(value.to_string())),
    })
}

/// The JSON value of a stored attribute; null if it holds nothing this module writes.
#[must_use]
pub fn decode(attribute: &AttributeValue) -> Value {
    match attribute {
        AttributeValue::S(text) => Value::String(text.clone()),
        AttributeValue::Bool(flag) => Value::Bool(*flag),
        AttributeValue::N(digits) => integer(digits).map_or(Value::Null, Value::from),
        AttributeValue::B(blob) => exact(blob.as_ref()),
        _ => Value::Null,
    }
}

/// Stored JSON text. Read by the parser of bodies, whose floats are exact to the last digit.
fn exact(text: &[u8]) -> Value {
    match parse::parse(text) {
        Ok(mut document) if !text.starts_with(b"{") => document.get_mut("data").map(Value::take).unwrap_or_default(),
        Ok(document) => document,
        Err(_) => Value::Null,
    }
}

/// An integer. Sums that DynamoDB holds but 64 bits do not stop at the end of these.
fn integer(digits: &str) -> Option<i64> {
    let exact: i128 = digits.parse().ok()?;
    i64::try_from(exact.clamp(i64::MIN.into(), i64::MAX.into())).ok()
}

/// All members of a record as attributes. Permissions are stored by a role's name where they are
/// what bearers of that role hold anyway: the full list would be most of the item.
#[must_use]
pub fn encode_map(map: &Map<String, Value>) -> Item {
    map.iter().filter_map(|(name, value)| Some((name.clone(), encode_member(name, value)?))).collect()
}

/// The attribute that stores a member of a record; `None` for null.
#[must_use]
pub fn encode_member(name: &str, value: &Value) -> Option<AttributeValue> {
    if name == PERMISSIONS {
        let set = PermissionSet::deserialize(value).ok()?;
        if let Some(role) = Role::ALL.into_iter().find(|role| set == permissions::defaults(*role)) {
            return Some(AttributeValue::S(role.as_str().to_owned()));
        }
    }
    encode(value)
}

fn decode_member(name: &str, attribute: &AttributeValue) -> Value {
    if name == PERMISSIONS
        && let Some(role) = attribute.as_s().ok().and_then(|role| role.parse().ok())
    {
        return serde_json::to_value(permissions::defaults(role)).unwrap_or_default();
    }
    decode(attribute)
}

/// All attributes of an item as record members; keys and index attributes are left out.
#[must_use]
pub fn decode_map(item: &Item) -> Map<String, Value> {
    item.iter()
        .filter(|(name, _)| !schema::is_reserved(name))
        .map(|(name, value)| (name.clone(), decode_member(name, value)))
        .collect()
}

/// The members of the record that an item stores, with those that its key tells.
#[must_use]
pub fn record(item: &Item) -> Map<String, Value> {
    let mut members = decode_map(item);
    if let (Some(pk), Some(sk)) = (text(item, schema::PK), text(item, schema::SK)) {
        members.extend(keys::told(pk, sk).map(|(name, value)| (name.to_owned(), value.into())));
    }
    members
}

/// A string attribute of an item.
#[must_use]
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// An integer attribute of an item; absent counts as 0.
#[must_use]
pub fn number(item: &Item, name: &str) -> i64 {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|digits| integer(digits)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e300..1e300f64).prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map("[a-z]{1,5}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_comes_back(value in json()) {
            let stored = encode(&value).expect("not null");
            prop_assert_eq!(decode(&stored), value);
        }
    }

    #[test]
    fn permissions_of_a_role_are_stored_by_its_name() {
        for set in [permissions::defaults(Role::Product), PermissionSet::WILDCARD, PermissionSet::EMPTY] {
            let value = serde_json::to_value(set).expect("a list");
            let item = encode_map(&Map::from_iter([("permissions".to_owned(), value.clone())]));
            assert_eq!(decode_map(&item)["permissions"], value);
        }
        let product = serde_json::to_value(permissions::defaults(Role::Product)).expect("a list");
        assert_eq!(encode_member("permissions", &product), Some(AttributeValue::S("product".to_owned())));
    }

    #[test]
    fn null_is_absence() {
        assert!(encode(&Value::Null).is_none());
    }
}
