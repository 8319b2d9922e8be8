//! Giving a license to somebody else, or to nobody (spec 04 §2.6, §3.12).

use super::limits::Bound;
use super::rules::{self, Linked};
use super::{License, LicenseView, scope};
use crate::domain::group::membership::{self, Member};
use crate::domain::model::Failures;
use crate::domain::user::User;
use crate::events::Event;
use crate::http::context::{Ctx, refusal};
use crate::http::error::Result;
use crate::ids::Id;
use crate::store::unit::{CommitError, Condition, Reason};
use crate::store::{Stored, Unit, keys};

/// The owner was deleted meanwhile.
const DELETED: Reason = Reason::Failed("owner");
/// The owner became a licensee meanwhile.
const LICENSEE: Reason = Reason::Failed("licensee");
/// Others were attached meanwhile.
const FULL: Reason = Reason::Failed("user limit");

impl LicenseView {
    /// The bound on its users.
    #[must_use]
    pub fn users_bound(&self) -> Option<Bound> {
        Bound::users(self.license.limits(&self.policy).users, self.policy.overage_strategy)
    }
}

/// Notes that a license has too many users.
pub fn too_many_users(bound: &Bound, failures: &mut Failures) {
    failures.push("users", "LIMIT_EXCEEDED", bound.detail());
}

/// Makes the user of this id the owner, or nobody. `announce` makes the event of the changed license.
///
/// # Errors
/// 422 of an owner who cannot be it, of too many users, of a full group that would be taken over.
pub async fn change(
    ctx: &Ctx,
    before: &LicenseView,
    owner: Option<Id>,
    announce: impl FnOnce(&LicenseView) -> Event,
) -> Result<LicenseView> {
    let mut failures = Failures::default();
    let named = match owner {
        Some(id) => ctx.store.get::<User>(ctx.account(), id).await?,
        None => None,
    };
    if owner.is_some() && named.is_none() {
        failures.must_exist("owner");
        return Err(failures.error::<License>());
    }

    let mut after = before.clone();
    after.license.owner = owner;
    after.license.updated = ctx.now;
    after.owner.clone_from(&named);
    let mut unit = Unit::new();
    let bound = before.users_bound();
    if let Some(owner) = &named {
        let attached = keys::attached_user(ctx.account(), "licenses", before.license.id, owner.id);
        if scope::is_licensee(ctx, before.license.id, owner.id).await? {
            already_licensee(&mut failures);
        }
        unit.require(&attached, Condition::Absent, LICENSEE);
        unit.require_record(&owner.key(), DELETED);
        if let Some(bound) = &bound {
            if !bound.admits(u128::try_from(before.license.licensees_count).unwrap_or(0), 1) {
                too_many_users(bound, &mut failures);
            }
            let most = bound.most_before(1).and_then(|most| i64::try_from(most).ok()).unwrap_or(i64::MAX);
            unit.require(&before.license.key(), Condition::AtMost("licensees_count".to_owned(), most), FULL);
        }
    }
    let inherited = named.as_ref().and_then(|owner| owner.group).filter(|_| before.license.group.is_none());
    after.license.group = before.license.group.or(inherited);
    let admission = membership::admit(ctx, Member::License, &after.license, inherited, &mut failures).await?;
    admission.require(&mut unit);
    rules::check(&after.license, &after.policy, &mut failures);
    let linked = Linked { owner: named.as_ref(), ..Linked::default() };
    rules::check_environments(&after.license, ctx.environment.as_ref(), linked, &mut failures);
    std::mem::take(&mut failures).result::<License>()?;

    unit.update(&before.license, &after.license);
    let event = announce(&after);
    let Err(error) = ctx.commit(unit, event).await else { return Ok(after) };
    let refused = match error {
        CommitError::Refused(refused) => refused,
        CommitError::Store(error) => return Err(error.into()),
    };
    if refused.has(&DELETED) {
        failures.must_exist("owner");
    }
    if refused.has(&LICENSEE) {
        already_licensee(&mut failures);
    }
    if let (true, Some(bound)) = (refused.has(&FULL), &bound) {
        too_many_users(bound, &mut failures);
    }
    let error = CommitError::Refused(refused);
    failures.extend(admission.failures(&error).unwrap_or_default());
    failures.result::<License>()?;
    Err(refusal::<License>(error))
}

fn already_licensee(failures: &mut Failures) {
    failures.push("owner", "INVALID", "already exists (user is attached through users)");
}
