use proptest::prelude::*;

use super::text::{Day, ImpossibleTime, parse_day, parse_duration, parse_expiry, parse_time};
use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn durations_move_the_calendar() {
    let table = [
        // Spec 05 §3.9.
        ("2031-05-09T08:21:33Z", 2_629_746, "2031-06-09T08:21:33Z"),
        ("2029-02-11T00:00:00Z", 7_889_238, "2029-05-11T00:00:00Z"),
        ("2027-05-31T00:00:00Z", 31_556_952, "2028-05-31T00:00:00Z"),
        ("2031-05-09T08:21:33Z", 189_341_712, "2037-05-09T08:21:33Z"),
        ("2025-06-01T17:05:42Z", 2_592_000, "2025-07-01T17:05:42Z"),
        ("2026-01-31T12:00:00Z", 2_629_746, "2026-02-28T12:00:00Z"),
        ("2024-02-29T00:00:00Z", 31_556_952, "2025-02-28T00:00:00Z"),
        ("2026-03-01T00:00:00Z", 2_678_400, "2026-04-01T13:30:54Z"),
        ("2026-03-01T00:00:00Z", 31_536_000, "2027-03-03T04:39:54Z"),
        // Spec 04 §3.6.
        ("2024-02-29T10:00:00Z", 31_556_952, "2025-02-28T10:00:00Z"),
        ("2024-01-31T12:00:00Z", 2_629_746, "2024-02-29T12:00:00Z"),
        ("2024-01-01T00:00:00Z", 1_209_600, "2024-01-15T00:00:00Z"),
        ("2024-01-01T00:00:00Z", 31_536_000, "2024-12-31T04:39:54Z"),
        // Acceptance cases of 05 §7 and 06 §5.1.2.
        ("2031-07-02T13:45:00Z", 2_629_746, "2031-08-02T13:45:00Z"),
        ("2030-12-24T00:00:00Z", 31_556_952, "2031-12-24T00:00:00Z"),
        ("2029-08-14T06:30:10Z", 5_259_492, "2029-10-14T06:30:10Z"),
        ("2031-05-09T08:21:33Z", 86_400, "2031-05-10T08:21:33Z"),
        // The year is clamped before the month is added: 29 February, one year, one month.
        ("2024-02-29T00:00:00Z", 31_556_952 + 2_629_746, "2025-03-28T00:00:00Z"),
        ("2024-02-29T00:00:00Z", 0, "2024-02-29T00:00:00Z"),
        ("2024-03-31T00:00:00Z", -2_629_746, "2024-02-29T00:00:00Z"),
    ];
    for (start, seconds, end) in table {
        assert_eq!(add_duration(at(start), seconds), at(end), "{start} + {seconds}");
    }
}

#[test]
fn results_stop_at_the_ends_of_time() {
    let start = at("2031-05-09T08:21:33Z");
    for seconds in [i64::MAX, 300_000_000_000] {
        assert_eq!(add_duration(start, seconds), Timestamp::MAX);
        assert_eq!(plus_seconds(start, seconds), Timestamp::MAX);
    }
    for seconds in [i64::MIN, -500_000_000_000] {
        assert_eq!(add_duration(start, seconds), Timestamp::MIN);
        assert_eq!(plus_seconds(start, seconds), Timestamp::MIN);
    }
    assert_eq!(add_interval(start, CheckInInterval::Year, i64::MAX), Timestamp::MAX);
    assert_eq!(subtract_interval(start, CheckInInterval::Day, i64::MAX), Timestamp::MIN);
    assert_eq!(add_interval(start, CheckInInterval::Week, i64::MIN), Timestamp::MIN);
}

#[test]
fn check_in_intervals() {
    use CheckInInterval::{Day, Month, Week, Year};
    let table = [
        (Day, 1, "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z", "2026-01-30T00:00:00Z"),
        (Week, 2, "2026-01-31T00:00:00Z", "2026-02-14T00:00:00Z", "2026-01-17T00:00:00Z"),
        (Month, 1, "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z", "2025-12-31T00:00:00Z"),
        (Month, 13, "2023-01-31T00:00:00Z", "2024-02-29T00:00:00Z", "2021-12-31T00:00:00Z"),
        (Month, 1, "2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z", "2026-02-28T00:00:00Z"),
        (Year, 1, "2024-02-29T00:00:00Z", "2025-02-28T00:00:00Z", "2023-02-28T00:00:00Z"),
        (Year, 4, "2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "2020-02-29T00:00:00Z"),
    ];
    for (interval, count, start, later, earlier) in table {
        assert_eq!(add_interval(at(start), interval, count), at(later), "{start} + {count} {interval}");
        assert_eq!(subtract_interval(at(start), interval, count), at(earlier), "{start} - {count} {interval}");
    }
}

#[test]
fn durations_of_filters() {
    let start = at("2024-01-31T00:00:00Z");
    let table = [
        ("0", "2024-01-31T00:00:00Z"),
        ("2629746", "2024-03-01T10:29:06Z"),
        ("30d", "2024-03-01T00:00:00Z"),
        ("2w", "2024-02-14T00:00:00Z"),
        ("P2W", "2024-02-14T00:00:00Z"),
        ("1y", "2025-01-31T00:00:00Z"),
        ("1M", "2024-02-29T00:00:00Z"),
        ("p1m", "2024-02-29T00:00:00Z"),
        ("P1Y1M1D", "2025-03-01T00:00:00Z"),
        ("P13DT59M59S", "2024-02-13T00:59:59Z"),
        ("P1DT5H59M59S", "2024-02-01T05:59:59Z"),
        ("pt1h", "2024-01-31T01:00:00Z"),
        ("T1M", "2024-01-31T00:01:00Z"),
        ("PT1.5H", "2024-01-31T01:30:00Z"),
        ("PT0,25S", "2024-01-31T00:00:00.25Z"),
        ("P1WT1H", "2024-02-07T01:00:00Z"),
        ("P0.5W", "2024-02-03T12:00:00Z"),
        ("0.5M", "2024-02-15T05:14:33Z"),
        ("999999999999999999999", "9999-12-30T22:00:00.999999999Z"),
        ("99999999999999999999y", "9999-12-30T22:00:00.999999999Z"),
    ];
    for (text, end) in table {
        assert_eq!(parse_duration(text).map(|distance| distance.after(start)), Some(at(end)), "{text}");
    }
    let bad = [
        "", "P", "PT", "T", "invalid", "-1", "+1d", "-P1D", "1d1y", "P1W1D", "P1Y1W", "1h", "P1DT", "1.5.5d", "1.d",
        ".5d", "P1.5DT1H", "1d1d", "1 d", "PP1D", "P1DT1H1H", "1é",
    ];
    for text in bad {
        assert_eq!(parse_duration(text), None, "{text:?}");
    }
    assert_eq!(parse_duration("P1Y").unwrap().before(at("2024-02-29T00:00:00Z")), at("2023-02-28T00:00:00Z"));
}

#[test]
fn times_of_filters() {
    let table = [
        ("0", "1970-01-01T00:00:00Z"),
        ("1900000000", "2030-03-17T17:46:40Z"),
        ("2030-03-17", "2030-03-17T00:00:00Z"),
        ("2030/03/17", "2030-03-17T00:00:00Z"),
        ("20300317", "1970-08-23T22:58:37Z"),
        ("2030-03-17T17:46:40Z", "2030-03-17T17:46:40Z"),
        ("2030-03-17t17:46:40z", "2030-03-17T17:46:40Z"),
        ("2030-03-17T17:46:40.123Z", "2030-03-17T17:46:40.123Z"),
        ("2030-03-17T17:46", "2030-03-17T17:46:00Z"),
        ("2030-03-17 17:46:40", "2030-03-17T17:46:40Z"),
        ("2030-03-17 17:46:40 UTC", "2030-03-17T17:46:40Z"),
        ("2030-03-17 17:46:40 +0200", "2030-03-17T15:46:40Z"),
        ("2030-03-17T17:46:40+02:00", "2030-03-17T15:46:40Z"),
        ("2030-03-17T17:46:40-05", "2030-03-17T22:46:40Z"),
        ("20300317T174640Z", "2030-03-17T17:46:40Z"),
        ("Sun, 17 Mar 2030 17:46:40 GMT", "2030-03-17T17:46:40Z"),
        ("Sun, 17 Mar 2030 17:46:40 +0000", "2030-03-17T17:46:40Z"),
        (" 2030-03-17 ", "2030-03-17T00:00:00Z"),
        ("99999999999999999999", "9999-12-30T22:00:00.999999999Z"),
        ("9999-12-31T23:59:59Z", "9999-12-30T22:00:00.999999999Z"),
        ("9999-12-31", "9999-12-30T22:00:00.999999999Z"),
        ("9999-12-31T23:59:59+00:00", "9999-12-30T22:00:00.999999999Z"),
    ];
    for (text, expected) in table {
        assert_eq!(parse_time(text), Some(at(expected)), "{text}");
    }
    for text in ["", " ", "90d", "invalid", "2030-13-01", "2030-02-30", "12:00", "-1", "2030-03-17T25:00:00Z"] {
        assert_eq!(parse_time(text), None, "{text:?}");
    }
}

#[test]
fn days_of_filters() {
    let day = parse_day("2024-02-29").unwrap();
    assert_eq!(day, Day { start: at("2024-02-29T00:00:00Z"), end: at("2024-03-01T00:00:00Z") });
    assert!(day.contains(at("2024-02-29T00:00:00Z")) && day.contains(at("2024-02-29T23:59:59.999Z")));
    assert!(!day.contains(at("2024-02-28T23:59:59.999Z")) && !day.contains(at("2024-03-01T00:00:00Z")));
    for text in ["20240229", "2024/02/29", " 2024-02-29", "2024-02-29T12:00:00Z", "2024-02-29T23:00:00-05:00"] {
        assert_eq!(parse_day(text), Some(day), "{text}");
    }
    for text in ["", "invalid", "2023-02-29", "1709164800", "29", "90d"] {
        assert_eq!(parse_day(text), None, "{text:?}");
    }
}

#[test]
fn expiries_sent_as_text() {
    assert_eq!(parse_expiry("1900000000"), Ok(Some(at("2030-03-17T17:46:40Z"))));
    assert_eq!(parse_expiry("2030-03-17T17:46:40"), Ok(Some(at("2030-03-17T17:46:40Z"))));
    for text in ["", "soon", "tomorrow"] {
        assert_eq!(parse_expiry(text), Ok(None), "{text:?}");
    }
    for text in ["2030-13-01", "2030-02-30T00:00:00Z", "2030-03-17T25:00:00Z", "31/02/2030", "30.02.2030"] {
        assert_eq!(parse_expiry(text), Err(ImpossibleTime), "{text:?}");
    }
}

/// Instants of the years 1970–2200, often near the end of a month.
fn instants() -> impl Strategy<Value = Timestamp> {
    let anywhere = 0i64..7_258_118_400;
    let month_ends = (1970i16..2200, 1i8..=12, 0i64..3 * DAY).prop_map(|(year, month, back)| {
        let next = jiff::civil::date(year, month, 1).last_of_month().tomorrow().unwrap();
        TimeZone::UTC.to_timestamp(next.at(0, 0, 0, 0)).unwrap().as_second() - back
    });
    prop_oneof![anywhere, month_ends].prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn intervals() -> impl Strategy<Value = CheckInInterval> {
    prop::sample::select(CheckInInterval::ALL.to_vec())
}

proptest! {
    /// Parts keep the order of starts, however the calendar bends.
    #[test]
    fn later_starts_end_no_earlier(a in instants(), b in instants(), seconds in 0i64..2_147_483_648) {
        let (a, b) = (a.min(b), a.max(b));
        prop_assert!(add_duration(a, seconds) <= add_duration(b, seconds));
    }

    /// The result is within a few days of the plain sum, and never before the start.
    #[test]
    fn close_to_plain_seconds(start in instants(), seconds in 0i64..2_147_483_648) {
        let end = add_duration(start, seconds);
        let drift = (end.as_second() - start.as_second() - seconds).abs();
        prop_assert!(end >= start);
        prop_assert!(drift <= 5 * DAY, "{drift}");
    }

    #[test]
    fn whole_years_keep_month_and_day_but_for_leap_days(start in instants(), years in 0i64..60) {
        let from = TimeZone::UTC.to_datetime(start);
        let to = TimeZone::UTC.to_datetime(add_duration(start, years * YEAR));
        prop_assert_eq!(i64::from(to.year()), i64::from(from.year()) + years);
        prop_assert_eq!(to.month(), from.month());
        prop_assert_eq!(to.day(), from.day().min(to.date().days_in_month()));
        prop_assert_eq!(to.time(), from.time());
    }

    #[test]
    fn whole_months_clamp_to_the_end_of_the_month(start in instants(), months in 0i64..12) {
        let from = TimeZone::UTC.to_datetime(start);
        let to = TimeZone::UTC.to_datetime(add_duration(start, months * MONTH));
        let passed = (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month() - from.month());
        prop_assert_eq!(passed, months);
        prop_assert_eq!(to.day(), from.day().min(to.date().days_in_month()));
        prop_assert_eq!(to.time(), from.time());
    }

    #[test]
    fn below_a_month_seconds_are_seconds(start in instants(), seconds in 0..MONTH) {
        prop_assert_eq!(add_duration(start, seconds), plus_seconds(start, seconds));
    }

    /// There and back loses at most the days that a month end clamps away.
    #[test]
    fn intervals_there_and_back(start in instants(), interval in intervals(), count in 1i64..366) {
        let back = subtract_interval(add_interval(start, interval, count), interval, count);
        prop_assert!(back <= start);
        let lost = start.as_second() - back.as_second();
        let exact = matches!(interval, CheckInInterval::Day | CheckInInterval::Week);
        prop_assert!(lost <= if exact { 0 } else { 3 * DAY }, "{lost}");
    }

    #[test]
    fn digits_are_seconds(start in instants(), seconds in 0i64..2_147_483_648) {
        prop_assert_eq!(parse_duration(&seconds.to_string()).unwrap().after(start), plus_seconds(start, seconds));
        prop_assert_eq!(parse_time(&start.as_second().to_string()), Some(start));
        prop_assert_eq!(parse_time(&start.to_string()), Some(start));
    }

    #[test]
    fn reading_never_panics(text in "\\PC{0,24}|[pPtT0-9ymwdhs.,:/ +-]{0,16}") {
        let _ = (parse_duration(&text), parse_time(&text), parse_day(&text), parse_expiry(&text).is_ok());
    }
}
