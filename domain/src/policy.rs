//! Who may do what: one table, deny by default. Why each right is whose stands in docs/decisions/0018-rights.md.

use crate::account::{Account, Actor, Role};
use crate::catalogue::{Matter, Organisation};
use crate::id::Id;
use crate::project::Project;
use std::collections::BTreeSet;

/// What someone wants to do. The matter is named where the right depends on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Open a new project from a guide map.
    StartProject,
    /// See the project and what its parties may know.
    View,
    /// See what only government may know.
    ViewInternal,
    /// Record a note that only government may know.
    NoteInternal,
    /// Name the agent.
    AppointAgent,
    /// Name the lead officer.
    AppointLead,
    /// Prepare and file for the enterprise's side.
    Submit(Id<Matter>),
    /// Accept, pause, resume, decide, issue, refuse, record, take on.
    Handle(Id<Matter>),
    /// Record and finish what the project owner does by itself (自主验收).
    Conclude(Id<Matter>),
    /// Say that a matter does not apply after all.
    Exempt(Id<Matter>),
    Ask,
    /// Answer a question about a matter; with whom it was put to.
    Answer(Id<Matter>, Option<Id<Account>>),
    /// Answer a question that is about the project as a whole.
    AnswerGeneral,
    RaiseDifficulty,
    /// Name the lead department of a difficulty, resolve it.
    LeadDifficulty,
    /// Put and accept proposals on a difficulty; with the offices named for it, none before they are.
    Negotiate(BTreeSet<Id<Organisation>>),
    /// Record a note, meeting or milestone.
    Note,
    /// Fill in a field of the data sheet that this organisation knows.
    Fill(Id<Organisation>),
    /// Confirm what others filled in for the enterprise.
    ConfirmSheet,
    /// Say that a section of the data sheet is ready.
    MarkReady,
    AddDocument,
    /// Replace, sort or remove a document; with the office that brought it, none: the enterprise's side did.
    ChangeDocument(Option<Id<Organisation>>),
    /// File and correct a package.
    FilePackage,
    /// Take an application back.
    Withdraw,
    /// Give an opinion on a filed matter; with the offices that cooperate on it.
    Review(Id<Matter>, BTreeSet<Id<Organisation>>),
    /// Send the correction notice of a package; with the matters that are live in it.
    Notify(BTreeSet<Id<Matter>>),
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

fn is_officer(role: Role) -> bool {
    matches!(role, Role::Department | Role::DepartmentHead | Role::BackboneOfficer)
}

fn standing(actor: &Actor, project: &Project) -> Standing {
    let team = &project.team;
    Standing {
        owner: actor.role == Role::Enterprise && actor.firm == project.owner,
        agent: actor.role == Role::Agent && actor.is(team.agent.as_ref()),
        lead: actor.role == Role::LeadOfficer && actor.is(team.lead.as_ref()),
        office: office_of(actor).is_some_and(|office| project.offices.contains(office)),
        overseer: matches!(actor.role, Role::DistrictLeader | Role::Supervisor),
    }
}

/// The office somebody speaks for.
pub fn office_of(actor: &Actor) -> Option<&Id<Organisation>> {
    actor.office.as_ref().filter(|office| is_officer(actor.role) && !is_enterprises(office))
}

/// Whether the actor handles this matter: somebody of the office whose matter it is. Nobody else is competent, whoever asks
/// them to (行政许可法 art. 22).
pub fn handles(actor: &Actor, project: &Project, matter: &Id<Matter>) -> bool {
    let office = office_of(actor);
    office.is_some() && office == project.matters.get(matter).map(|m| &m.department)
}

/// Whether the enterprise's side speaks for this organisation.
pub fn is_enterprises(organisation: &Id<Organisation>) -> bool {
    matches!(organisation.as_str(), "enterprise" | "intermediary")
}

/// Organisations that finish their matters and issue no certificates: they are no offices of government.
const NO_GOVERNMENT: [&str; 7] =
    ["enterprise", "intermediary", "drawing-review-body", "power-company", "water-company", "gas-company", "telecom-operators"];

/// Whether the organisation decides under public law, so that a certificate can rest on what it decides.
pub fn certifies(organisation: &Id<Organisation>) -> bool {
    !NO_GOVERNMENT.contains(&organisation.as_str())
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
    let applicant = s.owner || s.agent;
    let department = |matter: &Id<Matter>| project.matters.get(matter).map(|m| &m.department);
    let of = |offices: &BTreeSet<Id<Organisation>>| s.office && office_of(actor).is_some_and(|office| offices.contains(office));
    let leader = actor.role == Role::DistrictLeader;
    match action {
        Action::StartProject => may(actor, action, None),
        Action::View => s.owner || staff,
        Action::ViewInternal | Action::NoteInternal => staff,
        Action::AppointAgent => s.lead || leader,
        // A lead officer does not hand the post on: who leads is decided above.
        Action::AppointLead => leader,
        // Offices start their own internal work and the land market themselves.
        Action::Submit(matter) => applicant || handles(actor, project, matter),
        Action::Handle(matter) => handles(actor, project, matter),
        Action::Conclude(matter) => s.owner && department(matter).is_some_and(is_enterprises),
        // Whether a licence is needed is the competent office's word (art. 32); where there is none, the lead officer's.
        Action::Exempt(matter) => handles(actor, project, matter) || (s.lead && department(matter).is_some_and(is_enterprises)),
        Action::Ask | Action::RaiseDifficulty => applicant,
        // The office explains its own matters (art. 30). A question that no officer of it was there for came to the team.
        Action::Answer(matter, to) => handles(actor, project, matter) || ((s.agent || s.lead) && actor.is(to.as_ref())),
        Action::AnswerGeneral => s.agent || s.lead,
        Action::LeadDifficulty => s.lead || leader,
        Action::Negotiate(offices) => applicant || s.lead || of(offices) || (s.office && offices.is_empty()),
        Action::Note => applicant || s.lead || s.office,
        Action::AdoptPlan => s.lead,
        // The agent fills in with the enterprise what the enterprise knows; an office what it knows itself.
        Action::Fill(provider) => (applicant && is_enterprises(provider)) || (s.office && office_of(actor) == Some(provider)),
        Action::AddDocument => applicant || s.office,
        Action::ChangeDocument(None) => applicant,
        Action::ChangeDocument(Some(office)) => s.office && office_of(actor) == Some(office),
        Action::FilePackage => applicant,
        // An agent files (art. 29); giving the application up is for whose it is.
        Action::Withdraw => s.owner,
        Action::Review(matter, cooperating) => handles(actor, project, matter) || of(cooperating),
        // The organ that was applied to tells the applicant, once and all (art. 32); one that it consults tells the organ. The
        // lead officer sends it for all of them, as the office that takes in for several does (art. 26).
        Action::Notify(matters) => s.lead || matters.iter().any(|matter| handles(actor, project, matter)),
        // It makes the applications formal: the applicant's word, or its agent's (art. 29).
        Action::Convert => applicant,
        Action::Lapse => s.lead,
        Action::Extend(matter) => actor.role == Role::DepartmentHead && handles(actor, project, matter),
        Action::HandleAll(matters) => {
            let issues = |matter: &Id<Matter>| handles(actor, project, matter) && department(matter).is_some_and(certifies);
            !matters.is_empty() && matters.iter().all(issues)
        }
        Action::IssueJointly => s.lead,
        Action::ConfirmSheet => s.owner,
        Action::MarkReady => applicant,
    }
}
