//! The users of a license: attaching and detaching licensees (spec 04 §2.6, §3.12).

use serde_json::Value;

use super::owner::too_many_users;
use super::{License, LicenseUser, LicenseView, scope, view};
use crate::cascade::{self, Job};
use crate::domain::attribute::Reference;
use crate::domain::model::{self, Failures};
use crate::domain::resource::Resource;
use crate::domain::user::User;
use crate::domain::{body, lots};
use crate::events::Event;
use crate::http::context::{Ctx, refusal};
use crate::http::error::{Error, Result};
use crate::ids::{Id, new_id, parse_id};
use crate::jsonapi::schema;
use crate::store::item::encode;
use crate::store::unit::{CommitError, Condition, Reason};
use crate::store::{Consistency, Key, Stored, Unit, keys, read};

/// A user was deleted while it was being attached.
const DELETED: Reason = Reason::Failed("user");
/// Others were attached meanwhile.
const FULL: Reason = Reason::Failed("user limit");
/// The license got another owner meanwhile.
const OWNER: Reason = Reason::Failed("owner");

/// The users that a body names, in its order.
#[derive(Clone, Debug)]
pub struct Named {
    ids: Vec<Id>,
    known: Vec<User>,
}

impl Named {
    /// Reads them from the request.
    ///
    /// # Errors
    /// 400 of a body of another shape; when the table cannot be read.
    pub async fn read(ctx: &Ctx) -> Result<Self> {
        let data = ctx.decode(&schema::attach(&[body::names("users")]))?;
        let linkages = data.as_array().into_iter().flatten();
        let ids: Vec<Id> =
            linkages.filter_map(|linkage| linkage.get("id").and_then(Value::as_str).and_then(parse_id)).collect();
        let known = ctx.store.get_many::<User>(ctx.account(), &ids).await?;
        Ok(Self { ids, known })
    }

    /// The environments of those that exist.
    pub fn environments(&self) -> impl Iterator<Item = Option<Id>> {
        self.known.iter().map(|user| user.environment)
    }

    /// Those of them that are attached to a license.
    async fn attached(&self, ctx: &Ctx, license: Id) -> Result<Vec<LicenseUser>> {
        let keys: Vec<Key> =
            self.ids.iter().map(|user| keys::attached_user(ctx.account(), "licenses", license, *user)).collect();
        let items = ctx.store.items(&keys, Consistency::Strong).await?;
        Ok(items.values().map(read).collect::<std::result::Result<_, _>>()?)
    }

    /// What is wrong with the first that cannot be attached.
    fn unattachable(&self, owner: Option<Id>, attached: &[LicenseUser]) -> Failures {
        let mut failures = Failures::default();
        for (at, id) in self.ids.iter().enumerate() {
            if !self.known.iter().any(|user| user.id == *id) {
                failures.must_exist("user");
            } else if owner == Some(*id) {
                failures.push("user", "CONFLICT", "already exists (user is attached through owner)");
            } else if attached.iter().any(|link| link.user == *id) || self.ids[..at].contains(id) {
                failures.push("user", "TAKEN", "already exists");
            }
            if !failures.is_empty() {
                break;
            }
        }
        failures
    }

    /// The position of the first that is not attached, or that is named a second time.
    fn undetachable(&self, attached: &[LicenseUser]) -> Option<usize> {
        let is_attached = |id: &Id| attached.iter().any(|link| link.user == *id);
        let mut named = self.ids.iter().enumerate();
        named.find(|(at, id)| !is_attached(id) || self.ids[..*at].contains(id)).map(|(at, _)| at)
    }

    fn not_attached(&self, at: usize) -> Error {
        let id = self.ids.get(at).map(ToString::to_string).unwrap_or_default();
        Error::unprocessable(format!("user '{id}' is not attached")).pointer(format!("/data/{at}"))
    }
}

/// Attaches all of `named` to a license, or none.
///
/// # Errors
/// 422 of the first that does not exist or is a user of the license already, and of too many users.
pub async fn attach(ctx: &Ctx, view: &LicenseView, named: &Named) -> Result<Vec<LicenseUser>> {
    let license = &view.license;
    let mut failures = named.unattachable(license.owner, &named.attached(ctx, license.id).await?);
    let environment = ctx.environment_id().or(license.environment);
    let shared = ctx.environment.as_ref().is_some_and(crate::domain::environment::Environment::is_shared);
    if !named.known.iter().all(|user| model::compatible(environment, shared, user.environment)) {
        failures.environment("user");
    }
    let bound = view.users_bound();
    if let Some(bound) = &bound {
        let existing = u128::try_from(license.users_count()).unwrap_or(0);
        if !bound.admits(existing, named.ids.len() as u64) {
            too_many_users(bound, &mut failures);
        }
    }
    failures.result::<LicenseUser>()?;

    let link = |user: &Id| {
        let mut link = LicenseUser::draft(new_id(), ctx.account(), environment, ctx.now);
        (link.license, link.user, link.license_created) = (license.id, *user, license.created);
        link
    };
    let links: Vec<LicenseUser> = named.ids.iter().map(link).collect();
    let owners = i64::from(license.owner.is_some());
    let change = |unit: &mut Unit, lot: &[LicenseUser], later: usize| {
        unit.require_record(&license.key(), Reason::Gone);
        let same_owner = match license.owner.and_then(|owner| encode(&Value::from(owner.to_string()))) {
            Some(owner) => Condition::Equals("owner".to_owned(), owner),
            None => Condition::Missing("owner".to_owned()),
        };
        unit.require(&license.key(), same_owner, OWNER);
        if let Some(bound) = &bound {
            let allowed = i64::try_from(bound.allowed).unwrap_or(i64::MAX);
            let added = i64::try_from(lot.len() + later).unwrap_or(i64::MAX);
            let most = allowed.saturating_sub(owners).saturating_sub(added);
            unit.require(&license.key(), Condition::AtMost("licensees_count".to_owned(), most), FULL);
        }
        for link in lot {
            unit.insert(link);
            unit.require(&keys::record(ctx.account(), "users", link.user), Condition::Exists, DELETED);
        }
    };
    let event = event_about(ctx, license, "license.users.attached", &links);
    match lots::write(ctx, &links, event, change, Unit::remove).await {
        Ok(()) => Ok(links),
        Err(CommitError::Refused(refused)) => {
            let mut failures = Failures::default();
            if refused.has(&DELETED) {
                failures.must_exist("user");
            }
            if refused.has(&Reason::Exists) {
                failures.push("user", "TAKEN", "already exists");
            }
            if let (true, Some(bound)) = (refused.has(&FULL), &bound) {
                too_many_users(bound, &mut failures);
            }
            failures.result::<LicenseUser>()?;
            Err(refusal::<License>(CommitError::Refused(refused)))
        }
        Err(error) => Err(refusal::<License>(error)),
    }
}

/// Detaches all of `named` from a license, or none.
///
/// # Errors
/// 403 of the owner, else 422 of the first that is not attached or comes twice.
pub async fn detach(ctx: &Ctx, view: &LicenseView, named: &Named) -> Result<()> {
    let license = &view.license;
    if let Some(at) = named.ids.iter().position(|id| license.owner == Some(*id)) {
        let reason = format!("user '{}' is attached through owner", named.ids[at]);
        return Err(Error::forbidden(&reason).pointer(format!("/data/{at}")));
    }
    let attached = named.attached(ctx, license.id).await?;
    if let Some(at) = named.undetachable(&attached) {
        return Err(named.not_attached(at));
    }
    let event = event_about(ctx, license, "license.users.detached", &attached);
    let detachments: Vec<Detachment> = attached.into_iter().map(|link| Detachment::of(link, ctx)).collect();
    let change = |unit: &mut Unit, lot: &[Detachment], _: usize| {
        for detachment in lot {
            unit.remove(&detachment.link);
            unit.merge(detachment.disowning.clone());
        }
    };
    let undo = |unit: &mut Unit, detachment: &Detachment| unit.insert(&detachment.link);
    match lots::write(ctx, &detachments, event, change, undo).await {
        Ok(()) => {
            let jobs = detachments.iter().map(|detachment| cascade::begin(&ctx.app, &ctx.store, &detachment.job));
            futures::future::join_all(jobs).await;
            Ok(())
        }
        Err(CommitError::Refused(_)) => {
            // Somebody else detached one of them meanwhile.
            let left = named.attached(ctx, license.id).await?;
            Err(named.not_attached(named.undetachable(&left).unwrap_or(0)))
        }
        Err(error) => Err(refusal::<License>(error)),
    }
}

/// A user who leaves a license, and what takes the machines from it that it owns there.
struct Detachment {
    link: LicenseUser,
    disowning: Unit,
    job: Job,
}

impl Detachment {
    fn of(link: LicenseUser, ctx: &Ctx) -> Self {
        let mut disowning = Unit::new();
        let job = cascade::leave_detached(&mut disowning, &link, ctx.now);
        Self { link, disowning, job }
    }
}

/// The owner and the licensees.
///
/// # Errors
/// When the table cannot be read.
pub async fn all(ctx: &Ctx, view: &LicenseView) -> Result<Vec<User>> {
    let ids: Vec<Id> = scope::licensees(ctx, view.license.id).await?.iter().map(|link| link.user).collect();
    let mut users = ctx.store.get_many::<User>(ctx.account(), &ids).await?;
    users.extend(view.owner.clone());
    users.retain(|user| ctx.sees(user.environment));
    Ok(users)
}

fn event_about(ctx: &Ctx, license: &License, name: &str, links: &[LicenseUser]) -> Event {
    let payload = links.iter().map(view::user_document).collect();
    ctx.event(name, license.environment, Reference::new(License::DEFINITION.kind, license.id), payload)
}
