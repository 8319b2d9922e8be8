//! Machines and processes that go (spec 06 §4.3).
//!
//! A machine takes itself and its processes off all counters at once; what hangs on it is deleted by
//! a cascade, and cannot be reached any more, since it is only read together with its machine.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Machine, ProcessView, equip};
use crate::cascade::{self, Job};
use crate::clock::Time;
use crate::store::unit::{Condition, Reason};
use crate::store::{Stored as _, Unit};

/// Processes came or went meanwhile.
const BUSY: Reason = Reason::Failed("processes");

/// Removes a machine, as it was read with its annex. The unit is refused if processes came or went
/// meanwhile.
#[must_use]
pub fn remove(unit: &mut Unit, machine: &Machine, now: Time) -> Job {
    take_off(unit, machine);
    cascade::leave(unit, machine, now)
}

/// Removes a machine on which nothing hangs any more.
pub fn take_off(unit: &mut Unit, machine: &Machine) {
    unit.remove(machine);
    keep_processes(unit, machine);
}

/// Makes it a condition that a machine has as many processes as when it was read: they are counted
/// among its owner's, and move, or go, with it.
pub fn keep_processes(unit: &mut Unit, machine: &Machine) {
    let Some(annex) = machine.annex() else { return };
    let name = "processes_count".to_owned();
    let count = AttributeValue::N(machine.processes_count.to_string());
    let condition =
        if machine.processes_count == 0 { Condition::MissingOr(name, count) } else { Condition::Equals(name, count) };
    unit.require(&annex.key, condition, BUSY);
}

/// Removes a process. The unit is refused if its machine changed hands meanwhile.
pub fn remove_process(unit: &mut Unit, view: &ProcessView) {
    unit.remove(&view.process);
    equip::stays(unit, &view.machine);
}
