//! Records as resource objects (spec 01 §1.1).

use serde_json::{Map, Value, json};

use super::casing;
use crate::domain::attribute::{Attribute, Kind, Link, ToOne};
use crate::domain::resource::{Definition, Resource};
use crate::ids::Id;

/// What a document shows beyond the record's stored members.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Values of computed attributes, by stored name. They also replace stored values.
    pub attributes: Vec<(&'static str, Value)>,
    /// `meta` of relationships.
    pub relationship_meta: Vec<(&'static str, Value)>,
    /// Linkage of relationships that are otherwise links only.
    pub linkage: Vec<(&'static str, Value)>,
    /// Attributes left out.
    pub omitted: Vec<&'static str>,
    /// `meta` of the resource.
    pub meta: Option<Value>,
    /// Path below the account, where it is not the type's own (`/groups/{id}/owners/{id}`).
    pub path: Option<String>,
    /// `links.related` in place of `links.self`: join resources have no path of their own.
    pub related: Option<String>,
}

impl Extras {
    /// Sets a computed attribute.
    #[must_use]
    pub fn attribute(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// Leaves an attribute out.
    #[must_use]
    pub fn omit(mut self, name: &'static str) -> Self {
        self.omitted.push(name);
        self
    }

    /// Gives a relationship `meta`.
    #[must_use]
    pub fn relationship_meta(mut self, name: &'static str, meta: Value) -> Self {
        self.relationship_meta.push((name, meta));
        self
    }

    /// Names the path below the account of a resource that has its place below another.
    #[must_use]
    pub fn at(mut self, path: String) -> Self {
        self.path = Some(path);
        self
    }

    /// Points to where a join resource is found.
    #[must_use]
    pub fn related(mut self, path: String) -> Self {
        self.related = Some(path);
        self
    }
}

fn find<'a>(pairs: &'a [(&'static str, Value)], name: &str) -> Option<&'a Value> {
    pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// The resource object of a record.
#[must_use]
pub fn resource<R: Resource>(record: &R, extras: &Extras) -> Value {
    let definition = R::DEFINITION;
    let stored = record.to_map();
    let base = base(record.account());
    let path = format!("{base}{}", extras.path.clone().unwrap_or_else(|| record.path()));

    let mut attributes = Map::new();
    for attribute in definition.attributes {
        let left_out = attribute.hidden || extras.omitted.contains(&attribute.name);
        if !left_out {
            let value = find(&extras.attributes, attribute.name).or_else(|| stored.get(attribute.name));
            attributes.insert(casing::camel(attribute.name), shown(attribute, value));
        }
    }
    attributes.insert("created".to_owned(), json!(record.created()));
    attributes.insert("updated".to_owned(), json!(record.updated()));

    let mut object = Map::new();
    object.insert("id".to_owned(), json!(record.id()));
    object.insert("type".to_owned(), json!(definition.kind));
    object.insert("attributes".to_owned(), Value::Object(attributes));
    object.insert("relationships".to_owned(), relationships(record, definition, &stored, &base, &path, extras));
    match &extras.related {
        Some(related) => object.insert("links".to_owned(), json!({"related": format!("{base}{related}")})),
        None => object.insert("links".to_owned(), json!({"self": path})),
    };
    if let Some(meta) = &extras.meta {
        object.insert("meta".to_owned(), meta.clone());
    }
    Value::Object(object)
}

/// The path of an account.
#[must_use]
pub fn base(account: Id) -> String {
    format!("/v1/accounts/{account}")
}

/// A linkage: `{type, id}`.
#[must_use]
pub fn linkage(kind: &str, id: Id) -> Value {
    json!({"type": kind, "id": id})
}

fn shown(attribute: &Attribute, value: Option<&Value>) -> Value {
    match (attribute.kind, value) {
        (Kind::Object, Some(metadata)) => casing::camelise_keys(metadata),
        (Kind::Object, None) => json!({}),
        (_, Some(value)) => value.clone(),
        (_, None) => Value::Null,
    }
}

fn relationships<R: Resource>(
    record: &R,
    definition: &Definition,
    stored: &Map<String, Value>,
    base: &str,
    path: &str,
    extras: &Extras,
) -> Value {
    let mut relationships = Map::new();
    if definition.kind != "accounts" {
        let linkage = linkage("accounts", record.account());
        relationships.insert("account".to_owned(), json!({"links": {"related": base}, "data": linkage}));
    }
    if definition.environments {
        let relationship = match record.environment() {
            Some(id) => json!({
                "links": {"related": format!("{base}/environments/{id}")},
                "data": linkage("environments", id),
            }),
            None => json!({"links": {"related": null}, "data": null}),
        };
        relationships.insert("environment".to_owned(), relationship);
    }
    for to_one in definition.to_one.iter().filter(|to_one| !to_one.hidden) {
        let target = target(to_one, stored.get(to_one.name));
        let related = match (to_one.link, &target) {
            (Link::Nested, _) => json!(format!("{path}/{}", to_one.name.replace('_', "-"))),
            (Link::Direct, Some((kind, id))) => json!(format!("{base}/{kind}/{id}")),
            (Link::Direct, None) => Value::Null,
        };
        let data = target.map_or(Value::Null, |(kind, id)| json!({"type": kind, "id": id}));
        relationships.insert(casing::camel(to_one.name), json!({"links": {"related": related}, "data": data}));
    }
    for name in definition.to_many {
        let mut relationship = Map::new();
        relationship.insert("links".to_owned(), json!({"related": format!("{path}/{}", name.replace('_', "-"))}));
        if let Some(data) = find(&extras.linkage, name) {
            relationship.insert("data".to_owned(), data.clone());
        }
        if let Some(meta) = find(&extras.relationship_meta, name) {
            relationship.insert("meta".to_owned(), meta.clone());
        }
        relationships.insert(casing::camel(name), Value::Object(relationship));
    }
    Value::Object(relationships)
}

/// Type and id of a stored to-one target.
fn target(to_one: &ToOne, stored: Option<&Value>) -> Option<(String, String)> {
    match stored? {
        Value::String(id) => Some((to_one.target.to_owned(), id.clone())),
        Value::Object(reference) => {
            let text = |name: &str| reference.get(name).and_then(Value::as_str).map(str::to_owned);
            Some((text("type")?, text("id")?))
        }
        _ => None,
    }
}
