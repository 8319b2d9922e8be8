//! Errors as clients see them (spec 01 §1.2, §1.3).

use std::borrow::Cow;

use http::StatusCode;
use serde::Serialize;

use crate::domain::resource::Definition;
use crate::jsonapi::pointer::{self, Failure, RecordType};
use crate::jsonapi::schema::{Place, Violation};
use crate::store::StoreError;

/// The result of a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where in a request an error lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// JSON pointer into the body.
    Pointer(String),
    /// Query parameter, in bracket notation.
    Parameter(String),
    /// Header name.
    Header(String),
}

/// One member of `errors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorObject {
    /// Title, by status.
    pub title: Cow<'static, str>,
    /// What happened, for people.
    pub detail: Cow<'static, str>,
    /// What happened, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'static, str>>,
    /// Where it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Further reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<Links>,
}

/// Links of an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Links {
    /// Documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<Cow<'static, str>>,
    /// Where to go instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
}

/// A refused request.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{status}: {}", errors.first().map_or("", |error| &error.detail))]
pub struct Error {
    /// The answer's status.
    pub status: StatusCode,
    /// What is wrong; usually one member.
    pub errors: Vec<ErrorObject>,
    /// Whether the request was refused before it reached an endpoint: then the answer has no
    /// `meta`, no `Keygen-*` headers and no signature.
    pub edge: bool,
    /// Whether no API version is in effect: then the answer has no `Keygen-*` headers and no signature (spec 01 §3.15).
    pub unversioned: bool,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
}

impl Error {
    /// An error of this status with the status's title.
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        let error = ErrorObject {
            title: Cow::Borrowed(title(status)),
            detail: detail.into(),
            code: None,
            source: None,
            links: None,
        };
        Self { status, errors: vec![error], edge: false, unversioned: false, headers: Vec::new() }
    }

    /// 400.
    #[must_use]
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 401, asking for credentials.
    #[must_use]
    pub fn unauthorized(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail).code(code)
    }

    /// 403 for a reason (spec 01 §3.7).
    #[must_use]
    pub fn forbidden(reason: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, format!("You do not have permission to complete the request ({reason})"))
    }

    /// 403 of a genuine credential that may not be used.
    #[must_use]
    pub fn unusable(code: &'static str, detail: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail).code(code)
    }

    /// 404 of a record looked for by an identifier.
    #[must_use]
    pub fn not_found(noun: &str, identifier: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("The requested {noun} '{identifier}' was not found")).code("NOT_FOUND")
    }

    /// 404 of a record that nobody named.
    #[must_use]
    pub fn absent(noun: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("The requested {noun} was not found")).code("NOT_FOUND")
    }

    /// 409.
    #[must_use]
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 422 that is not about a model rule.
    #[must_use]
    pub fn unprocessable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// 422 of broken model rules.
    #[must_use]
    pub fn invalid(definition: &Definition, failures: &[Failure]) -> Self {
        let to_one = definition.to_one.iter().flat_map(|to_one| [to_one.name, to_one.alias]);
        let record = RecordType {
            kind: definition.kind,
            base: definition.base,
            topic: definition.topic,
            // The founding admins of an account or an environment are nested in it as `users`.
            relationships: ["account", "environment", "users"]
                .into_iter()
                .chain(to_one)
                .chain(definition.to_many.iter().copied())
                .collect(),
        };
        let errors = pointer::describe_all(&record, failures).into_iter().map(|one| ErrorObject {
            title: Cow::Borrowed("Unprocessable resource"),
            detail: one.detail.into(),
            code: Some(one.code.into()),
            source: Some(Source::Pointer(one.pointer)),
            links: Some(Links { about: Some(one.about.into()), redirect: None }),
        });
        Self { errors: errors.collect(), ..Self::unprocessable("") }
    }

    /// 400 of an integer beyond the width in which it would be stored.
    #[must_use]
    pub fn integer_too_large() -> Self {
        Self::bad_request("integer is too large")
    }

    /// 400 of a NUL character.
    #[must_use]
    pub fn null_byte() -> Self {
        Self::bad_request("The request contains an unexpected null byte").code("ENCODING_INVALID")
    }

    /// 422 of records nested beyond the number allowed.
    #[must_use]
    pub fn too_many_records() -> Self {
        Self::unprocessable("too many records")
    }

    /// Names the error for programs.
    #[must_use]
    pub fn code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        let code = code.into();
        for error in &mut self.errors {
            error.code = Some(code.clone());
        }
        self
    }

    /// Says where in the body the error lies.
    #[must_use]
    pub fn pointer(self, pointer: impl Into<String>) -> Self {
        self.source(Source::Pointer(pointer.into()))
    }

    /// Says which query parameter is wrong.
    #[must_use]
    pub fn parameter(self, name: impl Into<String>) -> Self {
        self.source(Source::Parameter(name.into()))
    }

    /// Says which header is wrong.
    #[must_use]
    pub fn header(self, name: impl Into<String>) -> Self {
        self.source(Source::Header(name.into()))
    }

    fn source(mut self, source: Source) -> Self {
        for error in &mut self.errors {
            error.source = Some(source.clone());
        }
        self
    }

    /// Links documentation.
    #[must_use]
    pub fn about(mut self, url: impl Into<Cow<'static, str>>) -> Self {
        let url = url.into();
        for error in &mut self.errors {
            error.links.get_or_insert_default().about = Some(url.clone());
        }
        self
    }

    /// Marks it as produced before the request reached an endpoint.
    #[must_use]
    pub fn at_the_edge(mut self) -> Self {
        self.edge = true;
        self
    }

    /// Marks it as the answer to a version that there is not.
    #[must_use]
    pub fn without_version(mut self) -> Self {
        self.unversioned = true;
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Replaces the titles.
    #[must_use]
    pub fn titled(mut self, title: &'static str) -> Self {
        for error in &mut self.errors {
            error.title = Cow::Borrowed(title);
        }
        self
    }
}

/// The title of errors of a status (spec 01 §1.2).
fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "Bad request",
        401 => "Unauthorized",
        402 => "Payment required",
        403 => "Access denied",
        404 => "Not found",
        405 => "Not supported",
        409 => "Conflict",
        422 => "Unprocessable entity",
        429 => "Too many requests",
        503 => "Service unavailable",
        _ => "Internal server error",
    }
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        let error = Self::bad_request(violation.detail);
        match violation.place {
            Place::Pointer(pointer) => error.pointer(pointer),
            Place::Parameter(name) => error.parameter(name),
            Place::Nowhere => error,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(reason) => {
                tracing::warn!(%reason, "the database is unavailable");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "The database is unavailable; please try again")
            }
            StoreError::Broken(reason) => {
                tracing::error!(%reason, "the database refused a call");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side")
            }
        }
    }
}
