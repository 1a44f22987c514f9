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
    pub project: Id<Project>,
    pub name: String,
    pub area: String,
    pub owner: Id<Firm>,
    pub lead: Option<Id<Account>>,
    pub agent: Option<Id<Account>>,
    /// `None`: everything is finished.
    pub stage: Option<Id<Stage>>,
    pub done: i64,
    pub matters: i64,
    pub six_done: i64,
    pub six: i64,
    pub questions: i64,
    pub difficulties: i64,
    pub assumed: bool,
    pub version: i64,
    pub started_at: Instant,
    pub at: Instant,
}

fn number(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl Card {
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
