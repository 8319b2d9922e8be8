//! What bodies about a declared resource look like.

use serde_json::Value;

use super::attribute::{Access, Attribute, Kind};
use super::resource::{Definition, Resource};
use crate::auth::permissions::Role;
use crate::http::context::Ctx;
use crate::http::version::Version;
use crate::ids::{Id, parse_id};
use crate::jsonapi::schema::{Document, Schema, TypeNames, document, linkage, nullable_linkage};

/// The types that resources are named by in linkage: singular and plural.
const TYPES: &[TypeNames] = &[
    ["account", "accounts"],
    ["component", "components"],
    ["entitlement", "entitlements"],
    ["environment", "environments"],
    ["group", "groups"],
    ["key", "keys"],
    ["license", "licenses"],
    ["machine", "machines"],
    ["policy", "policies"],
    ["process", "processes"],
    ["product", "products"],
    ["token", "tokens"],
    ["user", "users"],
];

/// The names of a type, from its plural.
#[must_use]
pub fn names(plural: &'static str) -> TypeNames {
    TYPES.iter().copied().find(|[_, known]| *known == plural).unwrap_or([plural, plural])
}

/// The body of a creation: declared attributes and relationships, as far as this bearer may send them.
#[must_use]
pub fn create<R: Resource>(ctx: &Ctx) -> Schema {
    creation(R::DEFINITION, ctx.role(), ctx.version).build()
}

/// The document of a creation, to be extended by what a resource takes beyond its declaration.
#[must_use]
pub fn creation(definition: &'static Definition, role: Option<Role>, version: Version) -> Document {
    document(definition.names())
        .attributes(attributes(definition, role, version, |attribute| attribute.create, true))
        .relationships(relationships(definition, role))
}

/// The body of an update: declared attributes that this bearer may change. `id` is ignored.
#[must_use]
pub fn update<R: Resource>(ctx: &Ctx) -> Schema {
    changing(R::DEFINITION, ctx.role(), ctx.version).build()
}

/// The document of an update, to be extended by what a resource takes beyond its declaration.
#[must_use]
pub fn changing(definition: &'static Definition, role: Option<Role>, version: Version) -> Document {
    let attributes = attributes(definition, role, version, |attribute| attribute.update, false);
    document(definition.names()).ignored_id().attributes(attributes.required())
}

/// The declared attributes that an operation takes.
#[must_use]
pub fn attributes(
    definition: &'static Definition,
    role: Option<Role>,
    version: Version,
    access: fn(&Attribute) -> Access,
    creating: bool,
) -> Schema {
    let declared = definition.attributes.iter().filter(|attribute| access(attribute) != Access::Never);
    Schema::object(declared.map(|attribute| {
        let schema = attribute_schema(attribute, version).permitted(access(attribute).admits(role));
        let required = creating && attribute.required;
        (attribute.name, if required { schema.required() } else { schema })
    }))
}

/// The schema of one attribute.
#[must_use]
pub fn attribute_schema(attribute: &Attribute, version: Version) -> Schema {
    let mut schema = match attribute.kind {
        Kind::String => Schema::string(),
        Kind::Integer => Schema::integer(),
        Kind::Boolean => Schema::boolean(),
        Kind::Time => Schema::time(),
        Kind::Object => Schema::metadata(),
        Kind::Strings => Schema::array(Schema::string()).blank(),
        Kind::Any => Schema::any(),
    };
    if attribute.blank {
        schema = schema.blank();
    }
    if attribute.enumerated {
        schema = schema.one_of(attribute.values.iter().copied());
    }
    // A null that is ignored still is no error where the member is optional.
    if attribute.nullable && !attribute.null_ignored {
        schema = schema.nullable();
    }
    for (name, until) in attribute.former {
        if until.parse().is_ok_and(|until: Version| version <= until) {
            schema = schema.alias(*name);
        }
    }
    schema
}

/// The declared relationships that a creation takes.
fn relationships(definition: &'static Definition, role: Option<Role>) -> Vec<(&'static str, Schema)> {
    let declared = definition.to_one.iter().filter(|to_one| to_one.create != Access::Never);
    let mut members: Vec<(&'static str, Schema)> = declared
        .map(|to_one| {
            let types = [names(to_one.target)];
            let mut schema = if to_one.nullable { nullable_linkage(&types) } else { linkage(&types) };
            if !to_one.alias.is_empty() {
                schema = schema.alias(to_one.alias);
            }
            schema = schema.permitted(to_one.create.admits(role));
            (to_one.name, if to_one.required { schema.required() } else { schema })
        })
        .collect();
    if definition.environments {
        members.push(("environment", nullable_linkage(&[names("environments")])));
    }
    members
}

/// The record that a decoded `data` links to by a relationship.
#[must_use]
pub fn linked(data: &Value, relationship: &str) -> Option<Id> {
    let linkage = data.get("relationships")?.get(relationship)?.get("data")?;
    linkage.get("id")?.as_str().and_then(parse_id)
}

/// The record that a decoded to-one linkage names; none if it clears the relationship.
#[must_use]
pub fn named(data: &Value) -> Option<Id> {
    data.get("id").and_then(Value::as_str).and_then(parse_id)
}
