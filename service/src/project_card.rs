//! The read table of projects, written in the log's own transactions.

use crate::error::Fault;
use domain::catalogue::{Catalogue, Organisation};
use domain::project::Project;
use domain::project_card::Card;
use domain::{Id, date::Instant};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// A card from its row.
pub fn card_from_row(row: &AnyRow) -> Result<Card, Fault> {
    let instant = |name: &str| -> Result<Instant, Fault> {
        let text: String = row.try_get(name)?;
        text.parse().map_err(|_| format!("`{text}` in {name} is not an instant").into())
    };
    let optional = |name: &str| row.try_get::<Option<String>, _>(name);
    Ok(Card {
        project: row.try_get::<String, _>("project")?.into(),
        name: row.try_get("name")?,
        area: row.try_get("area")?,
        owner: row.try_get::<String, _>("owner")?.into(),
        lead: optional("lead")?.map(Id::from),
        agent: optional("agent")?.map(Id::from),
        stage: optional("stage")?.map(Id::from),
        done: row.try_get("done")?,
        matters: row.try_get("matters")?,
        six_done: row.try_get("six_done")?,
        six: row.try_get("six")?,
        questions: row.try_get("questions")?,
        difficulties: row.try_get("difficulties")?,
        assumed: optional("assumed_at")?.is_some(),
        version: row.try_get("version")?,
        started_at: instant("started_at")?,
        at: instant("at")?,
    })
}

/// What an append writes beside its events.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub card: Option<Card>,
    /// Offices that take part, known from the first event on.
    pub offices: Vec<Id<Organisation>>,
}

impl Rows {
    /// The rows after a change; the offices only when the project is new.
    pub fn of(id: &Id<Project>, project: &Project, catalogue: &Catalogue, new: bool) -> Rows {
        let offices = if new { project.offices.iter().cloned().collect() } else { Vec::new() };
        Rows { card: Some(Card::of(id, project, catalogue)), offices }
    }

    pub async fn write(&self, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
        let Some(card) = &self.card else { return Ok(()) };
        sqlx::query(
            "insert into project_card (project, name, area, owner, lead, agent, stage, done, matters, six_done, six, questions, \
             difficulties, assumed_at, version, started_at, at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
             on conflict (project) do update set lead = excluded.lead, agent = excluded.agent, stage = excluded.stage, \
             done = excluded.done, matters = excluded.matters, six_done = excluded.six_done, six = excluded.six, \
             questions = excluded.questions, difficulties = excluded.difficulties, assumed_at = excluded.assumed_at, \
             version = excluded.version, at = excluded.at",
        )
        .bind(card.project.to_string())
        .bind(card.name.clone())
        .bind(card.area.clone())
        .bind(card.owner.to_string())
        .bind(card.lead.as_ref().map(Id::to_string))
        .bind(card.agent.as_ref().map(Id::to_string))
        .bind(card.stage.as_ref().map(Id::to_string))
        .bind(card.done)
        .bind(card.matters)
        .bind(card.six_done)
        .bind(card.six)
        .bind(card.questions)
        .bind(card.difficulties)
        .bind(card.assumed.then(|| card.started_at.to_string()))
        .bind(card.version)
        .bind(card.started_at.to_string())
        .bind(card.at.to_string())
        .execute(&mut *connection)
        .await?;
        for office in &self.offices {
            sqlx::query("insert into project_office (project, office) values ($1, $2) on conflict (project, office) do nothing")
                .bind(card.project.to_string())
                .bind(office.to_string())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }
}
