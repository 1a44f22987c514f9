//! What the log gives: the rows of a stream, of whatever kind it is.

use super::{Change, Row, Write, changes};
use crate::Service;
use crate::error::Fault;
use domain::Id;
use domain::account::Account;
use domain::deputy::Substitution;
use domain::log::Stream;
use domain::project::Project;
use std::collections::BTreeSet;

/// The rows that a stream gives; none where its kind has no state.
///
/// # Errors
/// The database failed, or an event cannot be read.
pub(crate) async fn derive(service: &Service, stream: &str) -> Result<BTreeSet<Row>, Fault> {
    let (kind, id) = stream.split_once(':').unwrap_or((stream, ""));
    let writes = match kind {
        Project::KIND => {
            let id: Id<Project> = id.into();
            let events = service.log.read(&id, 0, i64::MAX).await?;
            let project = Project::fold(&events);
            project.map(|after| changes(&Change::Project { id: &id, before: None, after: &after, catalogue: &service.catalogue }))
        }
        Substitution::KIND => {
            let events = service.log.read(&Id::<Substitution>::from(id), 0, i64::MAX).await?;
            let (account, after) = (Id::<Account>::from(id), Substitution::fold(&events));
            Some(changes(&Change::Deputy { account: &account, after: &after }))
        }
        _ => None,
    };
    let row = |write| match write {
        Write::Put(row) => Some(row),
        Write::Remove(..) | Write::Run(..) => None,
    };
    Ok(writes.unwrap_or_default().into_iter().filter_map(row).collect())
}
