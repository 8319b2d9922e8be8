//! Query strings (spec 01 §3.1, "Query syntax").

use std::collections::HashMap;

use indexmap::IndexMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

/// How many levels one name may open.
const MAX_DEPTH: usize = 32;
/// How many parameters a query may have.
const MAX_PAIRS: usize = 4096;
/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why a query string cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A `%` is not followed by two hex digits.
    #[error("invalid query parameters: malformed percent-encoding")]
    Encoding,
    /// The decoded text is not UTF-8.
    #[error("invalid query parameters: invalid UTF-8")]
    Utf8,
    /// A name is both a value and a container, or two kinds of container.
    #[error("invalid query parameters: conflicting types")]
    Conflict,
    /// A name opens too many levels, or there are too many parameters.
    #[error("invalid query parameters: too deep or too many")]
    Excess,
}

/// A query parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Param {
    /// `a=1`; without `=` the empty text.
    Scalar(String),
    /// `a[]=1&a[]=2`.
    List(Vec<Param>),
    /// `a[b]=1&a[c]=2`.
    Map(IndexMap<String, Param>),
}

/// A query string, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    raw: Vec<(String, String)>,
    members: IndexMap<String, Param>,
}

/// One level of a name.
enum Step {
    Key(String),
    Item,
}

impl Query {
    /// Reads what stands behind the `?`.
    ///
    /// # Errors
    /// When an encoding is broken, types conflict, or the query is a bomb.
    pub fn parse(raw: &str) -> Result<Self, QueryError> {
        let mut query = Self::default();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            if query.raw.len() == MAX_PAIRS {
                return Err(QueryError::Excess);
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            let (first, steps) = steps(&name)?;
            if !first.is_empty() {
                insert(&mut query.members, first, &steps, &value)?;
            }
            query.raw.push((name, value));
        }
        Ok(query)
    }

    /// The parameter of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Param> {
        self.members.get(name)
    }

    /// The text of a scalar parameter, blank or not.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Param::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar parameter that is not blank; for filters, which ignore everything else.
    #[must_use]
    pub fn scalar(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|text| !text.trim().is_empty())
    }

    /// The text of `name[key]`, if it is a scalar and not blank.
    #[must_use]
    pub fn nested(&self, name: &str, key: &str) -> Option<&str> {
        match self.map(name)?.get(key)? {
            Param::Scalar(text) => Some(text.as_str()).filter(|text| !text.trim().is_empty()),
            _ => None,
        }
    }

    /// The members of an object parameter, keys as sent.
    #[must_use]
    pub fn map(&self, name: &str) -> Option<&IndexMap<String, Param>> {
        match self.get(name)? {
            Param::Map(members) => Some(members),
            _ => None,
        }
    }

    /// The scalars of a list parameter; `None` for every other shape.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        match self.get(name)? {
            Param::List(items) => Some(items.iter().filter_map(Param::as_text).collect()),
            _ => None,
        }
    }

    /// All parameters, decoded, as they were sent.
    #[must_use]
    pub fn raw(&self) -> &[(String, String)] {
        &self.raw
    }

    /// The query as a JSON object: strings, arrays and objects, names as sent.
    #[must_use]
    pub fn to_value(&self) -> Value {
        object(&self.members)
    }

    /// A pagination link (spec 01 §3.9): `path` with all parameters but credentials, `page` replaced
    /// by `page` members, encoded, and sorted by encoded name.
    #[must_use]
    pub fn link(&self, path: &str, page: &[(&str, &str)]) -> String {
        let last: HashMap<&str, usize> =
            self.raw.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
        let kept = self.raw.iter().enumerate().filter(|(at, (name, _))| {
            let overwritten = !name.contains("[]") && last.get(name.as_str()) != Some(at);
            !overwritten && !matches!(first(name), "" | "page" | "token" | "auth")
        });
        let mut pairs: Vec<(String, String)> = kept.map(|(_, (name, value))| (encode(name), encode(value))).collect();
        pairs.extend(page.iter().map(|(name, value)| (encode(&format!("page[{name}]")), encode(value))));
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    }
}

impl Param {
    /// The text of a scalar.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The parameter as JSON: string, array or object.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Scalar(text) => Value::String(text.clone()),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Map(members) => object(members),
        }
    }
}

fn object(members: &IndexMap<String, Param>) -> Value {
    Value::Object(members.iter().map(|(name, param)| (name.clone(), param.to_value())).collect())
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn decode(text: &str) -> Result<String, QueryError> {
    let malformed = text
        .match_indices('%')
        .any(|(at, _)| !text.as_bytes().get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)));
    if malformed {
        return Err(QueryError::Encoding);
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().map_err(|_| QueryError::Utf8)?;
    Ok(decoded.into_owned())
}

/// What stands before the first bracket of a name. A bracket that opens the name belongs to it.
fn first(name: &str) -> &str {
    let bracket = name.char_indices().skip(1).find(|(_, c)| *c == '[').map_or(name.len(), |(at, _)| at);
    name.get(..bracket).unwrap_or(name)
}

/// Takes a name apart. Text behind a closing bracket, and a bracket that nothing closes, is one more key.
fn steps(name: &str) -> Result<(&str, Vec<Step>), QueryError> {
    let first = first(name);
    let mut rest = name.get(first.len()..).unwrap_or_default();
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if steps.len() == MAX_DEPTH {
            return Err(QueryError::Excess);
        }
        let bracketed = rest.strip_prefix('[').and_then(|inner| inner.split_once(']'));
        match bracketed {
            Some(("", tail)) => {
                steps.push(Step::Item);
                rest = tail;
            }
            Some((key, tail)) => {
                steps.push(Step::Key(key.to_owned()));
                rest = tail;
            }
            None => {
                steps.push(Step::Key(rest.to_owned()));
                rest = "";
            }
        }
    }
    Ok((first, steps))
}

fn insert(members: &mut IndexMap<String, Param>, name: &str, steps: &[Step], value: &str) -> Result<(), QueryError> {
    let Some((step, below)) = steps.split_first() else {
        members.insert(name.to_owned(), Param::Scalar(value.to_owned()));
        return Ok(());
    };
    let empty = || match step {
        Step::Key(_) => Param::Map(IndexMap::new()),
        Step::Item => Param::List(Vec::new()),
    };
    match (members.entry(name.to_owned()).or_insert_with(empty), step) {
        (Param::Map(inner), Step::Key(key)) => insert(inner, key, below, value),
        (Param::List(items), Step::Item) => push(items, below, value),
        _ => Err(QueryError::Conflict),
    }
}

/// Adds to a list. `a[][b]=1&a[][c]=2` makes one item until a key comes back.
fn push(items: &mut Vec<Param>, steps: &[Step], value: &str) -> Result<(), QueryError> {
    match steps.split_first() {
        None => items.push(Param::Scalar(value.to_owned())),
        Some((Step::Item, below)) => {
            let mut inner = Vec::new();
            push(&mut inner, below, value)?;
            items.push(Param::List(inner));
        }
        Some((Step::Key(key), below)) => {
            if let Some(Param::Map(last)) = items.last_mut()
                && (!last.contains_key(key) || !below.is_empty())
            {
                return insert(last, key, below, value);
            }
            let mut inner = IndexMap::new();
            insert(&mut inner, key, below, value)?;
            items.push(Param::Map(inner));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(raw: &str) -> Query {
        Query::parse(raw).unwrap_or_else(|error| panic!("{raw}: {error}"))
    }

    #[test]
    fn reads_scalars_lists_and_objects() {
        let query = read("a=1&b[c]=2&b[d][e]=3&f[]=4&f[]=5&g&&h=x+y%2Bz&i%5Bj%5D=6&=7");
        let wanted = json!({
            "a": "1", "b": {"c": "2", "d": {"e": "3"}}, "f": ["4", "5"], "g": "", "h": "x y+z", "i": {"j": "6"},
        });
        assert_eq!(query.to_value(), wanted);
        assert_eq!(query.list("f"), Some(vec!["4", "5"]));
        assert_eq!(query.list("a"), None);
        assert_eq!(query.nested("b", "c"), Some("2"));
        assert_eq!(query.nested("b", "d"), None);
        assert_eq!((query.text("g"), query.scalar("g")), (Some(""), None));
        assert_eq!(query.scalar("h"), Some("x y+z"));
        assert_eq!(query.scalar("b"), None);
        assert_eq!(query.raw().len(), 9);
    }

    #[test]
    fn the_last_scalar_wins() {
        assert_eq!(read("a=1&a=2").text("a"), Some("2"));
        assert_eq!(read("page[size]=5&page=2").text("page"), Some("2"));
        assert_eq!(read("a[b]=1&a[b]=2").nested("a", "b"), Some("2"));
    }

    #[test]
    fn odd_brackets_are_keys() {
        assert_eq!(read("page%5Bnumber%5D%3D=0").to_value(), json!({"page": {"number": {"=": "0"}}}));
        assert_eq!(read("a[b]c[d]=1").to_value(), json!({"a": {"b": {"c[d]": "1"}}}));
        assert_eq!(read("a[b=1").to_value(), json!({"a": {"[b": "1"}}));
        assert_eq!(read("[a]=1").to_value(), json!({"[a]": "1"}));
        assert_eq!(read("a]=1").to_value(), json!({"a]": "1"}));
    }

    #[test]
    fn lists_hold_objects() {
        assert_eq!(read("a[][b]=1&a[][c]=2&a[][b]=3").to_value(), json!({"a": [{"b": "1", "c": "2"}, {"b": "3"}]}));
        assert_eq!(read("a[][]=1&a[][]=2").to_value(), json!({"a": [["1"], ["2"]]}));
    }

    #[test]
    fn refuses_broken_queries() {
        for raw in ["a=%", "a=%1", "a=%g0", "%zz=1", "a=%é"] {
            assert_eq!(Query::parse(raw), Err(QueryError::Encoding), "{raw}");
        }
        assert_eq!(Query::parse("a=%ff"), Err(QueryError::Utf8));
        for raw in ["a=1&a[b]=2", "a=1&a[]=2", "a[]=1&a[b]=2", "a[b]=1&a[]=2", "a[b]=1&a[b][c]=2"] {
            assert_eq!(Query::parse(raw), Err(QueryError::Conflict), "{raw}");
        }
        assert_eq!(Query::parse(&format!("a{}=1", "[b]".repeat(100_000))), Err(QueryError::Excess));
        assert_eq!(Query::parse(&"a=1&".repeat(MAX_PAIRS + 1)), Err(QueryError::Excess));
    }

    #[test]
    fn links_repeat_the_parameters_sorted() {
        let query = read(
            "token=t&status=ACTIVE&page[number]=1&page[size]=9&metadata[b]=x y&auth=z&limit=1&limit=2&f[]=2&f[]=1",
        );
        assert_eq!(
            query.link("/v1/licenses", &[("number", "2"), ("size", "5")]),
            "/v1/licenses?f%5B%5D=2&f%5B%5D=1&limit=2&metadata%5Bb%5D=x%20y&page%5Bnumber%5D=2&page%5Bsize%5D=5&status=ACTIVE"
        );
        assert_eq!(read("").link("/v1", &[("cursor", ""), ("size", "5")]), "/v1?page%5Bcursor%5D=&page%5Bsize%5D=5");
        assert_eq!(read("").link("/v1", &[]), "/v1");
    }

    proptest! {
        #[test]
        fn survives_any_query(raw in any::<String>()) {
            if let Ok(query) = Query::parse(&raw) {
                let _ = query.link("/", &[]);
            }
        }

        #[test]
        fn links_read_back(pairs in prop::collection::btree_map("[b-zé ]{1,5}(\\[[a-z%+]{1,3}\\])?", ".{0,8}", 0..6)) {
            let raw: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
            if let Ok(query) = Query::parse(&raw.join("&")) {
                let link = query.link("", &[]);
                let again = read(link.trim_start_matches('?'));
                for (name, param) in &query.members {
                    if !["page", "token", "auth"].contains(&name.as_str()) {
                        prop_assert_eq!(again.get(name), Some(param));
                    }
                }
            }
        }
    }
}
