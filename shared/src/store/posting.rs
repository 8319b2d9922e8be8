//! Metadata postings: one small item for each scalar pair of a record's metadata, so that records
//! with `metadata[customer]=…` are a query and not a walk through the account.
//!
//! Postings are written, moved and removed in the transaction of their record, two write units
//! each, and only those of changed pairs. So that a transaction stays small, a record posts at most
//! [`MOST`] pairs; one with more is also posted as *partly posted*, and whoever looks for a pair looks
//! through those as well. A posting is a candidate: the record itself has the last word.

use super::keys::{self, Key};
use super::record::Stored;
use crate::domain::metadata;
use serde_json::Value;

/// How many pairs of one record are posted.
pub const MOST: usize = 16;

/// The postings of a record; none of a kind that is not looked for by its metadata.
pub fn postings<R: Stored>(record: &R) -> Vec<Key> {
    let kind = R::DEFINITION.kind;
    if !keys::posts_metadata(kind) {
        return Vec::new();
    }
    let stored = record.to_map();
    let Some(Value::Object(pairs)) = stored.get("metadata") else { return Vec::new() };
    let pairs: Vec<(&str, String)> =
        pairs.iter().filter_map(|(name, value)| Some((name.as_str(), metadata::term(value)?))).collect();
    let post = |pair: Option<(&str, &str)>| {
        keys::posting(record.account(), record.environment(), kind, pair, record.created(), record.id())
    };
    let mut postings: Vec<Key> = pairs.iter().take(MOST).map(|(name, term)| post(Some((name, term)))).collect();
    if pairs.len() > MOST {
        postings.push(post(None));
    }
    postings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::domain::license::License;
    use crate::domain::product::Product;
    use crate::domain::resource::Resource;
    use crate::ids::new_id;
    use serde_json::json;

    fn license(metadata: Value) -> License {
        let draft = License::draft(new_id(), new_id(), None, Time::from_millis(1_700_000_000_000));
        draft.overlay([("metadata".to_owned(), metadata)].into_iter().collect()).expect("a license")
    }

    #[test]
    fn scalar_pairs_are_posted() {
        let posted = postings(&license(json!({"customer": "acme", "seats": 4, "tags": ["a"], "cpu": {"cores": 8}})));
        assert_eq!(posted.len(), 2);
        assert!(posted.iter().all(|key| key.pk.starts_with("M#")));
    }

    #[test]
    fn a_record_with_many_pairs_is_posted_as_such() {
        let many: serde_json::Map<String, Value> = (0..64).map(|n| (format!("k{n}"), json!(n))).collect();
        assert_eq!(postings(&license(many.into())).len(), MOST + 1);
    }

    #[test]
    fn other_kinds_post_nothing() {
        let mut product = Product::draft(new_id(), new_id(), None, Time::from_millis(0));
        product.metadata.insert("a".to_owned(), json!(1));
        assert!(postings(&product).is_empty());
    }
}
