//! The Lambda binary of the search family.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run(search::router).await
}
