//! The Lambda binary of the entitlements family.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run(entitlements::router).await
}
