//! What can be wanted of a project and what can happen to it: one variant for each noun.

use super::{Note, Opening};
use crate::catalogue::{Matter, Organisation};
use crate::consultation::{self, Consultation};
use crate::difficulty::{self, Difficulty};
use crate::id::Id;
use crate::log::Audience;
use crate::material::{self, Document};
use crate::plan::adopted;
use crate::submission::{self, Submission};
use crate::{certificate, matter, sheet, team};
use serde::{Deserialize, Serialize};

/// What someone wants. Ids of new things come with the command.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Start { opening: Opening },
    Team { command: team::Command },
    Matter { matter: Id<Matter>, command: matter::Command },
    Consultation { id: Id<Consultation>, command: consultation::Command },
    Difficulty { id: Id<Difficulty>, command: difficulty::Command },
    Note { note: Note },
    Plan { command: adopted::Command },
    Sheet { command: sheet::Command },
    Document { id: Id<Document>, command: material::Command },
    Submission { id: Id<Submission>, command: submission::Command },
    Certificate { command: certificate::Command },
}

/// What happened. Additive only: an old log always folds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Started { opening: Opening, edition: String, matters: Vec<(Id<Matter>, Id<Organisation>)> },
    Team { event: team::Event },
    Matter { matter: Id<Matter>, event: matter::Event },
    Consultation { id: Id<Consultation>, event: consultation::Event },
    Difficulty { id: Id<Difficulty>, event: difficulty::Event },
    Noted { note: Note },
    Plan { event: adopted::Event },
    Sheet { event: sheet::Event },
    Document { id: Id<Document>, event: material::Event },
    Submission { id: Id<Submission>, event: submission::Event },
    Certificate { event: certificate::Event },
}

/// What a command or event is about: two commands on different subjects never disturb each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    Project,
    Team,
    Matter(Id<Matter>),
    Consultation(Id<Consultation>),
    Difficulty(Id<Difficulty>),
    Note,
    Plan,
    Sheet,
    Document(Id<Document>),
    Submission(Id<Submission>),
    Certificate,
}

impl Command {
    pub fn subject(&self) -> Subject {
        match self {
            Command::Start { .. } => Subject::Project,
            Command::Team { .. } => Subject::Team,
            Command::Matter { matter, .. } => Subject::Matter(matter.clone()),
            Command::Consultation { id, .. } => Subject::Consultation(id.clone()),
            Command::Difficulty { id, .. } => Subject::Difficulty(id.clone()),
            Command::Note { .. } => Subject::Note,
            Command::Plan { .. } => Subject::Plan,
            Command::Sheet { .. } => Subject::Sheet,
            Command::Document { id, .. } => Subject::Document(id.clone()),
            Command::Submission { id, .. } => Subject::Submission(id.clone()),
            Command::Certificate { .. } => Subject::Certificate,
        }
    }
}

impl Event {
    pub fn subject(&self) -> Subject {
        match self {
            Event::Started { .. } => Subject::Project,
            Event::Team { .. } => Subject::Team,
            Event::Matter { matter, .. } => Subject::Matter(matter.clone()),
            Event::Consultation { id, .. } => Subject::Consultation(id.clone()),
            Event::Difficulty { id, .. } => Subject::Difficulty(id.clone()),
            Event::Noted { .. } => Subject::Note,
            Event::Plan { .. } => Subject::Plan,
            Event::Sheet { .. } => Subject::Sheet,
            Event::Document { id, .. } => Subject::Document(id.clone()),
            Event::Submission { id, .. } => Subject::Submission(id.clone()),
            Event::Certificate { .. } => Subject::Certificate,
        }
    }

    /// The name of the event in the log's `kind` column.
    pub fn kind(&self) -> &'static str {
        use consultation::Event as C;
        use difficulty::Event as D;
        use matter::Event as M;
        use team::Event as T;
        match self {
            Event::Started { .. } => "project.started",
            Event::Noted { .. } => "project.noted",
            Event::Plan { event: adopted::Event::Adopted { .. } } => "plan.adopted",
            Event::Submission { event, .. } => match event {
                submission::Event::Filed { .. } => "submission.filed",
                submission::Event::Opined { .. } => "submission.opined",
                submission::Event::Notified { .. } => "submission.notified",
                submission::Event::Returned { .. } => "submission.returned",
                submission::Event::Converted { .. } => "submission.converted",
                submission::Event::Supplied { .. } => "submission.supplied",
                submission::Event::Withdrawn { .. } => "submission.withdrawn",
                submission::Event::Lapsed { .. } => "submission.lapsed",
            },
            Event::Certificate { event } => match event {
                certificate::Event::Issued { .. } => "certificate.issued",
                certificate::Event::IssuedJointly { .. } => "certificate.issued_jointly",
                certificate::Event::Corrected { .. } => "certificate.corrected",
                certificate::Event::Revoked { .. } => "certificate.revoked",
            },
            Event::Document { event, .. } => match event {
                material::Event::Added { .. } => "document.added",
                material::Event::Replaced { .. } => "document.replaced",
                material::Event::Sorted { .. } => "document.sorted",
                material::Event::Limited { .. } => "document.limited",
                material::Event::Removed { .. } => "document.removed",
            },
            Event::Sheet { event } => match event {
                sheet::Event::Confirmed { .. } => "sheet.confirmed",
                sheet::Event::Ready { .. } => "sheet.ready",
                sheet::Event::Unready { .. } => "sheet.unready",
            },
            Event::Team { event: T::LeadAppointed { .. } } => "team.lead_appointed",
            Event::Team { event: T::AgentAppointed { .. } } => "team.agent_appointed",
            Event::Matter { event, .. } => match event {
                M::Prepared => "matter.prepared",
                M::Filed { .. } => "matter.filed",
                M::Accepted { .. } => "matter.accepted",
                M::Paused { .. } => "matter.paused",
                M::Resumed { .. } => "matter.resumed",
                M::PreReviewed { .. } => "matter.pre_reviewed",
                M::Decided => "matter.decided",
                M::Issued => "matter.issued",
                M::Refused { .. } => "matter.refused",
                M::Exempted { .. } => "matter.exempted",
                M::Returned { .. } => "matter.returned",
                M::Withdrawn { .. } => "matter.withdrawn",
                M::Lapsed { .. } => "matter.lapsed",
                M::Extended { .. } => "matter.extended",
                M::Elsewhere { .. } => "matter.elsewhere",
                M::Claimed { .. } => "matter.claimed",
                M::Released => "matter.released",
            },
            Event::Consultation { event, .. } => match event {
                C::Asked { .. } => "consultation.asked",
                C::Answered { .. } => "consultation.answered",
                C::AskedAgain { .. } => "consultation.asked_again",
                C::Closed => "consultation.closed",
            },
            Event::Difficulty { event, .. } => match event {
                D::Raised { .. } => "difficulty.raised",
                D::Appointed { .. } => "difficulty.appointed",
                D::Proposed { .. } => "difficulty.proposed",
                D::Accepted { .. } => "difficulty.accepted",
                D::Resolved { .. } => "difficulty.resolved",
            },
        }
    }

    pub fn audience(&self) -> Audience {
        match self {
            Event::Noted { note } if note.internal => Audience::Government,
            _ => Audience::Parties,
        }
    }
}
