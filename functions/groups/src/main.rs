//! The Lambda binary of the groups family.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run(groups::router).await
}
