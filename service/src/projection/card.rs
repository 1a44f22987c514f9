//! The cards of projects: what lists show.

use super::{Cell, Change, Projection, Row, Table, Write};
use crate::error::Fault;
use domain::Id;
use domain::date::Instant;
use domain::log::Stream;
use domain::project::Project;
use domain::project::card::Card;
use sqlx::Row as _;
use sqlx::any::AnyRow;

static CARD: Table = Table {
    name: "project_card",
    kind: Project::KIND,
    stream: "project",
    key: &["project"],
    others: &[
        "name",
        "area",
        "owner",
        "lead",
        "agent",
        "stage",
        "done",
        "matters",
        "six_done",
        "six",
        "questions",
        "difficulties",
        "assumed_at",
        "version",
        "started_at",
        "at",
    ],
};

/// One card for each project.
pub(super) struct Cards;

impl Projection for Cards {
    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&CARD)
    }

    fn changes(&self, change: &Change<'_>) -> Vec<Write> {
        let Change::Project { id, after, catalogue, .. } = change else { return Vec::new() };
        vec![Write::Put(row(&Card::of(id, after, catalogue)))]
    }
}

fn row(card: &Card) -> Row {
    let cells = vec![
        (&card.project).into(),
        card.name.as_str().into(),
        card.area.as_str().into(),
        (&card.owner).into(),
        Cell::optional(card.lead.as_ref()),
        Cell::optional(card.agent.as_ref()),
        Cell::optional(card.stage.as_ref()),
        card.done.into(),
        card.matters.into(),
        card.six_done.into(),
        card.six.into(),
        card.questions.into(),
        card.difficulties.into(),
        Cell::optional(card.assumed.then_some(&card.started_at)),
        card.version.into(),
        card.started_at.to_string().into(),
        card.at.to_string().into(),
    ];
    Row { table: &CARD, cells }
}

/// A card from its row.
pub(crate) fn card_from_row(row: &AnyRow) -> Result<Card, Fault> {
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
