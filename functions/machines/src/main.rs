//! The Lambda binary of the machines family.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run(machines::router).await
}
