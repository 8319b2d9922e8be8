//! `GET /accounts/{account}`.

use shared::domain::account::{Account, rules};
use shared::http::context::Ctx;
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;

pub async fn show(ctx: Ctx) -> Result<Reply> {
    let account = current(&ctx).await?;
    ctx.permit("account.read").reads(&account).when(true)?;
    Ok(Reply::data(rules::document(&account, ctx.tenant.signer.public())))
}

/// The account as it is now: requests know it as it was up to 30 seconds ago.
pub(crate) async fn current(ctx: &Ctx) -> Result<Account> {
    let found = ctx.store.get::<Account>(ctx.account(), ctx.account()).await?;
    found.ok_or_else(|| Error::not_found("account", &ctx.account().to_string()))
}
