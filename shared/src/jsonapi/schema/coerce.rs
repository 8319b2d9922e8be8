//! Phase 3: values that are read as another type; and, on the way, members in schema order under their own names.

use serde_json::{Map, Value};

use super::trail::Trail;
use super::violation::{Kind, Violation};
use super::{Schema, Shape};
use crate::clock::Time;
use crate::domain::calendar::text::parse_expiry;
use crate::jsonapi::parse::TOO_LARGE;

/// The name of a value's type.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The value with its declared members only, coerced.
pub(super) fn coerce(schema: &Schema, value: &Value, at: &Trail<'_>) -> Result<Value, Violation> {
    let read = match (&schema.shape, value) {
        (_, Value::Null) => None,
        (Shape::Object(members), Value::Object(map)) => {
            let mut out = Map::with_capacity(members.len());
            for member in members {
                if let Some(value) = member.find(map) {
                    let value = coerce(&member.schema, value, &at.key(&member.name))?;
                    out.insert(member.name.clone().into_owned(), value);
                }
            }
            return Ok(Value::Object(out));
        }
        (Shape::Array(item), Value::Array(items)) => {
            let items = items.iter().enumerate();
            return items.map(|(index, value)| coerce(item, value, &at.index(index))).collect();
        }
        (Shape::Array(item), Value::String(text)) if schema.coerced => {
            let items = split(text).enumerate();
            return items.map(|(index, value)| coerce(item, &value, &at.index(index))).collect();
        }
        (Shape::Time, value) => Some(("time", time(value))),
        _ if !schema.coerced => None,
        (Shape::LeafArray(_), Value::String(text)) => Some(("array", Some(split(text).collect()))),
        (Shape::LeafArray(_) | Shape::Array(_), value) => Some(("array", value.is_array().then(|| value.clone()))),
        (Shape::Boolean, value) => Some(("boolean", boolean(value))),
        (Shape::Integer { .. }, Value::String(text)) if schema.nullable && text.trim().is_empty() => {
            Some(("integer", Some(Value::Null)))
        }
        (Shape::Integer { .. }, value) => Some(("integer", integer(value))),
        (Shape::Float, value) => Some(("float", float(value))),
        _ => None,
    };
    match read {
        None => Ok(value.clone()),
        Some((_, Some(coerced))) => Ok(coerced),
        Some((to, None)) => Err(at.violation(Kind::Coercion, format!("failed to coerce {} to {to}", type_name(value)))),
    }
}

fn split(text: &str) -> impl Iterator<Item = Value> {
    text.split(',').filter(move |_| !text.is_empty()).map(Value::from)
}

/// An instant, or null for text without a date.
fn time(value: &Value) -> Option<Value> {
    let at = match value {
        Value::Number(seconds) if !seconds.is_f64() => {
            Some(Time::from_millis(seconds.as_i64().unwrap_or(i64::MAX).saturating_mul(1000)))
        }
        Value::String(text) => parse_expiry(text).ok()?.map(Time::from),
        _ => return None,
    };
    Some(at.map_or(Value::Null, |at| Value::String(at.to_string())))
}

fn boolean(value: &Value) -> Option<Value> {
    const TRUE: [&str; 9] = ["1", "true", "TRUE", "t", "T", "yes", "YES", "y", "Y"];
    match value {
        Value::Bool(flag) => Some(Value::Bool(*flag)),
        Value::Number(number) => Some(Value::Bool(number.as_i64() == Some(1))),
        Value::String(text) => Some(Value::Bool(TRUE.contains(&text.as_str()))),
        _ => None,
    }
}

/// The integer that leads a text, 0 if there is none.
fn integer(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) if !number.is_f64() => Some(value.clone()),
        Value::String(text) => {
            let text = text.trim_start();
            let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
            let sign = text.len() - digits.len();
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            let number = text.get(..sign + end).filter(|_| end > 0).unwrap_or("0");
            Some(number.parse::<i64>().map_or(Value::from(TOO_LARGE), Value::from))
        }
        _ => None,
    }
}

fn float(value: &Value) -> Option<Value> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    serde_json::Number::from_f64(number).map(Value::Number)
}
