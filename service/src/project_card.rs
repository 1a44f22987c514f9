//! The read table of projects, written in the log's own transactions.

use crate::error::Fault;
use domain::Id;
use domain::catalogue::{Catalogue, Matter, Organisation};
use domain::date::Instant;
use domain::project::Project;
use domain::project::card::Card;
use domain::project::certificate::{Held, Standing};
use domain::project::work::{Item, items};
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
    /// Certificates that are new or stand otherwise than before.
    pub certificates: Vec<(String, Held)>,
    /// What offices have to do, where it is new or otherwise than before; none: nothing any more.
    pub work: Vec<(Id<Matter>, Option<Item>)>,
}

impl Rows {
    /// The rows after a change; all of them when the project is new.
    pub fn of(id: &Id<Project>, before: Option<&Project>, project: &Project, catalogue: &Catalogue) -> Rows {
        let offices = if before.is_none() { project.offices.iter().cloned().collect() } else { Vec::new() };
        let moved = |(number, held): &(&String, &Held)| before.is_none_or(|b| b.certificates.get(*number) != Some(*held));
        let certificates = project.certificates.iter().filter(moved).map(|(number, held)| (number.clone(), held.clone())).collect();
        let was = before.map(|before| items(id, before, catalogue)).unwrap_or_default();
        let is = items(id, project, catalogue);
        let gone = was.keys().filter(|matter| !is.contains_key(*matter)).map(|matter| (matter.clone(), None));
        let new = is.iter().filter(|(matter, item)| was.get(*matter) != Some(*item)).map(|(m, item)| (m.clone(), Some(item.clone())));
        let work = gone.chain(new).collect();
        Rows { card: Some(Card::of(id, project, catalogue)), offices, certificates, work }
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
        for (matter, item) in &self.work {
            let Some(item) = item else {
                sqlx::query("delete from work where project = $1 and matter = $2")
                    .bind(card.project.to_string())
                    .bind(matter.to_string())
                    .execute(&mut *connection)
                    .await?;
                continue;
            };
            sqlx::query(
                "insert into work (project, project_name, matter, office, state, due, claimed, since) values ($1, $2, $3, $4, $5, $6, $7, $8) \
                 on conflict (project, matter) do update set state = excluded.state, due = excluded.due, claimed = excluded.claimed, \
                 since = excluded.since",
            )
            .bind(card.project.to_string())
            .bind(item.project_name.clone())
            .bind(matter.to_string())
            .bind(item.office.to_string())
            .bind(item.state.clone())
            .bind(item.due.map(|day| day.to_string()))
            .bind(item.claimed.as_ref().map(Id::to_string))
            .bind(item.since.to_string())
            .execute(&mut *connection)
            .await?;
        }
        for (number, held) in &self.certificates {
            let (by, reason) = match &held.standing {
                Standing::Valid => (None, ""),
                Standing::Corrected { by, reason } => (Some(by.clone()), reason.as_str()),
                Standing::Revoked { reason } => (None, reason.as_str()),
            };
            sqlx::query(
                "insert into certificate (number, project, matter, signed, printed, issued_at, joint, standing, replaced_by, reason) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                 on conflict (number) do update set standing = excluded.standing, replaced_by = excluded.replaced_by, reason = excluded.reason",
            )
            .bind(number.clone())
            .bind(card.project.to_string())
            .bind(held.matter.to_string())
            .bind(held.signed.to_string())
            .bind(held.printed.to_string())
            .bind(held.at.to_string())
            .bind(held.joint.clone())
            .bind(held.standing.code())
            .bind(by)
            .bind(reason.to_string())
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }
}
