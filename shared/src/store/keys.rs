//! The key schema of the table: every partition and sort key is made here and nowhere else.
//!
//! `a` is the account's id, `e` an environment's id or `-`.
//!
//! | what | pk | sk |
//! | --- | --- | --- |
//! | record | `R#a#{kind}#{id}` | `#` |
//! | entitlement of a license or policy | `R#a#{licenses,policies}#{id}` | `E#{entitlement}` |
//! | when a license was validated last | `R#a#licenses#{id}` | `A` |
//! | licensee | `R#a#licenses#{id}` | `U#{user}` |
//! | machine of a license by fingerprint | `R#a#licenses#{id}` | `F#{digest}` |
//! | component of a machine by fingerprint | `R#a#machines#{id}` | `C#{digest}` |
//! | process of a machine by its pid | `R#a#machines#{id}` | `P#{digest}` |
//! | machines (components) that share a fingerprint | `F#a#{kind}#{digest}` | `{created}#{id}`; head `#` |
//! | leased totals of one owner's machines | `R#a#licenses#{id}` | `O#{user or -}` |
//! | owner of a group | `R#a#groups#{id}` | `U#{user}` |
//! | license by key | `K#a#{digest}` | `#` |
//! | token by digest | `D#a#{digest}` | `#` |
//! | uniqueness claim | `Q#{a or -}#{scope}#{digest of the value}` | `#` |
//! | staff of an address, over all accounts | `S#{digest of the address}` | `{a}#{user}` |
//! | metadata pair of a listed record | `M#a#e#{kind}#{digest of name and value}#{shard}` | `{created}#{id}` |
//! | record with more pairs than are posted | `M#a#e#{kind}#+#{shard}` | `{created}#{id}` |
//! | number of records | `N#a#e#{kind}` | `{shard}` |
//! | number of admins, and of those with all permissions | `N#a#admins` | `#` |
//! | event, its log entry and outbox | `V#a#{hour}#{shard}` | `{created}#{id}` |
//! | cascade under way | `J` | `{created}#{id}` |
//! | timer | `T#{kind}#{shard}` | `{due}#{id}` |
//! | rate window | `W#{name}#{digest}#{window}` | `#` |
//!
//! What a record's key says is not stored a second time ([`told`]).
//!
//! # Access patterns
//!
//! * *By id*: one `GetItem`. *License or policy with its entitlements*: one `Query` of its partition
//!   below `F`; machines and licensees sort behind. *Fingerprint scope*: one `GetItem`.
//! * *By alias* (code, e-mail, slug, fingerprint): the claim names the record: two reads. License keys and tokens: the look-up item
//!   carries what saves the second read.
//! * *Lists*: a list is a set of partitions of one index (one for each environment that is visible,
//!   times [`shards`]), merged by `{created}#{id}`. Indexes project keys only; pages are hydrated
//!   with `BatchGetItem`. Index partitions:
//!
//! | index | partition | lists |
//! | --- | --- | --- |
//! | `by_type` | `a#e#{kind}#{shard}` | everything of a kind |
//! | `by_product` | `a#e#{product}#{kind}#{shard}` | a product's policies, licenses, machines, keys, tokens |
//! | `by_parent` | `a#e#{parent}#{kind}#{shard}` | a policy's licenses and keys, a license's machines, a machine's components |
//! | `by_owner` | `a#e#{user or bearer}#{kind}#{shard}` | a user's licenses (owned, and attached through the join item) and machines, a bearer's tokens, components and processes of a license |
//! | `by_group` | `a#e#{group}#{kind}#{shard}` | members of a group |
//!
//! * *Same fingerprint elsewhere*: the partition of a fingerprint lists who has it, in creation order;
//!   its head is rewritten by those who insist on being alone in a wider scope than their license.
//! * *Due timers*: one `Query` of each shard up to now. A timer is written when a heartbeat begins to
//!   be watched and re-armed when it is due, never by a heartbeat: about one write for each watched
//!   record and heartbeat duration, so `16 × 1,000` of these a second for all accounts together.
//!   A license that expires has one by its expiry, one that has to check in one for each check-in due.
//! * *By metadata*: postings ([`super::posting`]) are lists of the table itself, in the same order, and
//!   merge with the lists above.
//!
//! Limits: one index partition takes about 1,000 writes a second, so an account creates at most
//! `1,000 × shards(kind)` records of a kind and environment a second.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Time;
use crate::ids::Id;

/// The sort key of an item that is alone in, or heads, its partition.
pub const HEAD: &str = "#";
/// Sort keys of a record's small satellites (entitlements, users) lie below this one.
pub const SATELLITES_END: &str = "F";
/// Sort keys of the entitlements of a license or policy start with this.
pub const ENTITLEMENTS: &str = "E#";

/// The sort key of what is noted beside a license as it is used.
const ACTIVITY: &str = "A";

/// Sort keys of what hangs on a machine, its components and processes, lie between this one …
pub const PARTS: &str = "C#";
/// … below which its components come first …
pub const COMPONENTS_END: &str = "C$";
/// … and this one.
pub const PARTS_END: &str = "P$";

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    fn head(pk: String) -> Self {
        Self { pk, sk: HEAD.to_owned() }
    }

    /// The kind and id of the record at the head of this key's partition, if it is a record's.
    #[must_use]
    pub fn record(&self) -> Option<(&str, Id)> {
        let mut parts = self.pk.strip_prefix("R#")?.split('#').skip(1);
        Some((parts.next()?, Id::try_parse(parts.next()?).ok()?))
    }
}

/// The members of a record that its key tells, and that are therefore not stored with it: a license with its
/// entitlements should fit into the 4 KiB of one read unit.
pub fn told<'a>(pk: &'a str, sk: &'a str) -> impl Iterator<Item = (&'static str, &'a str)> {
    let mut parts = pk.strip_prefix("R#").unwrap_or_default().split('#');
    let (account, kind, id) = (parts.next(), parts.next(), parts.next());
    let head = match (sk.split_once('#'), kind) {
        (Some(("", "")), _) => Some("id"),
        (Some(("E" | "U", _)), Some("licenses")) => Some("license"),
        (Some(("E", _)), Some("policies")) => Some("policy"),
        (Some(("U", _)), Some("groups")) => Some("group"),
        _ => None,
    };
    let satellite = match sk.split_once('#') {
        Some(("E", id)) => Some(("entitlement", id)),
        Some(("U", id)) => Some(("user", id)),
        _ => None,
    };
    let whole = head.zip(id).map(|(name, id)| [Some((name, id)), account.map(|id| ("account", id)), satellite]);
    whole.into_iter().flatten().flatten()
}

/// A record.
#[must_use]
pub fn record(account: Id, kind: &str, id: Id) -> Key {
    Key::head(format!("R#{account}#{kind}#{id}"))
}

/// An entitlement attached to a license or a policy.
#[must_use]
pub fn attached_entitlement(account: Id, kind: &str, holder: Id, entitlement: Id) -> Key {
    Key { sk: format!("{ENTITLEMENTS}{entitlement}"), ..record(account, kind, holder) }
}

/// A user attached to a license, or owning a group.
#[must_use]
pub fn attached_user(account: Id, kind: &str, holder: Id, user: Id) -> Key {
    Key { sk: format!("U#{user}"), ..record(account, kind, holder) }
}

/// What is noted beside a license as it is used.
#[must_use]
pub fn activity(account: Id, license: Id) -> Key {
    Key { sk: ACTIVITY.to_owned(), ..record(account, "licenses", license) }
}

/// The machine that holds a fingerprint on a license.
#[must_use]
pub fn fingerprint(account: Id, license: Id, fingerprint: &str) -> Key {
    Key { sk: format!("F#{}", hash(&[fingerprint])), ..record(account, "licenses", license) }
}

/// The partition of the machines or components of an account that share a fingerprint.
#[must_use]
pub fn namesakes(account: Id, kind: &str, fingerprint: &str) -> Key {
    Key::head(format!("F#{account}#{kind}#{}", hash(&[fingerprint])))
}

/// One of the machines or components that share a fingerprint.
#[must_use]
pub fn namesake(account: Id, kind: &str, fingerprint: &str, created: Time, id: Id) -> Key {
    Key { sk: order(created, id), ..namesakes(account, kind, fingerprint) }
}

/// The component that holds a fingerprint on a machine.
#[must_use]
pub fn component(account: Id, machine: Id, fingerprint: &str) -> Key {
    Key { sk: format!("C#{}", hash(&[fingerprint])), ..record(account, "machines", machine) }
}

/// The process that holds a pid on a machine.
#[must_use]
pub fn process(account: Id, machine: Id, pid: &str) -> Key {
    Key { sk: format!("P#{}", hash(&[pid])), ..record(account, "machines", machine) }
}

/// What the machines of one owner (or of none) on a license add up to.
#[must_use]
pub fn leased(account: Id, license: Id, owner: Option<Id>) -> Key {
    let owner = owner.map_or_else(|| "-".to_owned(), |id| id.to_string());
    Key { sk: format!("O#{owner}"), ..record(account, "licenses", license) }
}

/// The license that has a key.
#[must_use]
pub fn license_key(account: Id, key: &str) -> Key {
    Key::head(format!("K#{account}#{}", hash(&[key])))
}

/// The token whose stored digest this is.
#[must_use]
pub fn token_digest(account: Id, digest: &str) -> Key {
    Key::head(format!("D#{account}#{digest}"))
}

/// The claim that makes `value` unique within `scope` of an account, or of all accounts.
#[must_use]
pub fn claim(account: Option<Id>, scope: &str, value: &str) -> Key {
    let account = account.map_or_else(|| "-".to_owned(), |id| id.to_string());
    Key::head(format!("Q#{account}#{scope}#{}", hash(&[value])))
}

/// The partition of the staff that have an address, in any account.
#[must_use]
pub fn staff_of(email: &str) -> String {
    format!("S#{}", hash(&[email]))
}

/// A member of the staff of an account, by its address.
#[must_use]
pub fn staff(email: &str, account: Id, user: Id) -> Key {
    Key { pk: staff_of(email), sk: format!("{account}#{user}") }
}

/// The partitions of the records of a kind that have a metadata pair (none: of those that have more
/// pairs than are posted).
pub fn postings(
    account: Id,
    environment: Option<Id>,
    kind: &str,
    pair: Option<(&str, &str)>,
) -> impl Iterator<Item = String> {
    let prefix = posted(account, environment, kind, pair);
    (0..shards(kind)).map(move |shard| format!("{prefix}#{shard}"))
}

/// The entry of a record among those that have a metadata pair.
#[must_use]
pub fn posting(
    account: Id,
    environment: Option<Id>,
    kind: &str,
    pair: Option<(&str, &str)>,
    created: Time,
    id: Id,
) -> Key {
    let shard = id.as_bytes()[15] % shards(kind);
    Key { pk: format!("{}#{shard}", posted(account, environment, kind, pair)), sk: order(created, id) }
}

fn posted(account: Id, environment: Option<Id>, kind: &str, pair: Option<(&str, &str)>) -> String {
    let pair = pair.map_or_else(|| "+".to_owned(), |(name, term)| hash(&[name, term]));
    format!("M#{account}#{}#{kind}#{pair}", or_dash(environment))
}

/// Whether records of a kind are found by the pairs of their metadata.
#[must_use]
pub fn posts_metadata(kind: &str) -> bool {
    matches!(kind, "licenses" | "machines" | "users")
}

/// The partition of the counters of a kind's records.
#[must_use]
pub fn count(account: Id, environment: Option<Id>, kind: &str) -> String {
    format!("N#{account}#{}#{kind}", or_dash(environment))
}

/// One of the counters that a kind's number of records is the sum of.
#[must_use]
pub fn count_shard(account: Id, environment: Option<Id>, kind: &str, shard: u8) -> Key {
    Key { pk: count(account, environment, kind), sk: format!("{:02}", shard % COUNT_SHARDS) }
}

/// How many counters share the number of records of a kind, so that creations do not wait for each other.
pub const COUNT_SHARDS: u8 = 8;

/// The counters of an account's admins, in all environments together.
#[must_use]
pub fn admins(account: Id) -> Key {
    Key::head(format!("N#{account}#admins"))
}

/// An event.
#[must_use]
pub fn event(account: Id, at: Time, id: Id) -> Key {
    let hour = at.seconds() / 3600;
    Key { pk: format!("V#{account}#{hour}#{}", id.as_bytes()[15] % 4), sk: order(at, id) }
}

/// Partition of the cascades under way.
pub const CASCADES: &str = "J";

/// A cascade under way.
#[must_use]
pub fn cascade(at: Time, id: Id) -> Key {
    Key { pk: CASCADES.to_owned(), sk: order(at, id) }
}

/// A partition of the timers of a kind, sorted by when they are due.
#[must_use]
pub fn timers(kind: &str, shard: u8) -> String {
    format!("T#{kind}#{:02}", shard % TIMER_SHARDS)
}

/// How many partitions the timers of a kind are spread over.
pub const TIMER_SHARDS: u8 = 16;

/// The timer of a record.
#[must_use]
pub fn timer(kind: &str, due: Time, record: Id) -> Key {
    Key { pk: timers(kind, record.as_bytes()[15]), sk: order(due, record) }
}

/// A window of a rate limit.
#[must_use]
pub fn rate_window(name: &str, subject: &[&str], window: i64) -> Key {
    Key::head(format!("W#{name}#{}#{window}", hash(subject)))
}

/// What a list is restricted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// The account.
    Account,
    /// A product.
    Product(Id),
    /// A parent record.
    Parent(Id),
    /// A user or a bearer.
    Owner(Id),
    /// A group.
    Group(Id),
}

impl Within {
    /// The index that serves the list.
    #[must_use]
    pub const fn index(self) -> &'static str {
        match self {
            Self::Account => "by_type",
            Self::Product(_) => "by_product",
            Self::Parent(_) => "by_parent",
            Self::Owner(_) => "by_owner",
            Self::Group(_) => "by_group",
        }
    }

    /// The partition of the list that holds the record `id`.
    #[must_use]
    pub fn partition(self, account: Id, environment: Option<Id>, kind: &str, id: Id) -> String {
        self.shard(account, environment, kind, id.as_bytes()[15] % shards(kind))
    }

    /// All partitions of the list in one environment.
    pub fn partitions(self, account: Id, environment: Option<Id>, kind: &str) -> impl Iterator<Item = String> {
        (0..shards(kind)).map(move |shard| self.shard(account, environment, kind, shard))
    }

    fn shard(self, account: Id, environment: Option<Id>, kind: &str, shard: u8) -> String {
        let environment = or_dash(environment);
        match self {
            Self::Account => format!("{account}#{environment}#{kind}#{shard}"),
            Self::Product(id) | Self::Parent(id) | Self::Owner(id) | Self::Group(id) => {
                format!("{account}#{environment}#{id}#{kind}#{shard}")
            }
        }
    }
}

/// Over how many partitions a list of this kind is spread.
#[must_use]
pub fn shards(kind: &str) -> u8 {
    match kind {
        "licenses" | "machines" | "tokens" | "processes" | "components" => 2,
        _ => 1,
    }
}

/// The position of a record in lists: by creation, then by id.
#[must_use]
pub fn order(created: Time, id: Id) -> String {
    format!("{created}#{id}")
}

fn or_dash(environment: Option<Id>) -> String {
    environment.map_or_else(|| "-".to_owned(), |id| id.to_string())
}

/// A digest of untrusted text, so that keys have a bounded length and no foreign separators.
fn hash(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(&part.len().to_string());
        text.push(':');
        text.push_str(part);
    }
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::new_id;

    #[test]
    fn a_key_tells_what_need_not_be_stored() {
        let (account, license, other) = (new_id(), new_id(), new_id());
        let told = |key: &Key| {
            told(&key.pk, &key.sk).map(|(name, id)| (name, Id::parse_str(id).expect("an id"))).collect::<Vec<_>>()
        };
        assert_eq!(told(&record(account, "licenses", license)), [("id", license), ("account", account)]);
        let attached = attached_entitlement(account, "policies", license, other);
        assert_eq!(told(&attached), [("policy", license), ("account", account), ("entitlement", other)]);
        let attached = attached_user(account, "licenses", license, other);
        assert_eq!(told(&attached), [("license", license), ("account", account), ("user", other)]);
        for untold in [activity(account, license), leased(account, license, None), license_key(account, "x")] {
            assert_eq!(told(&untold), []);
        }
    }

    #[test]
    fn a_record_key_names_its_record() {
        let (account, id) = (new_id(), new_id());
        assert_eq!(record(account, "licenses", id).record(), Some(("licenses", id)));
        assert_eq!(attached_user(account, "licenses", id, new_id()).record(), Some(("licenses", id)));
        assert_eq!(license_key(account, "x").record(), None);
    }

    #[test]
    fn satellites_sort_before_machines() {
        let (account, id) = (new_id(), new_id());
        let end = SATELLITES_END;
        assert!(attached_entitlement(account, "licenses", id, id).sk.as_str() < end);
        assert!(fingerprint(account, id, "a").sk.as_str() > end);
        assert!(attached_user(account, "licenses", id, id).sk.as_str() > end, "users are read on demand");
    }

    #[test]
    fn hashed_parts_do_not_run_into_each_other() {
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
    }

    #[test]
    fn a_posting_is_in_one_of_its_pairs_partitions() {
        let (account, id) = (new_id(), new_id());
        for pair in [Some(("plan", "pro")), None] {
            let key = posting(account, None, "licenses", pair, Time::from_millis(0), id);
            assert!(postings(account, None, "licenses", pair).any(|partition| partition == key.pk));
        }
    }

    #[test]
    fn a_records_partition_is_one_of_its_lists() {
        let (account, id) = (new_id(), new_id());
        let partition = Within::Account.partition(account, None, "licenses", id);
        assert!(Within::Account.partitions(account, None, "licenses").any(|p| p == partition));
    }
}
