//! `quanlian plan`: the plan from answers.

use super::guide::{read, read_answers};
use super::{Arguments, Failed, complain, date, print, say};
use clap::{Args, ValueEnum};
use domain::date::Date;
use domain::guide::GuideMap;
use domain::plan::chance::{Simulation, Spreads};
use domain::plan::{self, Beside, Facts, Levers, Limits, Mistake, Settings, task_name};
use domain::text;
use serde::Deserialize;
use service::Fault;
use service::clock::Clock;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Promised,
    Legal,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lever {
    PreReview,
    Tolerance,
    Parallel,
}

#[derive(Args)]
pub struct Plan {
    /// A JSON object from attribute to value, as for `guide`
    #[arg(long, value_name = "FILE")]
    answers: PathBuf,
    /// The first day; without it, the day the targets leave, else today
    #[arg(long, value_name = "DATE")]
    start: Option<String>,
    /// A milestone and the day it has to be reached; may be given again
    #[arg(long = "finish", value_name = "MILESTONE=DATE")]
    finish: Vec<String>,
    /// Count with promised or with statutory limits
    #[arg(long, value_enum, default_value_t = Mode::Promised)]
    mode: Mode,
    /// Stage after stage, without pre-review, tolerated papers and parallel work
    #[arg(long)]
    step_by_step: bool,
    /// The full chain without one lever; may be given again
    #[arg(long, value_enum, conflicts_with = "step_by_step")]
    without: Vec<Lever>,
    /// What has happened: a JSON object from matter or task to the day it was done, or to
    /// {"started", "finished", "due", "paused_left"}; "as_of" is the day of the report
    #[arg(long, value_name = "FILE")]
    done: Option<PathBuf>,
    /// Edited lengths and order: a JSON object from task to days, or to {"days", "after": [task, …]}
    #[arg(long, value_name = "FILE")]
    durations: Option<PathBuf>,
    /// The day whose law applies; the start, or today
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Simulate so many runs for the probability of the first target (else of production)
    #[arg(long, value_name = "RUNS", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    simulate: Option<u32>,
    /// The seed of the simulation: the same seed, the same result
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A line of an edited duration file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Edited {
    Days(i64),
    EditedTask(EditedTask),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditedTask {
    days: Option<i64>,
    #[serde(default)]
    after: Vec<String>,
}

impl Plan {
    pub fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        let catalogue = arguments.catalogue()?;
        let answers = read_answers(&catalogue, &self.answers)?;
        let today = Clock::System.now().date();
        let settings = self.settings(today)?;
        let as_of = match &self.as_of {
            Some(day) => date(day)?,
            None => settings.start.unwrap_or(today),
        };
        let map = GuideMap::new(&catalogue, &answers, as_of);
        let plan = plan::Plan::new(&catalogue, &map, &settings)?;
        let aim = settings.targets.first().map_or("production", |(milestone, _)| milestone.as_str());
        let from = plan.date(plan.first);
        let beside = Beside {
            comparison: plan::compare(&catalogue, &map, &settings, from, aim).ok(),
            levers: plan::levers_for(&catalogue, &answers, &map, &settings, &plan, aim),
            chance: self.simulate.and_then(|runs| {
                let mut simulation = Simulation::new(&catalogue, &map, &plan, &Spreads::default(), aim, self.seed)?;
                simulation.run(runs as usize);
                Some(simulation.chance(aim, self.seed, runs as usize))
            }),
        };
        if self.json {
            print(plan.to_json(&catalogue, &beside));
            return Ok(());
        }
        for milestone in &plan.milestones {
            print(format_args!("{}\t{}\t{}\t{}", milestone.id, milestone.earliest, milestone.latest, say(&milestone.name)));
        }
        for (i, task) in plan.tasks.iter().enumerate() {
            let (start, end, float) = (plan.date(plan.early.start[i]), plan.date(plan.early.end[i]), plan.total_float(i));
            print(format_args!("{}\t{start}\t{end}\t{float}\t{}", task.id, say(&task_name(&catalogue, task))));
        }
        plan.warnings.iter().for_each(|w| complain(say(w)));
        Ok(())
    }

    fn settings(&self, today: Date) -> Result<Settings, Failed> {
        let mut settings = Settings {
            limits: match self.mode {
                Mode::Promised => Limits::Promised,
                Mode::Legal => Limits::Legal,
            },
            levers: if self.step_by_step { Levers::STEP_BY_STEP } else { Levers::FULL_CHAIN },
            start: self.start.as_deref().map(date).transpose()?,
            ..Settings::default()
        };
        for lever in &self.without {
            match lever {
                Lever::PreReview => settings.levers.pre_review = false,
                Lever::Tolerance => settings.levers.tolerance = false,
                Lever::Parallel => settings.levers.parallel = false,
            }
        }
        for target in &self.finish {
            let Some((milestone, day)) = target.split_once('=') else {
                complain(say(&text!(
                    "--finish：应写作 里程碑=日期，例如 production=2027-12-31，不能是“{target}”",
                    "--finish: expected MILESTONE=DATE such as production=2027-12-31, not `{target}`"
                )));
                return Err(Failed);
            };
            settings.targets.push((milestone.to_string(), date(day)?));
        }
        if let Some(file) = &self.done {
            settings.facts = parse::<Facts>(file, "an object from matter or task to a day or to its facts")?;
        }
        if let Some(file) = &self.durations {
            for (task, edited) in parse::<BTreeMap<String, Edited>>(file, "an object from task to days or to {\"days\", \"after\"}")? {
                let (days, after) = match edited {
                    Edited::Days(days) => (Some(days), Vec::new()),
                    Edited::EditedTask(written) => (written.days, written.after),
                };
                settings.order.extend(after.into_iter().map(|before| (before, task.clone())));
                if let Some(days) = days {
                    settings.lengths.insert(task, days);
                }
            }
        }
        if settings.start.is_none() && settings.targets.is_empty() && settings.facts.as_of.is_none() {
            settings.start = Some(today);
        }
        Ok(settings)
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &std::path::Path, expected: &str) -> Result<T, Failed> {
    Ok(serde_json::from_str(&read(file)?).map_err(|e| Fault::from(format!("{}: expected {expected}: {e}", file.display())))?)
}

impl From<Vec<Mistake>> for Failed {
    fn from(mistakes: Vec<Mistake>) -> Failed {
        for mistake in &mistakes {
            complain(format_args!("quanlian: {}: {}", mistake.field, say(&mistake.sentence)));
        }
        Failed
    }
}
