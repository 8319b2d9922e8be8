//! What a request costs: DynamoDB round trips, how many of them had to wait for another, units.

use std::fmt;
use std::sync::Mutex;

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// The cost of the calls made so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Calls.
    pub trips: u32,
    /// Length of the longest chain of calls that waited for each other.
    pub depth: u32,
    /// Read units.
    pub reads: f64,
    /// Write units.
    pub writes: f64,
    /// Transactions tried again because another one held an item.
    pub retries: u32,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trips, depth, reads, writes, retries } = self;
        write!(f, r#"db;desc="trips={trips} depth={depth} reads={reads} writes={writes} retries={retries}""#)
    }
}

/// Counts the cost of one request.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Cost>);

impl Meter {
    /// The cost so far.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.0.lock().map_or_else(|poisoned| *poisoned.into_inner(), |cost| *cost)
    }

    fn with(&self, change: impl FnOnce(&mut Cost)) {
        match self.0.lock() {
            Ok(mut cost) => change(&mut cost),
            Err(poisoned) => change(&mut poisoned.into_inner()),
        }
    }

    /// A call starts: it depends on every call that has ended by now.
    #[must_use]
    pub fn start(&self) -> Call {
        let mut depth = 0;
        self.with(|cost| {
            cost.trips += 1;
            depth = cost.depth + 1;
        });
        Call { depth }
    }

    /// A call ended.
    pub fn end<'a>(&self, call: &Call, write: bool, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        let (mut reads, mut writes) = (0.0, 0.0);
        for capacity in consumed {
            match (capacity.read_capacity_units, capacity.write_capacity_units) {
                (None, None) if write => writes += capacity.capacity_units.unwrap_or_default(),
                (None, None) => reads += capacity.capacity_units.unwrap_or_default(),
                (read, written) => {
                    reads += read.unwrap_or_default();
                    writes += written.unwrap_or_default();
                }
            }
        }
        self.with(|cost| {
            cost.depth = cost.depth.max(call.depth);
            cost.reads += reads;
            cost.writes += writes;
        });
    }

    /// A transaction is tried again.
    pub fn retry(&self) {
        self.with(|cost| cost.retries += 1);
    }
}

/// A call under way.
#[derive(Debug)]
pub struct Call {
    depth: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_side_by_side_are_one_deep() {
        let meter = Meter::default();
        let (a, b) = (meter.start(), meter.start());
        meter.end(&a, false, []);
        meter.end(&b, false, []);
        let c = meter.start();
        meter.end(&c, true, []);
        assert_eq!((meter.cost().trips, meter.cost().depth), (3, 2));
    }
}
