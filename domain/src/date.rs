//! Days and instants. A day is a day in China; an instant is a point in time, written as
//! fixed-width RFC 3339 in UTC so that text order is time order in every database.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use time::{Month, OffsetDateTime, UtcOffset};

/// China has one time zone and no summer time.
const CHINA: UtcOffset = match UtcOffset::from_hms(8, 0, 0) {
    Ok(offset) => offset,
    Err(_) => UtcOffset::UTC,
};

/// A day of the calendar, years 0001 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(time::Date);

impl Date {
    /// `None` when there is no such day.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Date> {
        let month = Month::try_from(month).ok()?;
        if !(1..=9999).contains(&year) {
            return None;
        }
        time::Date::from_calendar_date(year, month, day).ok().map(Date)
    }

    /// The year, 1 to 9999.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.0.month() as u8
    }

    /// The day of the month, 1 to 31.
    pub fn day(self) -> u8 {
        self.0.day()
    }

    /// Days since Monday: 0 is Monday, 6 is Sunday.
    pub fn weekday(self) -> u8 {
        self.0.weekday().number_days_from_monday()
    }

    /// A running number of the day; differences are days.
    pub fn number(self) -> i64 {
        i64::from(self.0.to_julian_day())
    }

    /// The day with this running number; days outside 0001–9999 are the nearest end.
    pub fn from_number(number: i64) -> Date {
        let first = time::Date::from_calendar_date(1, Month::January, 1).map(time::Date::to_julian_day).unwrap_or(0);
        let last = time::Date::MAX.to_julian_day();
        let number = i32::try_from(number.clamp(i64::from(first), i64::from(last))).unwrap_or(last);
        Date(time::Date::from_julian_day(number).unwrap_or(time::Date::MAX))
    }

    /// So many calendar days later, or earlier when negative; at most the ends of years 0001 and 9999.
    pub fn plus(self, days: i64) -> Date {
        Date::from_number(self.number().saturating_add(days))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}
impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Not a day: wrong form, or a day that does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoSuchDate;

impl FromStr for Date {
    type Err = NoSuchDate;

    /// `YYYY-MM-DD` and nothing else.
    fn from_str(text: &str) -> Result<Date, NoSuchDate> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(NoSuchDate);
        }
        let number = |from: usize, to: usize| -> Option<u32> {
            let part = text.get(from..to)?;
            part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
        };
        let (Some(y), Some(m), Some(d)) = (number(0, 4), number(5, 7), number(8, 10)) else { return Err(NoSuchDate) };
        let (Ok(m), Ok(d)) = (u8::try_from(m), u8::try_from(d)) else { return Err(NoSuchDate) };
        Date::new(i32::try_from(y).map_err(|_| NoSuchDate)?, m, d).ok_or(NoSuchDate)
    }
}

/// A point in time, to the microsecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// From microseconds since the beginning of 1970 in UTC.
    pub fn from_unix_micros(micros: i64) -> Instant {
        Instant(micros)
    }

    /// Microseconds since the beginning of 1970 in UTC.
    pub fn unix_micros(self) -> i64 {
        self.0
    }

    /// A wall-clock time of day in China.
    pub fn in_china(date: Date, hour: u8, minute: u8) -> Instant {
        let days = date.number() - 2_440_588; // the Julian day number of 1970-01-01
        let minutes = days * 1440 + i64::from(hour) * 60 + i64::from(minute) - 480;
        Instant(minutes * 60_000_000)
    }

    /// So many seconds later, or earlier when negative.
    pub fn plus_seconds(self, seconds: i64) -> Instant {
        Instant(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    fn utc(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// The day it is in China.
    pub fn date(self) -> Date {
        Date(self.utc().to_offset(CHINA).date())
    }

    /// Minutes since midnight in China.
    pub fn minute_of_day(self) -> i64 {
        let at = self.utc().to_offset(CHINA);
        i64::from(at.hour()) * 60 + i64::from(at.minute())
    }

    /// `HH:MM` in China.
    pub fn clock(self) -> String {
        let at = self.utc().to_offset(CHINA);
        format!("{:02}:{:02}", at.hour(), at.minute())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.utc();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            at.year(),
            at.month() as u8,
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.microsecond()
        )
    }
}
impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Instant {
    type Err = NoSuchDate;

    /// Exactly the form that is written: `2022-09-13T06:00:00.000000Z`.
    fn from_str(text: &str) -> Result<Instant, NoSuchDate> {
        let shape = text.is_ascii() && text.len() == 27 && text.as_bytes()[10] == b'T' && text.as_bytes()[26] == b'Z';
        if !shape {
            return Err(NoSuchDate);
        }
        let date: Date = text[..10].parse()?;
        let clock = &text.as_bytes()[11..26];
        if clock[2] != b':' || clock[5] != b':' || clock[8] != b'.' {
            return Err(NoSuchDate);
        }
        let part = |from: usize, to: usize| -> Result<i64, NoSuchDate> {
            let part = &text[11 + from..11 + to];
            if part.bytes().all(|b| b.is_ascii_digit()) { part.parse().map_err(|_| NoSuchDate) } else { Err(NoSuchDate) }
        };
        let (h, m, s, micros) = (part(0, 2)?, part(3, 5)?, part(6, 8)?, part(9, 15)?);
        if h > 23 || m > 59 || s > 59 {
            return Err(NoSuchDate);
        }
        let days = date.number() - 2_440_588;
        Ok(Instant((((days * 24 + h) * 60 + m) * 60 + s) * 1_000_000 + micros))
    }
}

macro_rules! as_text {
    ($type:ty, $expected:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(|_| serde::de::Error::custom($expected))
            }
        }
    };
}
as_text!(Date, "expected a day as YYYY-MM-DD");
as_text!(Instant, "expected an instant as YYYY-MM-DDTHH:MM:SS.ffffffZ");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in ["2023-02-29", "2022-13-01", "2022-1-01", "22-01-01", "2022-00-10", "0000-01-01", "+022-01-01", "２022-1-1"] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_chinese_day_starts_eight_hours_before_the_utc_day() {
        let late: Instant = "2022-09-12T16:00:00.000000Z".parse().unwrap();
        assert_eq!(late.date().to_string(), "2022-09-13");
        assert_eq!(late.clock(), "00:00");
        assert_eq!(Instant::in_china(late.date(), 0, 0), late);
    }

    proptest! {
        #[test]
        fn a_day_reads_as_it_is_written(number in 1_721_426i64..5_373_484) {
            let date = Date::from_number(number);
            prop_assert_eq!(date.to_string().parse::<Date>().unwrap(), date);
        }

        #[test]
        fn an_instant_reads_as_it_is_written_and_sorts_as_text(a in 0i64..4_000_000_000_000_000, b in 0i64..4_000_000_000_000_000) {
            let (a, b) = (Instant::from_unix_micros(a), Instant::from_unix_micros(b));
            prop_assert_eq!(a.to_string().parse::<Instant>().unwrap(), a);
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn no_text_makes_the_parser_fall_over(text in "\\PC{0,30}") {
            let _ = text.parse::<Date>();
            let _ = text.parse::<Instant>();
        }
    }
}
