//! The sweep: what becomes of machines and processes whose heartbeat stopped (spec 06 §4.4).
//!
//! Each record whose heartbeat is watched has one timer. When it is due, the record is looked at: if
//! its heart went on beating, the timer is set to when it would stop now, so that pings never touch
//! it, and a sweep's work grows with what is due and not with what exists. If it is dead, the check
//! of the chapter runs; where that has to be repeated, the timer says when, and carries the check's mark.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use super::heartbeat::{Check, HeartbeatPolicy, Next, Notice, Pulse};
use super::view::{self, MachineView, ProcessView};
use super::{Machine, Process, equip, removal};
use crate::app::App;
use crate::cascade::{self, Job};
use crate::clock::Time;
use crate::domain::attribute::Reference;
use crate::events::Event;
use crate::ids::{Id, new_id};
use crate::store::timer::{Alarm, Timer};
use crate::store::unit::{CommitError, Condition, Reason};
use crate::store::{Key, Store, StoreError, Stored, Unit, item, keys};

/// How many records are looked at at a time.
const ABREAST: usize = 16;
/// What the timer of a check that is repeated carries: how often it was already. Its mark is the check's.
const RETRIES: &str = "retries";
/// The heart beat, or somebody else looked, meanwhile: the next sweep looks again.
const MOVED: Reason = Reason::Failed("heartbeat");

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    /// Timers that were due.
    pub due: usize,
    /// Deaths made known.
    pub dead: usize,
    /// Revivals made known.
    pub revived: usize,
    /// Records deleted.
    pub culled: usize,
}

/// What came of one timer.
#[derive(Clone, Copy, Debug, Default)]
struct Verdict {
    notice: Option<Notice>,
    culled: bool,
}

/// Looks at the machines whose timers are due.
///
/// # Errors
/// When the table cannot be used; what is left is done by the next sweep.
pub async fn machines(app: &App) -> Result<Swept, StoreError> {
    sweep(app, Machine::HEARTBEAT).await
}

/// Looks at the processes whose timers are due.
///
/// # Errors
/// As [`machines`].
pub async fn processes(app: &App) -> Result<Swept, StoreError> {
    sweep(app, Process::HEARTBEAT).await
}

async fn sweep(app: &App, kind: &'static str) -> Result<Swept, StoreError> {
    let now = app.clock.now();
    let due = app.store.timers(kind, Some(now)).await?;
    let count = due.len();
    let verdicts: Vec<Verdict> = stream::iter(due)
        .map(|timer| async move { look(app, kind, &timer, now).await })
        .buffer_unordered(ABREAST)
        .try_collect()
        .await?;
    let with = |notice| verdicts.iter().filter(|verdict| verdict.notice == Some(notice)).count();
    Ok(Swept {
        due: count,
        dead: with(Notice::Dead),
        revived: with(Notice::Pong),
        culled: verdicts.iter().filter(|verdict| verdict.culled).count(),
    })
}

/// What a timer is about.
enum Patient {
    Machine(Box<MachineView>),
    Process(Box<ProcessView>),
}

impl Patient {
    async fn read(store: &Store, kind: &str, timer: &Timer) -> Result<Option<Self>, StoreError> {
        let (machine, process) = if kind == Machine::HEARTBEAT {
            (store.get::<Machine>(timer.account, timer.id).await?, None)
        } else {
            match store.get::<Process>(timer.account, timer.id).await? {
                Some(process) => (store.get(timer.account, process.machine).await?, Some(process)),
                None => return Ok(None),
            }
        };
        let Some(machine) = machine else { return Ok(None) };
        let Some(view) = view::view(store, timer.account, machine).await? else { return Ok(None) };
        Ok(Some(match process {
            None => Self::Machine(Box::new(view)),
            Some(process) => Self::Process(Box::new(ProcessView::new(process, view))),
        }))
    }

    fn policy(&self) -> HeartbeatPolicy {
        match self {
            Self::Machine(view) => view.policy().heartbeat(),
            Self::Process(view) => view.machine.policy().heartbeat(),
        }
    }

    fn pulse(&self) -> Pulse {
        match self {
            Self::Machine(view) => view.machine.pulse(),
            Self::Process(view) => view.process.pulse(),
        }
    }

    fn last(&self) -> Option<Time> {
        self.pulse().last().map(Time::from)
    }

    fn timer(&self) -> Option<Time> {
        match self {
            Self::Machine(view) => view.machine.timer,
            Self::Process(view) => view.process.timer,
        }
    }

    fn monitor(&self) -> Option<Id> {
        match self {
            Self::Machine(view) => view.machine.monitor,
            Self::Process(view) => view.process.monitor,
        }
    }

    fn is_announced(&self) -> bool {
        match self {
            Self::Machine(view) => view.machine.last_death_event_sent_at.is_some(),
            Self::Process(view) => view.process.last_death_event_sent_at.is_some(),
        }
    }

    /// The item that holds the heartbeat.
    fn heart(&self) -> Key {
        match self {
            Self::Machine(view) => {
                let machine = &view.machine;
                keys::fingerprint(machine.account, machine.license, &machine.fingerprint)
            }
            Self::Process(view) => view.process.key(),
        }
    }

    fn event(&self, notice: Notice, now: Time) -> Event {
        let what = match notice {
            Notice::Dead => "dead",
            Notice::Pong => "pong",
        };
        match self {
            Self::Machine(view) => {
                let (machine, resource) = (&view.machine, Reference::new("machines", view.machine.id));
                let name = format!("machine.heartbeat.{what}");
                Event::new(&name, machine.account, machine.environment, now, resource, view.document(now))
            }
            Self::Process(view) => {
                let (process, resource) = (&view.process, Reference::new("processes", view.process.id));
                let name = format!("process.heartbeat.{what}");
                Event::new(&name, process.account, process.environment, now, resource, view.document(now))
            }
        }
    }

    fn remove(&self, unit: &mut Unit, now: Time) -> Option<Job> {
        match self {
            Self::Machine(view) => Some(removal::remove(unit, &view.machine, now)),
            Self::Process(view) => {
                unit.remove(&view.process);
                equip::stays(unit, &view.machine);
                None
            }
        }
    }
}

/// Looks at what a due timer is about.
async fn look(app: &App, kind: &'static str, timer: &Timer, now: Time) -> Result<Verdict, StoreError> {
    let mut unit = Unit::new();
    timer.take(&mut unit);
    let check = timer.mark.map(|mark| (mark, u32::try_from(item::number(&timer.carried, RETRIES)).unwrap_or(0)));
    let Some(patient) = Patient::read(&app.store, kind, timer).await? else {
        return finish(app, unit, None, Verdict::default()).await;
    };
    if patient.timer() != Some(timer.due) {
        // It has another timer by now.
        return finish(app, unit, None, Verdict::default()).await;
    }
    let (policy, pulse, heart) = (patient.policy(), patient.pulse(), patient.heart());
    unit.require(&heart, Condition::Equals("timer".to_owned(), AttributeValue::S(timer.due.to_string())), MOVED);
    let dead = pulse.is_dead(&policy, now.timestamp());
    let deadline = pulse.deadline(&policy).map(Time::from);
    if !dead && check.is_none() {
        return match deadline {
            // Its last instant: the next sweep finds it dead, if it does not beat.
            Some(deadline) if deadline <= timer.due => Ok(Verdict::default()),
            deadline => {
                if deadline.is_none() {
                    beats_as_read(&mut unit, &patient);
                }
                set(&mut unit, &heart, kind, timer, deadline, None);
                finish(app, unit, None, Verdict::default()).await
            }
        };
    }
    beats_as_read(&mut unit, &patient);
    let (mark, retries) = check.unwrap_or_else(|| (new_id(), 0));
    let check = pulse.check(&policy, patient.is_announced(), retries, now.timestamp());
    let mut verdict = Verdict { notice: check.event, culled: false };
    if let Some(notice) = check.event {
        patient.event(notice, now).record(&mut unit);
    }
    let Check { event, next } = check;
    let mut job = None;
    if next == Next::Cull {
        job = patient.remove(&mut unit, now);
        verdict.culled = true;
    } else {
        if event == Some(Notice::Dead) {
            unit.set(&heart, [("last_death_event_sent_at", json!(now))]);
        }
        match next {
            Next::Retry { after } => {
                unit.set(&heart, [("monitor", json!(mark))]);
                set(&mut unit, &heart, kind, timer, Some(now.plus_seconds(after)), Some((mark, retries + 1)));
            }
            Next::Unmark => {
                if patient.monitor() == Some(mark) {
                    unit.set(&heart, [("monitor", Value::Null)]);
                }
                set(&mut unit, &heart, kind, timer, deadline, None);
            }
            Next::Leave | Next::Cull => {
                if dead {
                    unit.set(&heart, [("monitor", json!(mark))]);
                }
                set(&mut unit, &heart, kind, timer, None, None);
            }
        }
    }
    finish(app, unit, job, verdict).await
}

/// The outcome holds only while the heartbeat is as it was read.
fn beats_as_read(unit: &mut Unit, patient: &Patient) {
    let condition = match patient.last() {
        Some(last) => Condition::Equals("last_heartbeat".to_owned(), AttributeValue::S(last.to_string())),
        None => Condition::Missing("last_heartbeat".to_owned()),
    };
    unit.require(&patient.heart(), condition, MOVED);
}

/// Sets the next timer of a record, or none.
fn set(unit: &mut Unit, heart: &Key, kind: &str, timer: &Timer, due: Option<Time>, check: Option<(Id, u32)>) {
    unit.set(heart, [("timer", json!(due))]);
    let Some(due) = due else { return };
    let alarm = Alarm::new(kind, due, timer.account, timer.id);
    match check {
        Some((mark, retries)) => alarm.marked(mark).with(RETRIES, retries).put(unit),
        None => alarm.put(unit),
    }
}

async fn finish(app: &App, unit: Unit, job: Option<Job>, verdict: Verdict) -> Result<Verdict, StoreError> {
    match unit.commit(&app.store).await {
        Ok(()) => {
            if verdict.notice.is_some() {
                app.journal.event();
            }
            if let Some(job) = job {
                cascade::begin(app, &app.store, &job).await;
            }
            Ok(verdict)
        }
        Err(CommitError::Refused(refused)) => {
            tracing::debug!(?refused, "a heartbeat went on while it was looked at");
            Ok(Verdict::default())
        }
        Err(CommitError::Store(error)) => Err(error),
    }
}
