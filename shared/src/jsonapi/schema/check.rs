//! Phase 4: presence, null, type, content, blankness, constraints; children before their parent.

use serde_json::{Map, Value};

use super::coerce::type_name;
use super::trail::Trail;
use super::violation::{Kind, Violation};
use super::{Content, Member, Schema, Shape, TypeNames};
use crate::ids::parse_id;
use crate::jsonapi::casing::snake;

/// Checks a coerced request and cleans it.
pub(super) fn check(schema: &Schema, value: Value, root: &Trail<'_>) -> Result<Value, Violation> {
    let mut check = Check { too_large: false };
    let cleaned = check.member(schema, value, root)?.unwrap_or(Value::Null);
    if check.too_large { Err(Violation::too_large()) } else { Ok(cleaned) }
}

struct Check {
    /// Some integer is beyond its stored width; reported when nothing else is wrong.
    too_large: bool,
}

impl Check {
    /// The cleaned value of a member that is present; `None` if it counts as absent.
    fn member(&mut self, schema: &Schema, value: Value, at: &Trail<'_>) -> Result<Option<Value>, Violation> {
        if value.is_null() {
            return match (schema.nullable, schema.required) {
                (true, _) => Ok(Some(Value::Null)),
                (false, true) => Err(at.violation(Kind::Null, "cannot be null")),
                (false, false) => Ok(None),
            };
        }
        match (&schema.shape, value) {
            (Shape::Object(members), Value::Object(map)) => self.object(members, map, at).map(Some),
            (Shape::Array(item), Value::Array(items)) => {
                let mut cleaned = Vec::with_capacity(items.len());
                for (index, value) in items.into_iter().enumerate() {
                    cleaned.extend(self.member(item, value, &at.index(index))?);
                }
                length(schema, cleaned.len(), at)?;
                Ok(Some(Value::Array(cleaned)))
            }
            (_, value) => self.leaf(schema, value, at).map(Some),
        }
    }

    fn object(&mut self, members: &[Member], mut map: Map<String, Value>, at: &Trail<'_>) -> Result<Value, Violation> {
        let mut cleaned = Map::with_capacity(map.len());
        for member in members {
            let at = at.key(&member.name);
            match map.remove(&*member.name) {
                None if member.schema.is_required() => return Err(at.missing()),
                None => {}
                Some(value) => {
                    let value = self.member(&member.schema, value, &at)?;
                    if let Some(value) = value.filter(|_| !member.schema.ignored) {
                        cleaned.insert(member.name.clone().into_owned(), value);
                    }
                }
            }
        }
        Ok(Value::Object(cleaned))
    }

    fn leaf(&mut self, schema: &Schema, value: Value, at: &Trail<'_>) -> Result<Value, Violation> {
        let value = typed(&schema.shape, value, at)?;
        content(&schema.shape, &value, at)?;
        if !schema.blank && is_blank(&value) {
            return Err(at.violation(Kind::Blank, "cannot be blank"));
        }
        constraints(schema, &value, at)?;
        let wide = !matches!(schema.shape, Shape::Integer { wide: false });
        self.too_large |= !schema.unbounded && holds_too_large(&value, wide);
        Ok(named(schema, value))
    }
}

/// The value, if its type is the declared one.
fn typed(shape: &Shape, value: Value, at: &Trail<'_>) -> Result<Value, Violation> {
    let fits = match shape {
        Shape::Any => true,
        Shape::Uuid => match value.as_str().and_then(parse_id) {
            Some(id) => return Ok(Value::String(id.to_string())),
            None => false,
        },
        Shape::String | Shape::Time | Shape::Type { .. } => value.is_string(),
        Shape::Integer { .. } => value.is_number() && !value.is_f64(),
        Shape::Float => value.is_f64(),
        Shape::Boolean => value.is_boolean(),
        Shape::Object(_) | Shape::LeafObject(_) => value.is_object(),
        Shape::Array(_) | Shape::LeafArray(_) => value.is_array(),
    };
    if fits {
        return Ok(value);
    }
    let expected = match shape {
        Shape::Any | Shape::String | Shape::Type { .. } => "string",
        Shape::Integer { .. } => "integer",
        Shape::Float => "float",
        Shape::Boolean => "boolean",
        Shape::Time => "time",
        Shape::Uuid => "UUID string",
        Shape::Object(_) | Shape::LeafObject(_) => "object",
        Shape::Array(_) | Shape::LeafArray(_) => "array",
    };
    let detail = format!("type mismatch (received {} expected {expected})", type_name(&value));
    Err(at.violation(Kind::Type, detail))
}

/// Containers may hold nothing but scalars, unless told otherwise.
fn content(shape: &Shape, value: &Value, at: &Trail<'_>) -> Result<(), Violation> {
    let detail = match shape {
        Shape::LeafObject(Content::Scalars) => "unpermitted type (expected object of scalar types)",
        Shape::LeafArray(Content::Scalars) => "unpermitted type (expected array of scalar types)",
        _ => return Ok(()),
    };
    each(value, at, |child, at| match child {
        Value::Array(_) | Value::Object(_) => Err(at.violation(Kind::Content, detail)),
        _ => Ok(()),
    })
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn constraints(schema: &Schema, value: &Value, at: &Trail<'_>) -> Result<(), Violation> {
    if let Value::String(text) = value {
        let listed = schema.values.as_ref().is_none_or(|values| values.iter().any(|known| known == text));
        let known = match &schema.shape {
            Shape::Type { names, loose } => plural(names, *loose, text).is_some(),
            _ => true,
        };
        if !listed || !known {
            return Err(at.violation(Kind::Enumeration, "is invalid"));
        }
        length(schema, text.chars().count(), at)?;
        if schema.format.is_some_and(|matches| !matches(text)) {
            return Err(at.violation(Kind::Format, "format is invalid"));
        }
    }
    if let Value::Array(items) = value {
        length(schema, items.len(), at)?;
    }
    match schema.shape {
        Shape::LeafObject(Content::Depth(limit)) | Shape::LeafArray(Content::Depth(limit)) => {
            depth(value, limit, limit, at)
        }
        _ => Ok(()),
    }
}

fn length(schema: &Schema, actual: usize, at: &Trail<'_>) -> Result<(), Violation> {
    match schema.length {
        Some((least, most)) if !(least..=most).contains(&actual) => {
            let detail = format!("length must be between {least} and {most} (inclusive)");
            Err(at.violation(Kind::Length, detail))
        }
        _ => Ok(()),
    }
}

/// Containers may nest `left` levels below `value`.
fn depth(value: &Value, limit: usize, left: usize, at: &Trail<'_>) -> Result<(), Violation> {
    each(value, at, |child, at| match (child, left.checked_sub(1)) {
        (Value::Array(_) | Value::Object(_), Some(left)) => depth(child, limit, left, at),
        (Value::Array(_) | Value::Object(_), None) => {
            Err(at.violation(Kind::Depth, format!("maximum depth of {limit} exceeded")))
        }
        _ => Ok(()),
    })
}

/// Visits the children of a container.
fn each(
    value: &Value,
    at: &Trail<'_>,
    mut visit: impl FnMut(&Value, &Trail<'_>) -> Result<(), Violation>,
) -> Result<(), Violation> {
    match value {
        Value::Array(items) => items.iter().enumerate().try_for_each(|(index, child)| visit(child, &at.index(index))),
        Value::Object(map) => map.iter().try_for_each(|(key, child)| visit(child, &at.key(key))),
        _ => Ok(()),
    }
}

/// Whether any integer is beyond 64 bits, or beyond 32 if not `wide`.
fn holds_too_large(value: &Value, wide: bool) -> bool {
    match value {
        Value::Number(number) if !number.is_f64() => {
            !number.as_i64().is_some_and(|number| wide || i32::try_from(number).is_ok())
        }
        Value::Array(items) => items.iter().any(|item| holds_too_large(item, wide)),
        Value::Object(map) => map.values().any(|member| holds_too_large(member, wide)),
        _ => false,
    }
}

/// The plural of a type, however it is spelled.
fn plural(names: &[TypeNames], loose: bool, text: &str) -> Option<&'static str> {
    let same = |name: &&str| if loose { snake(name) == snake(text) } else { *name == text };
    names.iter().find(|names| names.iter().any(&same)).map(|[_, plural]| *plural)
}

/// The value, `type`s in the plural.
fn named(schema: &Schema, value: Value) -> Value {
    match (&schema.shape, value) {
        (Shape::Type { names, loose }, Value::String(text)) => {
            Value::String(plural(names, *loose, &text).map_or(text, str::to_owned))
        }
        (_, value) => value,
    }
}
