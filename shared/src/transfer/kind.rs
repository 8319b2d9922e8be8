//! How records of one type are imported and exported.

use std::collections::HashMap;
use std::fmt::Debug;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::draft::{Draft, attribute, relationship};
use super::plan::{Plan, Planned};
use super::{Fault, Transfer, Trouble};
use crate::domain::attribute::Kind;
use crate::domain::resource::Definition;
use crate::ids::{Id, new_id};
use crate::jsonapi::casing;
use crate::store::annex::Annex;
use crate::store::keys::{self, Key, Within};
use crate::store::{Consistency, Item, Store, StoreError, Stored, Unit, item, read};

/// The most bytes of a record: DynamoDB takes 400 KiB, with its names and index keys.
const LARGEST: usize = 380_000;

/// Where all records of a type are found.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// The account itself.
    Itself,
    /// In the account-wide list.
    List,
    /// In the lists of the records of another type; only of those whose item has a number above 0
    /// under the name given.
    Under(&'static str, fn(Id) -> Within, Option<&'static str>),
    /// By a claim that each record of another type may have.
    Claimed(&'static str, fn(Id, Id) -> Key),
}

/// What a hook may look at.
#[derive(Debug)]
pub struct Work<'a, R> {
    /// The record as the table has it.
    pub before: Option<&'a R>,
    /// `meta.secrets`.
    pub secrets: Secrets<'a>,
    /// Everything else.
    pub desk: &'a Desk<'a>,
    draft: &'a Draft,
}

impl<R> Work<'_, R> {
    /// Whether an attribute has a value, brought or stored, so that no default applies.
    #[must_use]
    pub fn given(&self, name: &str) -> bool {
        self.draft.members.contains_key(name) || (self.before.is_some() && !self.draft.cleared.contains(&name))
    }

    /// Whether an attribute came as null although it cannot be null.
    #[must_use]
    pub fn cleared(&self, name: &str) -> bool {
        self.draft.cleared.contains(&name)
    }
}

/// What travels in `meta.secrets`.
#[derive(Clone, Copy, Debug)]
pub struct Secrets<'a>(&'a Map<String, Value>);

impl<'a> Secrets<'a> {
    /// A member, null included.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name)
    }

    /// A member that is a string or null; outer none: it was not brought.
    ///
    /// # Errors
    /// When it is something else.
    pub fn text(self, name: &str) -> Result<Option<Option<&'a str>>, Fault> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(Value::String(text)) => Ok(Some(Some(text))),
            Some(_) => Err(Fault::secret(name, "must be a string")),
        }
    }

    /// A member that is an instant or null.
    ///
    /// # Errors
    /// When it is something else.
    pub fn time(self, name: &str) -> Result<Option<Option<crate::clock::Time>>, Fault> {
        let parse = |text: &str| text.parse().map_err(|error| Fault::secret(name, format!("{error}")));
        self.text(name)?.map(|value| value.map(parse).transpose()).transpose()
    }
}

/// A type that is imported and exported. The constants and hooks say what its declaration cannot.
pub trait Importable: Stored {
    /// Internal fields that travel as attributes.
    const CARRIED: &'static [&'static str] = &[];
    /// Relationships that follow from others.
    const DERIVED: &'static [&'static str] = &[];
    /// Types that polymorphic relationships may name.
    const BEARERS: &'static [&'static str] = &[];
    /// The relationship whose target lends a new record its environment.
    const HOME: Option<&'static str> = None;
    /// Where all of them are found.
    const REACH: Reach = Reach::List;
    /// Pointer to what look-up items are made of.
    const LOOKUP: &'static str = "/attributes/code";

    /// Fills in what a create fills in, what follows from other records, and secrets.
    fn finish(&mut self, work: &Work<'_, Self>) -> impl Future<Output = Result<(), Trouble>> + Send {
        let _ = work;
        async { Ok(()) }
    }

    /// Leaves what is to be done about other records, at most two jobs, where an import changes this one.
    fn leave(before: &Self, after: &Self, unit: &mut Unit) {
        let _ = (before, after, unit);
    }

    /// Attributes as an export shows them, where they differ from what is stored.
    fn show(&self, attributes: &mut Map<String, Value>) {
        let _ = attributes;
    }

    /// `meta.secrets` of an export.
    fn reveal(&self, transfer: &Transfer<'_>) -> impl Future<Output = Result<Map<String, Value>, StoreError>> + Send {
        let _ = transfer;
        async { Ok(Map::new()) }
    }
}

/// An [`Importable`] type behind a pointer.
pub trait Transferable: Debug + Send + Sync {
    /// Its declaration.
    fn definition(&self) -> &'static Definition;
    /// See [`Importable::CARRIED`].
    fn carried(&self) -> &'static [&'static str];
    /// See [`Importable::DERIVED`].
    fn derived(&self) -> &'static [&'static str];
    /// See [`Importable::BEARERS`].
    fn bearers(&self) -> &'static [&'static str];
    /// See [`Importable::REACH`].
    fn reach(&self) -> Reach;
    /// Where a part of a stored record stands apart from it.
    fn annex(&self, item: &Item) -> Option<Annex>;
    /// The key of the item of a record.
    ///
    /// # Errors
    /// When the record lacks what the key is made of.
    fn key(&self, draft: &Draft, account: Id) -> Result<Key, Fault>;
    /// Prepares a record. What it points at is on the desk already.
    fn plan<'a>(
        &'a self,
        draft: &'a Draft,
        account: Id,
        before: Option<&'a Item>,
        desk: &'a Desk<'a>,
    ) -> BoxFuture<'a, Result<Arc<dyn Plan>, Trouble>>;
    /// A stored record as an import takes it.
    fn write<'a>(
        &'a self,
        item: &'a Item,
        secrets: bool,
        transfer: &'a Transfer<'a>,
    ) -> BoxFuture<'a, Result<Value, StoreError>>;
}

/// [`Transferable`] of a type.
pub struct Of<R>(PhantomData<fn() -> R>);

impl<R> Of<R> {
    /// The only value.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R> Default for Of<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Importable> Debug for Of<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(R::DEFINITION.kind)
    }
}

impl<R: Importable> Transferable for Of<R> {
    fn definition(&self) -> &'static Definition {
        R::DEFINITION
    }

    fn carried(&self) -> &'static [&'static str] {
        R::CARRIED
    }

    fn derived(&self) -> &'static [&'static str] {
        R::DERIVED
    }

    fn bearers(&self) -> &'static [&'static str] {
        R::BEARERS
    }

    fn reach(&self) -> Reach {
        R::REACH
    }

    fn annex(&self, item: &Item) -> Option<Annex> {
        read::<R>(item).ok()?.annex()
    }

    fn key(&self, draft: &Draft, account: Id) -> Result<Key, Fault> {
        let ends = R::DEFINITION.to_one.iter().filter_map(|to_one| draft.members.get_key_value(to_one.name));
        let ends = ends.map(|(name, value)| (name.clone(), value.clone())).collect();
        let empty = R::draft(draft.id.unwrap_or_default(), account, None, crate::clock::Time::default());
        let record = empty.overlay(ends).map_err(|error| Fault::new("/relationships", error.to_string()))?;
        Ok(record.key())
    }

    fn plan<'a>(
        &'a self,
        draft: &'a Draft,
        account: Id,
        before: Option<&'a Item>,
        desk: &'a Desk<'a>,
    ) -> BoxFuture<'a, Result<Arc<dyn Plan>, Trouble>> {
        async move {
            let before: Option<R> = before.map(read).transpose()?;
            if let (Some(before), Some(id)) = (&before, draft.id)
                && before.id() != id
            {
                return Err(attached(R::DEFINITION).into());
            }
            let home = keys::record(account, "accounts", account);
            if R::DEFINITION.kind != "accounts" && !desk.has(&home) {
                return Err(Fault::missing("/relationships/account").into());
            }
            for target in &draft.targets {
                if !desk.has(&keys::record(account, target.kind, target.id)) {
                    return Err(Fault::missing(target.pointer()).into());
                }
            }
            let mut after = lay::<R>(draft, account, before.as_ref(), desk)?;
            let work = Work { before: before.as_ref(), secrets: Secrets(&draft.secrets), desk, draft };
            after.finish(&work).await?;
            let size = serde_json::to_string(&after).map_or(0, |text| text.len());
            if size > LARGEST {
                return Err(Fault::new("", format!("is too large ({size} bytes, at most {LARGEST})")).into());
            }
            let plan: Arc<dyn Plan> = Arc::new(Planned { before, after, size });
            Ok(plan)
        }
        .boxed()
    }

    fn write<'a>(
        &'a self,
        item: &'a Item,
        secrets: bool,
        transfer: &'a Transfer<'a>,
    ) -> BoxFuture<'a, Result<Value, StoreError>> {
        async move {
            let record: R = read(item)?;
            let mut object = object(&record);
            if secrets {
                let secrets = record.reveal(transfer).await?;
                if !secrets.is_empty() {
                    object.insert("meta".to_owned(), json!({"secrets": secrets}));
                }
            }
            Ok(Value::Object(object))
        }
        .boxed()
    }
}

/// Two joins of the same two ends.
pub(super) fn attached(definition: &Definition) -> Fault {
    let end = definition.to_one.last().map_or_else(String::new, |to_one| relationship(to_one.name));
    Fault::new(end, "is attached already")
}

/// The record with what a draft brings laid over it.
fn lay<R: Importable>(draft: &Draft, account: Id, before: Option<&R>, desk: &Desk<'_>) -> Result<R, Fault> {
    let base = match before {
        Some(before) => before.clone(),
        None => {
            for attribute_of in R::DEFINITION.attributes.iter().filter(|attribute| attribute.required) {
                if !draft.members.contains_key(attribute_of.name) {
                    return Err(Fault::new(attribute(attribute_of.name), "is missing"));
                }
            }
            for to_one in R::DEFINITION.to_one {
                let optional = to_one.nullable || R::DERIVED.contains(&to_one.name);
                if !optional && !draft.members.contains_key(to_one.name) {
                    return Err(Fault::new(relationship(to_one.name), "is missing"));
                }
            }
            R::draft(draft.id.unwrap_or_else(new_id), account, home::<R>(draft, account, desk), desk.now)
        }
    };
    let mut members = base.to_map();
    for name in &draft.cleared {
        members.remove(*name);
    }
    members.extend(draft.members.iter().map(|(name, value)| (name.clone(), value.clone())));
    serde_json::from_value(Value::Object(members)).map_err(|error| blame(&base, draft, &error))
}

/// The environment of a new record that names none.
fn home<R: Importable>(draft: &Draft, account: Id, desk: &Desk<'_>) -> Option<Id> {
    if !R::DEFINITION.environments || draft.members.contains_key("environment") {
        return None;
    }
    let target = draft.targets.iter().find(|target| Some(target.name) == R::HOME)?;
    desk.environment_of(account, target.kind, target.id)
}

/// Finds the member whose value its type does not take.
fn blame<R: Importable>(base: &R, draft: &Draft, error: &serde_json::Error) -> Fault {
    for (name, value) in &draft.members {
        if let Err(error) = base.overlay(Map::from_iter([(name.clone(), value.clone())])) {
            return Fault::new(attribute(name), error.to_string());
        }
    }
    Fault::new("/attributes", error.to_string())
}

/// A record as an import takes it.
fn object<R: Importable>(record: &R) -> Map<String, Value> {
    let definition = R::DEFINITION;
    let stored = record.to_map();
    let mut attributes = Map::new();
    for attribute in definition.attributes.iter().filter(|attribute| !attribute.computed) {
        let value = stored.get(attribute.name).cloned().unwrap_or_default();
        let value = if attribute.kind == Kind::Object { casing::camelise_keys(&value) } else { value };
        attributes.insert(casing::camel(attribute.name), value);
    }
    for name in R::CARRIED {
        if let Some(value) = stored.get(*name).filter(|value| !value.is_null()) {
            attributes.insert(casing::camel(name), value.clone());
        }
    }
    attributes.insert("created".to_owned(), json!(record.created()));
    attributes.insert("updated".to_owned(), json!(record.updated()));
    record.show(&mut attributes);

    let mut relationships = Map::new();
    let data = |kind: &str, id: Id| json!({"data": {"type": kind, "id": id}});
    if definition.kind != "accounts" {
        relationships.insert("account".to_owned(), data("accounts", record.account()));
    }
    if definition.environments {
        let linkage = record.environment().map_or_else(|| json!({"data": null}), |id| data("environments", id));
        relationships.insert("environment".to_owned(), linkage);
    }
    for to_one in definition.to_one {
        let linkage = match stored.get(to_one.name) {
            Some(Value::String(id)) => json!({"data": {"type": to_one.target, "id": id}}),
            Some(reference @ Value::Object(_)) => json!({"data": reference}),
            _ => json!({"data": null}),
        };
        relationships.insert(casing::camel(to_one.name), linkage);
    }
    let mut object = Map::new();
    object.insert("type".to_owned(), definition.kind.into());
    object.insert("id".to_owned(), json!(record.id()));
    object.insert("attributes".to_owned(), Value::Object(attributes));
    if !relationships.is_empty() {
        object.insert("relationships".to_owned(), Value::Object(relationships));
    }
    object
}

/// Lays what stands in annexes into the items of their records.
///
/// # Errors
/// When the table cannot be read.
pub(super) async fn complete<'a>(
    store: &Store,
    records: impl Iterator<Item = (&'static dyn Transferable, &'a Key)>,
    items: &mut HashMap<Key, Item>,
) -> Result<(), StoreError> {
    let annexes: Vec<(&Key, Annex)> =
        records.filter_map(|(kind, key)| Some((key, kind.annex(items.get(key)?)?))).collect();
    if annexes.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = annexes.iter().map(|(_, annex)| annex.key.clone()).collect();
    let mut found = store.items(&keys, Consistency::Strong).await?;
    for (key, annex) in annexes {
        if let (Some(item), Some(mut apart)) = (items.get_mut(key), found.remove(&annex.key)) {
            let own = |name: &str| item::text(item, name).map(str::to_owned);
            let names: Vec<&str> = annex.prevailing(&apart, own).collect();
            item.extend(names.into_iter().filter_map(|name| apart.remove_entry(name)));
        }
    }
    Ok(())
}
