//! The Lambda binary of the licenses family.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run(licenses::router).await
}
