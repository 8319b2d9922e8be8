//! Answers of the controls: JSON, errors in the API's own form.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};
use shared::store::StoreError;

/// An answer or an error, both ready to send.
pub type Reply = Result<Response, Refusal>;

/// An error.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    errors: Vec<Value>,
}

/// 200 with a document.
pub fn ok(document: &Value) -> Response {
    send(StatusCode::OK, document)
}

/// 204.
pub fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

fn send(status: StatusCode, document: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], document.to_string()).into_response()
}

impl Refusal {
    fn new(status: StatusCode, title: &str, detail: &str, source: Option<Value>) -> Self {
        let mut error = json!({"title": title, "detail": detail});
        if let Some(source) = source {
            error["source"] = source;
        }
        Self { status, errors: vec![error] }
    }

    /// 400.
    pub fn bad(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad request", detail, None)
    }

    /// 400 because of a query parameter.
    pub fn parameter(name: &str, detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad request", detail, Some(json!({"parameter": name})))
    }

    /// 404.
    pub fn absent(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", detail, None)
    }

    /// 422 because of a member of the body.
    pub fn pointer(pointer: &str, detail: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Unprocessable resource", detail, Some(json!({"pointer": pointer})))
    }

    /// Several 422 in one.
    pub fn all(refusals: impl IntoIterator<Item = Self>) -> Self {
        let errors = refusals.into_iter().flat_map(|refusal| refusal.errors).collect();
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, errors }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let (status, title) = match error {
            StoreError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable"),
            StoreError::Broken(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
        };
        Self::new(status, title, &error.to_string(), None)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        send(self.status, &json!({"errors": self.errors}))
    }
}

/// No such control.
pub async fn unknown() -> Refusal {
    Refusal::absent("there is no such control")
}

/// A control that takes another method.
pub async fn wrong_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", "the control takes another method", None)
}

/// The JSON object of a body.
pub fn object(body: &[u8]) -> Result<serde_json::Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Refusal::bad("the body must be a JSON object")),
        Err(error) => Err(Refusal::bad(&format!("the body is not JSON: {error}"))),
    }
}
