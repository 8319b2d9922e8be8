use proptest::prelude::*;

use super::*;
use HeartbeatCullStrategy::{DeactivateDead, KeepDead};
use HeartbeatResurrectionStrategy::{
    AlwaysRevive, FifteenMinuteRevive, FiveMinuteRevive, NoRevive, OneMinuteRevive, TenMinuteRevive, TwoMinuteRevive,
};
use HeartbeatStatus::{Alive, Dead, NotStarted};

fn now() -> Timestamp {
    "2031-07-02T13:45:00Z".parse().unwrap()
}

/// So many seconds ago.
fn ago(seconds: i64) -> Timestamp {
    plus_seconds(now(), -seconds)
}

fn machine(created: i64, last: Option<i64>) -> Pulse {
    Pulse::Machine { created: ago(created), last: last.map(ago) }
}

fn process(last: i64) -> Pulse {
    Pulse::Process { last: ago(last) }
}

fn policy(required: bool, duration: Option<i64>) -> HeartbeatPolicy {
    HeartbeatPolicy { required, duration, ..HeartbeatPolicy::default() }
}

#[test]
fn statuses() {
    let table = [
        // Never a heartbeat: dead only when one is required and overdue.
        (policy(false, None), machine(100_000, None), NotStarted, false, None),
        (policy(true, None), machine(600, None), NotStarted, true, Some(ago(0))),
        (policy(true, None), machine(601, None), Dead, true, Some(ago(1))),
        (policy(true, Some(3600)), machine(601, None), NotStarted, true, Some(ago(601 - 3600))),
        // Once started it is watched, whatever the policy says.
        (policy(false, None), machine(9000, Some(60)), Alive, true, Some(ago(60 - 600))),
        (policy(false, None), machine(9000, Some(600)), Alive, true, Some(ago(0))),
        (policy(false, None), machine(9000, Some(601)), Dead, true, Some(ago(1))),
        (policy(true, None), machine(9000, Some(601)), Dead, true, Some(ago(1))),
        (policy(false, Some(3600)), machine(9000, Some(59 * 60)), Alive, true, Some(ago(-60))),
        (policy(true, Some(3600)), machine(9000, Some(7200)), Dead, true, Some(ago(3600))),
        (policy(false, None), process(600), Alive, true, Some(ago(0))),
        (policy(false, None), process(601), Dead, true, Some(ago(1))),
        (policy(true, Some(1_209_600)), process(601), Alive, true, Some(ago(601 - 1_209_600))),
    ];
    for (policy, pulse, status, monitored, deadline) in table {
        assert_eq!(pulse.status(&policy, now()), status, "{policy:?} {pulse:?}");
        assert_eq!(pulse.is_dead(&policy, now()), status == Dead);
        assert_eq!(pulse.is_monitored(&policy), monitored, "{policy:?} {pulse:?}");
        assert_eq!(pulse.deadline(&policy), deadline, "{policy:?} {pulse:?}");
    }
}

#[test]
fn next_heartbeats() {
    assert_eq!(machine(9, None).next(&policy(true, None)), None);
    assert_eq!(machine(9, Some(0)).next(&policy(true, None)), Some(ago(-600)));
    assert_eq!(process(0).next(&policy(false, Some(604_800))), Some(ago(-604_800)));
}

#[test]
fn status_filters() {
    for (text, status) in [("alive", Some(Alive)), ("DEAD", Some(Dead)), ("Dead", Some(Dead))] {
        assert_eq!(HeartbeatStatus::from_filter(text), status);
    }
    for text in ["", "foo", "not_started", "NOT_STARTED", "resurrected", "alive "] {
        assert_eq!(HeartbeatStatus::from_filter(text), None);
    }
    assert_eq!(NotStarted.as_str(), "NOT_STARTED");
    assert_eq!(HeartbeatStatus::Resurrected.as_str(), "RESURRECTED");
}

#[test]
fn the_living_beat_under_every_strategy() {
    for resurrection in HeartbeatResurrectionStrategy::ALL.iter().copied() {
        for pulse in [machine(9000, None), machine(9000, Some(600)), process(600)] {
            let policy = HeartbeatPolicy { resurrection, ..policy(false, None) };
            assert_eq!(pulse.ping(&policy, now()), Ping::Beats);
        }
    }
    assert_eq!(Ping::Beats.status(), Alive);
    assert_eq!(Ping::Revives.status(), HeartbeatStatus::Resurrected);
    assert_eq!(Ping::Refused.status(), Dead);
}

#[test]
fn the_dead_come_back_within_their_window() {
    let table = [
        (NoRevive, 601, Ping::Refused),
        (OneMinuteRevive, 660, Ping::Revives),
        (OneMinuteRevive, 661, Ping::Refused),
        (TwoMinuteRevive, 720, Ping::Revives),
        (TwoMinuteRevive, 721, Ping::Refused),
        (FiveMinuteRevive, 900, Ping::Revives),
        (FiveMinuteRevive, 901, Ping::Refused),
        (TenMinuteRevive, 1200, Ping::Revives),
        (TenMinuteRevive, 1201, Ping::Refused),
        (FifteenMinuteRevive, 1500, Ping::Revives),
        (FifteenMinuteRevive, 1501, Ping::Refused),
        (AlwaysRevive, 1_000_000, Ping::Revives),
    ];
    for (resurrection, last, expected) in table {
        let policy = HeartbeatPolicy { resurrection, ..policy(true, None) };
        for pulse in [machine(9_000_000, Some(last)), process(last)] {
            assert_eq!(pulse.ping(&policy, now()), expected, "{resurrection} {last}");
        }
    }
    // Acceptance 124: five minutes on top of a duration of five.
    let policy = HeartbeatPolicy { resurrection: FiveMinuteRevive, ..policy(false, Some(300)) };
    assert_eq!(process(7 * 60).ping(&policy, now()), Ping::Revives);
    assert_eq!(process(11 * 60).ping(&policy, now()), Ping::Refused);
}

#[test]
fn the_stillborn_come_back_only_always() {
    for resurrection in HeartbeatResurrectionStrategy::ALL.iter().copied() {
        let policy = HeartbeatPolicy { resurrection, ..policy(true, None) };
        let expected = if resurrection == AlwaysRevive { Ping::Revives } else { Ping::Refused };
        assert_eq!(machine(11 * 60, None).ping(&policy, now()), expected, "{resurrection}");
    }
}

#[test]
fn checks_of_the_sweep() {
    use Next::{Cull, Leave, Retry, Unmark};
    let dead = Some(Notice::Dead);
    let rule = |cull, resurrection| HeartbeatPolicy { required: true, duration: None, cull, resurrection };
    let soon = Retry { after: 60 };
    let table = [
        (rule(DeactivateDead, NoRevive), machine(9000, Some(601)), dead, Cull),
        (rule(KeepDead, NoRevive), machine(9000, Some(601)), dead, Leave),
        (rule(KeepDead, AlwaysRevive), machine(9000, Some(601)), dead, Leave),
        (rule(DeactivateDead, FiveMinuteRevive), machine(9000, Some(11 * 60)), dead, soon),
        (rule(DeactivateDead, FiveMinuteRevive), machine(9000, Some(15 * 60)), dead, soon),
        (rule(DeactivateDead, FiveMinuteRevive), machine(9000, Some(17 * 60)), dead, Cull),
        (rule(DeactivateDead, OneMinuteRevive), machine(9000, Some(601)), dead, soon),
        (rule(DeactivateDead, OneMinuteRevive), machine(9000, Some(12 * 60)), dead, Cull),
        (rule(KeepDead, OneMinuteRevive), machine(9000, Some(601)), dead, soon),
        (rule(KeepDead, OneMinuteRevive), machine(9000, Some(12 * 60)), dead, Leave),
        // Without a last heartbeat there is no window.
        (rule(DeactivateDead, FiveMinuteRevive), machine(601, None), dead, Cull),
        // Reset while its check waited: not started counts as dead, if heartbeats are required.
        (rule(DeactivateDead, FiveMinuteRevive), machine(10, None), dead, Cull),
        // Revived while its check waited.
        (rule(DeactivateDead, FiveMinuteRevive), machine(9000, Some(10)), Some(Notice::Pong), Unmark),
        (rule(DeactivateDead, NoRevive), process(601), dead, Cull),
        (rule(KeepDead, NoRevive), process(601), dead, Leave),
        (rule(DeactivateDead, FiveMinuteRevive), process(601), dead, soon),
        (rule(DeactivateDead, FiveMinuteRevive), process(600), Some(Notice::Pong), Unmark),
    ];
    for (policy, pulse, event, next) in table {
        assert_eq!(pulse.check(&policy, false, 0, now()), Check { event, next }, "{policy:?} {pulse:?}");
        let event = event.filter(|event| *event == Notice::Pong);
        assert_eq!(pulse.check(&policy, true, 0, now()), Check { event, next }, "{policy:?} {pulse:?}");
    }
    let reset = machine(9000, None).check(&policy(false, None), false, 0, now());
    assert_eq!(reset, Check { event: None, next: Leave });
}

#[test]
fn re_checks_slow_down() {
    let policy = HeartbeatPolicy { resurrection: FiveMinuteRevive, ..policy(true, None) };
    for (retries, after) in [(0, 60), (60, 60), (61, 600), (1000, 600)] {
        assert_eq!(process(601).check(&policy, true, retries, now()).next, Next::Retry { after });
    }
}

fn policies() -> impl Strategy<Value = HeartbeatPolicy> {
    (
        any::<bool>(),
        prop::option::of(60i64..4000),
        prop::sample::select(HeartbeatCullStrategy::ALL.to_vec()),
        prop::sample::select(HeartbeatResurrectionStrategy::ALL.to_vec()),
    )
        .prop_map(|(required, duration, cull, resurrection)| HeartbeatPolicy {
            required,
            duration,
            cull,
            resurrection,
        })
}

fn pulses() -> impl Strategy<Value = Pulse> {
    let machines = (0i64..10_000, prop::option::of(0i64..10_000)).prop_map(|(created, last)| machine(created, last));
    prop_oneof![machines, (0i64..10_000).prop_map(process)]
}

proptest! {
    /// The deadline is exact: alive up to it, dead from then on.
    #[test]
    fn dead_exactly_after_the_deadline(policy in policies(), pulse in pulses(), at in -10_000i64..10_000) {
        let at = ago(at);
        prop_assert_eq!(pulse.is_dead(&policy, at), pulse.deadline(&policy).is_some_and(|deadline| at > deadline));
    }

    #[test]
    fn the_dead_stay_dead(policy in policies(), pulse in pulses(), a in 0i64..20_000, b in 0i64..20_000) {
        let (earlier, later) = (ago(a.max(b)), ago(a.min(b)));
        prop_assert!(!pulse.is_dead(&policy, earlier) || pulse.is_dead(&policy, later));
        // Nor do the refused get another chance.
        if pulse.ping(&policy, earlier) == Ping::Refused {
            prop_assert_eq!(pulse.ping(&policy, later), Ping::Refused);
        }
    }

    /// Whatever was accepted beats; and it is alive when read right after.
    #[test]
    fn a_ping_that_is_not_refused_gives_life(policy in policies(), pulse in pulses()) {
        let after = match pulse {
            Pulse::Machine { created, .. } => Pulse::Machine { created, last: Some(now()) },
            Pulse::Process { .. } => Pulse::Process { last: now() },
        };
        prop_assert_eq!(after.status(&policy, now()), Alive);
        prop_assert_eq!(pulse.ping(&policy, now()) == Ping::Refused, pulse.is_dead(&policy, now())
            && pulse.check(&policy, true, 0, now()).next != Next::Retry { after: 60 }
            && policy.resurrection != AlwaysRevive);
    }

    /// The sweep deletes nothing that a ping could still revive, and announces no death twice.
    #[test]
    fn nothing_revivable_is_culled(policy in policies(), pulse in pulses(), announced: bool, retries: u32) {
        let check = pulse.check(&policy, announced, retries, now());
        if check.next == Next::Cull && pulse.is_dead(&policy, now()) {
            prop_assert_eq!(pulse.ping(&policy, now()), Ping::Refused);
            prop_assert_eq!(policy.cull, DeactivateDead);
        }
        prop_assert!(!announced || check.event != Some(Notice::Dead));
    }
}
