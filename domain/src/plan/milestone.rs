//! The points everyone counts from (里程碑), and the days asked for them.

use super::build::MatterTasks;
use super::network::{Day, Network, narrow};
use super::{LONGEST, Mistake, Settings, mistake};
use crate::calendar::Calendar;
use crate::catalogue::{Catalogue, Matter};
use crate::date::Date;
use crate::guide::GuideMap;
use crate::id::Id;
use crate::text;
use crate::text::Text;

/// A point everyone counts from, with its days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MilestoneDays {
    /// Which milestone: the id the catalogue gives it.
    pub id: String,
    /// What people call it.
    pub name: Text,
    /// The tasks that all have to end for it, by their places in the plan.
    pub tasks: Vec<usize>,
    /// The first day on which it can be reached.
    pub earliest: Date,
    /// The last day on which it has to be reached, so that the targets, or the end of the plan, are kept.
    pub latest: Date,
    /// The day asked for; none: it is no target.
    pub target: Option<Date>,
}

/// Days outside these years are slips of the hand.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2200;

pub(super) struct MilestoneTasks {
    pub id: String,
    pub name: Text,
    pub tasks: Vec<usize>,
}

/// 六证 is the last of all permits marked for it, and 开工 the gate; the others are one matter's decision.
pub(super) fn milestones(catalogue: &Catalogue, map: &GuideMap, of: &[Option<MatterTasks>], gate: Option<usize>) -> Vec<MilestoneTasks> {
    let decision = |id: &Id<Matter>| of.get(catalogue.matter_order(id.as_str())).copied().flatten().map(|o| o.decision);
    let all = catalogue.stages.iter().flat_map(|s| &s.milestones);
    all.filter_map(|m| {
        let tasks: Vec<usize> = match m.id.as_str() {
            "six-permits" => map.entries.iter().filter(|e| e.matter.six_permits).filter_map(|e| decision(&e.matter.id)).collect(),
            "start" => gate.into_iter().collect(),
            _ => decision(&m.matter).or_else(|| m.otherwise.iter().find_map(decision)).into_iter().collect(),
        };
        (!tasks.is_empty()).then(|| MilestoneTasks { id: m.id.clone(), name: m.name.clone(), tasks })
    })
    .collect()
}

pub(super) fn check_year(field: &str, day: Date, wrong: &mut Vec<Mistake>) {
    if !YEARS.contains(&day.year()) {
        let (from, to) = (YEARS.start(), YEARS.end());
        wrong.push(mistake(
            field,
            text!("日期 {day} 不在 {from} 至 {to} 年之间。", "The date {day} is not between the years {from} and {to}."),
        ));
    }
}

/// The targets as days: the last working day that is not after.
pub(super) fn targets(
    settings: &Settings,
    milestones: &[MilestoneTasks],
    calendar: &Calendar,
    wrong: &mut Vec<Mistake>,
) -> Vec<(String, usize, Day)> {
    let mut found: Vec<(String, usize, Day)> = Vec::new();
    for (id, date) in &settings.targets {
        let field = format!("finish.{}", id.chars().take(40).collect::<String>());
        check_year(&field, *date, wrong);
        let Some(place) = milestones.iter().position(|m| m.id == *id) else {
            let shown: String = id.chars().take(40).collect();
            let zh = milestones.iter().map(|m| format!("{}（{}）", m.id, m.name.zh)).collect::<Vec<_>>().join("、");
            let en = milestones.iter().map(|m| m.id.as_str()).collect::<Vec<_>>().join(", ");
            wrong.push(mistake(
                field,
                text!("这个项目没有里程碑“{shown}”，可选：{zh}。", "This project has no milestone `{shown}`; choose one of: {en}."),
            ));
            continue;
        };
        if found.iter().any(|(other, ..)| other == id) {
            wrong.push(mistake(field, text!("里程碑“{id}”给了两个日期。", "The milestone `{id}` is given two dates.")));
            continue;
        }
        found.push((id.clone(), place, narrow(calendar.index(date.plus(1)) - 1)));
    }
    found
}

/// The latest first day from which every target is still kept.
pub(super) fn latest_first(network: &Network, calendar: &Calendar, milestones: &[MilestoneTasks], targets: &[(String, usize, Day)]) -> Day {
    // Later than any target, and within the calendar.
    let far = targets.iter().map(|(_, _, day)| *day).max().unwrap_or(0) + 4 * narrow(LONGEST);
    let mut last = vec![far; network.len()];
    let mut aimed = Vec::new();
    for (_, place, target) in targets {
        for task in &milestones[*place].tasks {
            last[*task] = last[*task].min(*target);
            aimed.push(*task);
        }
    }
    let late = network.backward(calendar, |i| last[i]);
    let needed = network.upstream(aimed);
    (0..network.len()).filter(|i| needed[*i]).map(|i| late.start[i]).min().unwrap_or(far)
}
