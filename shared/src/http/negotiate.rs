//! Content negotiation (spec 01 §3.3).

/// The media types that a request accepts, in descending preference.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accept(Option<Vec<String>>);

/// JSON:API's media type.
pub const JSON_API: &str = "application/vnd.api+json";
/// Plain JSON's media type.
pub const JSON: &str = "application/json";
const KEYGEN: &str = "application/vnd.keygen+json";
const BINARY: &str = "application/octet-stream";

impl Accept {
    /// Reads an `Accept` header.
    #[must_use]
    pub fn parse(header: Option<&str>) -> Self {
        let Some(header) = header.filter(|header| !header.trim().is_empty()) else { return Self(None) };
        let mut types: Vec<(f32, String)> = header
            .split(',')
            .map(|entry| {
                let mut parts = entry.split(';');
                let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
                let quality = parts
                    .filter_map(|part| part.trim().strip_prefix("q=").and_then(|q| q.parse().ok()))
                    .next()
                    .unwrap_or(1.0);
                (quality, if name == "*" { "*/*".to_owned() } else { name })
            })
            .collect();
        types.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        Self(Some(types.into_iter().map(|(_, name)| name).collect()))
    }

    fn names(&self) -> &[String] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether anything, or nothing in particular, is accepted.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.0.is_none() || self.names().iter().any(|name| name == "*/*")
    }

    /// Whether the client named no media type at all.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }

    /// Whether an ordinary endpoint can answer; `binary` if `application/octet-stream` will do.
    #[must_use]
    pub fn admits_json(&self, binary: bool) -> bool {
        self.is_any()
            || self.names().iter().any(|name| {
                matches!(name.as_str(), JSON_API | KEYGEN | JSON | "application/*") || (binary && name == BINARY)
            })
    }

    /// The content type of JSON answers.
    #[must_use]
    pub fn json_type(&self, plain: bool) -> &'static str {
        let position = |wanted: &[&str]| self.names().iter().position(|name| wanted.contains(&name.as_str()));
        match (position(&[JSON_API, KEYGEN]), position(&[JSON, "application/*"])) {
            (Some(api), json) if json.is_none_or(|json| api <= json) => "application/vnd.api+json; charset=utf-8",
            (_, Some(_)) => "application/json; charset=utf-8",
            _ if plain => "application/json; charset=utf-8",
            _ => "application/vnd.api+json; charset=utf-8",
        }
    }
}

/// How the body of a request is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As JSON.
    Json,
    /// Not at all: as if it were empty.
    Ignored,
    /// Refused: the content type is not one.
    Malformed,
}

/// How a body with this `Content-Type` is read.
#[must_use]
pub fn reading(content_type: Option<&str>) -> Reading {
    let Some(header) = content_type.map(str::trim).filter(|header| !header.is_empty()) else { return Reading::Json };
    let name = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+.^_`|~-".contains(&b))
    };
    match name.split_once('/') {
        Some((kind, subtype)) if token(kind) && token(subtype) => match name.as_str() {
            JSON | JSON_API | KEYGEN | "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain" => {
                Reading::Json
            }
            _ => Reading::Ignored,
        },
        _ => Reading::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_api_unless_plain_json_comes_first() {
        let kind = |header: Option<&str>| Accept::parse(header).json_type(false).split(';').next().unwrap();
        for header in [None, Some("*/*"), Some("*/*; q=0.5, application/xml"), Some(JSON_API), Some("*")] {
            assert_eq!(kind(header), JSON_API, "{header:?}");
        }
        for header in [
            "application/json",
            "application/json, text/plain, */*",
            "*/*, application/json, text/plain",
            "text/plain, application/json, application/html",
            "application/*",
        ] {
            assert_eq!(kind(Some(header)), JSON, "{header}");
        }
        assert_eq!(kind(Some("text/plain, application/vnd.api+json, application/json")), JSON_API);
        assert_eq!(kind(Some("application/json;q=0.1, application/vnd.api+json")), JSON_API);
    }

    #[test]
    fn other_types_alone_are_not_acceptable() {
        for header in ["application/xml", "text/html", "text/plain, text/html"] {
            assert!(!Accept::parse(Some(header)).admits_json(true), "{header}");
        }
        assert!(Accept::parse(Some("application/octet-stream")).admits_json(true));
        assert!(!Accept::parse(Some("application/octet-stream")).admits_json(false));
    }

    #[test]
    fn content_types() {
        assert_eq!(reading(None), Reading::Json);
        assert_eq!(reading(Some("text/plain;charset=UTF-8")), Reading::Json);
        assert_eq!(reading(Some("application/xml")), Reading::Ignored);
        assert_eq!(reading(Some("vnd.api+xml")), Reading::Malformed);
    }
}
