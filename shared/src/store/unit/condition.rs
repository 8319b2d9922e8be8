//! Conditions: what DynamoDB checks, and what tells afterwards which of several did not hold.

use aws_sdk_dynamodb::types::AttributeValue;

use super::expression::Names;
use crate::store::{Item, item};

/// A condition on an item as it stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The item exists.
    Exists,
    /// The item does not exist.
    Absent,
    /// An attribute has this value.
    Equals(String, AttributeValue),
    /// An attribute is missing, or has this value.
    MissingOr(String, AttributeValue),
    /// An attribute is missing.
    Missing(String),
    /// An integer attribute (missing: 0) is at most this.
    AtMost(String, i64),
    /// An integer attribute (missing: 0) is at least this.
    AtLeast(String, i64),
}

impl Condition {
    /// Whether it holds for the item (none: it does not exist).
    pub(super) fn holds(&self, item: Option<&Item>) -> bool {
        let attribute = |name: &str| item.and_then(|item| item.get(name));
        let number = |name: &str| item.map_or(0, |item| item::number(item, name));
        match self {
            Self::Exists => item.is_some(),
            Self::Absent => item.is_none(),
            Self::Equals(name, value) => attribute(name) == Some(value),
            Self::MissingOr(name, value) => attribute(name).is_none_or(|stored| stored == value),
            Self::Missing(name) => attribute(name).is_none(),
            Self::AtMost(name, most) => number(name) <= *most,
            Self::AtLeast(name, least) => number(name) >= *least,
        }
    }

    pub(super) fn express(&self, names: &mut Names) -> String {
        match self {
            Self::Exists => "attribute_exists(pk)".to_owned(),
            Self::Absent => "attribute_not_exists(pk)".to_owned(),
            Self::Equals(name, value) => format!("{} = {}", names.name(name), names.value(value.clone())),
            Self::Missing(name) => format!("attribute_not_exists({})", names.name(name)),
            Self::MissingOr(name, value) => {
                let name = names.name(name);
                format!("(attribute_not_exists({name}) OR {name} = {})", names.value(value.clone()))
            }
            Self::AtMost(name, most) => {
                let (name, value) = (names.name(name), names.value(AttributeValue::N(most.to_string())));
                if *most >= 0 {
                    format!("(attribute_not_exists({name}) OR {name} <= {value})")
                } else {
                    format!("{name} <= {value}")
                }
            }
            Self::AtLeast(name, least) => {
                let (name, value) = (names.name(name), names.value(AttributeValue::N(least.to_string())));
                if *least <= 0 {
                    format!("(attribute_not_exists({name}) OR {name} >= {value})")
                } else {
                    format!("{name} >= {value}")
                }
            }
        }
    }
}
