//! Heartbeats of machines and processes: status, pings, and what the sweep does with the dead (spec 06 §3.5, §4.4).
//!
//! Durations here are plain seconds, not calendar ones.

#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::domain::calendar::plus_seconds;
use crate::domain::policy::strategies::{HeartbeatCullStrategy, HeartbeatResurrectionStrategy, Revival};
use crate::domain::wire::wire_enum;

/// Seconds between heartbeats when the policy says nothing.
pub const DEFAULT_DURATION: i64 = 600;

/// How many re-checks of a dead machine or process follow each other quickly.
pub const QUICK_RETRIES: u32 = 61;

/// Seconds before a quick re-check.
pub const QUICK_RETRY_AFTER: i64 = 60;

/// Seconds before any later re-check.
pub const SLOW_RETRY_AFTER: i64 = 600;

wire_enum! {
    /// The state of a heartbeat.
    pub enum HeartbeatStatus {
        /// No heartbeat yet, and none missed. Machines only.
        NotStarted = "NOT_STARTED",
        /// The last heartbeat is recent enough.
        Alive = "ALIVE",
        /// A heartbeat was missed.
        Dead = "DEAD",
        /// Revived by this very request; the next look finds it alive.
        Resurrected = "RESURRECTED",
    }
}

impl HeartbeatStatus {
    /// What the lists' `status` filter asks for: `alive` or `dead` in any case. Nothing has another status there.
    #[must_use]
    pub fn from_filter(text: &str) -> Option<Self> {
        [Self::Alive, Self::Dead].into_iter().find(|status| text.eq_ignore_ascii_case(status.as_str()))
    }
}

/// What a policy says about heartbeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeartbeatPolicy {
    /// Whether machines have to send them.
    pub required: bool,
    /// The policy's seconds between two of them.
    pub duration: Option<i64>,
    /// What becomes of the dead.
    pub cull: HeartbeatCullStrategy,
    /// How long they may come back.
    pub resurrection: HeartbeatResurrectionStrategy,
}

impl HeartbeatPolicy {
    /// Seconds between two heartbeats.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        self.duration.unwrap_or(DEFAULT_DURATION)
    }

    /// The instant before which a heartbeat is too old: the cut of the list predicate and of the sweep's query.
    #[must_use]
    pub fn cutoff(&self, now: Timestamp) -> Timestamp {
        plus_seconds(now, -self.seconds())
    }
}

/// The heartbeat of a machine or a process, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// A machine's.
    Machine {
        /// When the machine was created.
        created: Timestamp,
        /// Its last heartbeat, if any.
        last: Option<Timestamp>,
    },
    /// A process's, which starts with the process.
    Process {
        /// Its last heartbeat.
        last: Timestamp,
    },
}

impl Pulse {
    /// The last heartbeat.
    #[must_use]
    pub const fn last(self) -> Option<Timestamp> {
        match self {
            Self::Machine { last, .. } => last,
            Self::Process { last } => Some(last),
        }
    }

    /// When the next heartbeat is due.
    #[must_use]
    pub fn next(self, policy: &HeartbeatPolicy) -> Option<Timestamp> {
        self.last().map(|last| plus_seconds(last, policy.seconds()))
    }

    /// Whether heartbeats are watched: the policy requires them, or there was one.
    #[must_use]
    pub fn is_monitored(self, policy: &HeartbeatPolicy) -> bool {
        policy.required || self.last().is_some()
    }

    /// The last instant at which it is not dead, unless something happens before; `None` when it never dies.
    /// Whoever looks later finds it dead.
    #[must_use]
    pub fn deadline(self, policy: &HeartbeatPolicy) -> Option<Timestamp> {
        match self {
            Self::Machine { created, last: None } if policy.required => Some(plus_seconds(created, policy.seconds())),
            _ => self.next(policy),
        }
    }

    /// The status when read. Never [`HeartbeatStatus::Resurrected`]: only the answer to a ping says that.
    #[must_use]
    pub fn status(self, policy: &HeartbeatPolicy, now: Timestamp) -> HeartbeatStatus {
        let late = |since: Timestamp| since < policy.cutoff(now);
        match self {
            Self::Machine { created, last: None } if policy.required && late(created) => HeartbeatStatus::Dead,
            Self::Machine { last: None, .. } => HeartbeatStatus::NotStarted,
            Self::Machine { last: Some(last), .. } | Self::Process { last } if late(last) => HeartbeatStatus::Dead,
            _ => HeartbeatStatus::Alive,
        }
    }

    /// Whether lists, the sweep and license validation count it as dead; all else is alive to them.
    #[must_use]
    pub fn is_dead(self, policy: &HeartbeatPolicy, now: Timestamp) -> bool {
        self.status(policy, now) == HeartbeatStatus::Dead
    }

    /// Whether the policy's window lets a dead one come back now. Without a last heartbeat there is no window.
    fn is_revivable(self, policy: &HeartbeatPolicy, now: Timestamp) -> bool {
        match policy.resurrection.revival() {
            Revival::Never => false,
            Revival::Always => true,
            Revival::Within(window) => self.next(policy).is_some_and(|next| now <= plus_seconds(next, window)),
        }
    }

    /// What a ping does.
    #[must_use]
    pub fn ping(self, policy: &HeartbeatPolicy, now: Timestamp) -> Ping {
        if !self.is_dead(policy, now) {
            Ping::Beats
        } else if self.is_revivable(policy, now) {
            Ping::Revives
        } else {
            Ping::Refused
        }
    }

    /// What a check of the sweep does. `announced`: its death was made known before, and it has not been revived
    /// since. `retries`: how often this check was put off already.
    #[must_use]
    pub fn check(self, policy: &HeartbeatPolicy, announced: bool, retries: u32, now: Timestamp) -> Check {
        if !self.is_monitored(policy) {
            return Check { event: None, next: Next::Leave };
        }
        if self.status(policy, now) == HeartbeatStatus::Alive {
            return Check { event: Some(Notice::Pong), next: Next::Unmark };
        }
        let event = (!announced).then_some(Notice::Dead);
        let next = match (policy.resurrection.revival(), policy.cull) {
            (Revival::Always, _) => Next::Leave,
            (Revival::Within(_), _) if self.is_revivable(policy, now) => {
                Next::Retry { after: if retries < QUICK_RETRIES { QUICK_RETRY_AFTER } else { SLOW_RETRY_AFTER } }
            }
            (_, HeartbeatCullStrategy::DeactivateDead) => Next::Cull,
            (_, HeartbeatCullStrategy::KeepDead) => Next::Leave,
        };
        Check { event, next }
    }
}

/// What a ping does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ping {
    /// The last heartbeat becomes now and the monitor's mark goes.
    Beats,
    /// As [`Ping::Beats`], and the announcement of its death is forgotten.
    Revives,
    /// Nothing: it is dead and stays so.
    Refused,
}

impl Ping {
    /// The status that the answer shows.
    #[must_use]
    pub const fn status(self) -> HeartbeatStatus {
        match self {
            Self::Beats => HeartbeatStatus::Alive,
            Self::Revives => HeartbeatStatus::Resurrected,
            Self::Refused => HeartbeatStatus::Dead,
        }
    }
}

/// The outcome of a check of the sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// What to make known. With [`Notice::Dead`], the death counts as announced from now on.
    pub event: Option<Notice>,
    /// What to do then.
    pub next: Next,
}

/// What a check makes known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It died.
    Dead,
    /// It came back.
    Pong,
}

/// What follows a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing; the mark stays.
    Leave,
    /// The mark goes, if it is still this check's.
    Unmark,
    /// Another check, so many seconds later.
    Retry {
        /// Seconds from now.
        after: i64,
    },
    /// It is deleted, without a word.
    Cull,
}
