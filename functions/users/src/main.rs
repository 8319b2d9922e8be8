//! The Lambda binary of the users family.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run(users::router).await
}
