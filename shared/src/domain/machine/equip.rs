//! New components and processes of a machine (spec 06 §2.10, §2.11, §3.3, §3.7).

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use super::capacity::{self, Populations};
use super::uniqueness::{Scope, Standing};
use super::view::ComponentView;
use super::{Component, Machine, MachineView, Process, ProcessView, scope};
use crate::auth::permissions::PermissionSet;
use crate::clock::Time;
use crate::domain::environment::Environment;
use crate::domain::model::{self, Failures};
use crate::domain::resource::Resource;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::ids::{Id, parse_id};
use crate::store::unit::{CLAIM_HOLDER, CommitError, Condition, Reason};
use crate::store::{Consistency, Key, Unit, keys};

/// How often a creation looks again because others were quicker.
const TRIES: usize = 10;
/// The machine is gone, or has another owner, since it was read.
const MOVED: Reason = Reason::Failed("machine");

/// The machine that a body names, whoever sees it.
///
/// # Errors
/// When the table cannot be read.
pub async fn named(ctx: &Ctx, data: &Value) -> Result<Option<MachineView>> {
    let id = data.pointer("/relationships/machine/data/id").and_then(Value::as_str).and_then(parse_id);
    read_machine(ctx, id.unwrap_or_default()).await
}

async fn read_machine(ctx: &Ctx, id: Id) -> Result<Option<MachineView>> {
    let found: Option<Machine> = ctx.store.get(ctx.account(), id).await?;
    Ok(scope::views(ctx, found.into_iter().collect()).await?.pop())
}

/// What is wrong with any part of a machine; `None` stands for a machine that does not exist.
fn common<R: Resource>(ctx: &Ctx, part: &R, machine: Option<&MachineView>, failures: &mut Failures) {
    let shared = ctx.environment.as_ref().is_some_and(Environment::is_shared);
    match machine {
        None => failures.must_exist("machine"),
        Some(view) if !model::compatible(part.environment(), shared, view.machine.environment) => {
            failures.environment("machine");
        }
        Some(_) => {}
    }
}

/// Makes a component.
///
/// # Errors
/// 422 with everything that is wrong.
pub async fn component(
    ctx: &Ctx,
    draft: Component,
    data: &Value,
    mut machine: Option<MachineView>,
) -> Result<ComponentView> {
    for _ in 0..TRIES {
        let (mut component, declared) = model::assign(&draft, data, PermissionSet::EMPTY)?;
        let mut failures = Failures::default();
        common(ctx, &component, machine.as_ref(), &mut failures);
        let mut standing = None;
        if let Some(view) = &machine {
            let license = &view.license.license;
            (component.product, component.license, component.machine) = (license.product, license.id, view.machine.id);
            let claim = keys::component(ctx.account(), component.machine, &component.fingerprint);
            let scope = Scope::of_components(view.policy().component_uniqueness_strategy);
            let wider = async {
                let Some(scope) = scope else { return Ok(None) };
                let (kind, fingerprint) = (Component::DEFINITION.kind, &component.fingerprint);
                Standing::read(&ctx.store, kind, fingerprint, scope, &view.license).await.map(Some)
            };
            let (held, found) = futures::try_join!(ctx.store.item(&claim, Consistency::Strong), wider)?;
            match (held, scope) {
                (Some(_), _) => failures.taken("fingerprint"),
                (None, Some(scope)) if found.as_ref().is_some_and(|found| found.taken) => {
                    failures.push("fingerprint", "TAKEN", scope.taken());
                }
                _ => {}
            }
            standing = found;
        }
        model::check_reserved("fingerprint", &component.fingerprint, &mut failures);
        failures.extend(declared);
        failures.result::<Component>()?;
        let Some(view) = machine.clone() else { return Err(Error::absent("machine")) };

        let mut unit = Unit::new();
        unit.insert(&component);
        stays(&mut unit, &view);
        if let Some(standing) = &standing {
            standing.insist(&mut unit);
        }
        let component = ComponentView { component, machine: view };
        let event = ctx.event_about("component.created", &component.component, component.document());
        match ctx.commit(unit, event).await {
            Ok(()) => return Ok(component),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(CommitError::Refused(_)) => {
                machine = read_machine(ctx, component.component.machine).await?;
            }
        }
    }
    Err(Error::conflict("Other requests kept changing the machine; please try again"))
}

/// Makes a process.
///
/// # Errors
/// 422 with everything that is wrong.
pub async fn process(ctx: &Ctx, draft: Process, data: &Value, mut machine: Option<MachineView>) -> Result<ProcessView> {
    for _ in 0..TRIES {
        let (mut process, declared) = model::assign(&draft, data, PermissionSet::EMPTY)?;
        let mut failures = Failures::default();
        common(ctx, &process, machine.as_ref(), &mut failures);
        let mut check = None;
        if let Some(view) = &machine {
            join(&mut process, view, ctx.now);
            let claim = keys::process(ctx.account(), process.machine, &process.pid);
            let populations =
                async { Ok(Populations::count(&ctx.store, &view.license, view.machine.owner).await?.process(view)) };
            let (held, found) = futures::try_join!(ctx.store.item(&claim, Consistency::Strong), populations)?;
            if held.is_some() {
                failures.taken("pid");
            }
            check = found;
        }
        model::check_reserved("pid", &process.pid, &mut failures);
        failures.extend(declared);
        if data.get("id").is_some() && ctx.store.get::<Process>(ctx.account(), process.id).await?.is_some() {
            failures.push("id", "CONFLICT", "must not conflict with another process");
        }
        capacity::report(check.as_slice(), "MACHINE_PROCESS_", &mut failures);
        failures.result::<Process>()?;
        let Some(view) = machine.clone() else { return Err(Error::absent("machine")) };

        let mut unit = Unit::new();
        unit.insert(&process);
        stays(&mut unit, &view);
        if let Some(check) = &check {
            check.require(&mut unit);
        }
        let id = process.machine;
        let process = ProcessView::new(process, view);
        let event = ctx.event_about("process.created", &process.process, process.document(ctx.now));
        match ctx.commit(unit, event).await {
            Ok(()) => return Ok(process),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(CommitError::Refused(_)) => machine = read_machine(ctx, id).await?,
        }
    }
    Err(Error::conflict("Other requests kept changing the machine; please try again"))
}

/// What a process takes over from its machine; its heartbeat starts with it.
fn join(process: &mut Process, view: &MachineView, now: Time) {
    let (machine, license) = (&view.machine, &view.license.license);
    (process.product, process.license, process.machine) = (license.product, license.id, machine.id);
    (process.fingerprint, process.lessee) = (machine.fingerprint.clone(), machine.owner);
    process.last_heartbeat = now;
    process.timer = process.pulse().deadline(&view.policy().heartbeat()).map(Time::from);
}

/// The machine is still there, with the same owner.
pub(super) fn stays(unit: &mut Unit, view: &MachineView) {
    let machine = &view.machine;
    let key: Key = keys::fingerprint(machine.account, machine.license, &machine.fingerprint);
    let id = |id: Id| AttributeValue::S(id.to_string());
    unit.require_record(&key, MOVED);
    unit.require(&key, Condition::Equals(CLAIM_HOLDER.to_owned(), id(machine.id)), MOVED);
    let owner = match machine.owner {
        Some(owner) => Condition::Equals("owner".to_owned(), id(owner)),
        None => Condition::Missing("owner".to_owned()),
    };
    unit.require(&key, owner, MOVED);
}
