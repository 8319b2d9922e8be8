//! Making tokens (spec 03 §3.3, §3.4), wherever the request for one comes in.

use serde_json::Value;

use super::{Token, rules};
use crate::auth::bearer::Bearer;
use crate::auth::permissions::{self, PermissionSet, Role};
use crate::crypto::tokens;
use crate::domain::attribute::{Attribute, Reference};
use crate::domain::model::{self, Failures};
use crate::domain::resource::Resource;
use crate::domain::{body, environment};
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::jsonapi::schema::{Document, Schema, document, linkage, nullable_linkage};
use crate::store::{StoreError, Unit};

/// The document of a request for a token; all of it is optional. `permissions` says whether the
/// caller may choose them, `license` whether the bearer is one and its limits are declared.
#[must_use]
pub fn wanted(ctx: &Ctx, permissions: bool, license: bool) -> Document {
    let limits = ["max_activations", "max_deactivations"];
    let declared = Token::DEFINITION
        .attributes
        .iter()
        .filter(|attribute: &&Attribute| !matches!(attribute.create, crate::domain::attribute::Access::Never))
        .filter(|attribute| license || !limits.contains(&attribute.name))
        .map(|attribute| {
            let schema = body::attribute_schema(attribute, ctx.version);
            (attribute.name, if attribute.name == "permissions" { schema.permitted(permissions) } else { schema })
        });
    document(Token::DEFINITION.names())
        .optional()
        .attributes(Schema::object(declared))
        .relationships([("environment", nullable_linkage(&[body::names("environments")]))])
}

/// The document of `POST /tokens`, which may also name the bearer and bring a one-time password.
#[must_use]
pub fn wanted_for_anyone(ctx: &Ctx) -> Document {
    let bearers = ["environments", "products", "users", "licenses"].map(body::names);
    wanted(ctx, true, false)
        .relationships([
            ("bearer", linkage(&bearers)),
            ("environment", nullable_linkage(&[body::names("environments")])),
        ])
        .meta(Schema::object([("otp", Schema::string())]))
}

/// A token about to be made.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The record, without its secret.
    pub token: Token,
    /// Whose it will be.
    pub bearer: Bearer,
    /// What is wrong with it.
    pub failures: Failures,
}

/// Drafts the token that a decoded `data` asks for.
///
/// # Errors
/// 400 of an integer beyond its width. Broken rules stay with the draft: rights come first.
pub fn draft(ctx: &Ctx, data: &Value, bearer: Bearer) -> Result<Draft> {
    let role = bearer.role().unwrap_or_default();
    let mut token: Token = ctx.draft(data, bearer.environment());
    token.id = crate::ids::new_id();
    token.permissions = PermissionSet::WILDCARD;
    token.expiry = rules::usual_expiry(role, ctx.now);
    let grantable = permissions::expand(bearer.permissions(), role);
    let (mut token, failures) = model::assign(&token, data, grantable)?;
    token.bearer = Reference::new(bearer.kind().unwrap_or_default(), bearer.id().unwrap_or_default());
    match &bearer {
        Bearer::Product(product) => token.product = Some(product.id),
        Bearer::License(license) => {
            token.product = Some(license.license.product);
            token.license_policy = Some(license.license.policy);
            token.license_owner = license.license.owner;
        }
        _ => {}
    }
    Ok(Draft { token, bearer, failures })
}

impl Draft {
    /// Checks the draft's environment against its bearer's.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn check_environment(&mut self, ctx: &Ctx) -> Result<()> {
        let Some(id) = self.token.environment else {
            if self.bearer.environment().is_some() {
                self.failures.environment("bearer");
            }
            return Ok(());
        };
        let current = ctx.environment.clone().filter(|current| current.id == id);
        let found = match current {
            Some(current) => Some(current),
            None => ctx.store.get::<environment::Environment>(ctx.account(), id).await?,
        };
        let Some(found) = found else {
            self.failures.push("environment", "NOT_FOUND", "must exist");
            return Ok(());
        };
        let global_admin = self.bearer.is(&[Role::Admin]) && self.bearer.environment().is_none();
        if !model::compatible(Some(id), found.is_shared(), self.bearer.environment()) && !global_admin {
            self.failures.environment("bearer");
        }
        Ok(())
    }

    /// Makes the token: its secret, its record and its event, whose log names `subject` (none: the
    /// token itself). The document shows the secret.
    ///
    /// # Errors
    /// 422 of broken rules; when the table cannot be written.
    pub async fn make(self, ctx: &Ctx, subject: Option<Reference>) -> Result<(Token, Value)> {
        self.make_along(ctx, subject, |_, _| ()).await
    }

    /// As [`Self::make`], together with what `along` adds to the unit of work.
    ///
    /// # Errors
    /// As [`Self::make`].
    pub async fn make_along(
        self,
        ctx: &Ctx,
        subject: Option<Reference>,
        along: impl FnOnce(&Token, &mut Unit),
    ) -> Result<(Token, Value)> {
        let Self { mut token, bearer, failures } = self;
        failures.result::<Token>()?;
        let raw = renew_secret(ctx, &mut token, &bearer)?;
        let mut unit = Unit::new();
        unit.insert(&token);
        along(&token, &mut unit);
        let subject = subject.unwrap_or_else(|| Reference::new("tokens", token.id));
        let payload = rules::document(&token, &bearer, None);
        let event = ctx.event("token.generated", token.environment, subject, payload);
        ctx.save::<Token>(unit, event).await?;
        let document = rules::document(&token, &bearer, Some(raw.expose()));
        Ok((token, document))
    }
}

/// Gives a token a new secret of the current format.
///
/// # Errors
/// When there is no randomness.
pub fn renew_secret(ctx: &Ctx, token: &mut Token, bearer: &Bearer) -> Result<tokens::RawToken> {
    let (_, prefix, bytes) = rules::style(bearer.role().unwrap_or_default());
    let raw = tokens::generate(prefix, bytes).map_err(|error| Error::from(StoreError::Broken(error.to_string())))?;
    token.digest = tokens::digest(&ctx.tenant.signer, raw.expose());
    token.format = 3;
    Ok(raw)
}
