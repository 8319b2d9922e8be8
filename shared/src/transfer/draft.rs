//! What a record of an import brings, brought into stored form but not yet laid over anything.

use serde_json::{Map, Value};

use super::Fault;
use super::kind::Transferable;
use super::kinds;
use crate::domain::attribute::{Kind, ToOne};
use crate::ids::{Id, parse_id};
use crate::jsonapi::casing;

/// How a record names its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountName {
    /// It is one.
    Itself,
    /// By id.
    Id(Id),
    /// By slug.
    Slug(String),
}

impl AccountName {
    /// An id if it looks like one, else a slug.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        parse_id(text).map_or_else(|| Self::Slug(text.to_owned()), Self::Id)
    }
}

/// A record that this one points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Stored name of the relationship; `environment` for the environment.
    pub name: &'static str,
    /// Type of the record.
    pub kind: &'static str,
    /// Its id.
    pub id: Id,
}

impl Target {
    /// Where the record names it.
    #[must_use]
    pub fn pointer(&self) -> String {
        relationship(self.name)
    }
}

/// Pointer to a relationship.
pub(super) fn relationship(name: &str) -> String {
    format!("/relationships/{}", casing::camel(name))
}

/// Pointer to an attribute.
pub(super) fn attribute(name: &str) -> String {
    format!("/attributes/{}", casing::camel(name))
}

/// What a record brings.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Which records of the batch it was made from: several, if they have the same id.
    pub indexes: Vec<usize>,
    /// Its type.
    pub kind: &'static dyn Transferable,
    /// Its id; none: a fresh one.
    pub id: Option<Id>,
    /// Its account.
    pub account: AccountName,
    /// Stored members by stored name.
    pub members: Map<String, Value>,
    /// Members that came as null although they cannot be: they get their default.
    pub cleared: Vec<&'static str>,
    /// Records it points at.
    pub targets: Vec<Target>,
    /// `meta.secrets`.
    pub secrets: Map<String, Value>,
    /// Attributes that no declaration knows.
    pub unknown: Vec<String>,
}

impl Draft {
    /// Reads a record. `account` is the account of records that name none.
    ///
    /// # Errors
    /// The first member that is not what it should be.
    pub fn read(record: &Value, index: usize, account: Option<&AccountName>) -> Result<Self, Fault> {
        let Value::Object(object) = record else { return Err(Fault::new("", "must be an object")) };
        let kind = match object.get("type") {
            Some(Value::String(name)) => {
                kinds::find(name).ok_or_else(|| Fault::new("/type", format!("'{name}' is no type that is imported")))?
            }
            Some(_) => return Err(Fault::new("/type", "must be a string")),
            None => return Err(Fault::new("/type", "is missing")),
        };
        let id = match object.get("id") {
            None | Some(Value::Null) => None,
            Some(id) => Some(id.as_str().and_then(parse_id).ok_or_else(|| Fault::new("/id", "must be a UUID"))?),
        };
        let mut draft = Self {
            indexes: vec![index],
            kind,
            id,
            account: AccountName::Itself,
            members: Map::new(),
            cleared: Vec::new(),
            targets: Vec::new(),
            secrets: Map::new(),
            unknown: Vec::new(),
        };
        draft.read_attributes(members(object, "attributes")?);
        let relationships = members(object, "relationships")?;
        draft.account = draft.read_account(relationships, account)?;
        draft.read_relationships(relationships)?;
        if let Some(secrets) = members(object, "meta")?.and_then(|meta| meta.get("secrets")).filter(|v| !v.is_null()) {
            let Value::Object(secrets) = secrets else { return Err(Fault::new("/meta/secrets", "must be an object")) };
            draft.secrets = secrets.clone();
        }
        Ok(draft)
    }

    fn read_attributes(&mut self, attributes: Option<&Map<String, Value>>) {
        let definition = self.kind.definition();
        for (sent, value) in attributes.into_iter().flatten() {
            let name = casing::snake(sent);
            if matches!(name.as_str(), "created" | "updated") {
                if !value.is_null() {
                    self.members.insert(name, value.clone());
                }
            } else if let Some(attribute) = definition.attribute(&name) {
                if attribute.computed {
                    continue;
                }
                if value.is_null() && !attribute.nullable {
                    self.cleared.push(attribute.name);
                    continue;
                }
                let mut value = value.clone();
                if attribute.kind == Kind::Object {
                    casing::normalise_keys(&mut value);
                }
                self.members.insert(name, value);
            } else if self.kind.carried().contains(&name.as_str()) {
                self.members.insert(name, value.clone());
            } else {
                self.unknown.push(sent.clone());
            }
        }
    }

    fn read_account(
        &self,
        relationships: Option<&Map<String, Value>>,
        usual: Option<&AccountName>,
    ) -> Result<AccountName, Fault> {
        if self.kind.definition().kind == "accounts" {
            return Ok(AccountName::Itself);
        }
        match relationships.and_then(|all| all.get("account")).and_then(|account| account.get("data")) {
            None | Some(Value::Null) => {
                usual.cloned().ok_or_else(|| Fault::new("/relationships/account", "is missing"))
            }
            Some(data) => match data.get("id").and_then(Value::as_str) {
                Some(name) => Ok(AccountName::parse(name)),
                None => Err(Fault::new("/relationships/account/data/id", "must be an id or a slug")),
            },
        }
    }

    fn read_relationships(&mut self, relationships: Option<&Map<String, Value>>) -> Result<(), Fault> {
        let definition = self.kind.definition();
        for (sent, relationship) in relationships.into_iter().flatten() {
            let name = casing::snake(sent);
            let Some(data) = relationship.get("data") else { continue };
            if name == "environment" && definition.environments {
                let target = linkage("environment", data, &["environments"])?;
                self.members.insert(name, target.as_ref().map_or(Value::Null, |target| target.id.to_string().into()));
                self.targets.extend(target);
                continue;
            }
            let same = |to_one: &&ToOne| to_one.name == name || (!to_one.alias.is_empty() && to_one.alias == name);
            let Some(to_one) = definition.to_one.iter().find(same) else { continue };
            if self.kind.derived().contains(&to_one.name) {
                continue;
            }
            let polymorphic = to_one.target.is_empty();
            let target = if polymorphic {
                linkage(to_one.name, data, self.kind.bearers())?
            } else {
                linkage(to_one.name, data, &[to_one.target])?
            };
            let stored = match &target {
                None if to_one.nullable => Value::Null,
                None => return Err(Fault::new(relationship_data(to_one.name), "must not be null")),
                Some(target) if polymorphic => serde_json::json!({"type": target.kind, "id": target.id}),
                Some(target) => target.id.to_string().into(),
            };
            self.members.insert(to_one.name.to_owned(), stored);
            self.targets.extend(target);
        }
        Ok(())
    }

    /// Takes over what a later record of the same id brings.
    pub fn merge(&mut self, later: Self) {
        self.indexes.extend(later.indexes);
        for name in later.members.keys() {
            self.cleared.retain(|cleared| cleared != name);
            self.targets.retain(|target| target.name != name);
        }
        for name in &later.cleared {
            self.members.remove(*name);
        }
        self.members.extend(later.members);
        self.cleared.extend(later.cleared);
        self.targets.extend(later.targets);
        self.secrets.extend(later.secrets);
        self.unknown.extend(later.unknown);
    }
}

fn relationship_data(name: &str) -> String {
    format!("{}/data", relationship(name))
}

fn members<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Map<String, Value>>, Fault> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members)),
        Some(_) => Err(Fault::new(format!("/{name}"), "must be an object")),
    }
}

/// Reads a linkage: null, or a type among `kinds` and an id.
fn linkage(name: &'static str, data: &Value, kinds: &[&'static str]) -> Result<Option<Target>, Fault> {
    if data.is_null() {
        return Ok(None);
    }
    let pointer = relationship_data(name);
    let sent = data.get("type").and_then(Value::as_str).unwrap_or_default();
    let kind = kinds.iter().find(|kind| **kind == sent);
    let kind = kind.ok_or_else(|| Fault::new(format!("{pointer}/type"), format!("must be {}", kinds.join(" or "))))?;
    let id = data.get("id").and_then(Value::as_str).and_then(parse_id);
    let id = id.ok_or_else(|| Fault::new(format!("{pointer}/id"), "must be a UUID"))?;
    Ok(Some(Target { name, kind, id }))
}
