//! The declaration of a resource, and the record type it generates.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::attribute::{Attribute, ToOne};
use crate::clock::Time;
use crate::ids::Id;

/// Everything the generic machinery knows about a resource.
#[derive(Debug)]
pub struct Definition {
    /// Plural kebab-case type, e.g. `webhook-endpoints`.
    pub kind: &'static str,
    /// Singular kebab-case type.
    pub singular: &'static str,
    /// What 404 details call it.
    pub noun: &'static str,
    /// Topic of documentation links.
    pub topic: &'static str,
    /// Name of the record in codes of record-level failures, snake_case.
    pub base: &'static str,
    /// Attributes in document order, stored and computed.
    pub attributes: &'static [Attribute],
    /// To-one relationships in document order (besides `account` and `environment`).
    pub to_one: &'static [ToOne],
    /// Link-only relationships, snake_case.
    pub to_many: &'static [&'static str],
    /// Stored fields that no document shows.
    pub internal: &'static [&'static str],
    /// Whether records belong to an environment.
    pub environments: bool,
}

impl Definition {
    /// The attribute of this (snake_case) name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// Names under which `data.type` may name this resource.
    #[must_use]
    pub fn names(&self) -> [&'static str; 2] {
        [self.singular, self.kind]
    }
}

/// A record of a declared type.
pub trait Resource: Serialize + DeserializeOwned + Clone + Debug + PartialEq + Send + Sync + 'static {
    /// Its declaration.
    const DEFINITION: &'static Definition;

    /// Its identifier.
    fn id(&self) -> Id;
    /// The account it belongs to.
    fn account(&self) -> Id;
    /// The environment it belongs to; none is the global one.
    fn environment(&self) -> Option<Id>;
    /// When it was made.
    fn created(&self) -> Time;
    /// When it last changed.
    fn updated(&self) -> Time;
    /// How often it was rewritten.
    fn rev(&self) -> i64;
    /// Notes a change.
    fn set_updated(&mut self, at: Time);
    /// An empty record with these coordinates.
    fn draft(id: Id, account: Id, environment: Option<Id>, now: Time) -> Self;

    /// Its stored members by name.
    fn to_map(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        }
    }

    /// The record with `members` laid over it. Members are stored names with stored values.
    ///
    /// # Errors
    /// Says which member has a value that its type does not take.
    fn overlay(&self, members: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let mut map = self.to_map();
        map.extend(members);
        serde_json::from_value(Value::Object(map))
    }

    /// Path below the account, e.g. `/licenses/{id}`.
    fn path(&self) -> String {
        format!("/{}/{}", Self::DEFINITION.kind, self.id())
    }
}

/// Declares a resource: generates the record type, its [`Definition`] and [`Resource`].
///
/// Options in brackets are the builder methods of [`Attribute`] and [`ToOne`].
#[macro_export]
macro_rules! resource {
    (
        $(#[$meta:meta])*
        $name:ident {
            kind: $kind:literal, singular: $singular:literal, noun: $noun:literal, topic: $topic:literal, base: $base:literal,
            environments: $environments:literal,
            attributes { $( $(#[$attr_meta:meta])* $attr:ident : $attr_ty:ty $( [ $( $opt:ident $( ( $($arg:expr),* $(,)? ) )? ),* $(,)? ] )? ; )* }
            computed { $( $computed:ident : $computed_ty:ty ; )* }
            to_one { $( $(#[$rel_meta:meta])* $rel:ident : $rel_ty:ty [ $( $rel_opt:ident $( ( $($rel_arg:expr),* $(,)? ) )? ),* $(,)? ] ; )* }
            to_many { $( $many:literal ),* $(,)? }
            internal { $( $(#[$int_meta:meta])* $int:ident : $int_ty:ty ; )* }
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[allow(missing_docs)]
        pub struct $name {
            pub id: $crate::ids::Id,
            pub account: $crate::ids::Id,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub environment: Option<$crate::ids::Id>,
            pub created: $crate::clock::Time,
            pub updated: $crate::clock::Time,
            /// How often the record was rewritten; the condition of every rewrite.
            #[serde(default)]
            pub rev: i64,
            $( $(#[$attr_meta])* #[serde(default)] pub $attr: $attr_ty, )*
            $( $(#[$rel_meta])* #[serde(default)] pub $rel: $rel_ty, )*
            $( $(#[$int_meta])* #[serde(default)] pub $int: $int_ty, )*
        }

        impl $crate::domain::resource::Resource for $name {
            const DEFINITION: &'static $crate::domain::resource::Definition = &$crate::domain::resource::Definition {
                kind: $kind,
                singular: $singular,
                noun: $noun,
                topic: $topic,
                base: $base,
                attributes: &[
                    $( $crate::domain::attribute::Attribute::of::<$attr_ty>(stringify!($attr))
                        $( $( .$opt( $( $($arg),* )? ) )* )?, )*
                    $( $crate::domain::attribute::Attribute::of::<$computed_ty>(stringify!($computed)).computed(), )*
                ],
                to_one: &[
                    $( $crate::domain::attribute::ToOne::of::<$rel_ty>(stringify!($rel))
                        $( .$rel_opt( $( $($rel_arg),* )? ) )*, )*
                ],
                to_many: &[ $( $many ),* ],
                internal: &[ $( stringify!($int) ),* ],
                environments: $environments,
            };

            fn id(&self) -> $crate::ids::Id { self.id }
            fn account(&self) -> $crate::ids::Id { self.account }
            fn environment(&self) -> Option<$crate::ids::Id> { self.environment }
            fn created(&self) -> $crate::clock::Time { self.created }
            fn updated(&self) -> $crate::clock::Time { self.updated }
            fn set_updated(&mut self, at: $crate::clock::Time) { self.updated = at; }
            fn rev(&self) -> i64 { self.rev }
            fn draft(
                id: $crate::ids::Id,
                account: $crate::ids::Id,
                environment: Option<$crate::ids::Id>,
                now: $crate::clock::Time,
            ) -> Self {
                Self {
                    id, account, environment, created: now, updated: now, rev: 0,
                    $( $attr: Default::default(), )*
                    $( $rel: Default::default(), )*
                    $( $int: Default::default(), )*
                }
            }
        }
    };
}
