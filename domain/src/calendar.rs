//! Chinese working days with make-up workdays (调休).
//!
//! The published years are kept as one running count of working days, so adding and counting are a
//! binary search at most. Beyond them a working day is Monday to Friday, and the caller can ask
//! whether a date rests on a published notice.

use crate::date::{Date, Instant};
use serde::{Deserialize, Serialize};

/// The working days of the published years and the rule beyond them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(from = "Published", into = "Published")]
pub struct Calendar {
    edition: String,
    first: i64,
    /// `count[i]`: working days among the first `i` published days. One longer than the days.
    count: Vec<u32>,
    /// Minutes since midnight: what comes in later counts from the next working day.
    closes: u16,
}

/// Five in the afternoon, unless the catalogue says otherwise.
const CLOSES: u16 = 17 * 60;

/// What is published: which days of whole years are worked. The compact form for the browser.
#[derive(Clone, Serialize, Deserialize)]
struct Published {
    edition: String,
    years: [i32; 2],
    /// Days off that fall on Monday to Friday, and days worked that fall on a weekend: everything
    /// that differs from the plain week, as day numbers from the first of January of the first year.
    differs: Vec<u32>,
}

fn plain(number: i64) -> bool {
    Date::from_number(number).weekday() < 5
}

fn first_of(year: i32) -> i64 {
    Date::new(year, 1, 1).map(Date::number).unwrap_or_default()
}

impl From<Published> for Calendar {
    fn from(p: Published) -> Calendar {
        let (first, end) = (first_of(p.years[0]), first_of(p.years[1].saturating_add(1)));
        let days = usize::try_from(end - first).unwrap_or(0).min(40_000);
        let mut worked: Vec<bool> = (0..days).map(|i| plain(first + i as i64)).collect();
        for i in p.differs {
            if let Some(day) = worked.get_mut(i as usize) {
                *day = !*day;
            }
        }
        Calendar::from_days(p.edition, first, &worked)
    }
}

impl From<Calendar> for Published {
    fn from(c: Calendar) -> Published {
        let last = c.end() - 1;
        let differs = (c.first..c.end()).filter(|n| c.worked(*n) != plain(*n)).map(|n| (n - c.first) as u32).collect();
        Published { edition: c.edition, years: [Date::from_number(c.first).year(), Date::from_number(last).year()], differs }
    }
}

impl Calendar {
    fn from_days(edition: String, first: i64, worked: &[bool]) -> Calendar {
        let mut count = Vec::with_capacity(worked.len() + 1);
        let mut sum = 0;
        count.push(0);
        for day in worked {
            sum += u32::from(*day);
            count.push(sum);
        }
        Calendar { edition, first, count, closes: CLOSES }
    }

    /// A calendar of whole published years. `off` and `makeup` are the notices' lists: a make-up day is
    /// worked, else a listed holiday is off, else Monday to Friday is worked.
    pub fn new(edition: &str, years: std::ops::RangeInclusive<i32>, off: &[Date], makeup: &[Date]) -> Calendar {
        let (first, end) = (first_of(*years.start()), first_of(*years.end() + 1));
        let mut worked: Vec<bool> = (first..end).map(plain).collect();
        for (days, value) in [(off, false), (makeup, true)] {
            for day in days {
                let place = usize::try_from(day.number() - first).ok().and_then(|i| worked.get_mut(i));
                if let Some(place) = place {
                    *place = value;
                }
            }
        }
        Calendar::from_days(edition.to_string(), first, &worked)
    }

    /// The edition of the notices a date was computed with; kept with the date.
    pub fn edition(&self) -> &str {
        &self.edition
    }

    fn end(&self) -> i64 {
        self.first + self.count.len() as i64 - 1
    }

    fn worked(&self, number: i64) -> bool {
        if number < self.first || number >= self.end() {
            return plain(number);
        }
        let i = (number - self.first) as usize;
        self.count[i + 1] > self.count[i]
    }

    /// Whether a day is worked, make-up workdays included; beyond the published years: whether it is one of Monday to Friday.
    pub fn is_workday(&self, date: Date) -> bool {
        self.worked(date.number())
    }

    /// Whether the holiday notice for this date is out. If not, the date counts on the plain week.
    pub fn is_published(&self, date: Date) -> bool {
        (self.first..self.end()).contains(&date.number())
    }

    /// Working days before the day `number`, on a scale that is continuous over the published years' ends.
    fn before(&self, number: i64) -> i64 {
        let total = i64::from(*self.count.last().unwrap_or(&0));
        if number < self.first {
            -plain_between(number, self.first)
        } else if number >= self.end() {
            total + plain_between(self.end(), number)
        } else {
            i64::from(self.count[(number - self.first) as usize])
        }
    }

    /// The working day that has exactly `index` working days before it (the inverse of `before`).
    fn at(&self, index: i64) -> i64 {
        let total = i64::from(*self.count.last().unwrap_or(&0));
        if index < 0 {
            plain_step_back(self.first, -index)
        } else if index >= total {
            plain_step(self.end(), index - total)
        } else {
            // the last day whose running count is still `index`
            let place = self.count.partition_point(|c| i64::from(*c) <= index);
            self.first + place as i64 - 1
        }
    }

    /// `days` working days after `date` (before it, when negative). The day itself is not counted, so a
    /// limit of five working days received on Friday ends on the Friday after. Zero gives the day itself
    /// when it is worked, else the next working day.
    pub fn add(&self, date: Date, days: i64) -> Date {
        let number = date.number();
        let before = self.before(number);
        let index = if self.worked(number) || days < 0 {
            before.saturating_add(days)
        } else {
            before.saturating_add(days).saturating_sub(i64::from(days > 0))
        };
        Date::from_number(self.at(index))
    }

    /// Working days in `(from, to]`; negative when `to` is before `from`.
    pub fn between(&self, from: Date, to: Date) -> i64 {
        self.before(to.number() + 1) - self.before(from.number() + 1)
    }

    /// The same calendar where offices close at this minute of the day.
    #[must_use]
    pub fn closing(self, closes: u16) -> Calendar {
        Calendar { closes, ..self }
    }

    /// The day on which something counts as received: the day itself within office hours of a working day, else the
    /// next working day. A limit in working days counts from the day after (行政许可法 art. 82; 民法典 art. 201).
    pub fn received(&self, at: Instant) -> Date {
        let date = at.date();
        let late = self.is_workday(date) && at.minute_of_day() >= i64::from(self.closes);
        self.next_workday(if late { date.plus(1) } else { date })
    }

    /// The running number of a working day, on one scale without gaps; of a day off, that of the next working day.
    pub fn index(&self, date: Date) -> i64 {
        self.before(date.number())
    }

    /// The working day with this running number (the inverse of `index`).
    pub fn day(&self, index: i64) -> Date {
        Date::from_number(self.at(index))
    }

    /// The day itself when worked, else the next working day.
    pub fn next_workday(&self, date: Date) -> Date {
        self.add(date, 0)
    }
}

/// Mondays to Fridays in `[from, to)`.
fn plain_between(from: i64, to: i64) -> i64 {
    let days = to - from;
    let (weeks, rest) = (days / 7, days % 7);
    weeks * 5 + (to - rest..to).filter(|n| plain(*n)).count() as i64
}

/// The Monday-to-Friday day with `index` such days in `[from, it)`.
fn plain_step(from: i64, index: i64) -> i64 {
    let mut day = from.saturating_add(index.clamp(0, 3_000_000) / 5 * 7);
    let mut left = index.clamp(0, 3_000_000) % 5;
    loop {
        if plain(day) {
            if left == 0 {
                return day;
            }
            left -= 1;
        }
        day += 1;
    }
}

/// The `back`-th (1, 2, …) Monday-to-Friday day before `from`.
fn plain_step_back(from: i64, back: i64) -> i64 {
    let back = back.clamp(1, 3_000_000) - 1;
    let mut day = from - back / 5 * 7 - 1;
    let mut left = back % 5;
    loop {
        if plain(day) {
            if left == 0 {
                return day;
            }
            left -= 1;
        }
        day -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// National Day 2024: off 1–7 October; 29 September and 12 October are worked.
    fn autumn_2024() -> Calendar {
        let off: Vec<Date> = (1..=7).filter_map(|d| Date::new(2024, 10, d)).collect();
        Calendar::new("test", 2024..=2024, &off, &[day("2024-09-29"), day("2024-10-12")])
    }

    #[test]
    fn five_working_days_over_the_national_day() {
        assert_eq!(autumn_2024().add(day("2024-09-27"), 5), day("2024-10-10"));
        assert_eq!(autumn_2024().between(day("2024-09-27"), day("2024-10-10")), 5);
        assert_eq!(autumn_2024().add(day("2024-10-10"), -5), day("2024-09-27"));
    }

    #[test]
    fn what_comes_in_after_hours_or_on_a_day_off_counts_from_the_next_working_day() {
        let calendar = autumn_2024();
        let received = |date: &str, hour, minute| calendar.received(Instant::in_china(day(date), hour, minute)).to_string();
        assert_eq!(received("2024-09-26", 16, 59), "2024-09-26");
        assert_eq!(received("2024-09-26", 17, 0), "2024-09-27");
        // Friday evening: the Sunday is a make-up workday.
        assert_eq!(received("2024-09-27", 18, 30), "2024-09-29");
        assert_eq!(received("2024-09-28", 9, 0), "2024-09-29");
        assert_eq!(received("2024-09-30", 17, 1), "2024-10-08");
        let later = calendar.clone().closing(18 * 60);
        assert_eq!(later.received(Instant::in_china(day("2024-09-26"), 17, 30)), day("2024-09-26"));
    }

    #[test]
    fn beyond_the_published_years_the_plain_week_counts_and_says_so() {
        let calendar = autumn_2024();
        assert_eq!(calendar.add(day("2024-12-31"), 1), day("2025-01-01"));
        assert!(!calendar.is_published(day("2025-01-01")));
        assert!(calendar.is_published(day("2024-12-31")));
    }

    #[test]
    fn the_compact_form_is_the_same_calendar() {
        let calendar = autumn_2024();
        let text = serde_json::to_string(&calendar).unwrap();
        assert!(text.len() < 200, "{text}");
        assert_eq!(serde_json::from_str::<Calendar>(&text).unwrap(), calendar);
    }

    proptest! {
        #[test]
        fn adding_lands_on_a_working_day_and_counting_gives_it_back(n in 738_000i64..742_000, days in -700i64..700) {
            let calendar = autumn_2024();
            let from = Date::from_number(n + 1_721_425);
            let to = calendar.add(from, days);
            prop_assert!(calendar.is_workday(to));
            if days > 0 || calendar.is_workday(from) {
                prop_assert_eq!(calendar.between(from, to), days);
            }
        }

        #[test]
        fn there_and_back_again(n in 738_000i64..742_000, days in 0i64..700) {
            let calendar = autumn_2024();
            let from = calendar.next_workday(Date::from_number(n + 1_721_425));
            prop_assert_eq!(calendar.add(calendar.add(from, days), -days), from);
        }

        #[test]
        fn more_days_never_end_earlier(n in 738_000i64..742_000, days in -700i64..700) {
            let calendar = autumn_2024();
            let from = Date::from_number(n + 1_721_425);
            prop_assert!(calendar.add(from, days) < calendar.add(from, days + 1) || !calendar.is_workday(from));
            prop_assert!(calendar.add(from, days) <= calendar.add(from, days + 1));
        }

        #[test]
        fn counting_by_hand_agrees(n in 738_900i64..739_400, length in 0i64..80) {
            let calendar = autumn_2024();
            let from = Date::from_number(n + 1_721_425);
            let by_hand = (1..=length).filter(|i| calendar.is_workday(from.plus(*i))).count() as i64;
            prop_assert_eq!(calendar.between(from, from.plus(length)), by_hand);
        }
    }
}
