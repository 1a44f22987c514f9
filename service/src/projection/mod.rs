//! Read tables: what lists and searches read, made from the log. Each projection is one file and writes its tables alone; the
//! append that changes a stream writes the changes of all of them in its own transaction, and `rebuild` and `verify` go through
//! the same list.

mod card;
mod certificate;
mod deputy;
mod derive;
mod office;
mod row;
mod work;

pub(crate) use card::card_from_row;
pub(crate) use derive::derive;
pub(crate) use row::{Cell, Row, Table, Write};
pub(crate) use work::item_from_row;

use domain::Id;
use domain::account::Account;
use domain::catalogue::Catalogue;
use domain::deputy::Substitution;
use domain::project::Project;

/// What an append changes in the state of its stream. `before` is none where the stream is new, and when tables are made again.
pub(crate) enum Change<'a> {
    /// A project.
    Project { id: &'a Id<Project>, before: Option<&'a Project>, after: &'a Project, catalogue: &'a Catalogue },
    /// Who stands in for an account.
    Deputy { account: &'a Id<Account>, after: &'a Substitution },
}

/// A read table, or a few that belong together.
pub(crate) trait Projection: Sync {
    /// The tables. Nothing else writes to them.
    fn tables(&self) -> &'static [Table];

    /// The rows that a change makes new, other or gone.
    fn changes(&self, change: &Change<'_>) -> Vec<Write>;
}

/// All of them.
pub(crate) static ALL: [&dyn Projection; 5] =
    [&card::Cards, &office::Offices, &work::WorkList, &certificate::Certificates, &deputy::Deputies];

/// What an append writes beside its events.
pub(crate) fn changes(change: &Change<'_>) -> Vec<Write> {
    ALL.iter().flat_map(|projection| projection.changes(change)).collect()
}

/// The read tables of this release.
pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    ALL.iter().flat_map(|projection| projection.tables())
}
