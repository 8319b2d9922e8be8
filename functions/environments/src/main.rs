//! The Lambda binary of the environments family.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run(environments::router).await
}
