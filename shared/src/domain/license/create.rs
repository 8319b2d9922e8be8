//! Making licenses (spec 04 §2.5, §3.4).

use serde_json::Value;

use super::key::{self, Issued};
use super::rules::{self, Linked};
use super::{License, LicenseView, expiry};
use crate::auth::permissions::{self, Role};
use crate::clock::Time;
use crate::domain::account;
use crate::domain::body;
use crate::domain::group::membership::{self, Admission, Member};
use crate::domain::key::pool;
use crate::domain::model::{self, Failures};
use crate::domain::policy::Policy;
use crate::domain::resource::Resource;
use crate::domain::user::User;
use crate::http::context::{Ctx, refusal};
use crate::http::error::{Error, Result};
use crate::ids::{Id, parse_id};
use crate::jsonapi::schema::Schema;
use crate::store::unit::{CommitError, LOOKUP, Reason};
use crate::store::{Consistency, StoreError, Stored, Unit, keys};

/// Who may choose the id of a license.
const NAMERS: &[Role] = &[Role::Admin, Role::Developer, Role::SalesAgent, Role::Product, Role::Environment];
/// The setting that replaces the usual permissions of new licenses.
const PERMISSIONS: &str = "default_license_permissions";
/// How many random keys are tried: with 120 random bits the second one is luxury.
const TRIES: usize = 5;
/// The owner was deleted meanwhile.
const OWNER_DELETED: Reason = Reason::Failed("owner");

/// The body of a request for a license.
#[must_use]
pub fn wanted(ctx: &Ctx) -> Schema {
    body::creation(License::DEFINITION, ctx.role(), ctx.version)
        .id(Schema::uuid().permitted(ctx.bearer.is(NAMERS)))
        .build()
}

/// A license about to be made.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The record, without its key.
    pub license: License,
    /// Its policy, if there is one of the id named.
    pub policy: Option<Policy>,
    owner: Option<User>,
    admission: Admission,
    failures: Failures,
}

impl Draft {
    /// Drafts the license that a decoded `data` asks for.
    ///
    /// # Errors
    /// When the table cannot be read. Broken rules stay with the draft: rights come first.
    pub async fn of(ctx: &Ctx, data: &Value) -> Result<Self> {
        let [policy, owner, group] = ["policy", "owner", "group"].map(|name| body::linked(data, name));
        let usual = account::defaults::permissions(ctx, PERMISSIONS);
        let (found_policy, found_owner, usual) =
            futures::try_join!(linked::<Policy>(ctx, policy), linked::<User>(ctx, owner), usual)?;

        let environment = found_policy.as_ref().and_then(|policy| policy.environment);
        let mut license: License = ctx.draft(data, environment);
        license.owner = owner;
        license.group = group;
        license.permissions = usual.unwrap_or_else(|| permissions::defaults(Role::License));
        let mut failures = Failures::default();
        match &found_policy {
            Some(policy) => {
                license.policy = policy.id;
                license.product = policy.product;
            }
            None => failures.must_exist("policy"),
        }
        if owner.is_some() && found_owner.is_none() {
            failures.must_exist("owner");
        }
        Ok(Self { license, policy: found_policy, owner: found_owner, admission: Admission::default(), failures })
    }

    /// Lays the attributes over it, completes it and makes it, with its key. The document shows a
    /// legacy key.
    ///
    /// # Errors
    /// 400 of an integer beyond its width; 422 of broken rules; 409 of a key that another license has.
    pub async fn make(mut self, ctx: &Ctx, data: &Value) -> Result<(License, Value)> {
        let (license, failures) = model::assign(&self.license, data, permissions::allowed(Role::License))?;
        self.license = license;
        self.failures.extend(failures);
        let given = Some(std::mem::take(&mut self.license.key)).filter(|key| !key.is_empty());

        let inherited = self.owner.as_ref().and_then(|owner| owner.group);
        self.license.group = self.license.group.or(inherited);
        let (license, failures) = (&self.license, &mut self.failures);
        self.admission = membership::admit(ctx, Member::License, license, license.group, failures).await?;
        let Some(policy) = self.policy.take() else { return Err(self.failures.error::<License>()) };
        if let Some(given) = &given {
            key::check(given, policy.key_scheme(), &mut self.failures);
            self.check_unique(ctx, given).await?;
        }
        rules::check(&self.license, &policy, &mut self.failures);
        let linked = Linked { policy: Some(&policy), owner: self.owner.as_ref() };
        rules::check_environments(&self.license, ctx.environment.as_ref(), linked, &mut self.failures);
        std::mem::take(&mut self.failures).result::<License>()?;
        self.complete(&policy, ctx.now);

        if given.is_none() && policy.use_pool {
            return self.draw(ctx, &policy).await;
        }
        for _ in 0..TRIES {
            let issued = self.issue(ctx, &policy, given.as_deref())?;
            match self.save(ctx, &policy, &issued, Unit::new()).await {
                Err(CommitError::Refused(refused))
                    if matches!(issued, Issued::Random(_)) && refused.has(&Reason::Taken(LOOKUP)) => {}
                outcome => return outcome.map_err(|error| self.refused(error, &issued)),
            }
        }
        Err(StoreError::Broken("random keys keep colliding".to_owned()).into())
    }

    /// Notes that the key given is another license's key, or its id.
    async fn check_unique(&mut self, ctx: &Ctx, given: &str) -> Result<()> {
        if ctx.store.item(&keys::license_key(ctx.account(), given), Consistency::Strong).await?.is_some() {
            self.failures.taken("key");
        }
        if let Some(id) = parse_id(given) {
            let key = keys::record(ctx.account(), License::DEFINITION.kind, id);
            if ctx.store.item(&key, Consistency::Strong).await?.is_some() {
                self.failures.push("key", "CONFLICT", "must not conflict with another license's identifier");
            }
        }
        Ok(())
    }

    /// What a new license takes over from its policy.
    fn complete(&mut self, policy: &Policy, now: Time) {
        let license = &mut self.license;
        license.protected.get_or_insert(policy.protected);
        if policy.require_check_in {
            license.last_check_in.get_or_insert(now);
        }
        let given = license.expiry.map(Time::timestamp);
        let expiry = expiry::at_creation(policy.expiration_basis, policy.duration, given, now.timestamp());
        license.expiry = expiry.map(Time::from);
    }

    fn issue(&self, ctx: &Ctx, policy: &Policy, given: Option<&str>) -> Result<Issued> {
        key::issue(&self.license, policy, self.owner.as_ref(), given, &ctx.tenant.signer).map_err(|error| {
            let mut failures = Failures::default();
            match key::note(error, &mut failures) {
                Ok(()) => failures.error::<License>(),
                Err(error) => StoreError::Broken(error.to_string()).into(),
            }
        })
    }

    /// Makes the license with a key from its policy's pool.
    async fn draw(&self, ctx: &Ctx, policy: &Policy) -> Result<(License, Value)> {
        let mut draw = pool::draw(ctx, policy);
        while let Some(drawn) = draw.next().await? {
            let issued = Issued::Pooled(drawn.key.clone());
            let mut unit = Unit::new();
            pool::take(&mut unit, &drawn);
            match self.save(ctx, policy, &issued, unit).await {
                Err(error) if pool::lost(&error) => {}
                outcome => return outcome.map_err(|error| self.refused(error, &issued)),
            }
        }
        Err(Failures::one::<License>("policy", "POOL_EMPTY", "pool is empty"))
    }

    /// Writes the license with its key, in one transaction with everything that belongs to it.
    async fn save(
        &self,
        ctx: &Ctx,
        policy: &Policy,
        issued: &Issued,
        mut unit: Unit,
    ) -> Result<(License, Value), CommitError> {
        let mut license = self.license.clone();
        issued.give(&mut license);
        if let Some(owner) = &self.owner {
            unit.require_record(&owner.key(), OWNER_DELETED);
        }
        self.admission.require(&mut unit);
        unit.insert(&license);
        let view = LicenseView { license, policy: policy.clone(), owner: self.owner.clone() };
        let document = view.document_revealing(ctx.now, issued.secret());
        let event = ctx.event_about("license.created", &view.license, document.clone());
        ctx.commit(unit, event).await?;
        Ok((view.license, document))
    }

    /// The answer to a license that lost a race.
    fn refused(&self, error: CommitError, issued: &Issued) -> Error {
        let mut failures = Failures::default();
        if let CommitError::Refused(refused) = &error {
            if refused.has(&OWNER_DELETED) {
                failures.must_exist("owner");
            }
            failures.extend(self.admission.failures(&error).unwrap_or_default());
            if matches!(issued, Issued::Given(_)) && refused.has(&Reason::Taken(LOOKUP)) {
                failures.taken("key");
            }
        }
        if failures.is_empty() { refusal::<License>(error) } else { failures.error::<License>() }
    }
}

/// A linked record, wherever in the account it is: whether its environment fits is a rule of its own.
async fn linked<R: Stored>(ctx: &Ctx, id: Option<Id>) -> Result<Option<R>> {
    match id {
        Some(id) => Ok(ctx.store.get(ctx.account(), id).await?),
        None => Ok(None),
    }
}
