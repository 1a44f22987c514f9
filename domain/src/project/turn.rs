//! Where a project stands and whose turn it is, in one plain sentence; and the list behind it.

use crate::account::{Account, Actor};
use crate::catalogue::{Catalogue, Kind, Matter, Organisation, Stage};
use crate::date::Date;
use crate::id::Id;
use crate::project::Project;
use crate::project::consultation::{Consultation, Status};
use crate::project::difficulty::Difficulty;
use crate::project::matter::{PauseReason, State, state};
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// Whose turn it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The project owner, or its agent for it.
    Enterprise,
    /// The lead officer.
    LeadOfficer,
    /// Somebody by name: the one a question was put to.
    Person(Id<Account>),
    /// Anybody of an office.
    Office(Id<Organisation>),
}

impl Party {
    /// Whether it is somebody's turn: their own, or a colleague's they stand in for.
    pub fn is(&self, actor: &Actor, project: &Project) -> bool {
        match self {
            Party::Enterprise => actor.firm == project.owner || actor.is(project.team.agent.as_ref()),
            Party::LeadOfficer => actor.is(project.team.lead.as_ref()),
            Party::Person(account) => actor.is(Some(account)),
            Party::Office(office) => actor.office.as_ref() == Some(office),
        }
    }
}

/// One thing that waits for somebody.
#[derive(Clone, PartialEq, Debug)]
pub struct Todo {
    /// Whose turn it is.
    pub party: Party,
    /// What is to be done, as a reader sees it.
    pub what: Text,
    /// The day it is due; none: no day is set.
    pub due: Option<Date>,
    /// What it is about, to lead there.
    pub about: About,
}

/// What something to be done is about.
#[derive(Clone, PartialEq, Debug)]
pub enum About {
    /// One of the project's matters.
    Matter(Id<Matter>),
    /// A question that was asked.
    Consultation(Id<Consultation>),
    /// A difficulty that was raised.
    Difficulty(Id<Difficulty>),
}

/// Progress in numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// All matters.
    pub all: usize,
    /// Matters that are finished or do not apply.
    pub done: usize,
    /// Of all matters: the permits issued together before works start (六证).
    pub six: usize,
    /// Of those permits: the ones that are finished.
    pub six_done: usize,
}

/// Counts the matters of a project.
pub fn count(project: &Project, catalogue: &Catalogue) -> Count {
    let mut count = Count::default();
    for (id, tracked) in &project.matters {
        let six = catalogue.matter(id.as_str()).is_some_and(|m| m.six_permits);
        let done = tracked.is_done();
        count.all += 1;
        count.done += usize::from(done);
        count.six += usize::from(six);
        count.six_done += usize::from(six && done);
    }
    count
}

/// The earliest stage with something left to do; `None` when all is done.
pub fn current_stage<'c>(project: &Project, catalogue: &'c Catalogue) -> Option<&'c Stage> {
    catalogue.stages.iter().find(|stage| {
        project.matters.iter().any(|(id, t)| !t.is_done() && catalogue.matter(id.as_str()).is_some_and(|m| m.stage == stage.id))
    })
}

/// Government starts its own internal work and the land market; the rest the enterprise prepares.
fn starter(matter: &Matter) -> Party {
    match matter.kind {
        Kind::InternalCoordination | Kind::Transaction => Party::Office(matter.department.clone()),
        _ => Party::Enterprise,
    }
}

/// Everything that waits for somebody, in the order of the chain; what is overdue or stopped first.
pub fn todos(project: &Project, catalogue: &Catalogue) -> Vec<Todo> {
    let mut list = Vec::new();
    for (id, difficulty) in project.difficulties.iter().filter(|(_, d)| d.resolution.is_none()) {
        let (party, what) = difficulty_turn(difficulty);
        list.push((0, Todo { party, what, due: None, about: About::Difficulty(id.clone()) }));
    }
    for (id, question) in &project.consultations {
        let (party, what) = match (question.status, &question.to) {
            (Status::Closed, _) => continue,
            (Status::Answered, _) => continue,
            (Status::Waiting, Some(to)) => (Party::Person(to.clone()), Text::new("答复咨询", "answer a question")),
            (Status::Waiting, None) => (Party::LeadOfficer, Text::new("答复咨询", "answer a question")),
        };
        list.push((1, Todo { party, what, due: Some(question.due), about: About::Consultation(id.clone()) }));
    }
    for matter in &catalogue.matters {
        let Some(state) = state(project, catalogue, &matter.id) else { continue };
        let office = Party::Office(matter.department.clone());
        let name = &matter.name;
        let todo = |party: Party, zh: &str, en: &str, due: Option<Date>| Todo {
            party,
            what: Text::new(format!("{zh}“{}”", name.zh), format!("{en} “{}”", name.en)),
            due,
            about: About::Matter(matter.id.clone()),
        };
        let (rank, todo) = match state {
            State::Paused { reason: PauseReason::Supplement } => (2, todo(Party::Enterprise, "补正", "correct", None)),
            State::Paused { .. } => (3, todo(office, "恢复计时并办理", "resume", None)),
            State::Returned => (2, todo(Party::Enterprise, "补正", "correct", None)),
            State::Accepted { due } => (4, todo(office, "办理", "decide", Some(due))),
            State::Filed { .. } => match project.parcel(&matter.id) {
                // The office has spoken; the others, or the land day, are waited for.
                Some((_, _, parcel)) if parcel.opinion.is_some() => continue,
                Some(_) => (4, todo(office, "审查", "review", None)),
                None => (4, todo(office, "受理", "accept", None)),
            },
            State::Decided => (4, todo(office, "发证或办结", "issue", None)),
            State::Prepared => (5, todo(starter(matter), "申报", "file", None)),
            State::Refused => (5, todo(starter(matter), "重新准备", "prepare again", None)),
            State::Ready => (6, todo(starter(matter), "准备", "prepare", None)),
            State::NotYetDue { .. } | State::Issued | State::NotApplicable => continue,
        };
        list.push((rank, todo));
    }
    list.sort_by_key(|(rank, _)| *rank);
    list.into_iter().map(|(_, todo)| todo).collect()
}

fn difficulty_turn(difficulty: &Difficulty) -> (Party, Text) {
    let Some(lead) = difficulty.lead.clone() else {
        return (Party::LeadOfficer, Text::new("为困难指定牵头部门", "name the leading office of a difficulty"));
    };
    if difficulty.agreed().is_some() {
        return (Party::LeadOfficer, Text::new("议定困难", "resolve a difficulty"));
    }
    match difficulty.proposals.iter().rev().find(|p| !p.countered) {
        Some(proposal) if !proposal.agreed.contains(&crate::project::difficulty::Side::Enterprise) => {
            (Party::Enterprise, Text::new("对困难的方案表态", "answer a proposal on a difficulty"))
        }
        Some(_) => (Party::Office(lead), Text::new("对困难的方案表态", "answer a proposal on a difficulty")),
        None => (Party::Office(lead), Text::new("为困难提出方案", "put a proposal on a difficulty")),
    }
}

/// A party's name for a reader; people by name where it is known.
pub fn party_name(party: &Party, catalogue: &Catalogue, person: &impl Fn(&Id<Account>) -> Option<String>) -> Text {
    match party {
        Party::Enterprise => Text::new("建设单位", "the project owner"),
        Party::LeadOfficer => Text::new("首席服务专员", "the lead officer"),
        Party::Person(id) => person(id).map_or_else(|| Text::new("专员", "the officer"), Text::same),
        Party::Office(id) => catalogue.organisation(id.as_str()).map_or_else(|| Text::same(id.as_str()), |o| o.name.clone()),
    }
}

/// Where it stands and whose turn it is.
pub fn sentence(project: &Project, catalogue: &Catalogue, person: &impl Fn(&Id<Account>) -> Option<String>) -> Text {
    let count = count(project, catalogue);
    let Some(stage) = current_stage(project, catalogue) else {
        return Text::new(format!("全部 {} 个事项已办结。", count.all), format!("All {} matters are finished.", count.all));
    };
    let open = project.difficulties.values().filter(|d| d.resolution.is_none()).count();
    let mut zh = format!("正处在“{}”阶段，{} 个事项已办结 {} 个", stage.name.zh, count.all, count.done);
    let mut en = format!("In the stage “{}”; {} of {} matters finished", stage.name.en, count.done, count.all);
    if open > 0 {
        zh.push_str(&format!("，有 {open} 个困难待协商"));
        en.push_str(&format!("; {open} open difficult{}", if open == 1 { "y" } else { "ies" }));
    }
    if let Some(first) = todos(project, catalogue).into_iter().next() {
        let party = party_name(&first.party, catalogue, person);
        zh.push_str(&format!("。轮到{}{}", party.zh, first.what.zh));
        en.push_str(&format!(". It is for {} to {}", party.en, first.what.en));
        if let Some(due) = first.due {
            zh.push_str(&format!("，{} 月 {} 日前", due.month(), due.day()));
            en.push_str(&format!(" by {due}"));
        }
    }
    Text::new(zh + "。", en + ".")
}
