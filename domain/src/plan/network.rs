//! A network of activities and its two passes: forward for the earliest days, backward for the latest.
//!
//! Time is the running number of a working day ([`Calendar::index`]), so that a length in working days is
//! an addition. A length in calendar days (公告, 挂牌) counts from the day it begins, that day included, and
//! ends on the next working day when its last day is off (民法典 art. 203): the two units are never turned
//! into each other. Activities begin after the working day on which the last predecessor ends; one of no
//! length (a conversion, a gate) happens on that same day.
//!
//! The backward pass is the exact inverse of the forward one (a Galois connection): the latest day is the
//! last from which the forward pass still keeps the target. Linear in activities and links.

use crate::calendar::Calendar;

/// Running number of a working day.
pub type Day = i32;

/// How long an activity takes: so many working days, and no less than so many calendar days.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Length {
    /// So many working days.
    pub workdays: i32,
    /// At least so many calendar days, the first one included; 0: the working days alone count.
    pub calendar_days: i32,
}

impl Length {
    /// No time at all: it happens on the day the last predecessor ends.
    pub const NONE: Length = Length { workdays: 0, calendar_days: 0 };

    /// A length in working days; below 0 counts as 0.
    pub fn workdays(days: i64) -> Length {
        Length { workdays: clamp(days), calendar_days: 0 }
    }

    /// A length in calendar days; below 0 counts as 0.
    pub fn calendar_days(days: i64) -> Length {
        Length { workdays: 0, calendar_days: clamp(days) }
    }

    /// Whether it takes no time at all.
    pub fn is_none(self) -> bool {
        self.workdays == 0 && self.calendar_days == 0
    }

    /// The day it ends when what comes before ended on `base`.
    fn end(self, base: Day, calendar: &Calendar) -> Day {
        let worked = base.saturating_add(self.workdays);
        if self.calendar_days == 0 {
            return worked;
        }
        let first = calendar.day(i64::from(base) + 1);
        let last = first.plus(i64::from(self.calendar_days) - 1);
        worked.max(narrow(calendar.index(last)))
    }

    /// The latest base from which it still ends on `end` or before.
    fn base(self, end: Day, calendar: &Calendar) -> Day {
        let worked = end.saturating_sub(self.workdays);
        if self.calendar_days == 0 {
            return worked;
        }
        let first = calendar.day(i64::from(end)).plus(1 - i64::from(self.calendar_days));
        // The last working day that is not after `first`, and the one before it.
        worked.min(narrow(calendar.index(first.plus(1)) - 2))
    }

    fn begins_after(self, base: Day) -> Day {
        base + Day::from(!self.is_none())
    }

    fn base_of_start(self, start: Day) -> Day {
        start - Day::from(!self.is_none())
    }
}

/// Longer than any project; keeps sums far from the ends of the scale.
const LONGEST: i64 = 100_000;

fn clamp(days: i64) -> i32 {
    narrow(days.clamp(0, LONGEST))
}

pub(super) fn narrow(day: i64) -> Day {
    i32::try_from(day).unwrap_or(if day < 0 { i32::MIN / 2 } else { i32::MAX / 2 })
}

/// How two activities are tied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tie {
    /// The successor begins when the predecessor has ended.
    FinishToStart,
    /// The successor does not begin before the predecessor begins.
    StartToStart,
    /// The successor does not end before the predecessor ends.
    FinishToFinish,
}

impl Tie {
    /// The word for it in JSON and in the catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Tie::FinishToStart => "finish-to-start",
            Tie::StartToStart => "start-to-start",
            Tie::FinishToFinish => "finish-to-finish",
        }
    }
}

/// `from` comes before `to`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    /// The place of the activity that comes before.
    pub from: u32,
    /// The place of the activity that comes after.
    pub to: u32,
    /// What has to wait for what.
    pub tie: Tie,
}

/// What is known of an activity already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fact {
    /// Nothing has happened yet.
    #[default]
    Open,
    /// Begun; it ends by its length, or `not_before` if that is later.
    Running {
        /// The day it began.
        start: Day,
        /// It ends on this day or later.
        not_before: Day,
    },
    /// Begun, the clock stands; so much is left when it goes on, at the earliest after `base`.
    Paused {
        /// The day it began.
        start: Day,
        /// The day after which the clock goes on, at the earliest.
        base: Day,
        /// How many working days are left then.
        left: i32,
    },
    /// It is over; neither pass moves it.
    Done {
        /// The day it began.
        start: Day,
        /// The last day worked on it.
        end: Day,
    },
}

/// Activities that wait for each other in a circle, by their places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Circle(pub Vec<usize>);

/// Neighbours of every activity, packed: those of `i` are `at[i]..at[i + 1]`.
#[derive(Clone, Debug, Default)]
struct Neighbours {
    at: Vec<u32>,
    who: Vec<(u32, Tie)>,
}

impl Neighbours {
    fn new(count: usize, links: &[Link], key: impl Fn(&Link) -> u32, other: impl Fn(&Link) -> u32) -> Neighbours {
        let mut at = vec![0u32; count + 1];
        for link in links {
            at[key(link) as usize + 1] += 1;
        }
        for i in 0..count {
            at[i + 1] += at[i];
        }
        let mut next = at.clone();
        let mut who = vec![(0, Tie::FinishToStart); links.len()];
        for link in links {
            let place = &mut next[key(link) as usize];
            who[*place as usize] = (other(link), link.tie);
            *place += 1;
        }
        Neighbours { at, who }
    }

    fn of(&self, i: usize) -> &[(u32, Tie)] {
        &self.who[self.at[i] as usize..self.at[i + 1] as usize]
    }
}

/// Activities and what ties them, in an order in which predecessors come first.
#[derive(Clone, Debug)]
pub struct Network {
    /// How long each activity takes.
    pub lengths: Vec<Length>,
    /// What is known of each activity already.
    pub facts: Vec<Fact>,
    before: Neighbours,
    after: Neighbours,
    order: Vec<u32>,
}

/// One pass: the day each activity begins and ends.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Days {
    /// The first day worked on each activity.
    pub start: Vec<Day>,
    /// The last day worked on each activity.
    pub end: Vec<Day>,
}

impl Network {
    /// # Errors
    /// Activities that wait for each other.
    pub fn new(lengths: Vec<Length>, facts: Vec<Fact>, links: &[Link]) -> Result<Network, Circle> {
        let count = lengths.len();
        let before = Neighbours::new(count, links, |l| l.to, |l| l.from);
        let after = Neighbours::new(count, links, |l| l.from, |l| l.to);
        let mut waiting: Vec<u32> = (0..count).map(|i| before.of(i).len() as u32).collect();
        let mut order: Vec<u32> = (0..count as u32).filter(|i| waiting[*i as usize] == 0).collect();
        order.reserve(count - order.len());
        let mut done = 0;
        while done < order.len() {
            for (next, _) in after.of(order[done] as usize) {
                let left = &mut waiting[*next as usize];
                *left -= 1;
                if *left == 0 {
                    order.push(*next);
                }
            }
            done += 1;
        }
        if order.len() < count {
            return Err(Circle(circle(&before, &waiting)));
        }
        Ok(Network { lengths, facts, before, after, order })
    }

    /// How many activities there are.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there is no activity.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// What directly comes before an activity, by place, and how it is tied.
    pub fn before(&self, i: usize) -> &[(u32, Tie)] {
        self.before.of(i)
    }

    /// What directly comes after an activity, by place, and how it is tied.
    pub fn after(&self, i: usize) -> &[(u32, Tie)] {
        self.after.of(i)
    }

    /// Everything that comes after any of these, themselves included.
    pub fn downstream(&self, of: impl IntoIterator<Item = usize>) -> Vec<bool> {
        reach(self.len(), of, |i| self.after.of(i))
    }

    /// Everything that comes before any of these, themselves included.
    pub fn upstream(&self, of: impl IntoIterator<Item = usize>) -> Vec<bool> {
        reach(self.len(), of, |i| self.before.of(i))
    }

    /// Earliest days, with nothing begun before `first`.
    pub fn forward(&self, first: Day, calendar: &Calendar) -> Days {
        let mut days = Days::default();
        self.forward_with(first, calendar, |i| self.lengths[i], &mut days);
        days
    }

    /// The forward pass with other lengths, into what is there already: a simulation calls it many times.
    pub fn forward_with(&self, first: Day, calendar: &Calendar, length: impl Fn(usize) -> Length, days: &mut Days) {
        days.start.resize(self.len(), 0);
        days.end.resize(self.len(), 0);
        for i in &self.order {
            let i = *i as usize;
            let (start, end) = self.earliest(i, first, length(i), calendar, days);
            days.start[i] = start;
            days.end[i] = end;
        }
    }

    fn earliest(&self, i: usize, first: Day, length: Length, calendar: &Calendar, days: &Days) -> (Day, Day) {
        match self.facts[i] {
            Fact::Done { start, end } => return (start, end),
            Fact::Running { start, not_before } => {
                return (start, length.end(length.base_of_start(start), calendar).max(not_before).max(self.held(i, days)));
            }
            Fact::Paused { start, base, left } => return (start, (base + left).max(self.held(i, days))),
            Fact::Open => {}
        }
        let mut base = first - 1;
        let mut hold = Day::MIN;
        for (p, tie) in self.before.of(i) {
            let p = *p as usize;
            match tie {
                Tie::FinishToStart => base = base.max(days.end[p]),
                Tie::StartToStart => base = base.max(length.base_of_start(days.start[p])),
                Tie::FinishToFinish => hold = hold.max(days.end[p]),
            }
        }
        if length.is_none() {
            // It happens on one day, and not before the first.
            let day = base.max(hold).max(first);
            return (day, day);
        }
        (length.begins_after(base), length.end(base, calendar).max(hold))
    }

    /// The end that predecessors hold back, of something that runs already.
    fn held(&self, i: usize, days: &Days) -> Day {
        let ends = self.before.of(i).iter().filter(|(_, tie)| *tie == Tie::FinishToFinish).map(|(p, _)| days.end[*p as usize]);
        ends.max().unwrap_or(Day::MIN)
    }

    /// Latest days, with nothing ending after `last(i)`. What is done stays where it is.
    pub fn backward(&self, calendar: &Calendar, last: impl Fn(usize) -> Day) -> Days {
        let mut days = Days { start: vec![0; self.len()], end: vec![0; self.len()] };
        for i in self.order.iter().rev() {
            let i = *i as usize;
            let length = self.lengths[i];
            if let Fact::Done { start, end } = self.facts[i] {
                days.start[i] = start;
                days.end[i] = end;
                continue;
            }
            let mut end = last(i);
            let mut start = Day::MAX;
            for (s, tie) in self.after.of(i) {
                let s = *s as usize;
                if self.facts[s] != Fact::Open && *tie != Tie::FinishToFinish {
                    continue; // begun already: it waits for nothing
                }
                match tie {
                    Tie::FinishToStart => end = end.min(self.lengths[s].base_of_start(days.start[s])),
                    Tie::StartToStart => start = start.min(days.start[s]),
                    Tie::FinishToFinish => end = end.min(days.end[s]),
                }
            }
            // What has to begin by a day ends its length after, unless its end waits for another and stretches it.
            if start != Day::MAX && !self.before.of(i).iter().any(|(_, tie)| *tie == Tie::FinishToFinish) {
                end = end.min(length.end(length.base_of_start(start), calendar));
            }
            days.end[i] = end;
            days.start[i] = match self.facts[i] {
                Fact::Running { start, .. } | Fact::Paused { start, .. } => start,
                // Several first days may lead to the same end (a period that ends on a day off): not all keep the tie.
                _ => length.begins_after(length.base(end, calendar)).min(start),
            };
        }
        days
    }

    /// How far an activity may slip without moving the end or a target, in working days; negative when it is late.
    pub fn total_float(&self, i: usize, early: &Days, late: &Days) -> i32 {
        let end = late.end[i] - early.end[i];
        if self.facts[i] == Fact::Open { end.min(late.start[i] - early.start[i]) } else { end }
    }

    /// How far an activity may slip without moving any other's earliest day, in working days; at most its total float.
    pub fn free_float(&self, i: usize, early: &Days, late: &Days) -> i32 {
        let total = self.total_float(i, early, late);
        let of = |(s, tie): &(u32, Tie)| {
            let s = *s as usize;
            let length = self.lengths[s];
            match tie {
                _ if self.facts[s] != Fact::Open => i32::MAX,
                Tie::FinishToStart => length.base_of_start(early.start[s]) - early.end[i],
                Tie::StartToStart => early.start[s] - early.start[i],
                Tie::FinishToFinish => early.end[s] - early.end[i],
            }
        };
        self.after.of(i).iter().map(of).min().unwrap_or(i32::MAX).min(total).max(0)
    }

    /// The chain that drives an activity's earliest end, first link first.
    pub fn chain(&self, to: usize, early: &Days) -> Vec<usize> {
        let mut chain = vec![to];
        let mut at = to;
        while let Some((p, _)) = self.driver(at, early) {
            chain.push(p);
            at = p;
        }
        chain.reverse();
        chain
    }

    /// The predecessor that holds it where it is: it could not begin (or end) a day earlier for it.
    fn driver(&self, i: usize, early: &Days) -> Option<(usize, Tie)> {
        if self.facts[i] != Fact::Open {
            return None;
        }
        let length = self.lengths[i];
        let base = length.base_of_start(early.start[i]);
        let drives = |(p, tie): &(u32, Tie)| {
            let p = *p as usize;
            let holds = match tie {
                Tie::FinishToStart => early.end[p] == base,
                Tie::StartToStart => length.base_of_start(early.start[p]) == base,
                Tie::FinishToFinish => early.end[p] == early.end[i],
            };
            holds.then_some((p, *tie))
        };
        // Of several, the one that ends last and takes time itself.
        self.before.of(i).iter().filter_map(drives).max_by_key(|(p, _)| (early.end[*p], !self.lengths[*p].is_none(), *p))
    }
}

fn reach<'n>(count: usize, of: impl IntoIterator<Item = usize>, next: impl Fn(usize) -> &'n [(u32, Tie)]) -> Vec<bool> {
    let mut reached = vec![false; count];
    let mut open: Vec<usize> = of.into_iter().collect();
    while let Some(i) = open.pop() {
        if !std::mem::replace(&mut reached[i], true) {
            open.extend(next(i).iter().map(|(n, _)| *n as usize));
        }
    }
    reached
}

/// One circle among what never got its turn: from any of them back, until one is met again.
fn circle(before: &Neighbours, waiting: &[u32]) -> Vec<usize> {
    let Some(mut at) = waiting.iter().position(|w| *w > 0) else { return Vec::new() };
    let mut place = vec![usize::MAX; waiting.len()];
    let mut path = Vec::new();
    loop {
        if place[at] != usize::MAX {
            let mut found = path.split_off(place[at]);
            found.reverse();
            return found;
        }
        place[at] = path.len();
        path.push(at);
        // Whatever still waits has a predecessor that still waits.
        match before.of(at).iter().find(|(p, _)| waiting[*p as usize] > 0) {
            Some((p, _)) => at = *p as usize,
            None => return path,
        }
    }
}
