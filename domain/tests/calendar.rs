//! The delivered calendar, over all its years and beyond.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::date::Date;
use proptest::prelude::*;
use test_support::rules::CATALOGUE;

fn number(text: &str) -> i64 {
    text.parse::<Date>().unwrap().number()
}

/// Every day from before the first published year to long after the last.
fn days() -> impl Iterator<Item = Date> {
    (number("2017-06-01")..number("2032-12-31")).map(Date::from_number)
}

#[test]
fn each_working_day_has_its_number_and_each_day_off_that_of_the_next() {
    let calendar = CATALOGUE.calendar();
    let mut last = None;
    for date in days() {
        let index = calendar.index(date);
        let day = calendar.day(index);
        assert!(calendar.is_workday(day) && day >= date);
        assert_eq!(calendar.is_workday(date), day == date, "{date}");
        if calendar.is_workday(date) {
            assert!(last.is_none_or(|l| index == l + 1), "no gap before {date}");
            last = Some(index);
        }
    }
}

#[test]
fn known_days_of_the_notices() {
    let calendar = CATALOGUE.calendar();
    let works = |day: &str| calendar.is_workday(day.parse().unwrap());
    // Mid-Autumn 2022, the make-up Sunday before National Day 2024, the extended Spring Festival of 2020.
    for off in ["2022-09-12", "2024-10-07", "2020-01-31", "2025-05-05", "2026-02-17"] {
        assert!(!works(off), "{off}");
    }
    for on in ["2022-09-13", "2024-09-29", "2024-10-12", "2025-01-26"] {
        assert!(works(on), "{on}");
    }
    assert!(calendar.is_published("2026-12-31".parse().unwrap()) && !calendar.is_published("2027-01-01".parse().unwrap()));
}

proptest! {
    #[test]
    fn there_and_back(offset in 0i64..5600, days in -1500i64..1500) {
        let calendar = CATALOGUE.calendar();
        let from = calendar.next_workday(Date::from_number(number("2017-06-01") + offset));
        let to = calendar.add(from, days);
        prop_assert!(calendar.is_workday(to), "never on a day off");
        prop_assert_eq!(calendar.add(to, -days), from);
        prop_assert_eq!(calendar.between(from, to), days);
    }

    #[test]
    fn later_never_ends_earlier(offset in 0i64..5600, days in -1500i64..1500, more in 0i64..40) {
        let calendar = CATALOGUE.calendar();
        let from = Date::from_number(number("2017-06-01") + offset);
        prop_assert!(calendar.add(from, days) <= calendar.add(from, days + more));
        prop_assert!(calendar.add(from, days) <= calendar.add(from.plus(more), days));
    }

    #[test]
    fn counting_day_by_day_agrees(offset in 0i64..5600, length in 0i64..200) {
        let calendar = CATALOGUE.calendar();
        let from = Date::from_number(number("2017-06-01") + offset);
        let by_hand = (1..=length).filter(|i| calendar.is_workday(from.plus(*i))).count() as i64;
        prop_assert_eq!(calendar.between(from, from.plus(length)), by_hand);
        prop_assert_eq!(calendar.between(from.plus(length), from), -by_hand);
    }
}
