//! The Lambda binary of the tokens family.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run(tokens::router).await
}
