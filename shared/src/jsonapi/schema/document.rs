//! The documents that handlers take.

use std::ops::RangeInclusive;

use super::{Name, Schema, TypeNames};

/// Builds the schema of `{"data": {"type", "id", "attributes", "relationships"}, "meta": …}`.
#[derive(Clone, Debug)]
pub struct Document {
    names: TypeNames,
    loose: bool,
    id: Option<Schema>,
    attributes: Option<Schema>,
    relationships: Option<Schema>,
    meta: Option<Schema>,
    optional: bool,
}

/// A document about a resource of this type. `data` and `data.type` are required, nothing else is
/// declared yet.
#[must_use]
pub fn document(names: TypeNames) -> Document {
    Document { names, loose: false, id: None, attributes: None, relationships: None, meta: None, optional: false }
}

impl Document {
    /// `data.type` may be written in any casing.
    #[must_use]
    pub fn loose(mut self) -> Self {
        self.loose = true;
        self
    }

    /// `data.id` is accepted and ignored, as in updates.
    #[must_use]
    pub fn ignored_id(self) -> Self {
        self.id(Schema::string().blank().ignored())
    }

    /// Declares `data.id`.
    #[must_use]
    pub fn id(mut self, schema: Schema) -> Self {
        self.id = Some(schema);
        self
    }

    /// Declares `data.attributes`: required if any of them is; see also [`Schema::required`].
    #[must_use]
    pub fn attributes(mut self, schema: Schema) -> Self {
        self.attributes = Some(needed(schema));
        self
    }

    /// Declares `data.relationships`: required if any of them is.
    #[must_use]
    pub fn relationships<N: Into<Name>>(mut self, members: impl IntoIterator<Item = (N, Schema)>) -> Self {
        self.relationships = Some(needed(Schema::object(members)));
        self
    }

    /// Declares one more relationship.
    #[must_use]
    pub fn relationship(mut self, name: impl Into<Name>, schema: Schema) -> Self {
        let declared = self.relationships.unwrap_or_else(|| Schema::object([] as [(Name, Schema); 0]));
        self.relationships = Some(needed(declared.member(name, schema)));
        self
    }

    /// Declares `meta`: required if any of its members is.
    #[must_use]
    pub fn meta(mut self, schema: Schema) -> Self {
        self.meta = Some(needed(schema));
        self
    }

    /// The whole body may be absent.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The schema of a resource object: what stands under `data`.
    fn data(self) -> (Schema, Option<Schema>, bool) {
        let kind = if self.loose { Schema::loose_kind } else { Schema::kind };
        let members = [
            ("type", Some(kind(&[self.names]).required())),
            ("id", self.id),
            ("attributes", self.attributes),
            ("relationships", self.relationships),
        ];
        let declared = members.into_iter().filter_map(|(name, schema)| Some((name, schema?)));
        (Schema::object(declared), self.meta, self.optional)
    }

    /// The schema of the body.
    #[must_use]
    pub fn build(self) -> Schema {
        let (data, meta, optional) = self.data();
        let data = if optional { data } else { data.required() };
        let body = Schema::object([("data", data)]);
        match meta {
            Some(meta) => body.member("meta", meta),
            None => body,
        }
    }
}

/// An object, required if any of its members is.
fn needed(schema: Schema) -> Schema {
    if schema.has_required_members() { schema.required() } else { schema }
}

/// A resource identifier: `{"type", "id"}`, the type one of these.
#[must_use]
pub fn identifier(types: &[TypeNames]) -> Schema {
    Schema::object([("type", Schema::kind(types).required()), ("id", Schema::uuid().required())])
}

/// A to-one relationship, and the whole body of a request that changes one:
/// `{"data": {"type", "id"}}`.
#[must_use]
pub fn linkage(types: &[TypeNames]) -> Schema {
    Schema::object([("data", identifier(types).required())])
}

/// A to-one relationship that `{"data": null}` clears.
#[must_use]
pub fn nullable_linkage(types: &[TypeNames]) -> Schema {
    Schema::object([("data", identifier(types).nullable().required())])
}

/// A to-many relationship of so many identifiers.
#[must_use]
pub fn linkages(types: &[TypeNames], count: RangeInclusive<usize>) -> Schema {
    Schema::object([("data", Schema::array(identifier(types)).length(count).required())])
}

/// The body of a request that attaches or detaches 1 to 100 records.
#[must_use]
pub fn attach(types: &[TypeNames]) -> Schema {
    linkages(types, 1..=100)
}

/// A to-many relationship of records made along with theirs: `{"data": [{"type", "attributes"}, …]}`.
/// How many there may be is no matter of the schema ("too many records" is 422).
#[must_use]
pub fn nested(item: Document) -> Schema {
    Schema::object([("data", Schema::array(item.data().0).required())])
}

/// The body of an action: `{"meta": {…}}`, required if any of its members is.
#[must_use]
pub fn action<N: Into<Name>>(members: impl IntoIterator<Item = (N, Schema)>) -> Schema {
    Schema::object([("meta", needed(Schema::object(members)))])
}
