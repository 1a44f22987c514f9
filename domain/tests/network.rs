//! Properties of the two passes, over random networks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::plan::network::{Day, Days, Fact, Length, Link, Network, Tie};
use proptest::prelude::*;
use test_support::rules::CATALOGUE;

#[derive(Clone, Debug)]
struct Case {
    lengths: Vec<Length>,
    links: Vec<Link>,
    first: Day,
}

impl Case {
    fn network(&self) -> Network {
        Network::new(self.lengths.clone(), vec![Fact::Open; self.lengths.len()], &self.links).unwrap()
    }

    fn passes(&self) -> (Network, Days, Days, Day) {
        let network = self.network();
        let early = network.forward(self.first, CATALOGUE.calendar());
        let end = early.end.iter().copied().max().unwrap();
        let late = network.backward(CATALOGUE.calendar(), |_| end);
        (network, early, late, end)
    }
}

fn length() -> impl Strategy<Value = Length> {
    prop_oneof![
        1 => Just(Length::NONE),
        6 => (1i64..40).prop_map(Length::workdays),
        2 => (1i64..60).prop_map(Length::calendar_days),
        1 => (1i32..30, 1i32..60).prop_map(|(workdays, calendar_days)| Length { workdays, calendar_days }),
    ]
}

/// Links only lead from lower to higher places, so that there is no circle.
fn case() -> impl Strategy<Value = Case> {
    (2usize..24).prop_flat_map(|count| {
        let tie = prop_oneof![4 => Just(Tie::FinishToStart), 1 => Just(Tie::StartToStart), 1 => Just(Tie::FinishToFinish)];
        let link = (0..count - 1, 1..count, tie).prop_map(move |(a, b, tie)| {
            let (from, to) = if a < b { (a, b) } else { (b, a + 1) };
            Link { from: from as u32, to: to as u32, tie }
        });
        // From 2020 to beyond the published years.
        (prop::collection::vec(length(), count), prop::collection::vec(link, 0..count * 3), 500i32..2600)
            .prop_map(|(lengths, links, first)| Case { lengths, links, first })
    })
}

/// Whether days keep every tie.
fn keeps(case: &Case, days: &Days) -> Result<(), TestCaseError> {
    for Link { from, to, tie } in &case.links {
        let (f, t) = (*from as usize, *to as usize);
        match tie {
            Tie::FinishToStart if case.lengths[t].is_none() => prop_assert!(days.start[t] >= days.end[f]),
            Tie::FinishToStart => prop_assert!(days.start[t] > days.end[f]),
            Tie::StartToStart => prop_assert!(days.start[t] >= days.start[f]),
            Tie::FinishToFinish => prop_assert!(days.end[t] >= days.end[f]),
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_forward_pass_keeps_every_tie_and_every_length(case in case()) {
        let (_, early, _, _) = case.passes();
        keeps(&case, &early)?;
        let calendar = CATALOGUE.calendar();
        for (i, length) in case.lengths.iter().enumerate() {
            let (start, end) = (calendar.day(i64::from(early.start[i])), calendar.day(i64::from(early.end[i])));
            prop_assert!(calendar.is_workday(start) && calendar.is_workday(end), "no task on a day off");
            prop_assert!(early.start[i] >= case.first);
            prop_assert!(calendar.between(start, end) + 1 >= i64::from(length.workdays));
            prop_assert!(end.number() - start.number() + 1 >= i64::from(length.calendar_days));
        }
    }

    #[test]
    fn the_latest_days_keep_every_tie_and_are_never_before_the_earliest(case in case()) {
        let (_, early, late, end) = case.passes();
        keeps(&case, &late)?;
        for i in 0..case.lengths.len() {
            prop_assert!(late.start[i] >= early.start[i] && late.end[i] >= early.end[i]);
            prop_assert!(late.end[i] <= end);
        }
    }

    #[test]
    fn a_day_later_than_the_latest_misses_the_end(case in case()) {
        let (network, _, late, end) = case.passes();
        let calendar = CATALOGUE.calendar();
        for i in 0..case.lengths.len() {
            // The activity itself is put one day after its latest start.
            let mut facts = vec![Fact::Open; case.lengths.len()];
            facts[i] = Fact::Running { start: late.start[i] + 1, not_before: Day::MIN };
            let mut slipped = network.clone();
            slipped.facts = facts;
            let slipped = slipped.forward(case.first, calendar);
            prop_assert!(slipped.end.iter().copied().max() > Some(end), "{i} could slip");
        }
    }

    #[test]
    fn something_is_critical_and_its_chain_is_as_long_as_the_project(case in case()) {
        let (network, early, late, end) = case.passes();
        let last = (0..case.lengths.len()).find(|i| early.end[*i] == end).unwrap();
        prop_assert_eq!(late.end[last], early.end[last]);
        let chain = network.chain(last, &early);
        // From the first day (what takes no time happens on it) to the last, and no gap between two of it.
        prop_assert_eq!(early.start[chain[0]], case.first);
        prop_assert_eq!(chain[chain.len() - 1], last);
        for pair in chain.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let tight = network.before(b).iter().filter(|(p, _)| *p as usize == a).any(|(_, tie)| match tie {
                Tie::FinishToStart => early.start[b] == early.end[a] + Day::from(!case.lengths[b].is_none()),
                Tie::StartToStart => early.start[b] == early.start[a],
                Tie::FinishToFinish => early.end[b] == early.end[a],
            });
            prop_assert!(tight, "{a} does not drive {b}");
        }
    }

    #[test]
    fn one_more_tie_never_shortens_the_project(case in case(), a in 0usize..1000, b in 0usize..1000) {
        let count = case.lengths.len();
        let (a, b) = (a % count, b % count);
        let mut more = case.clone();
        if a != b {
            more.links.push(Link { from: a.min(b) as u32, to: a.max(b) as u32, tie: Tie::FinishToStart });
        }
        prop_assert!(more.passes().3 >= case.passes().3);
    }

    #[test]
    fn free_float_delays_nobody(case in case()) {
        let (network, early, late, _) = case.passes();
        for i in 0..case.lengths.len() {
            let free = network.free_float(i, &early, &late);
            if case.lengths[i].calendar_days == 0 && free > 0 {
                let mut slipped = network.clone();
                slipped.facts[i] = Fact::Running { start: early.start[i] + free, not_before: early.end[i] + free };
                let slipped = slipped.forward(case.first, CATALOGUE.calendar());
                prop_assert!((0..case.lengths.len()).all(|o| o == i || slipped.end[o] <= early.end[o]), "{i} moves another");
            }
        }
    }

    #[test]
    fn a_circle_is_named(case in case(), from in 0usize..1000) {
        let (network, ..) = case.passes();
        let start = from % case.lengths.len();
        let reached = network.downstream([start]);
        let Some(end) = (0..reached.len()).rev().find(|i| reached[*i] && *i != start) else { return Ok(()) };
        let mut links = case.links.clone();
        links.push(Link { from: end as u32, to: start as u32, tie: Tie::FinishToStart });
        let circle = Network::new(case.lengths.clone(), vec![Fact::Open; case.lengths.len()], &links).unwrap_err().0;
        prop_assert!(circle.contains(&start) && circle.contains(&end), "{circle:?}");
        for (i, a) in circle.iter().enumerate() {
            let b = circle[(i + 1) % circle.len()];
            prop_assert!(links.iter().any(|l| l.from as usize == *a && l.to as usize == b), "{a} does not lead to {b}");
        }
    }
}
