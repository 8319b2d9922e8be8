//! Which environments a bearer sees (spec 02 §2.1).

use super::{Environment, access};
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};

/// The environment of this id or code, if the bearer sees it.
///
/// # Errors
/// 404 naming the identifier as given.
pub async fn find(ctx: &Ctx, identifier: &str) -> Result<Environment> {
    let alias = Environment::by_code(ctx.account(), identifier);
    let environment: Environment = ctx.find_by(identifier, Some(alias)).await?;
    if access::sees(&ctx.bearer, &environment) {
        Ok(environment)
    } else {
        Err(Error::not_found("environment", identifier))
    }
}
