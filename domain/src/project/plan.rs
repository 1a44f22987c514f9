//! The plan a project works to: adopted by those who lead it, with a trail of every date that moved.

use crate::account::{Account, By};
use crate::catalogue::{Catalogue, Matter};
use crate::date::{Date, Instant};
use crate::guide::GuideMap;
use crate::id::Id;
use crate::log::Audience;
use crate::plan::{Dates, Facts, Known, Plan, Settings};
use crate::project::matter::Progress;
use crate::project::policy::Right;
use crate::project::timeline::Names;
use crate::project::{self, Project, Stamp};
use crate::refusal::{Refusal, checked_text, not_now};
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What may be done about the plan.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Makes a plan the one the project works to.
    Adopt {
        /// What the plan is made from; facts in it are passed over, as the log has them.
        settings: Settings,
        /// Why, for everybody whose dates move: at most 500 characters.
        reason: String,
    },
}

/// A milestone's day: what it was, if there was one, and what it is now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Moved {
    /// The milestone, by its id.
    pub milestone: String,
    /// The day it was planned for before; none: it was not planned.
    pub old: Option<Date>,
    /// The day it is planned for now.
    pub new: Date,
}

/// What happened to the plan.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// `edition`: the calendar the days were computed with.
    Adopted {
        /// What the plan is made from.
        settings: Settings,
        /// The milestones' days, by id.
        milestones: Vec<(String, Date)>,
        /// The milestones whose day is another one now.
        moved: Vec<Moved>,
        /// The edition of the working-day calendar.
        edition: String,
        /// Why.
        reason: String,
    },
}

/// The plan in force.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Adopted {
    /// What it is made from.
    pub settings: Settings,
    /// The milestones' days when it was adopted, by id.
    pub milestones: Vec<(String, Date)>,
    /// The edition of the working-day calendar they were computed with.
    pub edition: String,
}

/// One entry of the trail: which dates moved, why, by whom.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// When the plan was adopted.
    pub at: Instant,
    /// Who adopted it.
    pub by: Id<Account>,
    /// The milestones whose day is another one since.
    pub moved: Vec<Moved>,
    /// Why.
    pub reason: String,
}

impl Project {
    /// What has happened, as a plan takes it, as of a day.
    pub fn facts(&self, as_of: Date) -> Facts {
        let mut of = BTreeMap::new();
        for (id, tracked) in &self.matters {
            let moved = tracked.moved.as_ref().map(|(at, _)| at.date());
            let filed = tracked.filed_at.map(|at| at.date()).or(moved);
            match (&tracked.progress, moved) {
                (Progress::Issued | Progress::Decided, Some(moved)) => {
                    of.insert(id.to_string(), Known::Done(tracked.issued_at.map_or(moved, |at| at.date())));
                }
                (Progress::Prepared, Some(moved)) => {
                    of.insert(format!("{id}/preparation"), Known::Done(moved));
                }
                (Progress::Filed { .. }, _) => running(&mut of, id, filed, Dates::default()),
                (Progress::Accepted { due }, _) => running(&mut of, id, filed, Dates { due: Some(*due), ..Dates::default() }),
                (Progress::Paused { left, .. }, _) => running(&mut of, id, filed, Dates { paused_left: Some(*left), ..Dates::default() }),
                _ => {}
            }
            if let (Some(at), false) = (tracked.pre_reviewed, tracked.is_done()) {
                of.insert(format!("{id}/pre-review"), Known::Done(at.date()));
            }
        }
        Facts { as_of: Some(as_of), of }
    }

    /// The matters of the project as a guide map: those of its list that still apply to it.
    pub fn guide_map<'c>(&self, catalogue: &'c Catalogue) -> GuideMap<'c> {
        let mut map = GuideMap::new(catalogue, &self.answers, self.as_of);
        map.entries.retain(|e| self.matters.get(&e.matter.id).is_some_and(|t| !matches!(t.progress, Progress::NotApplicable { .. })));
        map
    }

    /// Settings with what the log says of this project, as of a day. Without a start or target of its own, a plan
    /// goes on from where the project is.
    pub fn plan_settings(&self, settings: &Settings, today: Date) -> Settings {
        Settings { facts: self.facts(today), ..settings.clone() }
    }
}

/// What a person may ask is all that a command says.
pub use self::Command as Request;

impl Command {
    /// The right it takes.
    pub(super) fn right(&self, _: &Project, _: &Catalogue) -> Right {
        Right::AdoptPlan
    }
}

impl Event {
    pub(super) fn kind(&self) -> &'static str {
        let Event::Adopted { .. } = self;
        "plan.adopted"
    }

    pub(super) fn audience(&self) -> Audience {
        Audience::Parties
    }

    pub(super) fn people(&self) -> Vec<&Id<Account>> {
        Vec::new()
    }

    pub(super) fn sentence(&self, names: &Names) -> Text {
        let Event::Adopted { moved, reason, .. } = self;
        let what = moved_sentence(names.catalogue, moved);
        Text::new(format!("确定计划（{reason}）：{}", what.zh), format!("adopted the plan ({reason}): {}", what.en))
    }
}

/// Whether the plan may be adopted, and what then happens.
pub(super) fn decide(project: &Project, catalogue: &Catalogue, command: Command, by: By) -> Result<Vec<project::Event>, Refusal> {
    let Command::Adopt { settings, reason } = command;
    let reason = checked_text("reason", &reason, 500)?;
    // What has happened is the log's to say.
    let settings = Settings { facts: Facts::default(), ..settings };
    let map = project.guide_map(catalogue);
    let plan = Plan::new(catalogue, &map, &project.plan_settings(&settings, by.at.date())).map_err(|wrong| {
        let zh = wrong.iter().map(|w| w.sentence.zh.as_str()).collect::<String>();
        let en = wrong.iter().map(|w| w.sentence.en.as_str()).collect::<Vec<_>>().join(" ");
        let field = wrong.first().map_or_else(|| "settings".to_string(), |w| w.field.clone());
        Refusal::Invalid { field, sentence: Text::new(zh, en) }
    })?;
    let milestones: Vec<(String, Date)> = plan.milestones.iter().map(|m| (m.id.clone(), m.earliest)).collect();
    let before = |id: &str| project.plan.as_ref().and_then(|p| p.milestones.iter().find(|(m, _)| m == id)).map(|(_, day)| *day);
    let moved: Vec<Moved> = milestones
        .iter()
        .filter(|(id, new)| before(id) != Some(*new))
        .map(|(id, new)| Moved { milestone: id.clone(), old: before(id), new: *new })
        .collect();
    if moved.is_empty() && project.plan.as_ref().is_some_and(|p| p.settings == settings) {
        return not_now("这就是现行计划，没有变化。", "This is the plan in force; nothing changes.");
    }
    let event = Event::Adopted { settings, milestones, moved, edition: plan.edition, reason };
    Ok(vec![project::Event::Plan { event }])
}

/// A matter under review: its papers are made, its review runs.
fn running(of: &mut BTreeMap<String, Known>, id: &Id<Matter>, filed: Option<Date>, rest: Dates) {
    let Some(filed) = filed else { return };
    of.insert(format!("{id}/preparation"), Known::Done(filed));
    of.insert(format!("{id}/review"), Known::Dates(Dates { started: Some(filed), ..rest }));
}

/// Folds an event.
pub(super) fn apply(project: &mut Project, event: &Event, stamp: Stamp) {
    let Event::Adopted { settings, milestones, moved, edition, reason } = event;
    project.plan = Some(Adopted { settings: settings.clone(), milestones: milestones.clone(), edition: edition.clone() });
    project.plan_trail.push(Change { at: stamp.at, by: stamp.by.clone(), moved: moved.clone(), reason: reason.clone() });
}

/// A milestone's name in the catalogue.
pub fn milestone_name(catalogue: &Catalogue, id: &str) -> Text {
    let all = catalogue.stages.iter().flat_map(|s| &s.milestones);
    all.into_iter().find(|m| m.id == id).map_or_else(|| Text::same(id), |m| m.name.clone())
}

/// What moved, as a sentence.
pub fn moved_sentence(catalogue: &Catalogue, moved: &[Moved]) -> Text {
    let one = |m: &Moved| {
        let name = milestone_name(catalogue, &m.milestone);
        match m.old {
            Some(old) => (format!("{} {old} → {}", name.zh, m.new), format!("{} {old} → {}", name.en, m.new)),
            None => (format!("{} {}", name.zh, m.new), format!("{} {}", name.en, m.new)),
        }
    };
    let (zh, en): (Vec<String>, Vec<String>) = moved.iter().map(one).unzip();
    Text::new(zh.join("，"), en.join(", "))
}
