//! What waits for offices, over all projects.

use super::{Cell, Change, Projection, Row, Table, Write};
use crate::error::Fault;
use domain::Id;
use domain::log::Stream;
use domain::project::Project;
use domain::project::work::{Item, items};
use sqlx::Row as _;
use sqlx::any::AnyRow;

static WORK: Table = Table {
    name: "work",
    kind: Project::KIND,
    stream: "project",
    key: &["project", "matter"],
    others: &["project_name", "office", "state", "due", "claimed", "since"],
};

/// One row for each matter that waits.
pub(super) struct WorkList;

impl Projection for WorkList {
    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&WORK)
    }

    fn changes(&self, change: &Change<'_>) -> Vec<Write> {
        let Change::Project { id, before, after, catalogue } = change else { return Vec::new() };
        let was = before.map(|before| items(id, before, catalogue)).unwrap_or_default();
        let is = items(id, after, catalogue);
        let gone = was.keys().filter(|matter| !is.contains_key(*matter));
        let gone = gone.map(|matter| Write::Remove(&WORK, vec![(*id).into(), matter.into()]));
        let new = is.iter().filter(|(matter, item)| was.get(*matter) != Some(*item)).map(|(_, item)| Write::Put(row(item)));
        gone.chain(new).collect()
    }
}

fn row(item: &Item) -> Row {
    let cells = vec![
        (&item.project).into(),
        (&item.matter).into(),
        item.project_name.as_str().into(),
        (&item.office).into(),
        item.state.as_str().into(),
        Cell::optional(item.due.as_ref()),
        Cell::optional(item.claimed.as_ref()),
        item.since.to_string().into(),
    ];
    Row { table: &WORK, cells }
}

/// An item from its row.
pub(crate) fn item_from_row(row: &AnyRow) -> Result<Item, Fault> {
    let text = |name: &str| row.try_get::<String, _>(name);
    let optional = |name: &str| row.try_get::<Option<String>, _>(name);
    Ok(Item {
        project: text("project")?.into(),
        project_name: text("project_name")?,
        matter: text("matter")?.into(),
        office: text("office")?.into(),
        state: text("state")?,
        due: optional("due")?.map(|day| day.parse().map_err(|_| format!("`{day}` is not a day"))).transpose()?,
        claimed: optional("claimed")?.map(Id::from),
        since: text("since")?.parse().map_err(|_| "`since` is not an instant")?,
    })
}
