//! `POST` and `GET /licenses/{id}/actions/check-out`.

use axum::extract::Path;
use shared::domain::check_out::issue;
use shared::domain::license::holding;
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn file(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let issued = issue(&ctx, holding::find(&ctx, &id).await?).await?;
    Ok(Reply::data(issued.document(&ctx)))
}

pub async fn certificate(ctx: Ctx, Path(id): Path<String>) -> Result<Reply> {
    let issued = issue(&ctx, holding::find(&ctx, &id).await?).await?;
    Ok(Reply::file(issued.name(), issued.certificate))
}
