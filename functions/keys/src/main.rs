//! The Lambda binary of the keys family.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run(keys::router).await
}
