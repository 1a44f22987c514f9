//! Who may do what: one table, deny by default.

use crate::account::{Account, Actor, Role};
use crate::catalogue::{Matter, Organisation};
use crate::id::Id;
use crate::project::Project;

/// What someone wants to do. The matter is named where the right depends on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Open a new project from a guide map.
    StartProject,
    /// See the project and what its parties may know.
    View,
    /// See what only government may know.
    ViewInternal,
    /// Name the agent or the lead officer.
    AssignTeam,
    /// Prepare and file for the enterprise's side.
    Submit(Id<Matter>),
    /// Accept, pause, resume, decide, issue, refuse.
    Handle(Id<Matter>),
    /// Say that a matter does not apply after all.
    Exempt,
    Ask,
    Answer(Id<Matter>),
    /// Answer a question that is about the project as a whole.
    AnswerGeneral,
    RaiseDifficulty,
    /// Name the lead department of a difficulty, resolve it.
    LeadDifficulty,
    /// Record a note, meeting or milestone.
    Note,
    /// Fill in a field of the data sheet that this organisation knows.
    Fill(Id<Organisation>),
    /// Confirm what others filled in for the enterprise.
    ConfirmSheet,
    /// Say that a section of the data sheet is ready.
    MarkReady,
    AddDocument,
    /// Replace, sort or remove a document; with who uploaded it first.
    ChangeDocument(Option<Id<Account>>),
    /// File, correct and withdraw a package.
    FilePackage,
    /// Give an opinion on what was filed; whose matter it is, is looked at there.
    Review,
    /// Send the correction notice.
    Notify,
    /// Turn what passed pre-review into formal filings on the land day.
    Convert,
    /// Say that the land is lost.
    Lapse,
    /// Extend a time limit (行政许可法 art. 42: by the head of the office).
    Extend(Id<Matter>),
    /// Issue, correct and revoke certificates of these matters.
    HandleAll(Vec<Id<Matter>>),
    /// Issue several certificates in one act.
    IssueJointly,
    /// Make a variant the plan the project works to.
    AdoptPlan,
}

/// How an actor stands to a project.
struct Standing {
    owner: bool,
    agent: bool,
    lead: bool,
    office: bool,
    overseer: bool,
}

fn standing(actor: &Actor, project: &Project) -> Standing {
    let team = &project.team;
    Standing {
        owner: actor.role == Role::Enterprise && actor.firm == project.owner,
        agent: actor.role == Role::Agent && actor.is(team.agent.as_ref()),
        lead: actor.role == Role::LeadOfficer && actor.is(team.lead.as_ref()),
        office: matches!(actor.role, Role::Department | Role::DepartmentHead | Role::BackboneOfficer)
            && (actor.office.as_ref().is_some_and(|o| project.offices.contains(o))
                || actor.matters.iter().any(|m| project.matters.contains_key(m))),
        overseer: matches!(actor.role, Role::DistrictLeader | Role::Supervisor),
    }
}

/// Whether the actor handles this matter: its office's people, or its backbone officer.
pub fn handles(actor: &Actor, project: &Project, matter: &Id<Matter>) -> bool {
    let office = project.matters.get(matter).map(|m| &m.department);
    match actor.role {
        Role::Department | Role::DepartmentHead => office.is_some() && actor.office.as_ref() == office,
        // What the project owner does by itself (自主验收), it also records itself.
        Role::Enterprise => actor.firm == project.owner && office.is_some_and(|o| o.as_str() == "enterprise"),
        Role::BackboneOfficer => actor.matters.contains(matter) || (office.is_some() && actor.office.as_ref() == office),
        _ => false,
    }
}

/// Whether the enterprise's side speaks for this organisation.
fn is_enterprises(provider: &Id<Organisation>) -> bool {
    matches!(provider.as_str(), "enterprise" | "intermediary")
}

/// Whose part it is to open projects from a guide map.
pub fn starts_projects(role: Role) -> bool {
    matches!(role, Role::Enterprise | Role::Agent | Role::LeadOfficer)
}

/// The table. `project` is absent only for what needs none.
pub fn may(actor: &Actor, action: &Action, project: Option<&Project>) -> bool {
    let Some(project) = project else {
        return *action == Action::StartProject && starts_projects(actor.role);
    };
    let s = standing(actor, project);
    let staff = s.agent || s.lead || s.office || s.overseer;
    match action {
        Action::StartProject => may(actor, action, None),
        Action::View => s.owner || staff,
        Action::ViewInternal => staff,
        Action::AssignTeam => s.lead || actor.role == Role::DistrictLeader,
        // Offices start their own internal work and the land market themselves.
        Action::Submit(matter) => s.owner || s.agent || handles(actor, project, matter),
        Action::Handle(matter) => handles(actor, project, matter),
        Action::Exempt => s.lead,
        Action::Ask => s.owner || s.agent,
        Action::Answer(matter) => handles(actor, project, matter) || s.agent || s.lead,
        Action::AnswerGeneral => s.agent || s.lead,
        Action::RaiseDifficulty => s.owner || s.agent,
        Action::LeadDifficulty => s.lead || actor.role == Role::DistrictLeader,
        Action::Note => s.owner || s.agent || s.lead || s.office,
        Action::AdoptPlan => s.lead,
        // The agent fills in everything with the enterprise; an office what it knows itself.
        Action::Fill(provider) => s.agent || (s.owner && is_enterprises(provider)) || (s.office && actor.office.as_ref() == Some(provider)),
        Action::AddDocument => s.owner || s.agent || s.office,
        Action::ChangeDocument(by) => s.owner || s.agent || (s.office && by.as_ref() == Some(&actor.account)),
        Action::FilePackage => s.owner || s.agent,
        Action::Review => s.office,
        Action::Notify => s.office || s.lead,
        Action::Convert => s.owner || s.agent || s.lead || s.office,
        Action::Lapse => s.lead,
        Action::Extend(matter) => actor.role == Role::DepartmentHead && handles(actor, project, matter),
        Action::HandleAll(matters) => !matters.is_empty() && matters.iter().all(|matter| handles(actor, project, matter)),
        Action::IssueJointly => s.lead,
        Action::ConfirmSheet => s.owner,
        Action::MarkReady => s.owner || s.agent,
    }
}
