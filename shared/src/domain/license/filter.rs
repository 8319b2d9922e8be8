//! Filters of license lists (spec 04 §2.5).
//!
//! A filter is read once into tests. The test that narrows the list most also chooses what is read: a user's
//! licenses are fewer than those with a pair of metadata, these fewer than a policy's, a policy's fewer than a
//! product's. The others are applied to the licenses read.

use std::collections::HashSet;

use jiff::Timestamp;

use super::status::{LicenseStatus, is_expiring};
use super::{License, LicenseView, expiry, view};
use crate::clock::Time;
use crate::domain::attribute::Metadata;
use crate::domain::calendar::text::{Day, parse_day, parse_duration, parse_time};
use crate::domain::metadata;
use crate::domain::resource::Resource;
use crate::domain::user::User;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::http::listing::{List, Page};
use crate::ids::{Id, parse_id};
use crate::jsonapi::query::Query;
use crate::store::keys::{self, Within};
use crate::store::list::{Entry, Sources};
use crate::store::{Consistency, Key, item};

/// All filters of `GET /licenses`.
pub const ALL: &[&str] = &[
    "product",
    "policy",
    "group",
    "machine",
    "owner",
    "user",
    "status",
    "suspended",
    "expired",
    "expires",
    "expiring",
    "assigned",
    "unassigned",
    "activated",
    "activations",
    "activity",
    "metadata",
];

/// What licenses of a list have to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    tests: Vec<Test>,
    /// Users, each of whom owns the licenses or is attached to them.
    users: Vec<Id>,
    /// Whether the owner has to be banned, or must not be.
    banned: Option<bool>,
}

/// One thing that a license has to be.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// Nothing is.
    Nothing,
    Is(Id),
    Product(Id),
    Policy(Id),
    Group(Id),
    Owner(Id),
    Suspended(bool),
    Expired(bool),
    Expiring(bool),
    /// It expires between these instants, both included.
    Expires(Option<Timestamp>, Option<Timestamp>),
    ExpiresOn(Day),
    Assigned(bool),
    Machines(std::cmp::Ordering, bool, i64),
    /// It showed a sign of life at or after the instant, or showed none.
    Active(Timestamp, bool),
    Metadata(Metadata),
}

impl Filter {
    /// Reads the filters of these names that a request brings.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn of(ctx: &Ctx, names: &[&str]) -> Result<Self> {
        let mut filter = Self::default();
        let now = ctx.now.timestamp();
        let given = |name: &str| names.contains(&name).then(|| ctx.query.scalar(name)).flatten();
        let by_id = [("product", Test::Product as fn(Id) -> Test), ("policy", Test::Policy), ("group", Test::Group)];
        for (name, test) in by_id {
            if let Some(text) = given(name) {
                filter.push(parse_id(text).map(test));
            }
        }
        if let Some(text) = given("machine") {
            filter.push(license_of_machine(ctx, text).await?.map(Test::Is));
        }
        if let Some(text) = given("owner") {
            filter.push(user(ctx, text).await?.map(Test::Owner));
        }
        if let Some(text) = given("user").filter(|_| ctx.bearer.end_user().is_none()) {
            match user(ctx, text).await? {
                Some(id) => filter.users.push(id),
                None => filter.push(None),
            }
        }
        filter.read(&ctx.query, names, now);
        Ok(filter)
    }

    /// Reads the filters that need no look-up.
    fn read(&mut self, query: &Query, names: &[&str], now: Timestamp) {
        let listed = |name: &str| names.contains(&name);
        let flag = |name: &str| listed(name).then(|| query.scalar(name).map(boolean)).flatten();
        if let Some(text) = listed("status").then(|| query.scalar("status")).flatten() {
            self.status(text, now);
        }
        let flags = [
            ("suspended", Test::Suspended as fn(bool) -> Test),
            ("expired", Test::Expired),
            ("expiring", Test::Expiring),
            ("assigned", Test::Assigned),
            ("unassigned", |unassigned| Test::Assigned(!unassigned)),
            ("activated", |activated| Test::Machines(std::cmp::Ordering::Greater, !activated, 0)),
        ];
        for (name, test) in flags {
            self.tests.extend(flag(name).map(test));
        }
        if let Some(operator) = Operator::of(query, "expired", names, &["within", "in", "before", "after", "on"]) {
            self.tests.push(Test::Expired(true));
            if let Some((name, text)) = operator.0 {
                self.push(expired(name, text, now));
            }
        }
        if let Some(operator) = Operator::of(query, "expires", names, &["within", "in", "before", "after", "on"]) {
            self.push(operator.0.and_then(|(name, text)| expires(name, text, now)));
        }
        if let Some(operator) = Operator::of(query, "activations", names, &["eq", "gt", "gte", "lt", "lte"]) {
            self.push(operator.0.map(|(name, text)| machines(name, text)));
        }
        if let Some(operator) = Operator::of(query, "activity", names, &["inside", "outside", "before", "after"]) {
            self.banned = Some(false);
            self.push(operator.0.and_then(|(name, text)| activity(name, text, now)));
        }
        if let Some(wanted) = listed("metadata").then(|| metadata::wanted(query)).flatten() {
            self.tests.push(Test::Metadata(wanted));
        }
    }

    fn status(&mut self, text: &str, now: Timestamp) {
        let recently = crate::domain::calendar::plus_seconds(now, -super::status::ACTIVITY_WINDOW);
        let test = match text.to_ascii_uppercase().parse::<LicenseStatus>() {
            Ok(LicenseStatus::Banned) => {
                self.banned = Some(true);
                return;
            }
            Ok(status @ (LicenseStatus::Active | LicenseStatus::Inactive)) => {
                self.banned = Some(false);
                Test::Active(recently, status == LicenseStatus::Active)
            }
            Ok(LicenseStatus::Expired) => Test::Expired(true),
            Ok(LicenseStatus::Expiring) => Test::Expiring(true),
            Ok(LicenseStatus::Suspended) => Test::Suspended(true),
            Err(_) => Test::Nothing,
        };
        self.tests.push(test);
    }

    /// Adds a test; none: what was asked for cannot be.
    fn push(&mut self, test: Option<Test>) {
        self.tests.push(test.unwrap_or(Test::Nothing));
    }

    /// Restricts it further to the licenses of a product, if one asks: it sees only its own, also
    /// under records that are not.
    #[must_use]
    pub fn of_product(mut self, product: Option<Id>) -> Self {
        self.tests.extend(product.map(Test::Product));
        self
    }

    fn is_empty(&self) -> bool {
        self.tests.is_empty() && self.users.is_empty() && self.banned.is_none()
    }

    /// The list to read in place of `within`, as narrow as the tests allow.
    async fn list(&self, ctx: &Ctx, within: Within) -> Result<List> {
        if self.tests.contains(&Test::Nothing) {
            return Ok(List::default());
        }
        let only = self.tests.iter().find_map(|test| if let Test::Is(id) = test { Some(*id) } else { None });
        if let Some(id) = only {
            let found = ctx.visible::<License>(id).await?;
            return Ok(List::of(found.iter().map(Entry::of).collect::<Vec<_>>().into()));
        }
        let posted = self.tests.iter().find_map(|test| match test {
            Test::Metadata(wanted) => wanted.iter().find_map(|(name, value)| {
                Sources::having(ctx.account(), &ctx.environments(), License::DEFINITION.kind, name, value)
            }),
            _ => None,
        });
        Ok(match (within, posted) {
            (within, Some(posted)) if breadth(within) > 0 => List::of(posted),
            (Within::Account, _) if self.is_empty() => List::everything::<License>(ctx),
            (within, _) => List::within::<License>(ctx, within),
        })
    }

    /// What `within` is narrowed to by the tests that an index serves.
    fn narrowest(&self, within: Within) -> Within {
        let tests = self.tests.iter().filter_map(|test| match test {
            Test::Product(id) => Some(Within::Product(*id)),
            Test::Policy(id) => Some(Within::Parent(*id)),
            Test::Group(id) => Some(Within::Group(*id)),
            Test::Owner(id) => Some(Within::Owner(*id)),
            _ => None,
        });
        let users = self.users.iter().map(|id| Within::Owner(*id));
        let candidates = std::iter::once(within).chain(users).chain(tests);
        candidates.min_by_key(|candidate| breadth(*candidate)).unwrap_or(within)
    }

    fn admits(&self, license: &License, now: Timestamp) -> bool {
        self.tests.iter().all(|test| test.admits(license, now))
    }
}

/// How much a list holds, compared with others.
fn breadth(within: Within) -> u8 {
    match within {
        Within::Owner(_) => 0,
        Within::Group(_) => 1,
        Within::Parent(_) => 2,
        Within::Product(_) => 3,
        Within::Account => 4,
    }
}

impl Test {
    fn admits(&self, license: &License, now: Timestamp) -> bool {
        let expiry = license.expiry.map(Time::timestamp);
        match self {
            Self::Nothing => false,
            Self::Is(id) => license.id == *id,
            Self::Product(id) => license.product == *id,
            Self::Policy(id) => license.policy == *id,
            Self::Group(id) => license.group == Some(*id),
            Self::Owner(id) => license.owner == Some(*id),
            Self::Suspended(suspended) => license.suspended == *suspended,
            Self::Expired(expired) => expiry::is_expired(expiry, now) == *expired,
            Self::Expiring(expiring) => is_expiring(expiry, now) == *expiring,
            Self::Expires(from, to) => {
                expiry.is_some_and(|expiry| from.is_none_or(|from| from <= expiry) && to.is_none_or(|to| expiry <= to))
            }
            Self::ExpiresOn(day) => expiry.is_some_and(|expiry| day.contains(expiry)),
            Self::Assigned(assigned) => (license.users_count() > 0) == *assigned,
            Self::Machines(ordering, inverted, count) => (license.machines_count.cmp(count) == *ordering) != *inverted,
            Self::Active(since, active) => license.activity().since(*since) == *active,
            Self::Metadata(wanted) => metadata::matches(&license.metadata, wanted),
        }
    }
}

/// The first known operator of an object filter, with its text; none of both is another shape of parameter.
struct Operator<'a>(Option<(&'a str, &'a str)>);

impl<'a> Operator<'a> {
    fn of(query: &'a Query, name: &str, names: &[&str], known: &[&'a str]) -> Option<Self> {
        query.map(name).filter(|members| names.contains(&name) && !members.is_empty())?;
        let text = |operator: &&'a str| Some((*operator, query.nested(name, operator)?));
        Some(Self(known.iter().find_map(text)))
    }
}

/// Reads a flag: anything but the words for no means yes.
fn boolean(text: &str) -> bool {
    !matches!(text, "false" | "FALSE" | "0" | "f" | "F" | "off" | "OFF")
}

fn expired(operator: &str, text: &str, now: Timestamp) -> Option<Test> {
    Some(match operator {
        "before" => Test::Expires(None, Some(parse_time(text)?)),
        "after" => Test::Expires(Some(parse_time(text)?), None),
        "on" => Test::ExpiresOn(parse_day(text)?),
        _ => Test::Expires(Some(parse_duration(text)?.before(now)), None),
    })
}

fn expires(operator: &str, text: &str, now: Timestamp) -> Option<Test> {
    Some(match operator {
        "before" => Test::Expires(Some(now), Some(parse_time(text)?)),
        "after" => Test::Expires(Some(parse_time(text)?.max(now)), None),
        "on" => Test::ExpiresOn(parse_day(text)?),
        _ => Test::Expires(Some(now), Some(parse_duration(text)?.after(now))),
    })
}

fn activity(operator: &str, text: &str, now: Timestamp) -> Option<Test> {
    let (since, active) = match operator {
        "inside" => (parse_duration(text)?.before(now), true),
        "outside" => (parse_duration(text)?.before(now), false),
        "after" => (parse_time(text)?, true),
        _ => (parse_time(text)?, false),
    };
    Some(Test::Active(since, active))
}

fn machines(operator: &str, text: &str) -> Test {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let count = leading_integer(text);
    let (ordering, inverted) = match operator {
        "eq" => (Equal, false),
        "gt" => (Greater, false),
        "gte" => (Less, true),
        "lt" => (Less, false),
        _ => (Greater, true),
    };
    Test::Machines(ordering, inverted, count)
}

/// The number that a text begins with; 0 if it begins with none.
fn leading_integer(text: &str) -> i64 {
    let text = text.trim_start();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let digits = digits.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse::<i64>().map_or(if digits.is_empty() { 0 } else { i64::MAX }, |number| sign * number)
}

/// The user of this id or e-mail address.
async fn user(ctx: &Ctx, text: &str) -> Result<Option<Id>> {
    match parse_id(text) {
        Some(id) => Ok(Some(id)),
        None => ctx.holder(&User::by_email(ctx.account(), text)).await,
    }
}

/// The license that a machine of this id is activated on.
async fn license_of_machine(ctx: &Ctx, text: &str) -> Result<Option<Id>> {
    let Some(machine) = parse_id(text) else { return Ok(None) };
    let found = ctx.store.item(&keys::record(ctx.account(), "machines", machine), Consistency::Strong).await?;
    Ok(found.as_ref().and_then(|found| item::text(found, "license")).and_then(parse_id))
}

/// A page of the licenses within something that pass a filter.
///
/// # Errors
/// 400 of bad paging parameters; when the table cannot be read.
pub async fn page(ctx: &Ctx, within: Within, filter: &Filter) -> Result<Page<LicenseView>> {
    let mut filter = filter.clone();
    let filtered = !filter.is_empty();
    let read = filter.narrowest(within);
    let list = filter.list(ctx, read).await?;
    match within {
        Within::Account => {}
        Within::Product(id) => filter.tests.push(Test::Product(id)),
        Within::Parent(id) => filter.tests.push(Test::Policy(id)),
        Within::Group(id) => filter.tests.push(Test::Group(id)),
        Within::Owner(id) => filter.users.push(id),
    }
    // What stands in a user's list is the user's.
    filter.users.retain(|user| read != Within::Owner(*user));
    let filter = &filter;
    ctx.page_of(list, filtered, |batch| filter.admit(ctx, batch)).await
}

impl Filter {
    async fn admit(&self, ctx: &Ctx, mut licenses: Vec<License>) -> Result<Vec<LicenseView>> {
        let now = ctx.now.timestamp();
        let asks_activity = self.tests.iter().any(|test| matches!(test, Test::Active(..)));
        if asks_activity {
            licenses = ctx.store.joined(licenses).await?;
        }
        licenses.retain(|license| self.admits(license, now));
        for user in &self.users {
            let attached = attached(ctx, *user, &licenses).await?;
            licenses.retain(|license| license.owner == Some(*user) || attached.contains(&license.id));
        }
        let mut views = if asks_activity {
            view::with_policies(&ctx.store, ctx.account(), licenses).await?
        } else {
            view::views(&ctx.store, ctx.account(), licenses).await?
        };
        if let Some(banned) = self.banned {
            views.retain(|view| view.owner.as_ref().is_some_and(User::is_banned) == banned);
        }
        Ok(views)
    }
}

/// Those of the licenses that a user is attached to.
async fn attached(ctx: &Ctx, user: Id, licenses: &[License]) -> Result<HashSet<Id>> {
    let links = licenses.iter().map(|license| keys::attached_user(ctx.account(), "licenses", license.id, user));
    let links: Vec<Key> = links.collect();
    let found = ctx.store.items(&links, Consistency::Strong).await?;
    Ok(found.keys().filter_map(|key| key.record().map(|(_, license)| license)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::new_id;
    use serde_json::json;

    fn now() -> Timestamp {
        "2031-07-02T13:45:00Z".parse().unwrap()
    }

    fn license(change: impl FnOnce(&mut License)) -> License {
        let created = Time::from(now()).plus_seconds(-86_400);
        let mut license = License::draft(new_id(), new_id(), None, created);
        change(&mut license);
        license
    }

    fn admits(query: &str, license: &License) -> bool {
        let mut filter = Filter::default();
        filter.read(&Query::parse(query).unwrap(), ALL, now());
        filter.admits(license, now())
    }

    fn expiring_in(seconds: i64) -> License {
        license(|license| license.expiry = Some(Time::from(now()).plus_seconds(seconds)))
    }

    #[test]
    fn expiry() {
        let day = 86_400;
        let never = license(|_| {});
        let table = [
            ("expired=true", -1, true),
            ("expired=true", 1, false),
            ("expired=off", 1, true),
            ("expired[within]=31d", -30 * day, true),
            ("expired[in]=31d", -32 * day, false),
            ("expired[within]=31d", 5, false),
            ("expired[before]=2031-07-01", -2 * day, true),
            ("expired[before]=2031-07-01", -day / 2, false),
            ("expired[after]=2031-07-01", -day / 2, true),
            ("expired[on]=2031-07-01", -day, true),
            ("expired[on]=invalid", -day, false),
            ("expired[other]=1", -1, true),
            ("expires[within]=30d", 29 * day, true),
            ("expires[in]=P13DT59M59S", 14 * day, false),
            ("expires[within]=30d", -1, false),
            ("expires[within]=invalid", 1, false),
            ("expires[after]=2031-07-03", 2 * day, true),
            ("expires[before]=90d", 2 * day, false),
            ("expires[on]=2031-07-02", -day / 4, true),
            ("expires[other]=1", 1, false),
            ("expires=1", 1, true),
            ("expiring=1", 2 * day, true),
            ("expiring=1", 4 * day, false),
            ("expiring=0", 4 * day, true),
            ("status=expired", -1, true),
            ("status=EXPIRING", 1, true),
            ("status=unknown", 1, false),
        ];
        for (query, seconds, expected) in table {
            assert_eq!(admits(query, &expiring_in(seconds)), expected, "{query} {seconds}");
        }
        assert!(admits("expired=false", &never) && admits("expiring=0", &never));
        assert!(!admits("expires[after]=1", &never) && !admits("expired[within]=1d", &never));
    }

    #[test]
    fn people_machines_and_activity() {
        let plain = license(|_| {});
        let owned = license(|license| license.owner = Some(new_id()));
        let shared = license(|license| license.licensees_count = 1);
        for query in ["assigned=true", "unassigned=false"] {
            assert!(admits(query, &owned) && admits(query, &shared) && !admits(query, &plain), "{query}");
        }
        let busy = license(|license| license.machines_count = 3);
        for query in
            ["activated=1", "activations[eq]=3", "activations[gte]=3", "activations[lt]=4", "activations[gt]=x"]
        {
            assert!(admits(query, &busy), "{query}");
        }
        for query in ["activated=0", "activations[gt]=3", "activations[lte]=2", "activations[ne]=1"] {
            assert!(!admits(query, &busy), "{query}");
        }
        let idle = license(|license| license.created = Time::from(now()).plus_seconds(-91 * 86_400));
        for query in ["status=inactive", "activity[outside]=30d", "activity[before]=2031-07-01"] {
            assert!(admits(query, &idle) && !admits(query, &plain), "{query}");
        }
        for query in ["status=ACTIVE", "activity[inside]=P1DT5H59M59S", "activity[after]=2031-07-01", "activity=1"] {
            assert!(admits(query, &plain), "{query}");
        }
        assert!(!admits("activity[other]=1", &plain));
    }

    #[test]
    fn metadata_pairs() {
        let stored =
            json!({"customer_id": "c_1", "seats": 4, "plan": null, "cpu": {"name": "x", "cores": 8}, "ids": ["2", 3]});
        let license = license(|license| license.metadata = stored.as_object().cloned().unwrap());
        for query in [
            "metadata[customerId]=c_1",
            "metadata[seats]=4&metadata[plan]=null",
            "metadata[cpu][name]=x",
            "metadata[ids][]=2",
        ] {
            assert!(admits(query, &license), "{query}");
        }
        for query in ["metadata[customerId]=c", "metadata[cpu][cores]=8", "metadata[ids][]=3", "metadata[cpu][Name]=x"]
        {
            assert!(!admits(query, &license), "{query}");
        }
    }

    #[test]
    fn the_narrowest_list_is_read() {
        let [a, b, c] = [new_id(), new_id(), new_id()];
        let filter = Filter { tests: vec![Test::Product(a), Test::Policy(b)], ..Filter::default() };
        assert_eq!(filter.narrowest(Within::Account), Within::Parent(b));
        assert_eq!(filter.narrowest(Within::Owner(c)), Within::Owner(c));
        let filter = Filter { users: vec![c], ..filter };
        assert_eq!(filter.narrowest(Within::Product(a)), Within::Owner(c));
        assert_eq!(Filter::default().narrowest(Within::Account), Within::Account);
    }
}
