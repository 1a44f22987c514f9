//! The probability of a date: many runs of the plan with lengths that vary (Monte Carlo).
//!
//! Each activity's length is its planned one times a factor drawn from a triangular distribution that depends
//! on what sort of act it is. The factors are assumed; they are shown, can be edited, and are to be replaced by
//! real durations. What the law sets as a minimum is never drawn shorter. The same seed gives the same result
//! everywhere: the generator (wyrand) and all arithmetic are deterministic.

use super::network::{Day, Days, Fact, Length};
use super::{Plan, TaskKind};
use crate::catalogue::{Catalogue, Kind};
use crate::date::Date;
use crate::guide::GuideMap;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// A triangular distribution of the factor between real and planned length.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// The least the length can become: 0.7 is 30 % shorter than planned.
    pub least: f64,
    /// The factor that is drawn most often; 1 is as planned.
    pub likely: f64,
    /// The most the length can become: 2 is twice as long as planned.
    pub most: f64,
}

impl Spread {
    /// No spread: the length is always the planned one.
    pub const CERTAIN: Spread = Spread { least: 1.0, likely: 1.0, most: 1.0 };

    /// Whether it is a distribution at all: 0 < least ≤ likely ≤ most ≤ 20.
    pub fn is_sound(&self) -> bool {
        self.least > 0.0 && self.least <= self.likely && self.likely <= self.most && self.most <= 20.0
    }

    /// The factor below which a share `q` of all lies.
    fn quantile(&self, q: f64) -> f64 {
        let (a, c, b) = (self.least, self.likely, self.most);
        if b <= a {
            return a;
        }
        let turn = (c - a) / (b - a);
        if q < turn { a + (q * (b - a) * (c - a)).sqrt() } else { b - ((1.0 - q) * (b - a) * (b - c)).sqrt() }
    }
}

/// Sorts of activity with a spread of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The applicant's papers.
    Papers,
    /// An office decides within a limit that binds it.
    Office,
    /// Reviews by experts, intermediaries, suppliers.
    Technical,
    /// The land market and tenders: minimum periods, rarely shorter, sometimes repeated.
    Market,
    /// Construction work, not a paper.
    Works,
}

impl Sort {
    /// Every sort, in the order of the page's table.
    pub const ALL: [Sort; 5] = [Sort::Papers, Sort::Office, Sort::Technical, Sort::Market, Sort::Works];

    /// The word for it in addresses and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Sort::Papers => "papers",
            Sort::Office => "office",
            Sort::Technical => "technical",
            Sort::Market => "market",
            Sort::Works => "works",
        }
    }

    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            Sort::Papers => Text::new("申请人准备材料", "Papers by the applicant"),
            Sort::Office => Text::new("部门办理", "Decisions by offices"),
            Sort::Technical => Text::new("技术审查与中介、公共服务", "Reviews, intermediaries and utilities"),
            Sort::Market => Text::new("土地市场与招标", "Land market and tenders"),
            Sort::Works => Text::new("施工", "Works"),
        }
    }

    fn of(kind: Kind) -> Sort {
        match kind {
            Kind::Licence | Kind::Confirmation | Kind::Filing | Kind::InternalCoordination => Sort::Office,
            Kind::TechnicalReview | Kind::PublicService | Kind::IntermediaryService => Sort::Technical,
            Kind::Transaction => Sort::Market,
        }
    }
}

/// The spread of each sort.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Spreads {
    /// For [`Sort::Papers`].
    pub papers: Spread,
    /// For [`Sort::Office`].
    pub office: Spread,
    /// For [`Sort::Technical`].
    pub technical: Spread,
    /// For [`Sort::Market`].
    pub market: Spread,
    /// For [`Sort::Works`].
    pub works: Spread,
}

impl Default for Spreads {
    /// Assumed: papers are often late, offices mostly keep what they promise, works overrun.
    fn default() -> Spreads {
        let spread = |least, likely, most| Spread { least, likely, most };
        Spreads {
            papers: spread(0.7, 1.0, 2.0),
            office: spread(0.6, 1.0, 1.5),
            technical: spread(0.7, 1.0, 1.8),
            market: spread(0.9, 1.0, 1.6),
            works: spread(0.85, 1.0, 1.5),
        }
    }
}

impl Spreads {
    /// The spread of a sort.
    pub fn of(&self, sort: Sort) -> Spread {
        match sort {
            Sort::Papers => self.papers,
            Sort::Office => self.office,
            Sort::Technical => self.technical,
            Sort::Market => self.market,
            Sort::Works => self.works,
        }
    }

    /// The spread of a sort, to be edited.
    pub fn of_mut(&mut self, sort: Sort) -> &mut Spread {
        match sort {
            Sort::Papers => &mut self.papers,
            Sort::Office => &mut self.office,
            Sort::Technical => &mut self.technical,
            Sort::Market => &mut self.market,
            Sort::Works => &mut self.works,
        }
    }
}

/// The sort of each task of a plan.
pub fn sorts(catalogue: &Catalogue, map: &GuideMap, plan: &Plan) -> Vec<Sort> {
    (0..plan.tasks.len()).map(|i| sort_of(catalogue, map, plan, i)).collect()
}

fn sort_of(catalogue: &Catalogue, map: &GuideMap, plan: &Plan, task: usize) -> Sort {
    let task = &plan.tasks[task];
    match (task.kind, &task.matter) {
        (TaskKind::Preparation, _) => Sort::Papers,
        (TaskKind::Works, _) => Sort::Works,
        (_, Some(matter)) => {
            let entry = map.entries.iter().find(|e| e.matter.id == *matter);
            let kind = entry.map(|e| e.kind).or_else(|| catalogue.matter(matter.as_str()).map(|m| m.kind));
            kind.map_or(Sort::Office, Sort::of)
        }
        _ => Sort::Office,
    }
}

/// Steps of the quantile tables: finer than the day for any length there is.
const STEPS: usize = 1024;

/// A simulation under way: runs are added in portions, so that a page stays alive.
#[derive(Debug)]
pub struct Simulation<'p> {
    plan: &'p Plan,
    sorts: Vec<Sort>,
    tables: [Vec<f32>; 5],
    /// The milestone's tasks.
    aim: Vec<usize>,
    target: Option<Day>,
    random: fastrand::Rng,
    lengths: Vec<Length>,
    days: Days,
    /// The milestone's day in each run.
    ends: Vec<Day>,
    /// In how many runs a task was on the driving chain.
    driving: Vec<u32>,
}

/// What a simulation shows.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Chance {
    /// The milestone whose date was drawn, by its id.
    pub milestone: String,
    /// How many runs there were.
    pub runs: usize,
    /// Share of runs that keep the target, when there is one.
    pub probability: Option<f64>,
    /// Percent and the day by which so many runs are done.
    pub percentiles: Vec<(u8, Date)>,
    /// Share of runs in which the task decides the date; most first, those that matter.
    pub driving: Vec<(String, f64)>,
    /// What would raise the probability most: the task, and the probability if it took its least time.
    pub raises: Vec<(String, f64)>,
}

/// Tasks whose effect is tried.
const TRIED: usize = 6;
const PERCENTILES: [u8; 6] = [5, 25, 50, 75, 90, 95];

impl<'p> Simulation<'p> {
    /// `None`: the plan has no such milestone.
    pub fn new(
        catalogue: &Catalogue,
        map: &GuideMap,
        plan: &'p Plan,
        spreads: &Spreads,
        milestone: &str,
        seed: u64,
    ) -> Option<Simulation<'p>> {
        Simulation::with_sorts(sorts(catalogue, map, plan), plan, spreads, milestone, seed)
    }

    /// The same, where the sorts of the tasks are known.
    pub fn with_sorts(sorts: Vec<Sort>, plan: &'p Plan, spreads: &Spreads, milestone: &str, seed: u64) -> Option<Simulation<'p>> {
        let aim = plan.milestone_day(milestone)?;
        let table = |sort: Sort| {
            let spread = spreads.of(sort);
            (0..STEPS).map(|i| spread.quantile((i as f64 + 0.5) / STEPS as f64) as f32).collect::<Vec<f32>>()
        };
        Some(Simulation {
            sorts,
            tables: Sort::ALL.map(table),
            target: aim.target.map(|day| super::narrow(plan.calendar().index(day.plus(1)) - 1)),
            aim: aim.tasks.clone(),
            random: fastrand::Rng::with_seed(seed),
            lengths: plan.network.lengths.clone(),
            days: Days::default(),
            ends: Vec::new(),
            driving: vec![0; plan.tasks.len()],
            plan,
        })
    }

    /// So many runs more.
    pub fn run(&mut self, runs: usize) {
        self.ends.reserve(runs);
        for _ in 0..runs {
            self.draw();
            let end = self.pass(None);
            self.ends.push(end);
            let last = self.aim.iter().copied().max_by_key(|t| (self.days.end[*t], *t));
            for task in last.map(|last| self.plan.network.chain(last, &self.days)).unwrap_or_default() {
                self.driving[task] += 1;
            }
        }
    }

    fn draw(&mut self) {
        for (i, task) in self.plan.tasks.iter().enumerate() {
            if task.length.is_none() || matches!(self.plan.network.facts[i], Fact::Done { .. }) {
                continue;
            }
            let place = self.random.u32(..) as usize % STEPS;
            self.lengths[i] = scaled(task.length, task.minimum, self.tables[self.sorts[i] as usize][place]);
        }
    }

    /// One forward pass; `quick`: this task takes its least time.
    fn pass(&mut self, quick: Option<usize>) -> Day {
        let (plan, lengths) = (self.plan, &self.lengths);
        let least = quick.map(|i| scaled(plan.tasks[i].length, plan.tasks[i].minimum, self.tables[self.sorts[i] as usize][0]));
        let length = |i: usize| match (quick, least) {
            (Some(q), Some(least)) if q == i => least,
            _ => lengths[i],
        };
        plan.network.forward_with(plan.first, plan.calendar(), length, &mut self.days);
        self.aim.iter().map(|t| self.days.end[*t]).max().unwrap_or(plan.first)
    }

    /// What the runs so far show. Ranking repeats up to `again` runs for each task tried, with the same draws.
    pub fn chance(&self, milestone: &str, seed: u64, again: usize) -> Chance {
        let mut sorted = self.ends.clone();
        sorted.sort_unstable();
        let runs = sorted.len().max(1);
        let at = |percent: u8| sorted.get((runs * usize::from(percent)).div_ceil(100).max(1) - 1).copied().unwrap_or(self.plan.first);
        let share = |target: Day, ends: &[Day]| ends.iter().filter(|e| **e <= target).count() as f64 / ends.len().max(1) as f64;
        // Without a target the median stands in for it: what makes that day likelier.
        let aim = self.target.unwrap_or_else(|| at(50));
        let mut driving: Vec<(usize, f64)> = self.driving.iter().enumerate().map(|(i, n)| (i, f64::from(*n) / runs as f64)).collect();
        driving.retain(|(i, share)| *share > 0.0 && !self.plan.tasks[*i].length.is_none() && !self.plan.is_done(*i));
        driving.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let id = |i: usize| self.plan.tasks[i].id.clone();
        // Worth trying: long and often decisive.
        let mut worth = driving.clone();
        worth.sort_by(|a, b| {
            let weight = |(i, share): &(usize, f64)| {
                let length = self.plan.tasks[*i].length;
                share * f64::from(length.workdays.max(length.calendar_days))
            };
            weight(b).total_cmp(&weight(a)).then(a.0.cmp(&b.0))
        });
        worth.truncate(TRIED);
        let tried: Vec<usize> = worth.into_iter().map(|(i, _)| i).collect();
        let mut raises = self.raises(&tried, aim, seed, again.min(runs));
        raises.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Chance {
            milestone: milestone.to_string(),
            runs: self.ends.len(),
            probability: self.target.map(|target| share(target, &sorted)),
            percentiles: PERCENTILES.map(|p| (p, self.plan.date(at(p)))).to_vec(),
            driving: driving.into_iter().take(10).map(|(i, share)| (id(i), share)).collect(),
            raises: raises.into_iter().map(|(i, share)| (id(i), share)).collect(),
        }
    }

    /// The same draws again, with each of the tasks in turn at its least.
    fn raises(&self, tried: &[usize], aim: Day, seed: u64, runs: usize) -> Vec<(usize, f64)> {
        let mut again = Simulation {
            plan: self.plan,
            sorts: self.sorts.clone(),
            tables: self.tables.clone(),
            aim: self.aim.clone(),
            target: self.target,
            random: fastrand::Rng::with_seed(seed),
            lengths: self.plan.network.lengths.clone(),
            days: Days::default(),
            ends: Vec::new(),
            driving: Vec::new(),
        };
        let mut kept = vec![0usize; tried.len()];
        for _ in 0..runs {
            again.draw();
            for (place, task) in tried.iter().enumerate() {
                kept[place] += usize::from(again.pass(Some(*task)) <= aim);
            }
        }
        tried.iter().zip(kept).map(|(i, n)| (*i, n as f64 / runs.max(1) as f64)).collect()
    }
}

fn scaled(length: Length, minimum: Length, factor: f32) -> Length {
    // Half days are rounded up; something that takes time takes a day.
    let days = |days: i32, least: i32| if days == 0 { 0 } else { ((days as f32 * factor).round() as i32).max(least).max(1) };
    Length { workdays: days(length.workdays, minimum.workdays), calendar_days: days(length.calendar_days, minimum.calendar_days) }
}
