//! Phases 1 and 2: members that are not declared, and members that are not permitted now.

use serde_json::Value;

use super::trail::Trail;
use super::violation::{Kind, Violation};
use super::{Schema, Shape};

fn unpermitted(at: &Trail<'_>) -> Violation {
    at.violation(Kind::Unpermitted, "unpermitted parameter")
}

/// Finds the first undeclared member, in document order, depth first.
pub(super) fn unknown(schema: &Schema, value: &Value, at: &Trail<'_>) -> Result<(), Violation> {
    match (&schema.shape, value) {
        (Shape::Object(members), Value::Object(map)) => {
            map.iter().try_for_each(|(name, value)| match members.iter().find(|member| member.is_named(name)) {
                Some(member) => unknown(&member.schema, value, &at.key(&member.name)),
                None => Err(unpermitted(&at.key(name))),
            })
        }
        (Shape::Array(item), Value::Array(items)) => {
            items.iter().enumerate().try_for_each(|(index, value)| unknown(item, value, &at.index(index)))
        }
        _ => Ok(()),
    }
}

/// Finds the first member that is not permitted, in schema order, depth first.
pub(super) fn withheld(schema: &Schema, value: &Value, at: &Trail<'_>) -> Result<(), Violation> {
    match (&schema.shape, value) {
        (Shape::Object(members), Value::Object(map)) => members.iter().try_for_each(|member| {
            let at = at.key(&member.name);
            match member.find(map) {
                Some(_) if !member.schema.permitted => Err(unpermitted(&at)),
                Some(value) => withheld(&member.schema, value, &at),
                None => Ok(()),
            }
        }),
        (Shape::Array(item), Value::Array(items)) => {
            items.iter().enumerate().try_for_each(|(index, value)| withheld(item, value, &at.index(index)))
        }
        _ => Ok(()),
    }
}
