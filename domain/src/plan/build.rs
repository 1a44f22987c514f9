//! From a guide map to a network: which activities there are, and what ties them.
//!
//! The rules, in the order of the code:
//!
//! 1. A matter is a preparation (by the applicant) and a decision (by the office). Its preparation waits for
//!    what the matter depends on, the decision for the preparation.
//! 2. **Pre-review** (容缺预审): a matter with an applicable `start_with: preview` dependency is reviewed on
//!    the papers there are. A predecessor that is marked so, or whose every paper here may be absent in the
//!    pre-review (`tolerated_in_preview`), holds back the conversion only. The conversion takes no time of
//!    its own: it happens on the day the last statutory prerequisite holds, and never before.
//! 3. **Tolerance** (容缺受理): a predecessor whose every paper here is tolerated on a written promise holds
//!    back the end of the decision, not its beginning.
//! 4. **Parallel** (并联): papers follow papers along a line, and the two lines do not wait for each other's
//!    papers. Without it, each stage waits for all of the stage before.
//! 5. **The joint act** (联发): the permits marked for joint issue that are pre-reviewed convert in one act,
//!    on the day the last of their prerequisites from outside the act holds.
//! 6. Works follow the catalogue's activities; the first waits for the gate before the start of works.

use super::network::{Length, Link, Tie};
use super::{Levers, Limits, Settings, Task, TaskKind};
use crate::catalogue::{Catalogue, DependencyType, LimitKind, Line, Matter, SupplyBy, Unit};
use crate::guide::{Entry, GuideMap};
use crate::id::Id;

/// The activity before which the start gate must be passed, and the milestone it makes.
pub const START_GATE: &str = "start-gate";
/// The task in which the permits that were pre-reviewed are issued together (联发).
pub const JOINT_ISSUE: &str = "joint-issue";

/// The activities of one matter, by their places.
#[derive(Clone, Copy, Debug)]
pub(super) struct MatterTasks {
    pub first: usize,
    pub preparation: Option<usize>,
    pub decision: usize,
    /// Reviewed ahead of its prerequisites; the decision is a conversion.
    pub converts: bool,
}

#[derive(Debug)]
pub(super) struct Draft<'c, 'm> {
    catalogue: &'c Catalogue,
    map: &'m GuideMap<'c>,
    levers: Levers,
    limits: Limits,
    pub tasks: Vec<Task>,
    pub links: Vec<Link>,
    /// By the matter's place in the catalogue.
    pub of: Vec<Option<MatterTasks>>,
    pub activities: Vec<usize>,
    pub gate: Option<usize>,
}

/// The length of an entry's decision.
pub(super) fn decision_length(entry: &Entry, limits: Limits) -> Length {
    let legal = entry.legal.limit.period;
    let minimum = legal.filter(|_| entry.legal.limit.kind == LimitKind::MinimumPeriod);
    match (limits, legal, minimum) {
        // What the law sets as a minimum nothing shortens, whatever is promised.
        (Limits::Promised, _, Some(period)) => match period.unit {
            Unit::Workday => Length::workdays(entry.promised_workdays.max(period.days)),
            Unit::CalendarDay => {
                Length { calendar_days: Length::calendar_days(period.days).calendar_days, ..Length::workdays(entry.promised_workdays) }
            }
        },
        (Limits::Legal, Some(period), _) => match period.unit {
            Unit::Workday => Length::workdays(period.days),
            Unit::CalendarDay => Length::calendar_days(period.days),
        },
        _ => Length::workdays(entry.promised_workdays),
    }
}

/// The least the law leaves of a decision, which an edited length does not go below.
pub(super) fn minimum_length(entry: &Entry) -> Length {
    match entry.legal.limit.period.filter(|_| entry.legal.limit.kind == LimitKind::MinimumPeriod) {
        Some(period) if period.unit == Unit::Workday => Length::workdays(period.days),
        Some(period) => Length::calendar_days(period.days),
        None => Length::NONE,
    }
}

impl<'c, 'm> Draft<'c, 'm> {
    pub fn new(catalogue: &'c Catalogue, map: &'m GuideMap<'c>, settings: &Settings) -> Draft<'c, 'm> {
        let mut draft = Draft {
            catalogue,
            map,
            levers: settings.levers,
            limits: settings.limits,
            tasks: Vec::with_capacity(map.entries.len() * 3 + catalogue.activities.len() + 4),
            links: Vec::with_capacity(map.entries.len() * 6),
            of: vec![None; catalogue.matters.len()],
            activities: Vec::new(),
            gate: None,
        };
        draft.matters();
        draft.works();
        draft.dependencies();
        if draft.levers.parallel {
            draft.joint_issue()
        } else {
            draft.stages()
        }
        draft
    }

    fn push(&mut self, id: String, kind: TaskKind, matter: Option<&Id<Matter>>, length: Length) -> usize {
        self.tasks.push(Task { id, kind, matter: matter.cloned(), length, minimum: Length::NONE });
        self.tasks.len() - 1
    }

    fn tie(&mut self, from: usize, to: usize, tie: Tie) {
        let link = Link { from: from as u32, to: to as u32, tie };
        if from != to {
            self.links.push(link);
        }
    }

    fn after(&mut self, from: usize, to: usize) {
        self.tie(from, to, Tie::FinishToStart);
    }

    fn matter(&self, id: &Id<Matter>) -> Option<MatterTasks> {
        self.of.get(self.catalogue.matter_order(id.as_str())).copied().flatten()
    }

    fn matters(&mut self) {
        let applies: Vec<bool> = {
            let mut applies = vec![false; self.catalogue.matters.len()];
            for entry in &self.map.entries {
                applies[self.catalogue.matter_order(entry.matter.id.as_str())] = true;
            }
            applies
        };
        for entry in &self.map.entries {
            let m = entry.matter;
            let place = self.catalogue.matter_order(m.id.as_str());
            let ahead = |d: &crate::catalogue::Dependency| d.preview && applies[self.catalogue.matter_order(d.on.as_str())];
            let converts = self.levers.pre_review && m.depends_on.iter().any(ahead);
            let length = decision_length(entry, self.limits);
            let preparation = (m.preparation_workdays > 0).then(|| {
                let length = Length::workdays(m.preparation_workdays);
                self.push(format!("{}/preparation", m.id), TaskKind::Preparation, Some(&m.id), length)
            });
            let review = converts.then(|| self.push(format!("{}/pre-review", m.id), TaskKind::PreReview, Some(&m.id), length));
            let own = if converts { Length::NONE } else { length };
            let decision = self.push(format!("{}/decision", m.id), TaskKind::Decision, Some(&m.id), own);
            self.tasks[review.unwrap_or(decision)].minimum = minimum_length(entry);
            let chain = [preparation, review, Some(decision)];
            let mut last = None;
            for task in chain.into_iter().flatten() {
                if let Some(last) = last.replace(task) {
                    self.after(last, task);
                }
            }
            let first = preparation.or(review).unwrap_or(decision);
            self.of[place] = Some(MatterTasks { first, preparation, decision, converts });
        }
    }

    fn works(&mut self) {
        let catalogue = self.catalogue;
        for activity in &catalogue.activities {
            let task = self.push(activity.id.clone(), TaskKind::Works, None, Length::workdays(activity.typical_workdays));
            self.activities.push(task);
        }
        let place = |id: &str| catalogue.activities.iter().position(|a| a.id == id);
        // A staged permit lets an activity begin on it; what it stood in for then holds back the next one.
        let staged: Vec<Vec<MatterTasks>> =
            catalogue.activities.iter().map(|a| a.staged_after.iter().filter_map(|m| self.matter(m)).collect()).collect();
        let required: Vec<(&str, MatterTasks)> = {
            let all = catalogue.start_gate.requires.iter();
            all.filter_map(|m| Some((m.as_str(), self.matter(m)?))).collect()
        };
        for (i, activity) in catalogue.activities.iter().enumerate() {
            let task = self.activities[i];
            let permits: Vec<MatterTasks> = activity.after.iter().filter_map(|id| self.matter(&id.as_str().into())).collect();
            let before: Vec<usize> = activity.after.iter().filter_map(|id| place(id)).collect();
            let early = &staged[i];
            let first = before.is_empty();
            let own = if early.is_empty() { permits.clone() } else { early.clone() };
            if first && !required.is_empty() {
                // The gate: everything it requires, with the staged permit in place of the whole one.
                let replaced = |id: &str| !early.is_empty() && activity.after.iter().any(|a| a == id);
                let waits: Vec<MatterTasks> =
                    required.iter().filter(|(id, _)| !replaced(id)).map(|(_, of)| *of).chain(own.iter().copied()).collect();
                let gate = match self.gate {
                    Some(gate) => gate,
                    None => self.push(START_GATE.to_string(), TaskKind::Gate, None, Length::NONE),
                };
                self.gate = Some(gate);
                for of in waits {
                    self.after(of.decision, gate);
                }
                self.after(gate, task);
            } else {
                for of in &own {
                    self.after(of.decision, task);
                }
            }
            for b in before {
                self.after(self.activities[b], task);
                if !staged[b].is_empty() {
                    let held: Vec<MatterTasks> =
                        catalogue.activities[b].after.iter().filter_map(|id| self.matter(&id.as_str().into())).collect();
                    for of in held {
                        self.after(of.decision, task);
                    }
                }
            }
        }
    }

    fn dependencies(&mut self) {
        let (catalogue, map) = (self.catalogue, self.map);
        for entry in &map.entries {
            let m = entry.matter;
            let Some(own) = self.matter(&m.id) else { continue };
            if let Some(activity) = &m.after_activity
                && let Some(i) = catalogue.activities.iter().position(|a| a.id == *activity)
            {
                self.after(self.activities[i], own.first);
            }
            for dependency in &m.depends_on {
                let (Some(on), Some(other)) = (self.matter(&dependency.on), catalogue.matter(dependency.on.as_str())) else { continue };
                let papers = self.papers(entry, &dependency.on);
                match dependency.kind {
                    DependencyType::FinishToStart if own.converts && (dependency.preview || papers.may_be_absent_ahead) => {
                        self.papers_after_papers(other.line, on, m.line, own);
                        self.after(on.decision, own.decision);
                    }
                    DependencyType::FinishToStart if self.levers.tolerance && papers.may_follow => {
                        self.papers_after_papers(other.line, on, m.line, own);
                        self.tie(on.decision, own.decision, Tie::FinishToFinish);
                    }
                    DependencyType::FinishToStart => self.after(on.decision, own.first),
                    DependencyType::StartToStart => {
                        self.tie(on.first, own.first, Tie::StartToStart);
                        // A conversion is an act of one moment: all it rests on holds by then.
                        let tie = if own.converts { Tie::FinishToStart } else { Tie::StartToStart };
                        self.tie(on.decision, own.decision, tie);
                    }
                    DependencyType::FinishToFinish => self.tie(on.decision, own.decision, Tie::FinishToFinish),
                }
            }
        }
    }

    /// Along one line papers are made one after the other; the two lines do not wait for each other's.
    fn papers_after_papers(&mut self, before: Line, on: MatterTasks, line: Line, own: MatterTasks) {
        if let (true, Some(papers)) = (before == line, on.preparation) {
            self.after(papers, own.first);
        }
    }

    /// How the papers that `on` produces are wanted here.
    fn papers(&self, entry: &Entry, on: &Id<Matter>) -> Papers {
        let makes =
            |r: &&&crate::catalogue::Requirement| self.catalogue.material(r.material.as_str()).is_some_and(|m| m.produced_by.contains(on));
        let mut all = entry.requirements.iter().filter(makes).peekable();
        if all.peek().is_none() {
            return Papers::default();
        }
        let mut papers = Papers { may_be_absent_ahead: true, may_follow: true };
        for r in all {
            papers.may_be_absent_ahead &= r.tolerated_in_preview;
            papers.may_follow &= r.promise_days.is_some() && r.supply_by != SupplyBy::Acceptance;
        }
        papers
    }

    /// Stage after stage: nothing of a stage before everything of the one before.
    fn stages(&mut self) {
        let (catalogue, map) = (self.catalogue, self.map);
        let mut before: Vec<usize> = Vec::new();
        for stage in &catalogue.stages {
            let here: Vec<MatterTasks> =
                map.entries.iter().filter(|e| e.matter.stage == stage.id).filter_map(|e| self.matter(&e.matter.id)).collect();
            if here.is_empty() {
                continue;
            }
            if !before.is_empty() {
                let gate = self.push(format!("{}/begin", stage.id), TaskKind::Gate, None, Length::NONE);
                for task in std::mem::take(&mut before) {
                    self.after(task, gate);
                }
                for of in &here {
                    self.after(gate, of.first);
                }
            }
            before = here.iter().map(|of| of.decision).collect();
        }
    }

    fn joint_issue(&mut self) {
        let members: Vec<usize> = {
            let marked = self.map.entries.iter().filter(|e| e.matter.six_permits).filter_map(|e| self.matter(&e.matter.id));
            marked.filter(|of| of.converts).map(|of| of.decision).collect()
        };
        if members.len() < 2 {
            return;
        }
        let count = self.tasks.len();
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
        for link in &self.links {
            before[link.to as usize].push(link.from as usize);
            after[link.from as usize].push(link.to as usize);
        }
        // What only the act itself brings cannot be waited for by the act.
        let mut brought = vec![false; count];
        let mut open = members.clone();
        while let Some(i) = open.pop() {
            if !std::mem::replace(&mut brought[i], true) {
                open.extend(&after[i]);
            }
        }
        let act = self.push(JOINT_ISSUE.to_string(), TaskKind::JointIssue, None, Length::NONE);
        let mut seen = vec![false; count];
        let mut open: Vec<usize> = members.iter().flat_map(|m| before[*m].iter().copied()).collect();
        while let Some(i) = open.pop() {
            if std::mem::replace(&mut seen[i], true) || members.contains(&i) {
                continue;
            }
            if !brought[i] {
                self.after(i, act);
            } else if self.tasks[i].length.is_none() {
                open.extend(&before[i]); // converts on the same day: what it waits for itself, the act waits for
            }
        }
        for member in members {
            self.after(act, member);
        }
    }
}

/// How the papers of a predecessor are wanted; neither when it makes none of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Papers {
    /// None of them is needed in the pre-review.
    may_be_absent_ahead: bool,
    /// All may come after acceptance on a written promise (容缺受理).
    may_follow: bool,
}
