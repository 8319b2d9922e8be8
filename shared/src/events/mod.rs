//! Events: what happened, to whom, by whom (spec 01 §4, 09).
//!
//! A mutation writes its event in its own transaction: the event's item is log entry and outbox in
//! one, and the table's stream hands it on. Writes that must stay a single write (a validation's
//! touch, a ping) carry their event on the written item instead, in the attribute
//! [`schema::EVENT`]; the stream delivers every version of the item, so none is lost.

pub mod journal;
pub mod mask;

use std::cell::RefCell;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use flate2::{Compress, Compression, FlushCompress, Status};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::Time;
use crate::domain::attribute::Reference;
use crate::domain::resource::Resource;
use crate::ids::{Id, new_id};
use crate::jsonapi::casing;
use crate::store::{Unit, item, keys, schema};

/// How long events are kept, in seconds: 90 days.
const RETENTION: i64 = 90 * 86_400;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Identifier; consumers are idempotent by it.
    pub id: Id,
    /// Name, e.g. `license.created`.
    pub event: String,
    /// Account it happened in.
    pub account: Id,
    /// Environment it happened in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Id>,
    /// When.
    pub created: Time,
    /// What the log names: the resource that the path addresses.
    pub resource: Reference,
    /// Who did it; nobody for jobs and anonymous callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whodunnit: Option<Reference>,
    /// The request that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Id>,
    /// Further facts for the log.
    pub metadata: Map<String, Value>,
    /// The resource that webhooks show, of the newest API version, as it was at that moment.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub payload: Value,
    /// The document's `meta`, as validations have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Value>,
}

impl Event {
    /// An event without a bearer or a request.
    #[must_use]
    pub fn new(
        name: &str,
        account: Id,
        environment: Option<Id>,
        at: Time,
        resource: Reference,
        payload: Value,
    ) -> Self {
        Self {
            id: new_id(),
            event: name.to_owned(),
            account,
            environment,
            created: at,
            resource,
            whodunnit: None,
            request: None,
            metadata: Map::new(),
            payload,
            meta: None,
        }
    }

    /// Gives the document that webhooks show a `meta`.
    #[must_use]
    pub fn with_meta(mut self, meta: Value) -> Self {
        self.meta = Some(meta);
        self
    }

    /// Adds a fact for the log.
    #[must_use]
    pub fn with_fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.metadata.insert(name.to_owned(), value.into());
        self
    }

    /// Adds what an update changed, as `[old, new]` by attribute, secrets masked (spec 09 §3.12).
    #[must_use]
    pub fn with_diff<R: Resource>(mut self, before: &R, after: &R) -> Self {
        let (old, new) = (before.to_map(), after.to_map());
        let mut diff = Map::new();
        for attribute in R::DEFINITION.attributes.iter().filter(|attribute| !attribute.computed) {
            let value = |map: &Map<String, Value>| map.get(attribute.name).cloned().unwrap_or_default();
            let (old, new) = (value(&old), value(&new));
            if old != new {
                let masked = |value| mask::member(attribute.name, value);
                diff.insert(casing::camel(attribute.name), Value::Array(vec![masked(old), masked(new)]));
            }
        }
        self.metadata.insert("diff".to_owned(), Value::Object(diff));
        self
    }

    /// Writes it in the same transaction as what it announces.
    pub fn record(&self, unit: &mut Unit) {
        let Ok(Value::Object(mut members)) = serde_json::to_value(self) else { return };
        let payload = members.remove("payload").unwrap_or_default();
        let mut attributes = item::encode_map(&members);
        attributes.insert("payload".to_owned(), deflate(&payload));
        let expires = self.created.seconds() + RETENTION;
        attributes.insert(schema::TTL.to_owned(), AttributeValue::N(expires.to_string()));
        unit.put(&keys::event(self.account, self.created, self.id), attributes, None);
    }

    /// Lets a lone write of `key` carry it. The payload stays out: the written item itself shows it.
    pub fn announce(mut self, unit: &mut Unit, key: &keys::Key) {
        self.payload = Value::Null;
        unit.set_attribute(key, schema::EVENT, deflate(&self));
    }
}

/// A document, compressed: it is mostly names, and units are paid by the kilobyte.
fn deflate(document: &impl Serialize) -> AttributeValue {
    thread_local! {
        // Making a compressor, with its tables, costs more than what it has to do here.
        static COMPRESSOR: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
    }
    let text = serde_json::to_vec(document).unwrap_or_default();
    COMPRESSOR.with_borrow_mut(|compressor| {
        compressor.reset();
        // Incompressible text grows by five bytes for each block of up to 64 KiB.
        let mut packed = Vec::with_capacity(text.len() + text.len() / 1000 + 64);
        let ended = compressor.compress_vec(&text, &mut packed, FlushCompress::Finish);
        debug_assert!(matches!(ended, Ok(Status::StreamEnd)), "{ended:?}");
        AttributeValue::B(Blob::new(packed))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::DeflateDecoder;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_can_be_read(text in "[ -~]{0,3000}", times in 1_usize..200) {
            let document = text.repeat(times);
            let packed = deflate(&document);
            let mut read = String::new();
            DeflateDecoder::new(packed.as_b().expect("bytes").as_ref()).read_to_string(&mut read).expect("a text");
            prop_assert_eq!(serde_json::from_str::<String>(&read).expect("JSON"), document);
        }
    }
}
