//! Machines and processes that go (spec 06 §4.3).
//!
//! A machine takes itself and its processes off all counters at once; what hangs on it is deleted by
//! a cascade, and cannot be reached any more, since it is only read together with its machine.

use super::{Machine, ProcessView, amend, equip};
use crate::cascade::{self, Job};
use crate::clock::Time;
use crate::store::Unit;

/// Removes a machine, as it was read with its annex. The unit is refused if processes came or went
/// meanwhile.
#[must_use]
pub fn remove(unit: &mut Unit, machine: &Machine, now: Time) -> Job {
    unit.remove(machine);
    amend::keep_processes(unit, machine);
    cascade::leave(unit, machine, now)
}

/// Removes a process. The unit is refused if its machine changed hands meanwhile.
pub fn remove_process(unit: &mut Unit, view: &ProcessView) {
    unit.remove(&view.process);
    equip::stays(unit, &view.machine);
}
