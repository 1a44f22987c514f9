//! A project in a list: a pure function of the project, kept as a read table.

use crate::account::{Account, Firm};
use crate::catalogue::{Catalogue, Stage};
use crate::date::Instant;
use crate::id::Id;
use crate::project::consultation::Status;
use crate::project::{Project, turn};
use serde::{Deserialize, Serialize};

/// A project in a list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Card {
    /// Which project.
    pub project: Id<Project>,
    /// What its owner called it.
    pub name: String,
    /// The area it lies in, which decides the lead officer.
    pub area: String,
    /// The firm whose project it is.
    pub owner: Id<Firm>,
    /// The lead officer; none: nobody is named yet.
    pub lead: Option<Id<Account>>,
    /// The agent; none: nobody is named yet.
    pub agent: Option<Id<Account>>,
    /// `None`: everything is finished.
    pub stage: Option<Id<Stage>>,
    /// Matters that are finished or do not apply.
    pub done: i64,
    /// All its matters.
    pub matters: i64,
    /// Of the permits issued together before works start (六证): those that are finished.
    pub six_done: i64,
    /// Of its matters: those permits that it needs.
    pub six: i64,
    /// Questions that wait for an answer.
    pub questions: i64,
    /// Difficulties that are not resolved.
    pub difficulties: i64,
    /// Something in it rests on assumptions (a replayed case).
    pub assumed: bool,
    /// The version of the project that the card was made from.
    pub version: i64,
    /// When it was started.
    pub started_at: Instant,
    /// When something last happened in it.
    pub at: Instant,
}

fn number(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl Card {
    /// The card of a project as it is now.
    pub fn of(id: &Id<Project>, project: &Project, catalogue: &Catalogue) -> Card {
        let count = turn::count(project, catalogue);
        Card {
            project: id.clone(),
            name: project.name.clone(),
            area: project.area.clone(),
            owner: project.owner.clone(),
            lead: project.team.lead.clone(),
            agent: project.team.agent.clone(),
            stage: turn::current_stage(project, catalogue).map(|s| s.id.clone()),
            done: number(count.done),
            matters: number(count.all),
            six_done: number(count.six_done),
            six: number(count.six),
            questions: number(project.consultations.values().filter(|c| c.status == Status::Waiting).count()),
            difficulties: number(project.difficulties.values().filter(|d| d.resolution.is_none()).count()),
            assumed: project.assumed,
            version: i64::try_from(project.version).unwrap_or(i64::MAX),
            started_at: project.started_at,
            at: project.at,
        }
    }
}
