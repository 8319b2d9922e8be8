//! The rules that every declared attribute obeys, and the failures of a record (spec 01 §3.5).

use serde_json::{Map, Value};

use super::attribute::{Attribute, Kind};
use super::resource::Resource;
use crate::auth::permissions::{self, PermissionSet};
use crate::http::error::{Error, Result};
use crate::jsonapi::pointer::Failure;

/// Largest serialized metadata, in bytes.
const METADATA_BYTES: usize = 16_384;
/// Most keys of metadata, counted over all levels.
const METADATA_KEYS: usize = 64;
/// Words that paths use and identifiers must not.
const RESERVED: [&str; 2] = ["action", "actions"];

/// What is wrong with a record; several things may be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failures(Vec<Failure>);

impl Failures {
    /// Notes that an attribute (`max_machines`), a nested one (`components[0].name`) or the record
    /// (`base`) breaks a rule.
    pub fn push(&mut self, path: &str, suffix: &'static str, detail: impl Into<String>) {
        self.0.push(Failure::new(path, suffix, detail));
    }

    /// Notes that a linked record does not exist.
    pub fn must_exist(&mut self, relationship: &str) {
        self.push(relationship, "NOT_FOUND", "must exist");
    }

    /// Notes that somebody else has the value.
    pub fn taken(&mut self, attribute: &str) {
        self.push(attribute, "TAKEN", "has already been taken");
    }

    /// Notes an environment that does not go with a linked record's.
    pub fn environment(&mut self, of: &str) {
        self.push("environment", "NOT_ALLOWED", format!("must be compatible with {of} environment"));
    }

    /// Whether a rule of this attribute is broken.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.0.iter().any(|failure| failure.path == path)
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes over the failures of a nested record.
    pub fn nest(&mut self, path: &str, nested: Self) {
        for failure in nested.0 {
            self.0.push(failure.within(path));
        }
    }

    /// Takes over further failures of the same record.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Nothing wrong, or 422.
    ///
    /// # Errors
    /// 422 with all failures.
    pub fn result<R: Resource>(self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(self.error::<R>()) }
    }

    /// 422 with all failures.
    #[must_use]
    pub fn error<R: Resource>(&self) -> Error {
        Error::invalid(R::DEFINITION, &self.0)
    }

    /// 422 with a single failure.
    #[must_use]
    pub fn one<R: Resource>(path: &str, suffix: &'static str, detail: impl Into<String>) -> Error {
        let mut failures = Self::default();
        failures.push(path, suffix, detail);
        failures.error::<R>()
    }
}

/// Lays decoded attributes over a record and checks what is declared of them. Permissions are laid
/// over only as far as `grantable` has them.
///
/// # Errors
/// 400 of an integer beyond its stored width. Broken rules are returned beside the record.
pub fn assign<R: Resource>(record: &R, data: &Value, grantable: PermissionSet) -> Result<(R, Failures)> {
    let mut failures = Failures::default();
    let mut members = Map::new();
    let sent = data.get("attributes").and_then(Value::as_object);
    for attribute in R::DEFINITION.attributes {
        let Some(value) = sent.and_then(|sent| sent.get(attribute.name)) else { continue };
        if value.is_null() && (attribute.null_ignored || !attribute.nullable) {
            continue;
        }
        if attribute.name == "permissions" {
            let names: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            match permissions::parse_list(&names, grantable) {
                Ok(set) => {
                    members.insert("permissions".to_owned(), serde_json::to_value(set).unwrap_or_default());
                }
                Err(unsupported) => failures.push("permissions", "NOT_ALLOWED", unsupported.to_string()),
            }
            continue;
        }
        if check(attribute, value, &mut failures)? {
            members.insert(attribute.name.to_owned(), value.clone());
        }
    }
    let record = record.overlay(members).map_err(|error| Error::bad_request(error.to_string()))?;
    Ok((record, failures))
}

/// Checks one value; whether its type can hold it.
fn check(attribute: &Attribute, value: &Value, failures: &mut Failures) -> Result<bool> {
    match (attribute.kind, value) {
        (Kind::String, Value::String(text)) if !attribute.values.is_empty() => {
            let known = attribute.values.contains(&text.as_str());
            if !known {
                failures.push(attribute.name, "NOT_ALLOWED", unsupported(attribute));
            }
            Ok(known)
        }
        (Kind::String, Value::String(text)) => {
            length(attribute, text, failures);
            Ok(true)
        }
        (Kind::Integer, Value::Number(number)) => integer(attribute, number.as_i64(), failures),
        (Kind::Object, Value::Object(metadata)) => {
            if value.to_string().len() > METADATA_BYTES || keys(metadata) > METADATA_KEYS || depth(value) > 4 {
                failures.push(attribute.name, "TOO_LONG", "is too large");
            }
            Ok(true)
        }
        _ => Ok(true),
    }
}

fn unsupported(attribute: &Attribute) -> String {
    format!("unsupported {}", attribute.name.replace('_', " "))
}

fn length(attribute: &Attribute, text: &str, failures: &mut Failures) {
    let (shortest, longest) = attribute.length;
    let characters = text.chars().count();
    if characters < shortest {
        failures.push(attribute.name, "TOO_SHORT", format!("is too short (minimum is {shortest} characters)"));
    }
    if characters > longest {
        failures.push(attribute.name, "TOO_LONG", format!("is too long (maximum is {longest} characters)"));
    }
}

fn integer(attribute: &Attribute, number: Option<i64>, failures: &mut Failures) -> Result<bool> {
    match (number, attribute.range) {
        (None, None) => Err(Error::integer_too_large()),
        (None, Some((_, largest))) => {
            failures.push(attribute.name, "INVALID", format!("must be less than or equal to {largest}"));
            Ok(false)
        }
        (Some(number), Some((smallest, largest))) => {
            if number < smallest {
                let detail = if smallest == 1 {
                    "must be greater than 0".to_owned()
                } else {
                    format!("must be greater than or equal to {smallest}")
                };
                failures.push(attribute.name, "INVALID", detail);
            } else if number > largest {
                failures.push(attribute.name, "INVALID", format!("must be less than or equal to {largest}"));
            }
            Ok(true)
        }
        (Some(number), None) if !attribute.wide && i32::try_from(number).is_err() => Err(Error::integer_too_large()),
        _ => Ok(true),
    }
}

fn keys(metadata: &Map<String, Value>) -> usize {
    metadata.values().map(|value| 1 + nested_keys(value)).sum()
}

fn nested_keys(value: &Value) -> usize {
    match value {
        Value::Object(members) => keys(members),
        Value::Array(elements) => elements.iter().map(nested_keys).sum(),
        _ => 0,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The rules of codes: of environments, products and entitlements (spec 02 §1.3, 03 §1.6).
pub fn check_code(code: &str, failures: &mut Failures) {
    if crate::ids::parse_id(code).is_some() {
        failures.push("code", "INVALID", "must not look like a UUID");
    }
    check_reserved("code", code, failures);
}

/// Refuses the words that paths use (spec 01 §3.2).
pub fn check_reserved(attribute: &str, value: &str, failures: &mut Failures) {
    if RESERVED.contains(&value) {
        failures.push(attribute, "NOT_ALLOWED", "is reserved");
    }
}

/// Whether a record of environment `own` may be linked to one of environment `other` (spec 01 §3.8,
/// "Model check"): `shared` says whether `own` is a shared environment.
#[must_use]
pub fn compatible(own: Option<crate::ids::Id>, shared: bool, other: Option<crate::ids::Id>) -> bool {
    own == other || (own.is_some() && shared && other.is_none())
}
