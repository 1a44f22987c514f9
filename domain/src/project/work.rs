//! What waits for an office, over all projects: the row of its work list.

use crate::account::Account;
use crate::catalogue::{Catalogue, Matter, Organisation};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::project::Project;
use crate::project::matter::{ACCEPT_DAYS, PauseReason, Progress, state};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One matter that waits for an office.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Item {
    /// The project it belongs to.
    pub project: Id<Project>,
    /// What the project is called.
    pub project_name: String,
    /// Which matter.
    pub matter: Id<Matter>,
    /// The office it waits for.
    pub office: Id<Organisation>,
    /// The code of its state.
    pub state: String,
    /// The day the office has to act by; none: no clock runs.
    pub due: Option<Date>,
    /// The officer who has taken it on; none: nobody has.
    pub claimed: Option<Id<Account>>,
    /// Since when it waits.
    pub since: Instant,
}

/// What waits for offices in a project, by matter.
pub fn items(id: &Id<Project>, project: &Project, catalogue: &Catalogue) -> BTreeMap<Id<Matter>, Item> {
    let calendar = catalogue.calendar();
    let item = |(matter, tracked): (&Id<Matter>, &crate::project::matter::Tracked)| {
        let due = match &tracked.progress {
            // What an office has spoken on waits for others.
            Progress::Filed { .. } if project.parcel(matter).is_some_and(|(_, _, parcel)| parcel.opinion.is_some()) => return None,
            Progress::Filed { .. } => tracked.moved.as_ref().map(|(at, _)| calendar.add(calendar.received(*at), ACCEPT_DAYS)),
            Progress::Accepted { due } => Some(*due),
            Progress::Paused { reason, .. } if *reason != PauseReason::Supplement => None,
            Progress::Decided => None,
            _ => return None,
        };
        let item = Item {
            project: id.clone(),
            project_name: project.name.clone(),
            matter: matter.clone(),
            office: tracked.department.clone(),
            state: state(project, catalogue, matter)?.code().to_string(),
            due,
            claimed: tracked.claimed.clone(),
            since: tracked.moved.as_ref().map_or(project.started_at, |(at, _)| *at),
        };
        Some((matter.clone(), item))
    };
    project.matters.iter().filter_map(item).collect()
}
