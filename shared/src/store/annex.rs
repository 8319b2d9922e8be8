//! Parts of records that stand in items of their own, because they are found, or change, apart from the
//! rest. A heartbeat is found by a machine's fingerprint, and is written without the machine.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::keys::Key;
use super::record::Stored;
use super::unit::CLAIM_HOLDER;
use super::{Consistency, Item, Store, StoreError, item};

/// Where a part of a record stands. It is a claim too: at most one record has an annex of this key.
#[derive(Clone, Debug, PartialEq)]
pub struct Annex {
    /// What is reported when another record holds it: the name of an attribute.
    pub name: &'static str,
    /// Its item.
    pub key: Key,
    /// Members that stand there and nowhere else.
    pub moved: &'static [&'static str],
    /// Members that stand both there and in the record's own item.
    pub copied: &'static [&'static str],
}

/// Members of an item.
type Members = Map<String, Value>;

/// The members of a record's own item, and of its annex.
pub(super) fn split<R: Stored>(record: &R) -> (Members, Option<(Annex, Members)>) {
    let mut own = record.to_map();
    let Some(annex) = record.annex() else { return (own, None) };
    let mut annexed = Map::from_iter([(CLAIM_HOLDER.to_owned(), record.id().to_string().into())]);
    for name in annex.moved {
        annexed.extend(own.shift_remove_entry(*name));
    }
    for name in annex.copied {
        annexed.extend(own.get(*name).map(|value| ((*name).to_owned(), value.clone())));
    }
    (own, Some((annex, annexed)))
}

/// The record with what its annex says; `None` if the annex has another holder.
///
/// # Errors
/// When the annex holds a value that its member does not take.
pub fn join<R: Stored>(record: &R, found: &Item) -> Result<Option<R>, StoreError> {
    let Some(annex) = record.annex() else { return Ok(Some(record.clone())) };
    if item::text(found, CLAIM_HOLDER) != Some(record.id().to_string().as_str()) {
        return Ok(None);
    }
    let members = annex.moved.iter().filter_map(|name| Some(((*name).to_owned(), item::decode(found.get(*name)?))));
    let joined = record.overlay(members.collect());
    joined.map(Some).map_err(|error| StoreError::Broken(format!("a stored annex cannot be read: {error}")))
}

impl Store {
    /// Completes records by their annexes. A record whose annex is gone is going itself, and is left out.
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses.
    pub async fn joined<R: Stored>(&self, records: Vec<R>) -> Result<Vec<R>, StoreError> {
        let keys: Vec<Key> = records.iter().filter_map(R::annex).map(|annex| annex.key).collect();
        let found: HashMap<Key, Item> =
            if keys.is_empty() { HashMap::new() } else { self.items(&keys, Consistency::Strong).await? };
        let mut joined = Vec::with_capacity(records.len());
        for record in records {
            match record.annex() {
                None => joined.push(record),
                Some(annex) => {
                    if let Some(found) = found.get(&annex.key) {
                        joined.extend(join(&record, found)?);
                    }
                }
            }
        }
        Ok(joined)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Time;
    use crate::domain::machine::Machine;
    use crate::domain::resource::Resource;
    use crate::ids::new_id;

    fn machine() -> Machine {
        let mut machine = Machine::draft(new_id(), new_id(), None, Time::from_millis(1));
        machine.fingerprint = "AA:BB".to_owned();
        machine.owner = Some(new_id());
        machine.last_heartbeat = Some(Time::from_millis(2));
        machine.processes_count = 3;
        machine
    }

    #[test]
    fn what_is_split_joins_again() {
        let machine = machine();
        let (own, annexed) = split(&machine);
        let (_, annexed) = annexed.expect("an annex");
        assert_eq!((own.get("last_heartbeat"), own.get("processes_count")), (None, None));
        assert_eq!(annexed.get("owner"), Some(&json!(machine.owner)), "copied");
        let stored: Machine = serde_json::from_value(Value::Object(own)).expect("a machine");
        assert_eq!(stored.last_heartbeat, None);
        assert_eq!(join(&stored, &item::encode_map(&annexed)).expect("readable"), Some(machine));
    }

    #[test]
    fn an_annex_of_another_record_is_none_of_its_own() {
        let (machine, other) = (machine(), machine());
        let (_, annexed) = split(&other);
        let found = item::encode_map(&annexed.expect("an annex").1);
        assert_eq!(join(&machine, &found).expect("readable"), None);
    }
}
