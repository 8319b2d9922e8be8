//! Answers of handlers, before they are shaped for the client.

use std::fmt::Display;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use super::error::Error;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Body.
    pub body: Body,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// Path below the account of what was created: becomes `Location`.
    pub created: Option<String>,
    /// Whether the document is shaped for old versions as one that answers no route (`GET /me`).
    pub apart: bool,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// None.
    Empty,
    /// A JSON:API document of the newest version.
    Document(Value),
    /// Bytes of another media type.
    Raw(Bytes, &'static str),
}

impl Reply {
    fn new(status: StatusCode, body: Body) -> Self {
        Self { status, body, headers: Vec::new(), created: None, apart: false }
    }

    /// 200 with `data`.
    #[must_use]
    pub fn data(data: Value) -> Self {
        Self::new(StatusCode::OK, Body::Document(Value::Object(Map::from_iter([("data".to_owned(), data)]))))
    }

    /// 200 with a document.
    #[must_use]
    pub fn document(document: Value) -> Self {
        Self::new(StatusCode::OK, Body::Document(document))
    }

    /// 201 with the resource made and its path below the account.
    #[must_use]
    pub fn created(data: Value, path: String) -> Self {
        Self { status: StatusCode::CREATED, created: Some(path), ..Self::data(data) }
    }

    /// 204.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(StatusCode::NO_CONTENT, Body::Empty)
    }

    /// 200 with bytes.
    #[must_use]
    pub fn raw(bytes: impl Into<Bytes>, content_type: &'static str) -> Self {
        Self::new(StatusCode::OK, Body::Raw(bytes.into(), content_type))
    }

    /// 200 with a file to be saved.
    #[must_use]
    pub fn file(name: impl Display, bytes: impl Into<Bytes>) -> Self {
        Self::raw(bytes, "application/octet-stream")
            .header("content-disposition", format!("attachment; filename=\"{name}\""))
    }

    /// Adds a top-level member.
    #[must_use]
    pub fn member(mut self, name: &str, value: Value) -> Self {
        if let Body::Document(Value::Object(members)) = &mut self.body {
            members.insert(name.to_owned(), value);
        }
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Every version difference applies, wherever its resource occurs.
    #[must_use]
    pub fn apart(mut self) -> Self {
        self.apart = true;
        self
    }
}

/// What a handler left for the stack to write.
#[derive(Clone, Debug)]
pub(crate) struct Pending(pub Result<Reply, Error>);

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(axum::body::Body::empty());
        response.extensions_mut().insert(Pending(Ok(self)));
        response
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = Response::new(axum::body::Body::empty());
        response.extensions_mut().insert(Pending(Err(self)));
        response
    }
}
