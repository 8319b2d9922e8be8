//! Changes of a machine, its owner and its group (spec 06 §2.8, §2.9, §3.1, §3.4).

use super::capacity::{self, Added, Populations};
use super::placement::{NewGroup, NewOwner};
use super::{Machine, MachineView, removal, scope};
use crate::domain::environment::Environment;
use crate::domain::model::Failures;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::ids::Id;
use crate::store::Unit;
use crate::store::unit::CommitError;

/// How often a change looks again because others were quicker.
const TRIES: usize = 10;

/// Rewrites a machine and announces it. `change` is applied again to what others made of the machine
/// meanwhile.
///
/// # Errors
/// What `change` refuses; 422 of limits, and of an owner or a group that cannot be; 404 if the
/// machine is gone.
pub async fn amend(
    ctx: &Ctx,
    mut view: MachineView,
    event: &str,
    change: impl Fn(&Machine) -> Result<(Machine, Failures)>,
) -> Result<MachineView> {
    let identifier = view.machine.id.to_string();
    for _ in 0..TRIES {
        let before = view.machine.clone();
        let (mut after, mut failures) = change(&before)?;
        after.updated = ctx.now;
        let (owner, group) = moves(ctx, &view, &before, &mut after).await?;
        check_placement(ctx, &after, owner.as_ref(), group.as_ref(), &mut failures);
        let populations = Populations::count(&ctx.store, &view.license, after.owner).await?;
        let (had, has) = (Added::by(&before), Added::by(&after));
        let checks = populations.machines(
            has.less(had),
            if before.owner == after.owner { has.less(had) } else { Added { machines: 0, ..has } },
        );
        capacity::report(&checks, "MACHINE_", &mut failures);
        failures.result::<Machine>()?;

        let mut unit = Unit::new();
        unit.update(&before, &after);
        checks.iter().for_each(|check| check.require(&mut unit));
        if before.owner != after.owner {
            removal::keep_processes(&mut unit, &before);
        }
        if let Some(owner) = &owner {
            owner.require(&mut unit, &view.license);
        }
        if let Some(group) = &group {
            group.require(&mut unit);
        }
        let mut changed = MachineView { machine: after, ..view.clone() };
        changed.machine.rev += 1;
        let announced = ctx.event_about(event, &changed.machine, changed.document(ctx.now));
        let announced = announced.with_diff(&before, &changed.machine);
        match ctx.commit(unit, announced).await {
            Ok(()) => return Ok(changed),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(CommitError::Refused(_)) => view = scope::find(ctx, &identifier).await?,
        }
    }
    Err(Error::conflict("Other requests kept changing the machine; please try again"))
}

/// The owner and the group that a machine gets by a change. A machine without group takes its new owner's.
async fn moves(
    ctx: &Ctx,
    view: &MachineView,
    before: &Machine,
    after: &mut Machine,
) -> Result<(Option<NewOwner>, Option<NewGroup>)> {
    let owner = match changed(before.owner, after.owner) {
        Some(id) => Some(NewOwner::read(ctx, id, Some(&view.license.license)).await?),
        None => None,
    };
    let lent = owner.as_ref().and_then(NewOwner::group).filter(|_| after.group.is_none());
    let group = match changed(before.group, after.group).or(lent) {
        Some(id) => Some(NewGroup::read(ctx, id).await?).filter(|group| lent.is_none() || group.exists()),
        None => None,
    };
    if let Some(group) = &group {
        after.group = Some(group.id());
    }
    Ok((owner, group))
}

fn changed(before: Option<Id>, after: Option<Id>) -> Option<Id> {
    after.filter(|_| before != after)
}

fn check_placement(
    ctx: &Ctx,
    after: &Machine,
    owner: Option<&NewOwner>,
    group: Option<&NewGroup>,
    failures: &mut Failures,
) {
    let shared = ctx.environment.as_ref().is_some_and(Environment::is_shared);
    if let Some(owner) = owner {
        owner.check_exists(failures);
        owner.check_environment(after, shared, failures);
        owner.check_belongs(failures);
    }
    if let Some(group) = group {
        group.check_exists(failures);
        group.check_environment(after, shared, failures);
        group.check_room(failures);
    }
}
