//! `latchkey openapi`: the API as an OpenAPI 3.1 document, made of the resources' declarations and the routers' tables.

use serde_json::{Map, Value, json};
use shared::domain::attribute::{Access, Attribute, Kind, ToOne};
use shared::domain::resource::Definition;
use shared::http::version::Version;
use shared::jsonapi::casing;
use shared::transfer::kinds::KINDS;

use crate::serve::FAMILIES;

/// The document.
#[must_use]
pub fn document() -> Value {
    let definitions = KINDS.iter().map(|kind| kind.definition());
    let schemas = definitions.map(|definition| (definition.kind.to_owned(), resource(definition)));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Latchkey",
            "description": "A software-licensing API that speaks the Keygen protocol.",
            "version": Version::CURRENT.name(),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/v1/accounts/{account}", "variables": {"account": {"default": "account", "description": "Id or slug"}}}, {"url": "/v1"}],
        "security": [{"token": []}, {"license": []}],
        "paths": paths(),
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "license": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`License {key}`"},
            },
            "schemas": schemas.chain([("errors".to_owned(), errors())]).collect::<Map<_, _>>(),
        },
    })
}

fn paths() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for family in FAMILIES {
        for (method, pattern) in (family.routes)().table() {
            let parameters: Vec<Value> = pattern
                .split('/')
                .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
                .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
                .collect();
            let operation = json!({
                "tags": [family.name],
                "operationId": format!("{}{}", method.to_lowercase(), pattern.replace(['/', '{', '}'], "-")),
                "parameters": parameters,
                "responses": {
                    "2XX": {"description": "Done", "content": {"application/vnd.api+json": {}}},
                    "4XX": {
                        "description": "Refused",
                        "content": {"application/vnd.api+json": {"schema": {"$ref": "#/components/schemas/errors"}}},
                    },
                },
            });
            let path = paths.entry((*pattern).to_owned()).or_insert_with(|| json!({}));
            path[method.to_lowercase()] = operation;
        }
    }
    Value::Object(paths)
}

/// The resource object of a declared type.
fn resource(definition: &Definition) -> Value {
    let shown = definition.attributes.iter().filter(|attribute| !attribute.hidden);
    let attributes: Map<String, Value> = shown.map(|one| (casing::camel(one.name), attribute(one))).collect();
    let required: Vec<String> =
        definition.attributes.iter().filter(|one| one.required).map(|one| casing::camel(one.name)).collect();
    let to_one = definition.to_one.iter().filter(|one| !one.hidden).map(|one| (casing::camel(one.name), linkage(one)));
    let to_many =
        definition.to_many.iter().map(|name| (casing::camel(name), json!({"type": "object", "readOnly": true})));
    json!({
        "type": "object",
        "properties": {
            "type": {"const": definition.kind},
            "id": {"type": "string", "format": "uuid"},
            "attributes": {"type": "object", "properties": attributes, "required": required},
            "relationships": {"type": "object", "properties": to_one.chain(to_many).collect::<Map<_, _>>()},
        },
        "required": ["type"],
    })
}

fn attribute(attribute: &Attribute) -> Value {
    let (kind, mut schema) = match attribute.kind {
        Kind::String => ("string", json!({})),
        Kind::Integer => ("integer", json!({"format": if attribute.wide { "int64" } else { "int32" }})),
        Kind::Boolean => ("boolean", json!({})),
        Kind::Time => ("string", json!({"format": "date-time"})),
        Kind::Object => ("object", json!({"additionalProperties": true})),
        Kind::Strings => ("array", json!({"items": {"type": "string"}})),
        Kind::Any => return json!({}),
    };
    schema["type"] = if attribute.nullable { json!([kind, "null"]) } else { json!(kind) };
    if !attribute.values.is_empty() {
        let null = attribute.nullable.then_some(Value::Null);
        schema["enum"] = attribute.values.iter().map(|value| json!(value)).chain(null).collect();
    } else if attribute.kind == Kind::String {
        schema["minLength"] = json!(attribute.length.0);
        schema["maxLength"] = json!(attribute.length.1);
    }
    if let Some((smallest, largest)) = attribute.range {
        schema["minimum"] = json!(smallest);
        schema["maximum"] = json!(largest);
    }
    if attribute.create == Access::Never && attribute.update == Access::Never {
        schema["readOnly"] = json!(true);
    }
    schema
}

fn linkage(to_one: &ToOne) -> Value {
    let target = if to_one.target.is_empty() { json!({"type": "string"}) } else { json!({"const": to_one.target}) };
    let identifier = json!({
        "type": if to_one.nullable { json!(["object", "null"]) } else { json!("object") },
        "properties": {"type": target, "id": {"type": "string", "format": "uuid"}},
    });
    json!({"type": "object", "properties": {"data": identifier}, "readOnly": to_one.create == Access::Never})
}

fn errors() -> Value {
    json!({
        "type": "object",
        "properties": {
            "meta": {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}},
            "errors": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                    "source": {"type": "object", "properties": {
                        "pointer": {"type": "string"}, "parameter": {"type": "string"}, "header": {"type": "string"},
                    }},
                    "links": {"type": "object", "properties": {"about": {"type": "string"}, "redirect": {"type": "string"}}},
                },
                "required": ["title", "detail"],
            }},
        },
        "required": ["errors"],
    })
}
