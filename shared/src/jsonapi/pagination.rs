//! The three ways to page through a list (spec 01 §3.9).

use serde_json::{Map, Value, json};

use super::query::{Param, Query};
use crate::http::error::{Error, Result};
use crate::ids::{Id, parse_id};
use crate::store::list::Order;

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// How the part is named.
    pub mode: Mode,
    /// Its size.
    pub size: usize,
    /// Direction.
    pub order: Order,
}

/// How a part of a list is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The first records.
    Limit,
    /// A page by its number, from 1.
    Number(usize),
    /// What follows a record; none: the first page.
    Cursor(Option<Id>),
}

/// Largest page number; together with the largest size all that offsets can reach.
pub const LAST_NUMBER: usize = 100;
const LARGEST: i64 = 100;
const USUAL: i64 = 10;

impl Paging {
    /// Reads the paging parameters of a query.
    ///
    /// # Errors
    /// 400 naming the parameter that is out of range.
    pub fn of(query: &Query) -> Result<Self> {
        let order = match query.text("order").map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "desc") => Order::Descending,
            Some("asc") => Order::Ascending,
            Some(_) => return Err(Error::bad_request("order is invalid").parameter("order")),
        };
        let limit = query.get("limit").map(|value| range(value, "limit")).transpose()?.unwrap_or(USUAL);
        let Some(page) = query.get("page") else {
            return Ok(Self { mode: Mode::Limit, size: size(limit), order });
        };
        let Param::Map(members) = page else { return Err(page_invalid()) };
        let member = |name: &str| members.get(name);
        let (cursor, number) = (member("cursor"), member("number"));
        let nested = [cursor, number, member("size")].iter().flatten().any(|value| !matches!(value, Param::Scalar(_)));
        if nested || (cursor.is_none() && number.is_none()) {
            return Err(page_invalid());
        }
        let mode = match (cursor, number) {
            (Some(Param::Scalar(text)), _) if text.is_empty() => Mode::Cursor(None),
            (Some(Param::Scalar(text)), _) => Mode::Cursor(Some(parse_id(text).ok_or_else(|| {
                Error::bad_request(format!("page cursor must be a valid UUID (got {text})")).parameter("page[cursor]")
            })?)),
            (_, Some(number)) => Mode::Number(size(range(number, "page[number]")?)),
            _ => return Err(page_invalid()),
        };
        let size = size(member("size").map(|value| range(value, "page[size]")).transpose()?.unwrap_or(limit));
        Ok(Self { mode, size, order })
    }
}

fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or(1)
}

fn page_invalid() -> Error {
    Error::bad_request("page must be an object with a cursor or a number, and optionally a size").parameter("page")
}

/// A number from 1 to 100; text that is no number counts as 0.
fn range(value: &Param, name: &'static str) -> Result<i64> {
    let number = match value {
        Param::Scalar(text) => leading_integer(text),
        _ => 0,
    };
    if (1..=LARGEST).contains(&number) {
        return Ok(number);
    }
    let hint = if name == "page[number]" && number > LARGEST { "; use cursors to go further" } else { "" };
    Err(Error::bad_request(format!("{name} must be between 1 and {LARGEST} (got {number}){hint}")).parameter(name))
}

fn leading_integer(text: &str) -> i64 {
    let text = text.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let number: i64 = digits[..end].parse().unwrap_or(if end > 0 { i64::MAX } else { 0 });
    if text.starts_with('-') { -number } else { number }
}

/// What is known of a list once a part of it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Last record of the page.
    pub last: Option<Id>,
    /// Whether records follow.
    pub more: bool,
    /// Number of records, where it is counted.
    pub count: Option<u64>,
}

/// The `links` of a page; `None` where a list has none.
#[must_use]
pub fn links(paging: Paging, path: &str, query: &Query, extent: Extent) -> Option<Value> {
    let size = paging.size.to_string();
    let link = |name: &str, value: &str| json!(query.link(path, &[(name, value), ("size", &size)]));
    match paging.mode {
        Mode::Limit => None,
        Mode::Cursor(cursor) => {
            let own = cursor.map(|id| id.to_string()).unwrap_or_default();
            let next = extent.last.filter(|_| extent.more).map_or(Value::Null, |id| link("cursor", &id.to_string()));
            Some(json!({"self": link("cursor", &own), "next": next}))
        }
        Mode::Number(number) => {
            let page = |number: usize| link("number", &number.to_string());
            let mut links = Map::new();
            links.insert("self".to_owned(), page(number));
            match extent.count {
                Some(count) => {
                    let pages = usize::try_from(count.div_ceil(paging.size as u64)).unwrap_or(usize::MAX);
                    let previous = (number > 1 && number <= pages).then(|| page(number - 1));
                    let next = (number < pages).then(|| page(number + 1));
                    links.insert("prev".to_owned(), previous.unwrap_or_default());
                    links.insert("next".to_owned(), next.unwrap_or_default());
                    links.insert("first".to_owned(), page(1));
                    links.insert("last".to_owned(), page(pages));
                    links.insert("meta".to_owned(), json!({"pages": pages, "count": count}));
                }
                None => {
                    links.insert("prev".to_owned(), if number > 1 { page(number - 1) } else { Default::default() });
                    links.insert("next".to_owned(), if extent.more { page(number + 1) } else { Default::default() });
                }
            }
            Some(Value::Object(links))
        }
    }
}
