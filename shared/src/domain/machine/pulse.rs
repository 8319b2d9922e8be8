//! Pings and resets: changes of a heartbeat and of nothing else (spec 06 §3.5.4, §3.5.5).
//!
//! A ping is one write, of the item that holds the heartbeat; its event travels on it. Only the ping
//! that begins to be watched, or to be watched again, also sets a timer.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use super::heartbeat::{HeartbeatPolicy, Ping, Pulse};
use super::{Machine, MachineView, Process, ProcessView};
use crate::clock::Time;
use crate::domain::attribute::Reference;
use crate::events::Event;
use crate::http::context::Ctx;
use crate::http::error::{Error, Result};
use crate::ids::Id;
use crate::store::timer::Alarm;
use crate::store::unit::{CLAIM_HOLDER, CommitError, Condition, Reason};
use crate::store::{Key, Stored as _, Unit, keys};

/// What keeps a heartbeat in the table.
struct Heart {
    key: Key,
    /// Names the record in the item, where it is not the record's own.
    holder: Option<Id>,
    id: Id,
    account: Id,
    timers: &'static str,
    timer: Option<Time>,
    /// The attribute that says when it last changed.
    changed: &'static str,
    noun: &'static str,
}

impl Heart {
    fn of_machine(machine: &Machine) -> Self {
        Self {
            key: keys::fingerprint(machine.account, machine.license, &machine.fingerprint),
            holder: Some(machine.id),
            id: machine.id,
            account: machine.account,
            timers: Machine::HEARTBEAT,
            timer: machine.timer,
            changed: "beaten",
            noun: "machine",
        }
    }

    fn of_process(process: &Process) -> Self {
        Self {
            key: process.key(),
            holder: None,
            id: process.id,
            account: process.account,
            timers: Process::HEARTBEAT,
            timer: process.timer,
            changed: "updated",
            noun: "machine process",
        }
    }

    /// The unit that writes a heartbeat (none: that forgets it), while the record is there.
    fn write(&self, last: Option<Time>, now: Time) -> Unit {
        let mut unit = Unit::new();
        unit.set(&self.key, [("last_heartbeat", json!(last)), ("monitor", Value::Null), (self.changed, json!(now))]);
        unit.require(&self.key, Condition::Exists, Reason::Gone);
        if let Some(holder) = self.holder {
            let holder = AttributeValue::S(holder.to_string());
            unit.require(&self.key, Condition::Equals(CLAIM_HOLDER.to_owned(), holder), Reason::Gone);
        }
        unit
    }

    /// Sets a timer where none is; when it was set.
    fn watch(&self, unit: &mut Unit, deadline: Option<Time>) -> Option<Time> {
        if self.timer.is_some() {
            return self.timer;
        }
        let due = deadline?;
        Alarm::new(self.timers, due, self.account, self.id).put(unit);
        unit.set(&self.key, [("timer", json!(due))]);
        Some(due)
    }

    /// Lets the heartbeat carry the event. Where a timer is set too, it is a transaction.
    async fn commit(&self, ctx: &Ctx, mut unit: Unit, event: Event) -> Result<()> {
        let outcome = if unit.len() == 1 {
            ctx.announce(unit, &self.key, event).await.map(drop)
        } else {
            event.announce(&mut unit, &self.key);
            let outcome = unit.commit(&ctx.store).await;
            ctx.app.journal.event();
            outcome
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(CommitError::Refused(_)) => Err(Error::absent(self.noun)),
        }
    }
}

/// What a ping does to a heartbeat.
fn outcome(pulse: Pulse, policy: &HeartbeatPolicy, now: Time, code: &'static str) -> Result<Ping> {
    match pulse.ping(policy, now.timestamp()) {
        Ping::Refused => Err(Error::unprocessable("is dead").code(code)),
        ping => Ok(ping),
    }
}

fn deadline(pulse: Pulse, policy: &HeartbeatPolicy) -> Option<Time> {
    pulse.deadline(policy).map(Time::from)
}

/// Pings a machine.
///
/// # Errors
/// 422 if it is dead and stays so; 404 if it is gone.
pub async fn ping_machine(ctx: &Ctx, mut view: MachineView) -> Result<MachineView> {
    let policy = view.policy().heartbeat();
    let ping = outcome(view.machine.pulse(), &policy, ctx.now, "MACHINE_HEARTBEAT_DEAD")?;
    let heart = Heart::of_machine(&view.machine);
    view.machine.last_heartbeat = Some(ctx.now);
    (view.machine.monitor, view.machine.beaten) = (None, Some(ctx.now));
    view.revived = ping == Ping::Revives;
    let mut unit = heart.write(view.machine.last_heartbeat, ctx.now);
    if view.revived {
        view.machine.last_death_event_sent_at = None;
        unit.set(&heart.key, [("last_death_event_sent_at", Value::Null)]);
    }
    view.machine.timer = heart.watch(&mut unit, deadline(view.machine.pulse(), &policy));
    let name = if view.revived { "machine.heartbeat.resurrected" } else { "machine.heartbeat.ping" };
    let event = ctx.event_about(name, &view.machine, view.document(ctx.now));
    heart.commit(ctx, unit, event).await?;
    Ok(view)
}

/// Forgets a machine's heartbeat.
///
/// # Errors
/// 404 if the machine is gone.
pub async fn reset_machine(ctx: &Ctx, mut view: MachineView) -> Result<MachineView> {
    let heart = Heart::of_machine(&view.machine);
    view.machine.last_heartbeat = None;
    (view.machine.monitor, view.machine.beaten) = (None, Some(ctx.now));
    let mut unit = heart.write(None, ctx.now);
    view.machine.timer = heart.watch(&mut unit, deadline(view.machine.pulse(), &view.policy().heartbeat()));
    let event = ctx.event_about("machine.heartbeat.reset", &view.machine, view.document(ctx.now));
    heart.commit(ctx, unit, event).await?;
    Ok(view)
}

/// Pings a process.
///
/// # Errors
/// 422 if it is dead and stays so; 404 if it is gone.
pub async fn ping_process(ctx: &Ctx, mut view: ProcessView) -> Result<ProcessView> {
    let policy = view.machine.policy().heartbeat();
    let ping = outcome(view.process.pulse(), &policy, ctx.now, "PROCESS_HEARTBEAT_DEAD")?;
    let heart = Heart::of_process(&view.process);
    (view.process.last_heartbeat, view.process.updated, view.process.monitor) = (ctx.now, ctx.now, None);
    view.revived = ping == Ping::Revives;
    let mut unit = heart.write(Some(ctx.now), ctx.now);
    if view.revived {
        view.process.last_death_event_sent_at = None;
        unit.set(&heart.key, [("last_death_event_sent_at", Value::Null)]);
    }
    view.process.timer = heart.watch(&mut unit, deadline(view.process.pulse(), &policy));
    let name = if view.revived { "process.heartbeat.resurrected" } else { "process.heartbeat.ping" };
    let resource = Reference::new("processes", view.process.id);
    let event = ctx.event(name, view.process.environment, resource, view.document(ctx.now));
    heart.commit(ctx, unit, event).await?;
    Ok(view)
}
