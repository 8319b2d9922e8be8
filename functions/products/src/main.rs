//! The Lambda binary of the products family.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run(products::router).await
}
