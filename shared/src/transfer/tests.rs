use serde_json::{Value, json};

use super::Fault;
use super::draft::{AccountName, Draft};
use super::kinds::{self, KINDS};
use crate::ids::{Id, new_id};

fn read(record: &Value) -> Result<Draft, Fault> {
    Draft::read(record, 0, None)
}

fn refused(record: &Value) -> Fault {
    match read(record) {
        Err(fault) => fault,
        Ok(draft) => panic!("accepted: {draft:?}"),
    }
}

#[test]
fn parents_come_before_children() {
    for (rank, kind) in KINDS.iter().enumerate() {
        let definition = kind.definition();
        for to_one in definition.to_one.iter().filter(|to_one| !to_one.target.is_empty()) {
            let Some(parent) = kinds::find(to_one.target) else { panic!("{} is not imported", to_one.target) };
            let own = to_one.target == definition.kind;
            assert!(own || kinds::rank(parent) < rank, "{} before {}", to_one.target, definition.kind);
        }
        for bearer in kind.bearers() {
            assert!(kinds::find(bearer).is_some_and(|parent| kinds::rank(parent) < rank));
        }
    }
}

#[test]
fn a_record_becomes_stored_members() {
    let (account, policy, user) = (new_id(), new_id(), new_id());
    let draft = read(&json!({
        "type": "licenses", "id": new_id(),
        "attributes": {
            "key": "A", "maxMachines": 3, "suspended": null, "status": "ACTIVE", "lastExpiredEventSentAt": null,
            "metadata": {"someKey": {"otherKey": 1}}, "nobodyKnows": 1, "created": "2031-01-01T00:00:00.000Z",
        },
        "relationships": {
            "account": {"data": {"type": "accounts", "id": account}},
            "environment": {"data": null},
            "policy": {"data": {"type": "policies", "id": policy}},
            "user": {"data": {"type": "users", "id": user}},
            "group": {"data": null},
            "machines": {"links": {}},
        },
    }));
    let draft = draft.expect("a license");
    assert_eq!(draft.account, AccountName::Id(account));
    assert_eq!(draft.cleared, ["suspended"]);
    assert_eq!(draft.unknown, ["nobodyKnows"]);
    assert_eq!(draft.members["metadata"], json!({"some_key": {"other_key": 1}}));
    assert_eq!(draft.members["owner"], json!(user));
    assert_eq!(draft.members["group"], Value::Null);
    assert_eq!(draft.members["environment"], Value::Null);
    assert!(!draft.members.contains_key("status"), "it is computed");
    assert_eq!(draft.targets.iter().map(|target| target.id).collect::<Vec<Id>>(), [policy, user]);
}

#[test]
fn bad_records_are_refused_where_they_are_bad() {
    let account = json!({"account": {"data": {"type": "accounts", "id": "acme"}}});
    let with = |name: &str, value: Value| {
        let mut relationships = account.clone();
        relationships[name] = value;
        relationships
    };
    for (record, pointer) in [
        (json!([]), ""),
        (json!({}), "/type"),
        (json!({"type": 1}), "/type"),
        (json!({"type": "plans"}), "/type"),
        (json!({"type": "users", "id": "1"}), "/id"),
        (json!({"type": "users", "attributes": 1}), "/attributes"),
        (json!({"type": "users"}), "/relationships/account"),
        (json!({"type": "users", "relationships": {"account": {"data": {"id": 1}}}}), "/relationships/account/data/id"),
        (
            json!({"type": "licenses", "relationships": with("policy", json!({"data": null}))}),
            "/relationships/policy/data",
        ),
        (
            json!({"type": "licenses", "relationships": with("policy", json!({"data": {"type": "users", "id": new_id()}}))}),
            "/relationships/policy/data/type",
        ),
        (
            json!({"type": "tokens", "relationships": with("bearer", json!({"data": {"type": "tokens", "id": new_id()}}))}),
            "/relationships/bearer/data/type",
        ),
        (
            json!({"type": "tokens", "relationships": with("bearer", json!({"data": {"type": "users", "id": "x"}}))}),
            "/relationships/bearer/data/id",
        ),
        (json!({"type": "users", "relationships": account, "meta": {"secrets": 1}}), "/meta/secrets"),
    ] {
        assert_eq!(refused(&record).pointer, pointer, "{record}");
    }
}

#[test]
fn later_records_of_one_id_win() {
    let record = |name: &str, group: Value| {
        json!({
            "type": "users", "id": Id::nil(), "attributes": {"firstName": name},
            "relationships": {"account": {"data": {"id": "acme"}}, "group": {"data": group}},
        })
    };
    let mut first = read(&record("A", json!({"type": "groups", "id": new_id()}))).expect("a user");
    let later = Draft::read(&record("B", Value::Null), 7, None).expect("a user");
    first.merge(later);
    assert_eq!(first.indexes, [0, 7]);
    assert_eq!(first.members["first_name"], "B");
    assert!(first.targets.is_empty(), "the group is gone");
}
