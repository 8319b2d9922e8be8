//! `DELETE /accounts/{account}`: nobody may.

use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;

pub async fn delete(_: Ctx) -> Result<Reply> {
    Err(Error::forbidden("accounts are not deleted through the API"))
}
