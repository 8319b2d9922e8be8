//! The validation of bodies and declared queries (spec 01 §3.4).
//!
//! An endpoint builds a [`Schema`] for the request at hand (who may send what can depend on the
//! bearer), and [`validate`] checks a body against it: unknown members, members not permitted now,
//! coercions, then types and constraints, each over the whole document before the next. The first
//! failure is the [`Violation`]; otherwise the outcome is the *cleaned* body:
//!
//! * members in schema order, under their own names (never an alias), without ignored ones;
//! * optional, non-nullable members that were null are absent;
//! * UUIDs in lower case with hyphens, instants in RFC 3339 with milliseconds, `type`s in the plural.
//!
//! NUL characters pass; [`super::parse::find_nul`] finds them.
//!
//! ```
//! use serde_json::json;
//! use shared::jsonapi::schema::{Schema, document, linkage, validate};
//!
//! let schema = document(["widget", "widgets"])
//!     .attributes(Schema::object([
//!         ("name", Schema::string().required()),
//!         ("max_parts", Schema::integer().nullable()),
//!         ("metadata", Schema::metadata()),
//!     ]))
//!     .relationships([("owner", linkage(&[["user", "users"]]))])
//!     .build();
//! let body = json!({"data": {"type": "widget", "attributes": {"name": " "}}});
//! let violation = validate(&schema, &body).unwrap_err();
//! assert_eq!(violation.detail, "cannot be blank");
//! assert_eq!(violation.pointer(), Some("/data/attributes/name"));
//! ```

mod check;
mod coerce;
mod document;
mod query;
#[cfg(test)]
mod tests;
mod trail;
mod unknown;
mod violation;

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde_json::Value;

pub use self::document::{Document, action, attach, document, identifier, linkage, linkages, nested, nullable_linkage};
pub use self::violation::{Kind, Place, Violation};
use super::query::Query;

/// A name that requests use, in snake_case.
pub type Name = Cow<'static, str>;

/// Singular and plural of a resource's type, in kebab-case: `["license", "licenses"]`.
pub type TypeNames = [&'static str; 2];

/// What a member may be. Optional, not nullable, not blank, unless told.
#[derive(Clone, Debug)]
pub struct Schema {
    shape: Shape,
    required: bool,
    nullable: bool,
    blank: bool,
    refuses_blank: bool,
    permitted: bool,
    ignored: bool,
    coerced: bool,
    unbounded: bool,
    aliases: Vec<Name>,
    values: Option<Vec<Name>>,
    length: Option<(usize, usize)>,
    format: Option<fn(&str) -> bool>,
}

/// The type of a member.
#[derive(Clone, Debug)]
enum Shape {
    Any,
    String,
    Integer { wide: bool },
    Float,
    Boolean,
    Time,
    Uuid,
    Type { names: Vec<TypeNames>, loose: bool },
    Object(Vec<Member>),
    Array(Box<Schema>),
    LeafObject(Content),
    LeafArray(Content),
}

/// What an object or array without declared children may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Scalars,
    Depth(usize),
    Free,
}

#[derive(Clone, Debug)]
struct Member {
    name: Name,
    schema: Schema,
}

impl Schema {
    const fn of(shape: Shape) -> Self {
        Self {
            shape,
            required: false,
            nullable: false,
            blank: false,
            refuses_blank: false,
            permitted: true,
            ignored: false,
            coerced: false,
            unbounded: false,
            aliases: Vec::new(),
            values: None,
            length: None,
            format: None,
        }
    }

    /// Any value.
    #[must_use]
    pub const fn any() -> Self {
        Self::of(Shape::Any)
    }

    /// A string.
    #[must_use]
    pub const fn string() -> Self {
        Self::of(Shape::String)
    }

    /// A 64-bit integer. Beyond, "integer is too large".
    #[must_use]
    pub const fn integer() -> Self {
        Self::of(Shape::Integer { wide: true })
    }

    /// A 32-bit integer. Beyond, "integer is too large".
    #[must_use]
    pub const fn integer32() -> Self {
        Self::of(Shape::Integer { wide: false })
    }

    /// A number with a fraction or an exponent.
    #[must_use]
    pub const fn float() -> Self {
        Self::of(Shape::Float)
    }

    /// A boolean.
    #[must_use]
    pub const fn boolean() -> Self {
        Self::of(Shape::Boolean)
    }

    /// An instant; strings and integers are coerced (spec 01 §3.4, 04 §1.6). Cleaned to
    /// `2026-01-02T03:04:05.678Z`, or null for text that holds no date.
    #[must_use]
    pub const fn time() -> Self {
        Self::of(Shape::Time)
    }

    /// A UUID, hyphens optional, in any case.
    #[must_use]
    pub const fn uuid() -> Self {
        Self::of(Shape::Uuid)
    }

    /// The `type` of a resource object: singular or plural of one of these. Cleaned to the plural.
    #[must_use]
    pub fn kind(names: &[TypeNames]) -> Self {
        Self::of(Shape::Type { names: names.to_vec(), loose: false })
    }

    /// Like [`Self::kind`], in any casing: `webhookEndpoint`, `webhook_endpoints`, `WEBHOOK-ENDPOINT`.
    #[must_use]
    pub fn loose_kind(names: &[TypeNames]) -> Self {
        Self::of(Shape::Type { names: names.to_vec(), loose: true })
    }

    /// An object of declared members, in schema order.
    #[must_use]
    pub fn object<N: Into<Name>>(members: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::of(Shape::Object(Vec::new())).members(members)
    }

    /// An array whose elements obey `item`. Its elements cannot be null unless `item` is nullable;
    /// the array itself may be empty unless its length is limited.
    #[must_use]
    pub fn array(item: Self) -> Self {
        Self::of(Shape::Array(Box::new(item.required())))
    }

    /// An object of scalars under any names.
    #[must_use]
    pub const fn scalars() -> Self {
        Self::of(Shape::LeafObject(Content::Scalars))
    }

    /// An array of scalars.
    #[must_use]
    pub const fn list() -> Self {
        Self::of(Shape::LeafArray(Content::Scalars))
    }

    /// An object that holds anything.
    #[must_use]
    pub const fn free_object() -> Self {
        Self::of(Shape::LeafObject(Content::Free))
    }

    /// `metadata`: may be empty, null changes nothing, containers nest at most two levels below.
    #[must_use]
    pub const fn metadata() -> Self {
        Self::of(Shape::LeafObject(Content::Depth(2))).blank()
    }

    /// Adds a member to an object; no effect on other shapes.
    #[must_use]
    pub fn member(self, name: impl Into<Name>, schema: Self) -> Self {
        self.members([(name, schema)])
    }

    /// Adds members to an object; no effect on other shapes.
    #[must_use]
    pub fn members<N: Into<Name>>(mut self, members: impl IntoIterator<Item = (N, Self)>) -> Self {
        if let Shape::Object(known) = &mut self.shape {
            known.extend(members.into_iter().map(|(name, schema)| Member { name: name.into(), schema }));
        }
        self
    }

    /// It must be present.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// It may be absent: undoes [`Self::required`].
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// Null is a value.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Blank text and empty containers are values. In a query, a blank then counts as given.
    #[must_use]
    pub const fn blank(mut self) -> Self {
        self.blank = true;
        self
    }

    /// In a query, a blank is refused instead of counted as absent.
    #[must_use]
    pub const fn refuse_blank(mut self) -> Self {
        self.refuses_blank = true;
        self
    }

    /// Whether the request at hand may bring it. If not, its presence is an "unpermitted parameter"
    /// (reported after unknown members), and its absence is fine even if it is required.
    #[must_use]
    pub const fn permitted(mut self, permitted: bool) -> Self {
        self.permitted = permitted;
        self
    }

    /// It is validated, then dropped.
    #[must_use]
    pub const fn ignored(mut self) -> Self {
        self.ignored = true;
        self
    }

    /// Integers of any size pass, those beyond 64 bits as [`super::parse::TOO_LARGE`]: the caller has a word of its own
    /// for them.
    #[must_use]
    pub const fn unbounded(mut self) -> Self {
        self.unbounded = true;
        self
    }

    /// Text is read as the declared boolean, integer, float or array (split at commas), numbers as booleans.
    #[must_use]
    pub const fn coerced(mut self) -> Self {
        self.coerced = true;
        self
    }

    /// Another name for it. If both are sent, its own name counts.
    #[must_use]
    pub fn alias(mut self, name: impl Into<Name>) -> Self {
        self.aliases.push(name.into());
        self
    }

    /// The strings that it may be.
    #[must_use]
    pub fn one_of<N: Into<Name>>(mut self, values: impl IntoIterator<Item = N>) -> Self {
        self.values = Some(values.into_iter().map(Into::into).collect());
        self
    }

    /// How long it may be: characters of strings, elements of arrays.
    #[must_use]
    pub const fn length(mut self, range: RangeInclusive<usize>) -> Self {
        self.length = Some((*range.start(), *range.end()));
        self
    }

    /// How strings must look; otherwise "format is invalid".
    #[must_use]
    pub const fn format(mut self, matches: fn(&str) -> bool) -> Self {
        self.format = Some(matches);
        self
    }

    /// How deep containers may nest in a free-form object or array.
    #[must_use]
    pub const fn depth(mut self, levels: usize) -> Self {
        if let Shape::LeafObject(content) | Shape::LeafArray(content) = &mut self.shape {
            *content = Content::Depth(levels);
        }
        self
    }

    /// Whether it has declared members that must be present.
    #[must_use]
    pub fn has_required_members(&self) -> bool {
        matches!(&self.shape, Shape::Object(members) if members.iter().any(|member| member.schema.is_required()))
    }

    fn is_required(&self) -> bool {
        self.required && self.permitted
    }
}

impl Member {
    /// The value that an object gives this member, and whether under an alias.
    fn find<'v>(&self, map: &'v serde_json::Map<String, Value>) -> Option<&'v Value> {
        map.get(&*self.name).or_else(|| self.schema.aliases.iter().find_map(|alias| map.get(&**alias)))
    }

    fn is_named(&self, name: &str) -> bool {
        self.name == name || self.schema.aliases.iter().any(|alias| alias == name)
    }
}

/// Checks a body, whose keys are snake_case already, and cleans it.
///
/// # Errors
/// The first violation, in the order of spec 01 §3.4. That an integer is too large is reported only
/// if nothing else is wrong.
pub fn validate(schema: &Schema, body: &Value) -> Result<Value, Violation> {
    unknown::unknown(schema, body, &trail::Trail::BODY)?;
    checked(schema, body, &trail::Trail::BODY)
}

/// Checks the parameters of a query that `schema` (an object) declares, and cleans them. Unknown
/// parameters are dropped and names may come in any casing. A blank counts as null where the member
/// is nullable, as given where blank is allowed or refused, and as absent elsewhere.
///
/// # Errors
/// The first violation; it names a parameter instead of a pointer.
pub fn validate_query(schema: &Schema, query: &Query) -> Result<Value, Violation> {
    let mut parameters = query.to_value();
    super::casing::normalise_keys(&mut parameters);
    let parameters = query::declared(schema, parameters).unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    checked(schema, &parameters, &trail::Trail::QUERY)
}

fn checked(schema: &Schema, value: &Value, root: &trail::Trail<'_>) -> Result<Value, Violation> {
    unknown::withheld(schema, value, root)?;
    let coerced = coerce::coerce(schema, value, root)?;
    check::check(schema, coerced, root)
}
