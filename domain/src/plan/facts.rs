//! What has happened already, as a plan takes it: done, running, paused. The rest is planned around it.

use super::build::MatterTasks;
use super::network::{Day, Fact, Link, narrow};
use super::{Mistake, Task, TaskKind, mistake};
use crate::calendar::Calendar;
use crate::catalogue::Catalogue;
use crate::date::Date;
use crate::text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of one task, or of a matter with all its tasks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Known {
    /// A day alone: done on it.
    Done(Date),
    /// Days of it, each where it is known.
    Dates(Dates),
}

/// What is known of something that runs, stands still or is done. It is done once `finished` is known.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dates {
    /// The day it began.
    pub started: Option<Date>,
    /// The last day worked on it.
    pub finished: Option<Date>,
    /// It ends on this day or later: the due day of a running clock.
    pub due: Option<Date>,
    /// The clock stands; so many working days are left when it goes on.
    pub paused_left: Option<i64>,
}

/// All facts, and the day up to which they were gathered: nothing open begins before it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// The day up to which the facts were gathered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
    /// What is known, by a task's or a matter's id.
    #[serde(flatten)]
    pub of: BTreeMap<String, Known>,
}

impl Facts {
    /// Whether nothing is known at all, not even as of which day.
    pub fn is_empty(&self) -> bool {
        self.as_of.is_none() && self.of.is_empty()
    }
}

/// The tasks a name in the facts stands for: a task; a matter's review, whichever it has in this plan; or,
/// for a matter, all of its tasks. `None`: it stands for nothing.
fn named(catalogue: &Catalogue, tasks: &[Task], of: &[Option<MatterTasks>], name: &str) -> Option<Vec<usize>> {
    if let Some(i) = tasks.iter().position(|t| t.id == name) {
        return Some(vec![i]);
    }
    let matter = |id: &str| of.get(catalogue.matter_order(id)).copied().flatten();
    match name.split_once('/') {
        None => matter(name).map(|of| (of.first..=of.decision).collect()),
        Some((id, "review")) => matter(id).map(|of| vec![if of.converts { of.decision - 1 } else { of.decision }]),
        // A plan without the lever has no pre-review: what was reviewed ahead still has to be decided.
        Some((id, "preparation" | "pre-review")) => matter(id).map(|_| Vec::new()),
        Some(_) => None,
    }
}

/// Each task's fact.
pub(super) fn of_tasks(
    catalogue: &Catalogue,
    tasks: &[Task],
    of: &[Option<MatterTasks>],
    facts: &Facts,
    calendar: &Calendar,
    wrong: &mut Vec<Mistake>,
) -> Vec<Fact> {
    let mut known = vec![Fact::Open; tasks.len()];
    let mut said_by: Vec<Option<&str>> = vec![None; tasks.len()];
    let today = facts.as_of.map(|day| narrow(calendar.index(day)));
    // On a day off nothing is decided: what is said to have ended then has ended by the next working day.
    let day = |date: Date| narrow(calendar.index(date));
    for (name, fact) in &facts.of {
        let shown: String = name.chars().take(60).collect();
        let written = match fact {
            Known::Done(date) => Dates { finished: Some(*date), ..Dates::default() },
            Known::Dates(written) => written.clone(),
        };
        let dates = [written.started, written.finished];
        if let (Some(as_of), Some(late)) = (facts.as_of, dates.into_iter().flatten().find(|d| facts.as_of.is_some_and(|a| *d > a))) {
            wrong.push(mistake(
                &shown,
                text!("“{shown}”的日期 {late} 晚于 {as_of}，还没有发生。", "`{shown}`: {late} is after {as_of}; it has not happened yet."),
            ));
            continue;
        }
        if let (Some(started), Some(finished)) = (written.started, written.finished)
            && finished < started
        {
            wrong.push(mistake(
                &shown,
                text!(
                    "“{shown}”的完成日期 {finished} 早于开始日期 {started}。",
                    "`{shown}` ends on {finished}, before it begins on {started}."
                ),
            ));
            continue;
        }
        let fact = match (written.started, written.finished, written.paused_left) {
            (_, Some(_), Some(_)) => None,
            (started, Some(finished), None) => Some(Fact::Done { start: started.map_or(Day::MIN, day), end: day(finished) }),
            (Some(started), None, Some(left)) if (0..=super::LONGEST).contains(&left) => {
                let base = today.unwrap_or_else(|| day(started)) - 1;
                Some(Fact::Paused { start: day(started), base, left: narrow(left) })
            }
            (Some(started), None, None) => {
                let due = written.due.map(day);
                Some(Fact::Running { start: day(started), not_before: due.into_iter().chain(today).max().unwrap_or(Day::MIN) })
            }
            _ => None,
        };
        let Some(fact) = fact else {
            wrong.push(mistake(
                &shown,
                text!(
                    "“{shown}”应写完成日期，或开始日期（可带到期日或剩余天数）。",
                    "`{shown}`: give the day it finished, or the day it started (with its due day or the days left)."
                ),
            ));
            continue;
        };
        let places = named(catalogue, tasks, of, name);
        if places.is_none() {
            wrong.push(mistake(&shown, text!("这个项目没有事项或任务“{shown}”。", "This project has no matter or task `{shown}`.")));
        }
        for (i, fact) in spread(fact, places.unwrap_or_default(), tasks) {
            if let Some(other) = said_by[i].replace(name)
                && known[i] != fact
            {
                let id = &tasks[i].id;
                wrong.push(mistake(
                    &shown,
                    text!("“{other}”与“{shown}”对“{id}”的说法相互矛盾。", "`{other}` and `{shown}` say different things about `{id}`."),
                ));
            }
            known[i] = fact;
        }
    }
    known
}

/// What a fact about several tasks says of each. Done: all are, one after the other. Running: the papers were
/// made by then, the review runs, and what comes after is still open.
fn spread(fact: Fact, places: Vec<usize>, tasks: &[Task]) -> Vec<(usize, Fact)> {
    let review = places.iter().copied().find(|i| tasks[*i].kind != TaskKind::Preparation);
    let one = |i: usize| match fact {
        // Where only the end is known, it began its length before.
        Fact::Done { start: Day::MIN, end } => Some(Fact::Done { start: end - (tasks[i].length.workdays - 1).max(0), end }),
        Fact::Running { start, .. } | Fact::Paused { start, .. } if Some(i) != review && places.len() > 1 => {
            (tasks[i].kind == TaskKind::Preparation).then_some(Fact::Done { start, end: start })
        }
        other => Some(other),
    };
    places.iter().filter_map(|i| Some((*i, one(*i)?))).collect()
}

/// What follows from what is known: works are over where a matter that waits for them has been decided, and a gate
/// or a joint act is passed when all before it is done.
pub(super) fn settle(catalogue: &Catalogue, tasks: &[Task], of: &[Option<MatterTasks>], links: &[Link], facts: &mut [Fact]) {
    let end = |fact: &Fact| match fact {
        Fact::Done { end, .. } => Some(*end),
        _ => None,
    };
    // From the last activity to the first: what comes after shows what came before.
    for (i, activity) in catalogue.activities.iter().enumerate().rev() {
        let Some(task) = tasks.iter().position(|t| t.kind == TaskKind::Works && t.id == activity.id) else { continue };
        let matters = catalogue.matters.iter().enumerate().filter(|(_, m)| m.after_activity.as_deref() == Some(activity.id.as_str()));
        let decided = matters.filter_map(|(place, _)| end(&facts[of[place]?.decision]));
        let works = catalogue.activities[i + 1..].iter().filter(|a| a.after.contains(&activity.id));
        let begun = works.filter_map(|a| match facts[tasks.iter().position(|t| t.id == a.id)?] {
            Fact::Done { start, .. } | Fact::Running { start, .. } | Fact::Paused { start, .. } => Some(start - 1),
            Fact::Open => None,
        });
        if let (Fact::Open, Some(end)) = (facts[task], decided.chain(begun).min()) {
            facts[task] = Fact::Done { start: end - (tasks[task].length.workdays - 1).max(0), end };
        }
    }
    for _ in 0..tasks.len() {
        let passed = (0..tasks.len()).find_map(|i| {
            // A matter's own decision is a fact of the log, never inferred.
            if facts[i] != Fact::Open || !tasks[i].length.is_none() || tasks[i].matter.is_some() {
                return None;
            }
            let before: Option<Vec<Day>> = links.iter().filter(|l| l.to as usize == i).map(|l| end(&facts[l.from as usize])).collect();
            before?.into_iter().max().map(|day| (i, day))
        });
        match passed {
            Some((i, day)) => facts[i] = Fact::Done { start: day, end: day },
            None => return,
        }
    }
}
