//! What of a query a schema looks at.

use serde_json::Value;

use super::{Schema, Shape};

/// The declared part of a parameter; `None` if it counts as absent.
pub(super) fn declared(schema: &Schema, value: Value) -> Option<Value> {
    match (&schema.shape, value) {
        (Shape::Object(members), Value::Object(map)) => {
            let given = members.iter().filter_map(|member| {
                let value = member.find(&map)?.clone();
                Some((member.name.clone().into_owned(), declared(&member.schema, value)?))
            });
            Some(Value::Object(given.collect()))
        }
        (_, value) if !is_blank(&value) => Some(match value {
            Value::Array(items) => items.into_iter().filter(|item| schema.blank || !is_blank(item)).collect(),
            other => other,
        }),
        (_, value) if schema.blank || schema.refuses_blank => Some(value),
        _ => schema.nullable.then_some(Value::Null),
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_blank),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
