//! What license validation reads of machines (spec 05 §3.3–3.5).

use std::collections::HashMap;

use super::{Machine, tally};
use crate::clock::Time;
use crate::domain::license::License;
use crate::domain::license::validation::{Counters, MachineFacts};
use crate::ids::{Id, parse_id};
use crate::store::unit::CLAIM_HOLDER;
use crate::store::{Consistency, Item, Key, Store, StoreError, item, keys};

/// The machines of a license that have one of these fingerprints: one read each, however many
/// machines the license has. A machine that was activated just now is seen; a heartbeat of the last moments may not be.
///
/// # Errors
/// When the table cannot be read.
pub async fn by_fingerprints(
    store: &Store,
    account: Id,
    license: Id,
    fingerprints: &[&str],
) -> Result<Vec<MachineFacts>, StoreError> {
    let named: HashMap<Key, &str> =
        fingerprints.iter().map(|text| (keys::fingerprint(account, license, text), *text)).collect();
    let found = match named.keys().collect::<Vec<_>>().as_slice() {
        [] => return Ok(Vec::new()),
        [key] => store.item_cheaply(key).await?.map(|item| ((*key).clone(), item)).into_iter().collect(),
        _ => store.items(&named.keys().cloned().collect::<Vec<_>>(), Consistency::Strong).await?,
    };
    Ok(found.iter().filter_map(|(key, item)| facts(item, named.get(key)?)).collect())
}

/// The machine of this id, if the license has it.
///
/// # Errors
/// When the table cannot be read.
pub async fn by_id(store: &Store, account: Id, license: Id, id: Id) -> Result<Option<MachineFacts>, StoreError> {
    let Some(machine) = store.get::<Machine>(account, id).await?.filter(|machine| machine.license == license) else {
        return Ok(None);
    };
    let found = by_fingerprints(store, account, license, &[&machine.fingerprint]).await?;
    Ok(found.into_iter().find(|facts| facts.id == id))
}

/// What an annex says of its machine.
fn facts(annex: &Item, fingerprint: &str) -> Option<MachineFacts> {
    let time = |name: &str| item::text(annex, name).and_then(|text| text.parse::<Time>().ok());
    Some(MachineFacts {
        id: item::text(annex, CLAIM_HOLDER).and_then(parse_id)?,
        fingerprint: fingerprint.to_owned(),
        owner: item::text(annex, "owner").and_then(parse_id),
        created: time("created")?.timestamp(),
        last_heartbeat: time("last_heartbeat").map(Time::timestamp),
        max_processes: Some(item::number(annex, "max_processes")).filter(|most| *most > 0).map(unsigned),
        processes: unsigned(item::number(annex, "processes_count")),
    })
}

/// What the machines of one owner (or those of none) on a license add up to.
///
/// # Errors
/// When the table cannot be read.
pub async fn leased(store: &Store, account: Id, license: &License, lessee: Option<Id>) -> Result<Counters, StoreError> {
    if lessee.is_none() {
        return Ok(Counters {
            machines: unsigned(license.unowned_count),
            cores: unsigned(license.unowned_cores).into(),
            memory: unsigned(license.unowned_memory).into(),
            disk: unsigned(license.unowned_disk).into(),
            processes: unsigned(license.unowned_processes),
        });
    }
    let (key, _) = tally(account, license.id, lessee, "machines_count");
    let found = store.item(&key, Consistency::Strong).await?.unwrap_or_default();
    let sum = |name| unsigned(item::number(&found, name));
    Ok(Counters {
        machines: sum("machines_count"),
        cores: sum("machines_cores").into(),
        memory: sum("machines_memory").into(),
        disk: sum("machines_disk").into(),
        processes: sum("processes_count"),
    })
}

/// What all machines of a license add up to.
#[must_use]
pub fn total(license: &License) -> Counters {
    Counters {
        machines: unsigned(license.machines_count),
        cores: unsigned(license.machines_cores).into(),
        memory: unsigned(license.machines_memory).into(),
        disk: unsigned(license.machines_disk).into(),
        processes: unsigned(license.processes_count),
    }
}

/// How many of these (distinct) component fingerprints are on a machine.
///
/// # Errors
/// When the table cannot be read.
pub async fn component_hits(store: &Store, account: Id, machine: Id, fingerprints: &[&str]) -> Result<u64, StoreError> {
    let claims: Vec<Key> = fingerprints.iter().map(|text| keys::component(account, machine, text)).collect();
    if claims.is_empty() {
        return Ok(0);
    }
    Ok(store.items(&claims, Consistency::Strong).await?.len() as u64)
}

/// A counter never falls below nothing.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
