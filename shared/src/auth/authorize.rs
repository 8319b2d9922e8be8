//! Whether a bearer may do what it asks for (spec 01 §3.7, §3.8).
//!
//! An operation names its permissions, the records it touches (and whether it reads or writes
//! them), and its role rule; the checks run in the order of the chapter, and the first that fails
//! gives the reason.

use super::bearer::{Bearer, TokenInUse};
use super::permissions::Role;
use crate::domain::environment::Environment;
use crate::domain::resource::Resource;
use crate::http::error::{Error, Result};
use crate::ids::Id;

/// Who asks, and in which environment.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The principal.
    pub bearer: &'a Bearer,
    /// The token it uses, if it uses one.
    pub token: Option<&'a TokenInUse>,
    /// The current environment; none is the global one.
    pub environment: Option<&'a Environment>,
}

/// An authorization in progress: ends with [`Permit::when`].
#[derive(Debug)]
#[must_use = "ends with `when`"]
pub struct Permit<'a> {
    caller: Caller<'a>,
    anonymous: bool,
    verdict: std::result::Result<(), String>,
}

impl<'a> Caller<'a> {
    /// Starts to authorize an operation that needs `permission`.
    pub fn permit(self, permission: &str) -> Permit<'a> {
        Permit { caller: self, anonymous: false, verdict: Ok(()) }.authenticated().and(permission).compatible()
    }

    /// Starts to authorize an operation that needs no permission of its own.
    pub fn allow(self) -> Permit<'a> {
        Permit { caller: self, anonymous: false, verdict: Ok(()) }.authenticated().compatible()
    }

    /// Starts to authorize an operation that anonymous callers may be allowed to perform.
    pub fn permit_anyone(self, permission: &str) -> Permit<'a> {
        Permit { caller: self, anonymous: true, verdict: Ok(()) }.and(permission).compatible()
    }

    /// Whether bearer and token hold a permission.
    #[must_use]
    pub fn holds(self, permission: &str) -> bool {
        self.bearer.holds(permission) && self.token_holds(permission)
    }

    fn token_holds(self, permission: &str) -> bool {
        match (self.token, self.bearer.role()) {
            (Some(token), Some(role)) => token.permissions.holds(role, permission),
            _ => true,
        }
    }

    /// Whether a record of `environment` fits the current one: exactly for writes; for reads a
    /// shared environment takes global records, and the global one takes all.
    #[must_use]
    pub fn fits(self, environment: Option<Id>, write: bool) -> bool {
        match self.environment {
            None => !write || environment.is_none(),
            Some(current) => {
                environment == Some(current.id) || (!write && current.is_shared() && environment.is_none())
            }
        }
    }

    /// Whether a bearer, token or parent of `environment` fits the current one.
    fn belongs(self, environment: Option<Id>) -> bool {
        match self.environment {
            None => environment.is_none(),
            Some(current) => environment == Some(current.id) || (current.is_shared() && environment.is_none()),
        }
    }

    /// Nobody belongs anywhere, and is at home everywhere.
    fn bearer_belongs(self) -> bool {
        if *self.bearer == Bearer::Anonymous {
            return true;
        }
        let global_admin = self.bearer.is(&[Role::Admin]) && self.bearer.environment().is_none();
        self.belongs(self.bearer.environment()) || (global_admin && self.environment.is_some())
    }
}

impl<'a> Permit<'a> {
    fn check(mut self, holds: bool, reason: impl FnOnce() -> String) -> Self {
        if self.verdict.is_ok() && !holds {
            self.verdict = Err(reason());
        }
        self
    }

    fn role(&self) -> &'static str {
        self.caller.bearer.role().map_or("anonymous", Role::spoken)
    }

    fn authenticated(self) -> Self {
        let known = *self.caller.bearer != Bearer::Anonymous;
        self.check(known, || "authentication is required".to_owned())
    }

    /// Another permission that the operation needs.
    pub fn and(self, permission: &str) -> Self {
        if *self.caller.bearer == Bearer::Anonymous {
            return self;
        }
        let (role, caller) = (self.role(), self.caller);
        self.check(caller.bearer.holds(permission), || format!("{role} lacks permission to perform action"))
            .check(caller.token_holds(permission), || "token lacks permission to perform action".to_owned())
    }

    fn compatible(self) -> Self {
        let (role, caller) = (self.role(), self.caller);
        let token = caller.token.is_none_or(|token| caller.belongs(token.environment));
        self.check(caller.bearer_belongs(), || incompatible(role)).check(token, || incompatible("token"))
    }

    /// A parent record named in the path.
    pub fn under<R: Resource>(self, parent: &R) -> Self {
        let fits = !R::DEFINITION.environments || self.caller.belongs(parent.environment());
        self.check(fits, || incompatible(R::DEFINITION.noun))
    }

    /// A record that is read.
    pub fn reads<R: Resource>(self, record: &R) -> Self {
        self.record(record, false)
    }

    /// A record that is created, changed or deleted.
    pub fn writes<R: Resource>(self, record: &R) -> Self {
        self.record(record, true)
    }

    fn record<R: Resource>(self, record: &R, write: bool) -> Self {
        let fits = if R::DEFINITION.environments {
            self.caller.fits(record.environment(), write)
        } else {
            !write || self.caller.environment.is_none()
        };
        self.check(fits, || incompatible("record"))
    }

    /// Records of these environments that a to-many relationship of a parent gains or loses (spec 04
    /// §2.7): those of a global parent must belong to the current environment exactly.
    pub fn relates(self, parent: Option<Id>, environments: impl IntoIterator<Item = Option<Id>>) -> Self {
        let (caller, write) = (self.caller, parent.is_none());
        let fit = environments.into_iter().all(|environment| caller.fits(environment, write));
        self.check(fit, || incompatible("a record's"))
    }

    /// Another environment involved, as of a record that is about to be made.
    pub fn writes_in(self, environment: Option<Id>) -> Self {
        let fits = self.caller.fits(environment, true);
        self.check(fits, || incompatible("record"))
    }

    /// A reason of the operation's own.
    pub fn unless(self, refused: bool, reason: &str) -> Self {
        self.check(!refused, || reason.to_owned())
    }

    /// Ends the authorization with the operation's role rule.
    ///
    /// # Errors
    /// 403, with the first reason in parentheses.
    pub fn when(self, rule: bool) -> Result<()> {
        let anonymous = *self.caller.bearer == Bearer::Anonymous;
        let hint = || {
            if anonymous {
                "a valid credential may be needed to reach every resource involved"
            } else {
                "the credential may not reach every resource involved"
            }
            .to_owned()
        };
        let admitted = !anonymous || self.anonymous;
        self.check(admitted, || "authentication is required".to_owned())
            .check(rule, hint)
            .verdict
            .map_err(|reason| Error::forbidden(&reason))
    }
}

fn incompatible(subject: &str) -> String {
    format!("{subject} environment is not compatible with the current environment")
}
