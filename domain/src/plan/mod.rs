//! The plan (计划): when each matter can be done at the earliest and must be done at the latest.
//!
//! A plan is a pure function of a guide map, a calendar and settings. Forward from a start date, backward
//! from any milestone's date (倒排计划), or both, with what has happened as facts. Days are working days of
//! the catalogue's calendar; an end is the last day worked. See `build` for what an activity is and what it
//! waits for, `network` for the passes, `chance` for the probability of a date.

pub mod address;
mod asked;
mod build;
pub mod chance;
mod edit;
mod facts;
mod milestone;
pub mod network;
mod report;
mod task;
mod variants;

pub use asked::{Asked, is_answer};
pub use build::{JOINT_ISSUE, START_GATE};
pub use facts::{Dates, Facts, Known};
pub use milestone::MilestoneDays;
pub use network::{Length, Tie};
pub use report::Beside;
pub use task::{Task, TaskKind, task_name};
pub use variants::{Comparison, LeverGain, Step, compare, levers_for, milestone_end, workdays_to};

use crate::calendar::Calendar;
use crate::catalogue::{Catalogue, LimitKind};
use crate::date::Date;
use crate::guide::{GuideMap, Paper};
use crate::text;
use crate::text::Text;
use build::Draft;
use edit::{circle_mistake, edit};
use milestone::{MilestoneTasks, check_year, latest_first, milestones, targets};
use network::{Day, Days, Fact, Network, narrow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which limits a plan counts with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limits {
    /// The limits that the offices promise (承诺期限).
    #[default]
    Promised,
    /// The limits that the law sets (法定期限).
    Legal,
}

/// What the green channel (绿色通道) brings, each to be had or not. All of them: the full chain; none: step by step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Levers {
    /// Tolerant pre-review (容缺预审) and joint issue.
    pub pre_review: bool,
    /// Papers that follow on a written promise (容缺受理).
    pub tolerance: bool,
    /// Stages overlap and papers are prepared ahead (并联).
    pub parallel: bool,
}

impl Levers {
    /// All levers pulled (全链).
    pub const FULL_CHAIN: Levers = Levers { pre_review: true, tolerance: true, parallel: true };
    /// No lever pulled (逐段).
    pub const STEP_BY_STEP: Levers = Levers { pre_review: false, tolerance: false, parallel: false };
}

impl Default for Levers {
    fn default() -> Levers {
        Levers::FULL_CHAIN
    }
}

/// What a plan is asked for.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Which limits decisions are planned with.
    pub limits: Limits,
    /// Which levers are pulled.
    pub levers: Levers,
    /// Forward from this day; without it, from the day that the targets leave.
    pub start: Option<Date>,
    /// Backward from these: a milestone and its day.
    pub targets: Vec<(String, Date)>,
    /// Edited lengths: task to days in the task's own unit.
    pub lengths: BTreeMap<String, i64>,
    /// Edited order: the first comes before the second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<(String, String)>,
    /// What has happened already; the rest is planned around it.
    #[serde(skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts,
}

/// Something asked for that makes no sense: where, and a sentence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mistake {
    /// The parameter that makes no sense, by its name in an [address].
    pub field: String,
    /// What is wrong, for the person who asked.
    pub sentence: Text,
}

pub(crate) fn mistake(field: impl Into<String>, sentence: Text) -> Mistake {
    Mistake { field: field.into(), sentence }
}

/// The plan of one project.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every activity; others refer to it by its place here.
    pub tasks: Vec<Task>,
    /// What ties the tasks, at the same places.
    pub network: Network,
    /// The earliest day on which each task begins and ends.
    pub early: Days,
    /// The latest day on which each task begins and ends, so that the targets, or the end, are kept.
    pub late: Days,
    /// The first day anything may be done.
    pub first: Day,
    /// The day the last activity ends at the earliest.
    pub end: Day,
    /// The points everyone counts from, those that apply to this project.
    pub milestones: Vec<MilestoneDays>,
    /// By how many working days the targets are missed; 0 when they are kept.
    pub short_by: i64,
    /// The chain that leads to the target missed most, else to the end.
    pub critical_chain: Vec<usize>,
    /// What the reader has to know before relying on the days.
    pub warnings: Vec<Text>,
    /// The calendar's edition the days were computed with.
    pub edition: String,
    least_float: i32,
    calendar: Calendar,
}

/// Longer than any limit, works included.
pub const LONGEST: i64 = 3660;

impl Plan {
    /// # Errors
    /// Everything asked for that makes no sense.
    pub fn new(catalogue: &Catalogue, map: &GuideMap, settings: &Settings) -> Result<Plan, Vec<Mistake>> {
        let calendar = catalogue.calendar();
        let draft = Draft::new(catalogue, map, settings);
        let mut wrong = Vec::new();
        let Draft { mut tasks, mut links, of, gate, .. } = draft;
        edit(&mut tasks, &mut links, settings, &mut wrong);
        let mut facts = facts::of_tasks(catalogue, &tasks, &of, &settings.facts, calendar, &mut wrong);
        if !settings.facts.of.is_empty() {
            facts::settle(catalogue, &tasks, &of, &links, &mut facts);
        }
        let milestones = milestones(catalogue, map, &of, gate);
        let targets = targets(settings, &milestones, calendar, &mut wrong);
        let start = settings.start.into_iter().chain(settings.facts.as_of).max();
        if let Some(start) = settings.start {
            check_year("start", start, &mut wrong);
        }
        if start.is_none() && settings.targets.is_empty() {
            wrong.push(mistake("start", text!("请给出开始日期，或某个里程碑的日期。", "Give a date to start, or a date for a milestone.")));
        }
        let lengths = tasks.iter().map(|t| t.length).collect();
        let network = match Network::new(lengths, facts, &links) {
            Ok(network) => network,
            Err(circle) => {
                wrong.push(circle_mistake(&tasks, &circle.0));
                return Err(wrong);
            }
        };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let first = match start {
            Some(start) => narrow(calendar.index(start)),
            None => latest_first(&network, calendar, &milestones, &targets),
        };
        for (_, place, target) in &targets {
            if *target < first {
                let (day, from) = (calendar.day(i64::from(*target)), calendar.day(i64::from(first)));
                let sentence = text!("目标日期 {day} 早于开始日期 {from}。", "The target {day} is before the start {from}.");
                return Err(vec![mistake(format!("finish.{}", milestones[*place].id), sentence)]);
            }
        }
        let early = network.forward(first, calendar);
        let end = early.end.iter().copied().max().unwrap_or(first);
        let horizon = targets.iter().map(|(_, _, day)| *day).chain([end]).max().unwrap_or(end);
        let mut last = vec![horizon; tasks.len()];
        for (_, place, target) in &targets {
            for task in &milestones[*place].tasks {
                last[*task] = last[*task].min(*target);
            }
        }
        let late = network.backward(calendar, |i| last[i]);
        let float = |i: usize| network.total_float(i, &early, &late);
        let open = (0..tasks.len()).filter(|i| !matches!(network.facts[*i], Fact::Done { .. }));
        let least_float = open.map(float).min().unwrap_or(0);
        let mut plan = Plan {
            short_by: 0,
            critical_chain: Vec::new(),
            milestones: Vec::new(),
            warnings: Vec::new(),
            edition: calendar.edition().to_string(),
            calendar: calendar.clone(),
            tasks,
            network,
            early,
            late,
            first,
            end,
            least_float,
        };
        plan.milestones = milestones.into_iter().map(|m| plan.milestone(m, &targets)).collect();
        plan.judge(&targets);
        plan.warn(map, settings);
        Ok(plan)
    }

    fn milestone(&self, m: MilestoneTasks, targets: &[(String, usize, Day)]) -> MilestoneDays {
        let latest = |days: &Days| m.tasks.iter().map(|t| days.end[*t]).max().unwrap_or(self.first);
        MilestoneDays {
            earliest: self.date(latest(&self.early)),
            latest: self.date(latest(&self.late)),
            target: targets.iter().find(|(id, ..)| *id == m.id).map(|(_, _, day)| self.date(*day)),
            id: m.id,
            name: m.name,
            tasks: m.tasks,
        }
    }

    /// How far the targets are missed, and along which chain.
    fn judge(&mut self, targets: &[(String, usize, Day)]) {
        let last_of = |tasks: &[usize]| tasks.iter().copied().max_by_key(|t| (self.early.end[*t], *t));
        let missed = targets.iter().filter_map(|(_, place, target)| {
            let task = last_of(&self.milestones[*place].tasks)?;
            Some((self.early.end[task] - target, task))
        });
        let worst = missed.max();
        self.short_by = worst.map_or(0, |(by, _)| i64::from(by.max(0)));
        let everything: Vec<usize> = (0..self.tasks.len()).collect();
        let to = worst.map(|(_, task)| task).or_else(|| last_of(&everything));
        self.critical_chain = to.map(|to| self.network.chain(to, &self.early)).unwrap_or_default();
    }

    fn warn(&mut self, map: &GuideMap, settings: &Settings) {
        let last = self.date(self.early.end.iter().chain(&self.late.end).copied().max().unwrap_or(self.end));
        if !self.calendar.is_published(last) || !self.calendar.is_published(self.date(self.first)) {
            self.warnings.push(text!(
                "部分日期超出已公布放假安排的年份（日历版本 {}），按周一至周五计，待放假通知公布后可能变动。",
                "Some days lie beyond the years whose holiday notice is out (calendar {}); Monday to Friday is assumed, and they may move.",
                self.edition
            ));
        }
        let unlimited = map.entries.iter().filter(|e| e.legal.limit.kind == LimitKind::None).count();
        if settings.limits == Limits::Legal && unlimited > 0 {
            self.warnings.push(text!(
                "{unlimited} 个事项未见法定期限，按承诺期限计。",
                "No statutory limit was found for {unlimited} matters; the promised one is used."
            ));
        }
        self.warnings.push(text!(
            "承诺期限、准备时间和施工周期均为假定值。",
            "Promised limits, preparation times and lengths of works are assumed."
        ));
    }

    /// Whether every target is kept.
    pub fn is_feasible(&self) -> bool {
        self.short_by == 0
    }

    /// The calendar's day of a running number.
    pub fn date(&self, day: Day) -> Date {
        self.calendar.day(i64::from(day))
    }

    /// The calendar the days were computed with.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// How far a task may slip without moving the end or a target, in working days; negative when it is late.
    pub fn total_float(&self, task: usize) -> i32 {
        self.network.total_float(task, &self.early, &self.late)
    }

    /// How far a task may slip without moving any other's earliest day, in working days.
    pub fn free_float(&self, task: usize) -> i32 {
        self.network.free_float(task, &self.early, &self.late)
    }

    /// Whether a day lost here is a day lost for the end or the target.
    pub fn is_critical(&self, task: usize) -> bool {
        !matches!(self.network.facts[task], Fact::Done { .. }) && self.total_float(task) <= self.least_float
    }

    /// Whether a task has ended, by the facts.
    pub fn is_done(&self, task: usize) -> bool {
        matches!(self.network.facts[task], Fact::Done { .. })
    }

    /// The place of the task of this id.
    pub fn task(&self, id: &str) -> Option<usize> {
        self.tasks.iter().position(|t| t.id == id)
    }

    /// The days of the milestone of this id; none: it does not apply here.
    pub fn milestone_day(&self, id: &str) -> Option<&MilestoneDays> {
        self.milestones.iter().find(|m| m.id == id)
    }

    /// Whether a milestone has been reached.
    pub fn is_reached(&self, milestone: &str) -> bool {
        self.milestone_day(milestone).is_some_and(|m| m.tasks.iter().all(|t| self.is_done(*t)))
    }

    /// The latest day to begin a paper: that of the first preparation it belongs to. `None`: nobody has to make it.
    pub fn begin_by(&self, paper: &Paper) -> Option<Date> {
        let preparations = paper.wanted_by.iter().filter_map(|w| self.task(&format!("{}/preparation", w.matter.id)));
        let latest = preparations.map(|task| self.late.start[task]).min()?;
        (!paper.is_shared()).then(|| self.date(latest))
    }

    /// Working days from the first to the last.
    pub fn workdays(&self) -> i64 {
        i64::from(self.end - self.first + 1)
    }
}
