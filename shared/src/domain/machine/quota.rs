//! How often a license's token may activate and deactivate machines (spec 03 §3.7, 06 §3.6).

use crate::auth::bearer::Bearer;
use crate::domain::model;
use crate::domain::token::Token;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::store::unit::{Condition, Reason};
use crate::store::{Key, Stored, Unit};

/// The token was used up meanwhile.
pub const SPENT: Reason = Reason::Failed("quota");

/// One of a token's two counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// Machines made.
    Activations,
    /// Machines deleted.
    Deactivations,
}

/// One more use of the token at hand.
#[derive(Clone, Debug)]
pub struct Use {
    token: Key,
    attribute: &'static str,
    most: Option<i64>,
}

/// What the request's token may still do; `None` if it is no license's token, which is not counted.
///
/// # Errors
/// 422 if it may do it no more.
pub async fn read(ctx: &Ctx, quota: Quota) -> Result<Option<Use>> {
    let (Bearer::License(_), Some(used)) = (&ctx.bearer, &ctx.token) else { return Ok(None) };
    let Some(token) = ctx.store.get::<Token>(ctx.account(), used.id).await? else { return Ok(None) };
    let (attribute, count, most) = match quota {
        Quota::Activations => ("activations", token.activations, token.max_activations),
        Quota::Deactivations => ("deactivations", token.deactivations, token.max_deactivations),
    };
    if let Some(most) = most.filter(|most| count >= *most) {
        return Err(model::Failures::one::<Token>(
            attribute,
            "LIMIT_EXCEEDED",
            format!("exceeds maximum allowed ({most})"),
        ));
    }
    Ok(Some(Use { token: token.key(), attribute, most }))
}

impl Use {
    /// Counts it, as long as there is one left.
    pub fn spend(&self, unit: &mut Unit) {
        unit.add(&self.token, self.attribute, 1);
        unit.require(&self.token, Condition::Exists, SPENT);
        if let Some(most) = self.most {
            unit.require(&self.token, Condition::AtMost(self.attribute.to_owned(), most - 1), SPENT);
        }
    }
}
