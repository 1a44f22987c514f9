//! Which offices take part in which projects: known from a project's first event on.

use super::{Change, Projection, Row, Table, Write};
use domain::log::Stream;
use domain::project::Project;

static OFFICE: Table = Table { name: "project_office", kind: Project::KIND, stream: "project", key: &["project", "office"], others: &[] };

/// One row for each project and office.
pub(super) struct Offices;

impl Projection for Offices {
    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&OFFICE)
    }

    fn changes(&self, change: &Change<'_>) -> Vec<Write> {
        let Change::Project { id, before: None, after, .. } = change else { return Vec::new() };
        after.offices.iter().map(|office| Write::Put(Row { table: &OFFICE, cells: vec![(*id).into(), office.into()] })).collect()
    }
}
