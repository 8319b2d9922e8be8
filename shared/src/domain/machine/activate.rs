//! Activation: a new machine, with the components it brings (spec 06 §2.6, §3).
//!
//! Everything that can be wrong is looked at first, so that an answer names all of it. What was
//! looked at is then a condition of the transaction that makes the machine; when others were quicker,
//! it is looked at again. So however many activate at once, a license never has one machine too many,
//! and whoever is too late is told why.

use serde_json::Value;

use super::capacity::{self, Added, Check, Populations};
use super::placement::{NewGroup, NewOwner};
use super::uniqueness::{Scope, Standing};
use super::{Component, Machine, MachineView, scope};
use crate::auth::permissions::PermissionSet;
use crate::clock::Time;
use crate::domain::body;
use crate::domain::environment::Environment;
use crate::domain::license::{License, LicenseView, expiry, holding, schedule};
use crate::domain::model::{self, Failures};
use crate::domain::policy::strategies::{ExpirationBasis, HeartbeatBasis};
use crate::domain::resource::Resource;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::ids::{Id, new_id, parse_id};
use crate::jsonapi::schema::{Schema, document, nested};
use crate::store::unit::{CommitError, Reason};
use crate::store::{Consistency, Unit, keys};

use super::quota::{self, Quota};

/// How many components a new machine may bring.
pub const MOST_COMPONENTS: usize = 20;
/// How often an activation looks again because others were quicker.
const TRIES: usize = 10;

/// The body of `POST /machines`.
#[must_use]
pub fn wanted(ctx: &Ctx) -> Schema {
    let component =
        body::attributes(Component::DEFINITION, ctx.role(), ctx.version, |attribute| attribute.create, true);
    let components = nested(document(Component::DEFINITION.names()).attributes(component));
    body::creation(Machine::DEFINITION, ctx.role(), ctx.version)
        .id(Schema::uuid())
        .relationship("components", components)
        .build()
}

/// A machine about to be made.
#[derive(Debug)]
pub struct Activation<'a> {
    ctx: &'a Ctx,
    data: &'a Value,
    license_id: Id,
    /// Its license, if there is one.
    pub license: Option<LicenseView>,
    /// The machine as far as it can be told without looking further.
    pub machine: Machine,
    chosen_id: bool,
}

/// What was found out about an activation.
struct Findings {
    failures: Failures,
    machine: Machine,
    components: Vec<Component>,
    owner: Option<NewOwner>,
    group: Option<NewGroup>,
    checks: Vec<Check>,
    standings: Vec<Standing>,
}

fn linked(data: &Value, name: &str) -> Option<Id> {
    let id = data.get("relationships")?.get(name)?.get("data")?.get("id")?;
    parse_id(id.as_str()?)
}

impl<'a> Activation<'a> {
    /// Reads what authorization depends on.
    ///
    /// # Errors
    /// When the table cannot be read; 422 of too many components.
    pub async fn read(ctx: &'a Ctx, data: &'a Value) -> Result<Self> {
        if nested_components(data).len() > MOST_COMPONENTS {
            return Err(Error::too_many_records());
        }
        let license_id = linked(data, "license").unwrap_or_default();
        let license = scope::license(ctx, license_id).await?;
        let parent = license.as_ref().and_then(|view| view.license.environment);
        let mut machine: Machine = ctx.draft(data, parent);
        machine.license = license_id;
        machine.owner = linked(data, "owner");
        machine.group = linked(data, "group");
        Ok(Self { ctx, data, license_id, license, machine, chosen_id: data.get("id").is_some() })
    }

    /// Whether the machine brings components.
    #[must_use]
    pub fn has_components(&self) -> bool {
        !nested_components(self.data).is_empty()
    }

    /// Makes the machine.
    ///
    /// # Errors
    /// 422 with everything that is wrong.
    pub async fn commit(mut self) -> Result<MachineView> {
        let mut again = false;
        for _ in 0..TRIES {
            // What a token may still do is told when nothing is wrong with the machine.
            let (findings, quota) = futures::join!(self.look(again), quota::read(self.ctx, Quota::Activations));
            let mut findings = findings?;
            if !findings.failures.is_empty() && !again {
                findings = self.look(true).await?;
            }
            findings.failures.result::<Machine>()?;
            let Some(license) = self.license.clone() else { return Err(Error::absent("license")) };
            let quota = quota?;
            let view = MachineView::new(findings.machine.clone(), license);

            let mut unit = Unit::new();
            unit.insert(&findings.machine);
            for component in &findings.components {
                unit.insert(component);
            }
            let license_key = keys::record(self.ctx.account(), License::DEFINITION.kind, self.license_id);
            unit.require_record(&license_key, Reason::Gone);
            findings.checks.iter().for_each(|check| check.require(&mut unit));
            findings.standings.iter().for_each(|standing| standing.insist(&mut unit));
            if let Some(owner) = &findings.owner {
                owner.require(&mut unit, &view.license);
            }
            if let Some(group) = &findings.group {
                group.require(&mut unit);
            }
            if let Some(expiry) = first_expiry(&view.license, self.ctx.now) {
                schedule::date(&mut unit, &view.license.license, expiry);
            }
            if let Some(quota) = &quota {
                quota.spend(&mut unit);
            }
            let event = self.ctx.event_about("machine.created", &view.machine, view.document(self.ctx.now));
            match self.ctx.commit(unit, event).await {
                Ok(()) => return Ok(view),
                Err(CommitError::Store(error)) => return Err(error.into()),
                Err(CommitError::Refused(refused)) => {
                    tracing::debug!(?refused, "an activation looks again");
                    again = true;
                    self.license = holding::by_id(self.ctx, self.license_id).await?.map(|found| found.view);
                }
            }
        }
        Err(Error::conflict("Other requests kept changing the license; please try again"))
    }

    /// Finds out what is wrong: everything, if `thorough`; else all but whether the license has the
    /// fingerprint already, which the transaction tells as well, and mostly does not have to.
    async fn look(&self, thorough: bool) -> Result<Findings> {
        let ctx = self.ctx;
        let mut failures = Failures::default();
        let (mut machine, declared) = model::assign(&self.machine, self.data, PermissionSet::EMPTY)?;
        let license = self.license.as_ref();
        let shared = ctx.environment.as_ref().is_some_and(Environment::is_shared);
        if let Some(view) = license {
            machine.product = view.license.product;
            if view.policy.heartbeat_basis == Some(HeartbeatBasis::FromCreation) {
                machine.last_heartbeat = Some(ctx.now);
            }
            let heartbeat = view.policy.heartbeat();
            let deadline = machine.pulse().deadline(&heartbeat).map(Time::from);
            // Also where nothing is watched yet: then the first ping, which most machines send at once, is one
            // write like every other.
            machine.timer = deadline.or(Some(ctx.now.plus_seconds(heartbeat.seconds())));
        } else {
            failures.must_exist("license");
        }

        let components = self.components(&machine);
        let given = machine.group;
        let standing_group = given.or_else(|| license.and_then(|view| view.license.group));
        let owner = async {
            match machine.owner {
                Some(id) => NewOwner::read(ctx, id, license.map(|view| &view.license)).await.map(Some),
                None => Ok(None),
            }
        };
        let populations = async {
            match license {
                Some(view) => Ok(Some(Populations::count(&ctx.store, view, machine.owner).await?)),
                None => Ok::<_, Error>(None),
            }
        };
        let fingerprint = self.fingerprint(&machine, thorough);
        let conflict = self.conflict(&machine);
        let components_elsewhere = self.component_standings(&components);
        let group = async |id: Option<Id>| match id {
            Some(id) => NewGroup::read(ctx, id).await.map(Some),
            None => Ok(None),
        };
        let (owner, populations, fingerprint, conflict, component_standings, mut group_of_license) =
            futures::try_join!(owner, populations, fingerprint, conflict, components_elsewhere, group(standing_group))?;
        report_components(&components, &component_standings, license, &mut failures);
        machine.group = standing_group.or_else(|| owner.as_ref().and_then(NewOwner::group));
        let mut group = match group_of_license.take() {
            Some(group) => Some(group),
            None => group(machine.group).await?,
        };
        if given.is_none() && group.as_ref().is_some_and(|group| !group.exists()) {
            // Its members are being released: nobody inherits it any more.
            (group, machine.group) = (None, None);
        }

        if license.is_some_and(|view| !model::compatible(machine.environment, shared, view.license.environment)) {
            failures.environment("license");
        }
        if let Some(owner) = &owner {
            owner.check_exists(&mut failures);
            owner.check_environment(&machine, shared, &mut failures);
        }
        if let Some(group) = &group {
            group.check_exists(&mut failures);
            group.check_environment(&machine, shared, &mut failures);
        }
        if fingerprint.taken {
            failures.taken("fingerprint");
        }
        model::check_reserved("fingerprint", &machine.fingerprint, &mut failures);
        if conflict.fingerprint {
            failures.push("fingerprint", "CONFLICT", "must not conflict with another machine's identifier");
        }
        failures.extend(declared);
        if conflict.id {
            failures.push("id", "CONFLICT", "must not conflict with another machine");
        }
        let added = Added::by(&machine);
        let checks = populations.map(|populations| populations.machines(added, added)).unwrap_or_default();
        capacity::report(&checks, "MACHINE_", &mut failures);
        let mut standings: Vec<Standing> = component_standings.into_iter().flatten().collect();
        if let Some((scope, standing)) = fingerprint.wider {
            if standing.taken && !fingerprint.taken {
                failures.push("fingerprint", "TAKEN", scope.taken());
            }
            standings.push(standing);
        }
        if let Some(group) = &group {
            group.check_room(&mut failures);
        }
        if let (Some(owner), Some(_)) = (&owner, license) {
            owner.check_belongs(&mut failures);
        }
        Ok(Findings {
            failures,
            components: components.into_iter().map(|(component, _)| component).collect(),
            machine,
            owner,
            group,
            checks,
            standings,
        })
    }

    /// The components it brings, each with what is wrong with it alone.
    fn components(&self, machine: &Machine) -> Vec<(Component, Failures)> {
        let draft = |data: &Value| {
            let mut draft = Component::draft(new_id(), machine.account, machine.environment, self.ctx.now);
            (draft.product, draft.license, draft.machine) = (machine.product, machine.license, machine.id);
            model::assign(&draft, data, PermissionSet::EMPTY).unwrap_or_else(|_| (draft, Failures::default()))
        };
        nested_components(self.data).iter().map(draft).collect()
    }

    /// Whether the components' fingerprints are free in the scope of the license's policy.
    async fn component_standings(&self, components: &[(Component, Failures)]) -> Result<Vec<Option<Standing>>> {
        let Some(view) = &self.license else { return Ok(vec![None; components.len()]) };
        let Some(scope) = Scope::of_components(view.policy.component_uniqueness_strategy) else {
            return Ok(vec![None; components.len()]);
        };
        let read = components.iter().map(|(component, _)| async move {
            let kind = Component::DEFINITION.kind;
            let standing = Standing::read(&self.ctx.store, kind, &component.fingerprint, scope, view).await?;
            Ok::<_, Error>(Some(standing))
        });
        futures::future::try_join_all(read).await
    }

    async fn fingerprint(&self, machine: &Machine, thorough: bool) -> Result<Fingerprint> {
        let store = &self.ctx.store;
        let held = async {
            let key = keys::fingerprint(machine.account, machine.license, &machine.fingerprint);
            Ok::<_, Error>(thorough && store.item(&key, Consistency::Strong).await?.is_some())
        };
        let wider = async {
            let Some(view) = &self.license else { return Ok(None) };
            let Some(scope) = Scope::of_machines(view.policy.machine_uniqueness_strategy) else { return Ok(None) };
            let kind = Machine::DEFINITION.kind;
            let standing = Standing::read(store, kind, &machine.fingerprint, scope, view).await?;
            Ok(Some((scope, standing)))
        };
        let (taken, wider) = futures::try_join!(held, wider)?;
        Ok(Fingerprint { taken, wider })
    }

    async fn conflict(&self, machine: &Machine) -> Result<Conflict> {
        let exists = |id: Option<Id>| async move {
            match id {
                Some(id) => Ok::<_, Error>(self.ctx.store.get::<Machine>(self.ctx.account(), id).await?.is_some()),
                None => Ok(false),
            }
        };
        let chosen = self.chosen_id.then_some(machine.id);
        let (fingerprint, id) = futures::try_join!(exists(parse_id(&machine.fingerprint)), exists(chosen))?;
        Ok(Conflict { fingerprint, id })
    }
}

/// What others have of a fingerprint.
struct Fingerprint {
    /// A machine of the license has it.
    taken: bool,
    /// How it stands in the wider scope of the policy.
    wider: Option<(Scope, Standing)>,
}

/// What collides with a machine's identifier.
struct Conflict {
    /// The fingerprint is one.
    fingerprint: bool,
    /// The chosen one is in use.
    id: bool,
}

fn nested_components(data: &Value) -> &[Value] {
    data.pointer("/relationships/components/data").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn report_components(
    components: &[(Component, Failures)],
    standings: &[Option<Standing>],
    license: Option<&LicenseView>,
    failures: &mut Failures,
) {
    let scope = license.and_then(|view| Scope::of_components(view.policy.component_uniqueness_strategy));
    for (at, (component, declared)) in components.iter().enumerate() {
        let mut own = Failures::default();
        let same = |(other, _): &&(Component, Failures)| other.fingerprint == component.fingerprint;
        if components.iter().filter(same).count() > 1 {
            own.push("fingerprint", "CONFLICT", "is duplicated");
        }
        if let (Some(scope), Some(standing)) = (scope, standings.get(at).and_then(Option::as_ref))
            && standing.taken
        {
            own.push("fingerprint", "TAKEN", scope.taken());
        }
        model::check_reserved("fingerprint", &component.fingerprint, &mut own);
        own.extend(declared.clone());
        failures.nest(&format!("components[{at}]"), own);
    }
}

/// The expiry that a license gets by its first machine.
fn first_expiry(view: &LicenseView, now: Time) -> Option<Time> {
    let (license, policy) = (&view.license, &view.policy);
    let expiry = license.expiry.map(Time::timestamp);
    let happened = ExpirationBasis::FromFirstActivation;
    expiry::on_first(happened, policy.expiration_basis, policy.duration, expiry, now.timestamp()).map(Time::from)
}
