//! The Lambda binary of the accounts family.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run(accounts::router).await
}
