//! Parts of records that stand in items of their own, because they are found, or change, apart from the
//! rest. A heartbeat is found by a machine's fingerprint, and is written without the machine; a validation is
//! noted beside the license, whose own item is large.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::keys::Key;
use super::record::Stored;
use super::unit::CLAIM_HOLDER;
use super::{Consistency, Item, Store, StoreError, item};

/// Where a part of a record stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Annex {
    /// For an annex that is a claim too, and is there as long as its record: the attribute that is reported when
    /// another record holds it. One that claims nothing comes into being with its first change.
    pub claim: Option<&'static str>,
    /// Its item.
    pub key: Key,
    /// Members that stand there and nowhere else.
    pub moved: &'static [&'static str],
    /// Members that stand both there and in the record's own item.
    pub copied: &'static [&'static str],
    /// Times that stand there when they were changed with it, and in the record's own item too: the later is meant.
    pub later: &'static [&'static str],
}

impl Annex {
    /// Which of the members that stand there count, given how the record's own item has them.
    pub fn prevailing<'a>(
        &'a self,
        found: &'a Item,
        own: impl Fn(&str) -> Option<String> + 'a,
    ) -> impl Iterator<Item = &'static str> + 'a {
        // Times are written in one form, so that they sort like their texts.
        let is_later = move |name: &&&'static str| item::text(found, name) > own(name).as_deref();
        self.moved.iter().chain(self.later.iter().filter(is_later)).copied()
    }
}

/// Members of an item.
type Members = Map<String, Value>;

/// The members of a record's own item, and of its annex; those of an annex that need not exist may be none.
pub(super) fn split<R: Stored>(record: &R) -> (Members, Option<(Annex, Members)>) {
    let mut own = record.to_map();
    let Some(annex) = record.annex() else { return (own, None) };
    let mut annexed = Map::new();
    if annex.claim.is_some() {
        annexed.insert(CLAIM_HOLDER.to_owned(), record.id().to_string().into());
    }
    for name in annex.moved {
        let moved = own.shift_remove_entry(*name);
        annexed.extend(moved.filter(|(_, value)| annex.claim.is_some() || !value.is_null()));
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
    if annex.claim.is_some() && item::text(found, CLAIM_HOLDER) != Some(record.id().to_string().as_str()) {
        return Ok(None);
    }
    let own = if annex.later.is_empty() { Members::new() } else { record.to_map() };
    let names = annex.prevailing(found, |name| own.get(name)?.as_str().map(str::to_owned));
    let members = names.filter_map(|name| Some((name.to_owned(), item::decode(found.get(name)?)))).collect();
    let joined = record.overlay(members);
    joined.map(Some).map_err(|error| StoreError::Broken(format!("a stored annex cannot be read: {error}")))
}

impl Store {
    /// Completes records by their annexes. A record is going itself, and is left out, when an annex is gone that
    /// must be there.
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
                Some(annex) => match found.get(&annex.key) {
                    Some(found) => joined.extend(join(&record, found)?),
                    None if annex.claim.is_none() => joined.push(record),
                    None => {}
                },
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
    use crate::domain::license::License;
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
    fn an_annex_that_claims_nothing_is_there_when_there_is_something_to_say() {
        let mut license = License::draft(new_id(), new_id(), None, Time::from_millis(5));
        let (_, annexed) = split(&license);
        assert!(annexed.expect("an annex").1.is_empty());
        license.last_validated = Some(Time::from_millis(7));
        let (own, annexed) = split(&license);
        assert_eq!(own.get("last_validated"), None);
        let mut found = item::encode_map(&annexed.expect("an annex").1);
        let stored: License = serde_json::from_value(Value::Object(own)).expect("a license");
        for (touched, updated) in [(3, 5), (9, 9)] {
            found.extend(
                item::encode_member("updated", &json!(Time::from_millis(touched))).map(|at| ("updated".to_owned(), at)),
            );
            let expected = License { updated: Time::from_millis(updated), ..license.clone() };
            assert_eq!(join(&stored, &found).expect("readable"), Some(expected));
        }
    }

    #[test]
    fn an_annex_of_another_record_is_none_of_its_own() {
        let (machine, other) = (machine(), machine());
        let (_, annexed) = split(&other);
        let found = item::encode_map(&annexed.expect("an annex").1);
        assert_eq!(join(&machine, &found).expect("readable"), None);
    }
}
