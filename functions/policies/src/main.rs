//! The Lambda binary of the policies family.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run(policies::router).await
}
