//! What can go wrong between a handler and the table.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// A failed call.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB could not be reached or throttled beyond the retries: 503.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The call itself was wrong, or a stored record cannot be read: 500.
    #[error("the database refused a call: {0}")]
    Broken(String),
}

impl<E: ProvideErrorMetadata, R: std::fmt::Debug> From<SdkError<E, R>> for StoreError {
    fn from(error: SdkError<E, R>) -> Self {
        match &error {
            SdkError::ServiceError(service) => {
                let code = service.err().code().unwrap_or("unknown");
                let message = service.err().message().unwrap_or_default();
                match code {
                    "ProvisionedThroughputExceededException"
                    | "ThrottlingException"
                    | "RequestLimitExceeded"
                    | "InternalServerError"
                    | "ServiceUnavailable"
                    | "TransactionInProgressException"
                    | "TransactionConflictException"
                    | "LimitExceededException" => Self::Unavailable(format!("{code}: {message}")),
                    _ => Self::Broken(format!("{code}: {message}")),
                }
            }
            SdkError::ConstructionFailure(_) => Self::Broken("the call could not be built".to_owned()),
            SdkError::TimeoutError(_) => Self::Unavailable("timed out".to_owned()),
            _ => Self::Unavailable("no answer".to_owned()),
        }
    }
}

impl From<aws_sdk_dynamodb::error::BuildError> for StoreError {
    fn from(error: aws_sdk_dynamodb::error::BuildError) -> Self {
        Self::Broken(error.to_string())
    }
}
