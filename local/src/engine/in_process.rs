//! The embedded engine behind the SDK: a connector that hands the SDK's requests to the engine as function calls.
//!
//! Everything above it is what production runs, from the SDK's builders to its retries; only the connection is saved.

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};

/// What the header that names an operation starts with.
const TARGET: &str = "DynamoDB_20120810.";

/// An HTTP client whose only server is this database.
pub fn client(database: Database) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(InProcess(database));
    http_client_fn(move |_settings, _components| connector.clone())
}

struct InProcess(Database);

impl std::fmt::Debug for InProcess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let database = self.0.clone();
        HttpConnectorFuture::new(async move {
            // As over a network, calls made side by side are all sent before the first is answered.
            tokio::task::yield_now().await;
            answer(&database, &request)
        })
    }
}

fn answer(database: &Database, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.strip_prefix(TARGET).unwrap_or(target);
    let body = request.body().bytes().unwrap_or_default();
    let (status, answer) = match carry_out(database, operation, body) {
        Ok(answer) => (200, answer),
        Err(error) => (error.status_code(), error.to_json()),
    };
    let status = status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}

/// Calls the method of the engine that an operation is, for those that the store, the table's commands and the tests use.
macro_rules! dispatch {
    ($database:ident, $operation:ident, $body:ident: $( $name:literal => $method:ident ),* $(,)?) => {
        match $operation {
            $( $name => {
                let request = serde_json::from_slice($body)
                    .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
                serde_json::to_string(&$database.$method(request)?)
                    .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
            } )*
            other => Err(DynoxideError::UnsupportedCapability(other.to_owned())),
        }
    };
}

fn carry_out(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    dispatch!(database, operation, body:
        "GetItem" => get_item,
        "Query" => query,
        "BatchGetItem" => batch_get_item,
        "UpdateItem" => update_item,
        "TransactWriteItems" => transact_write_items,
        "PutItem" => put_item,
        "DeleteItem" => delete_item,
        "BatchWriteItem" => batch_write_item,
        "Scan" => scan,
        "CreateTable" => create_table,
        "DescribeTable" => describe_table,
        "DeleteTable" => delete_table,
        "UpdateTimeToLive" => update_time_to_live,
        "DescribeTimeToLive" => describe_time_to_live,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_worded_as_dynamodb_words_them() {
        let database = Database::memory().expect("a database");
        let refused = carry_out(&database, "GetItem", br#"{"TableName": "none", "Key": {"pk": {"S": "a"}}}"#);
        let refused = refused.expect_err("no such table");
        assert_eq!(refused.status_code(), 400);
        assert!(refused.to_json().contains("ResourceNotFoundException"), "{}", refused.to_json());
        assert!(carry_out(&database, "GetItem", b"{").is_err());
        assert_eq!(carry_out(&database, "CreateBackup", b"{}").expect_err("not used").status_code(), 501);
    }
}
