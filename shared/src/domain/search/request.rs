//! A search as it was asked for.

use serde_json::{Map, Value};

use super::subject::Subject;
use crate::http::error::{Error, Result};
use crate::jsonapi::casing;
use crate::jsonapi::pointer::json_pointer;
use crate::jsonapi::schema::Schema;

/// Shortest text that can be searched for, in characters.
const SHORTEST: usize = 3;

/// How the keys of a query go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Op {
    /// Every key must match.
    #[default]
    And,
    /// One key is enough.
    Or,
}

/// A search.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What is searched.
    pub subject: Subject,
    /// How the keys go together.
    pub op: Op,
    /// What is asked for, by key.
    pub query: Map<String, Value>,
}

/// The shape of a search.
#[must_use]
pub fn schema() -> Schema {
    let meta = Schema::object([
        ("type", Schema::string().required()),
        ("op", Schema::string()),
        ("query", Schema::free_object().required()),
    ]);
    Schema::object([("meta", meta.required())])
}

impl Request {
    /// Reads a body of that shape. Its keys are not looked at yet.
    ///
    /// # Errors
    /// 400 of a type that does not exist, then of the operator, then of a type that is not searched.
    pub fn read(body: &Value) -> Result<Self> {
        let text = |name: &str| body.pointer(&format!("/meta/{name}")).and_then(Value::as_str);
        let kind = casing::snake(text("type").unwrap_or_default());
        let subject = Subject::named(&kind);
        let unsupported = || {
            Error::bad_request(format!("search type '{}' is not supported", casing::camel(&kind))).pointer("/meta/type")
        };
        if subject.is_none() && !Subject::is_known(&kind) {
            return Err(unsupported());
        }
        let op = match text("op").map(str::to_ascii_uppercase).as_deref() {
            None | Some("AND") => Op::And,
            Some("OR") => Op::Or,
            Some(_) => return Err(Error::bad_request("search operator must be AND or OR").pointer("/meta/op")),
        };
        let query = body.pointer("/meta/query").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(Self { subject: subject.ok_or_else(unsupported)?, op, query })
    }

    /// Checks the keys, in the order in which they were sent.
    ///
    /// # Errors
    /// 400 of the first key that the type does not have, or whose value cannot be searched for.
    pub fn check(&self) -> Result<()> {
        let keys = self.subject.keys();
        for (key, value) in &self.query {
            if !keys.contains(&key.as_str()) {
                let (key, kind) = (casing::camel(key), self.subject.shown());
                return Err(refused(&[&key], format!("search query '{key}' is not supported for type '{kind}'")));
            }
            match value {
                Value::Object(pairs) if key == "metadata" => {
                    for (name, value) in pairs {
                        long_enough(&[key, name], value)?;
                    }
                }
                // Who and what a request was about: `{type, id}` or `[type, id]`.
                Value::Object(_) | Value::Array(_) if matches!(key.as_str(), "requestor" | "resource") => {}
                Value::Null => {}
                _ if key == "metadata" => return Err(refused(&[key], "search query must be an object")),
                Value::Object(_) | Value::Array(_) => return Err(refused(&[key], "search query must be a scalar")),
                _ => long_enough(&[key], value)?,
            }
        }
        Ok(())
    }
}

fn refused(path: &[&str], detail: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::bad_request(detail).pointer(json_pointer(["meta", "query"].iter().chain(path)))
}

/// Texts have a shortest length; other scalars have none.
fn long_enough(path: &[&str], value: &Value) -> Result<()> {
    match value.as_str() {
        Some(text) if text.chars().count() < SHORTEST => {
            let key = casing::camel(path.last().copied().unwrap_or_default());
            Err(refused(path, format!("search query for '{key}' is too small (minimum {SHORTEST} characters)")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonapi::schema::validate;
    use serde_json::json;

    /// Where the body `{"meta": meta}` is wrong; empty if it is right.
    fn fault(meta: Value) -> String {
        let mut body = json!({ "meta": meta });
        casing::normalise_keys(&mut body);
        let checked = validate(&schema(), &body).map_err(Error::from);
        let outcome = checked.and_then(|body| Request::read(&body)?.check());
        match outcome {
            Ok(()) => String::new(),
            Err(error) => match &error.errors[0].source {
                Some(crate::http::error::Source::Pointer(pointer)) => pointer.clone(),
                other => format!("{other:?}"),
            },
        }
    }

    #[test]
    fn types_come_in_any_casing_and_number() {
        for kind in ["user", "users", "USER", "request-logs", "requestLog", "request_logs", "Policies", "policy"] {
            assert_eq!(fault(json!({"type": kind, "query": {"id": "abc"}})), "", "{kind}");
        }
        for kind in ["accounts", "token", "packages", "nonsense"] {
            assert_eq!(fault(json!({"type": kind, "query": {"id": "abc"}})), "/meta/type", "{kind}");
        }
        assert_eq!(fault(json!({"query": {"id": "abc"}})), "/meta/type");
    }

    #[test]
    fn operators_come_in_any_case() {
        for op in ["and", "OR", "Or"] {
            assert_eq!(fault(json!({"type": "users", "op": op, "query": {"id": "abc"}})), "");
        }
        assert_eq!(fault(json!({"type": "users", "op": "XOR", "query": {"id": "abc"}})), "/meta/op");
        assert_eq!(fault(json!({"type": "accounts", "op": "XOR", "query": {"id": "abc"}})), "/meta/op");
        assert_eq!(fault(json!({"type": "nonsense", "op": "XOR", "query": {"id": "abc"}})), "/meta/type");
    }

    #[test]
    fn queries_ask_for_something() {
        assert_eq!(fault(json!({"type": "users"})), "/meta/query");
        assert_eq!(fault(json!({"type": "users", "query": {}})), "/meta/query");
        assert_eq!(fault(json!({"type": "users", "query": null})), "/meta/query");
        assert_eq!(fault(json!({"type": "users", "query": []})), "/meta/query");
    }

    #[test]
    fn the_first_offending_key_is_named() {
        let users = |query: Value| fault(json!({"type": "users", "query": query}));
        assert_eq!(users(json!({"foo": "bar", "email": "ab"})), "/meta/query/foo");
        assert_eq!(users(json!({"email": "ab", "foo": "bar"})), "/meta/query/email");
        assert_eq!(users(json!({"first-name": ""})), "/meta/query/firstName");
        assert_eq!(users(json!({"firstName": null, "email": 12, "lastName": true})), "");
        assert_eq!(users(json!({"email": ["a@b"]})), "/meta/query/email");
        assert_eq!(fault(json!({"type": "groups", "query": {"id": "abc"}})), "/meta/query/id");
        assert_eq!(fault(json!({"type": "request-log", "query": {"requestor": ["user", "abc"]}})), "");
    }

    #[test]
    fn metadata_is_an_object_of_searchable_values() {
        let users = |metadata: Value| fault(json!({"type": "users", "query": {"metadata": metadata}}));
        assert_eq!(users(json!({})), "");
        assert_eq!(users(json!({"key": "abc", "n": 1, "o": {"a": "b"}, "l": ["a"], "z": null})), "");
        assert_eq!(users(json!({"someKey": "ab"})), "/meta/query/metadata/someKey");
        assert_eq!(users(json!(["abc"])), "/meta/query/metadata");
        assert_eq!(users(json!("abc")), "/meta/query/metadata");
    }
}
