//! The JSON reader of request bodies: strict, but for the leniencies of spec 01 §1.5.
//!
//! It skips block comments between tokens, reads a backslash before a letter that names no escape
//! as that letter, and of duplicate keys keeps the last value (at the first one's place). Control
//! characters may stand in strings as they are: keys of several lines are sent that way. Anything
//! else that RFC 8259 does not allow is an error, lone surrogates and invalid UTF-8 included.
//!
//! Integers within `i64` are exact. Larger ones stay exact up to [`u64::MAX`]; every other integer
//! outside `i64`, of either sign, becomes [`TOO_LARGE`]. So `Number::as_i64` answers `None` for just
//! the integers that are too large, and `Number::is_f64` tells numbers written with a fraction or an
//! exponent from integers.

use std::str::Chars;

use serde_json::{Map, Number, Value};

/// How many arrays and objects may be open at once.
pub const MAX_DEPTH: usize = 100;
/// What an integer becomes that no 64 bits can hold.
pub const TOO_LARGE: u64 = u64::MAX;

/// Why a body is no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// How many bytes precede it.
    pub offset: usize,
}

/// What is wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseErrorKind {
    /// It is not UTF-8.
    #[error("invalid UTF-8")]
    Encoding,
    /// A character stands where none like it can.
    #[error("unexpected character")]
    Unexpected,
    /// It ends too early.
    #[error("unexpected end")]
    End,
    /// An escape sequence means nothing.
    #[error("invalid escape sequence")]
    Escape,
    /// A number does not follow the grammar or is beyond every range.
    #[error("invalid number")]
    Number,
    /// More than [`MAX_DEPTH`] containers are nested.
    #[error("too deep nesting")]
    Depth,
    /// Something follows the value.
    #[error("trailing characters")]
    Trailing,
}

/// Reads a body. A blank body is `{}`; a value that is no object is wrapped as `{"data": value}`.
///
/// # Errors
/// Where and why the body is no JSON.
pub fn parse(body: &[u8]) -> Result<Value, ParseError> {
    let text = std::str::from_utf8(body)
        .map_err(|error| ParseError { kind: ParseErrorKind::Encoding, offset: error.valid_up_to() })?;
    let mut parser = Parser { text, rest: text, depth: 0 };
    parser.skip()?;
    if parser.rest.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let value = parser.value()?;
    parser.skip()?;
    match (parser.rest.is_empty(), value) {
        (false, _) => Err(parser.error(ParseErrorKind::Trailing)),
        (true, Value::Object(map)) => Ok(Value::Object(map)),
        (true, other) => Ok(Value::Object(Map::from_iter([("data".to_owned(), other)]))),
    }
}

/// Whether a NUL character stands in any string or key.
#[must_use]
pub fn find_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(find_nul),
        Value::Object(map) => map.iter().any(|(key, member)| key.contains('\0') || find_nul(member)),
        _ => false,
    }
}

type Parsed<T> = Result<T, ParseError>;

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn error(&self, kind: ParseErrorKind) -> ParseError {
        let kind = if self.rest.is_empty() && kind == ParseErrorKind::Unexpected { ParseErrorKind::End } else { kind };
        ParseError { kind, offset: self.text.len() - self.rest.len() }
    }

    fn unexpected<T>(&self) -> Parsed<T> {
        Err(self.error(ParseErrorKind::Unexpected))
    }

    /// Skips white space and comments.
    fn skip(&mut self) -> Parsed<()> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
            let Some(comment) = self.rest.strip_prefix("/*") else { return Ok(()) };
            let Some((_, rest)) = comment.split_once("*/") else {
                self.rest = "";
                return self.unexpected();
            };
            self.rest = rest;
        }
    }

    fn eat(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { self.unexpected() }
    }

    fn value(&mut self) -> Parsed<Value> {
        match self.rest.as_bytes().first() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            Some(b't') => self.expect("true").map(|()| Value::Bool(true)),
            Some(b'f') => self.expect("false").map(|()| Value::Bool(false)),
            Some(b'n') => self.expect("null").map(|()| Value::Null),
            _ => self.unexpected(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Parsed<Value>) -> Parsed<Value> {
        if self.depth == MAX_DEPTH {
            return Err(self.error(ParseErrorKind::Depth));
        }
        self.depth += 1;
        self.rest = self.rest.get(1..).unwrap_or_default();
        self.skip()?;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Parsed<Value> {
        let mut map = Map::new();
        if self.eat("}") {
            return Ok(Value::Object(map));
        }
        loop {
            if !self.rest.starts_with('"') {
                return self.unexpected();
            }
            let key = self.string()?;
            self.skip()?;
            self.expect(":")?;
            self.skip()?;
            map.insert(key, self.value()?);
            self.skip()?;
            if self.eat("}") {
                return Ok(Value::Object(map));
            }
            self.expect(",")?;
            self.skip()?;
        }
    }

    fn array(&mut self) -> Parsed<Value> {
        let mut items = Vec::new();
        if self.eat("]") {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            self.skip()?;
            if self.eat("]") {
                return Ok(Value::Array(items));
            }
            self.expect(",")?;
            self.skip()?;
        }
    }

    /// Reads a string, from its opening quote to behind its closing one.
    fn string(&mut self) -> Parsed<String> {
        self.expect("\"")?;
        let mut out = String::new();
        loop {
            let plain = self.rest.find(['"', '\\']).unwrap_or(self.rest.len());
            let (head, tail) = self.rest.split_at(plain);
            out.push_str(head);
            self.rest = tail;
            let mut chars = tail.chars();
            match chars.next() {
                Some('"') => {
                    self.rest = chars.as_str();
                    return Ok(out);
                }
                Some(_) => out.push(self.escape(chars)?),
                None => return self.unexpected(),
            }
        }
    }

    /// Reads the escape sequence whose backslash precedes `chars`.
    fn escape(&mut self, mut chars: Chars<'a>) -> Parsed<char> {
        let invalid = self.error(ParseErrorKind::Escape);
        let c = match chars.next().ok_or(invalid)? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut unit = hex_unit(&mut chars).ok_or(invalid)?;
                if (0xD800..0xDC00).contains(&unit) {
                    let low = match (chars.next(), chars.next()) {
                        (Some('\\'), Some('u')) => hex_unit(&mut chars),
                        _ => None,
                    };
                    let low = low.filter(|low| (0xDC00..0xE000).contains(low)).ok_or(invalid)?;
                    unit = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                }
                char::from_u32(unit).ok_or(invalid)?
            }
            letter if letter.is_alphabetic() => letter,
            _ => return Err(invalid),
        };
        self.rest = chars.as_str();
        Ok(c)
    }

    fn number(&mut self) -> Parsed<Number> {
        let end = self.rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        let (text, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let number = read_number(text).ok_or_else(|| self.error(ParseErrorKind::Number))?;
        self.rest = rest;
        Ok(number)
    }
}

/// Takes four hex digits.
fn hex_unit(chars: &mut Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |unit, _| Some(unit * 16 + chars.next()?.to_digit(16)?))
}

/// Splits leading digits off; there must be one at least.
fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn read_number(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, mut rest) = digits(unsigned)?;
    if whole.len() > 1 && whole.starts_with('0') {
        return None;
    }
    if rest.is_empty() {
        let integer = text.parse::<i64>().map(Number::from);
        return Some(integer.unwrap_or_else(|_| text.parse().unwrap_or(TOO_LARGE).into()));
    }
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = digits(fraction)?.1;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        rest = digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))?.1;
    }
    if rest.is_empty() { Number::from_f64(text.parse().ok()?) } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Value {
        parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refuse(text: &str) -> ParseErrorKind {
        parse(text.as_bytes()).expect_err(text).kind
    }

    #[test]
    fn reads_values() {
        let text = r#" { "a" : [ 1 , -2.5e3, true, false, null, "\u00e9\ud83d\ude00\n\/" ], "b": {} } "#;
        assert_eq!(read(text), json!({"a": [1, -2500.0, true, false, null, "é😀\n/"], "b": {}}));
    }

    #[test]
    fn blank_is_an_empty_object_and_others_are_data() {
        for text in ["", " \r\n\t", "/* nothing */"] {
            assert_eq!(read(text), json!({}));
        }
        assert_eq!(read("[1]"), json!({"data": [1]}));
        assert_eq!(read("null"), json!({"data": null}));
        assert_eq!(read("\"x\""), json!({"data": "x"}));
    }

    #[test]
    fn skips_comments_between_tokens() {
        assert_eq!(read(r#"{"firstName": "foo"/*, "role": "admin"*/}"#), json!({"firstName": "foo"}));
        assert_eq!(read(r#"/**/{/* a */"a"/* * / */:/**/[/**/1/**/,/**/2/**/]/**/}/**/"#), json!({"a": [1, 2]}));
        assert_eq!(read(r#"{"a": "/* kept */"}"#), json!({"a": "/* kept */"}));
        assert_eq!(refuse("{} /* open"), ParseErrorKind::End);
        assert_eq!(refuse("{} // line"), ParseErrorKind::Trailing);
        assert_eq!(refuse("/*/ {}"), ParseErrorKind::End);
    }

    #[test]
    fn escapes_of_letters_are_the_letters() {
        assert_eq!(read(r#"{"ro\le": "role\x0d"}"#), json!({"role": "rolex0d"}));
        assert_eq!(read("{\"key\": \"a\n\tb\u{1}\"}"), json!({"key": "a\n\tb\u{1}"}));
        assert_eq!(refuse(r#"{"a": "\'"}"#), ParseErrorKind::Escape);
        assert_eq!(refuse(r#"{"a": "\u12g4"}"#), ParseErrorKind::Escape);
    }

    #[test]
    fn the_last_duplicate_wins() {
        assert_eq!(read(r#"{"a": 1, "b": 2, "a": 3}"#).to_string(), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn refuses_what_is_no_json() {
        for text in [
            "{\"a\": 1,}",
            "[1,]",
            "{\"a\": 1",
            "{'a': 1}",
            "{a: 1}",
            "{\"a\": 'x'}",
            "{\"a\" 1}",
            "{\"a\": 1}=",
            "{} {}",
            "[1 2]",
            "[,1]",
            "{,}",
            "nul",
            "True",
            "NaN",
            "-",
            "01",
            "1.",
            ".5",
            "1e",
            "+1",
            "--1",
            "1-1",
            "\"",
            "\"\\",
            "\u{feff}{}",
            "]",
            "\"\\ud888\"",
            "\"\\ud888\\u0041\"",
            "\"\\udc00\"",
            "1e999",
            "{\"\\ud888\": 1}",
            "truefalse",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        let error = parse(b"{\"name\": \"caf\xe9\"}").unwrap_err();
        assert_eq!(error, ParseError { kind: ParseErrorKind::Encoding, offset: 13 });
        assert_eq!(error.to_string(), "invalid UTF-8 at byte 13");
    }

    #[test]
    fn integers_keep_apart_from_floats_and_from_too_large_ones() {
        assert_eq!(
            read("[9223372036854775807, -9223372036854775808, 0, -0]"),
            json!({"data": [i64::MAX, i64::MIN, 0, 0]})
        );
        assert_eq!(read("[9223372036854775808]"), json!({"data": [9_223_372_036_854_775_808_u64]}));
        for text in ["-9223372036854775809", "99999999999999999999999"] {
            let value = read(text);
            assert_eq!(value["data"], json!(TOO_LARGE));
            assert!(value["data"].as_i64().is_none() && !value["data"].is_f64());
        }
        assert!(read("1.0")["data"].is_f64());
        assert!(read("1e3")["data"].is_f64());
    }

    #[test]
    fn nesting_is_bounded() {
        let nest = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nest(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(refuse(&nest(MAX_DEPTH + 1)), ParseErrorKind::Depth);
        assert_eq!(refuse(&"{\"a\":".repeat(1_000_000)), ParseErrorKind::Depth);
        assert_eq!(refuse(&"/**/[".repeat(1_000_000)), ParseErrorKind::Depth);
        assert!(parse("[[],[]],".repeat(1000).trim_end_matches(',').as_bytes()).is_err());
    }

    #[test]
    fn finds_nul_wherever_it_is() {
        assert!(find_nul(&read(r#"{"a": [{"b": "x\u0000"}]}"#)));
        assert!(find_nul(&read(r#"{"a\u0000": 1}"#)));
        assert!(!find_nul(&read(r#"{"a": "\\u0000"}"#)));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e300..1e300f64).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_serde_writes(value in json()) {
            let wrapped = json!({"data": value});
            prop_assert_eq!(parse(wrapped.to_string().as_bytes()), Ok(wrapped.clone()));
            let pretty = serde_json::to_string_pretty(&wrapped).unwrap_or_default();
            prop_assert_eq!(parse(pretty.as_bytes()), Ok(wrapped));
        }

        #[test]
        fn survives_any_bytes(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&body);
        }

        #[test]
        fn survives_json_like_text(body in r#"([\[\]{},:"\\0-9eE.+-]|/\*|\*/|true|null|\\u[dD][89cC]00| ){0,40}"#) {
            let ours = parse(body.as_bytes());
            if let Ok(theirs) = serde_json::from_str::<Value>(&body)
                && theirs.is_object()
            {
                prop_assert!(ours.is_ok());
            }
        }
    }
}
