//! What waits for an office, over all projects: the row of its work list.

use crate::account::Account;
use crate::catalogue::{Catalogue, Matter, Organisation};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::project::Project;
use crate::project::matter::{PauseReason, Progress, state};
use crate::project::submission::ACCEPT_DAYS;
use crate::refusal::Refusal;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest that somebody stands in for a colleague, in days. Who is away for longer is replaced, by who appoints.
pub const LONGEST_SUBSTITUTION: i64 = 60;

/// The last day of a substitution that begins today.
///
/// # Errors
/// No day, one that is past, or one too far off.
pub fn substitution(until: Option<Date>, today: Date) -> Result<Date, Refusal> {
    let invalid = |zh: String, en: String| Err(Refusal::Invalid { field: "until".into(), sentence: Text::new(zh, en) });
    let last = today.plus(LONGEST_SUBSTITUTION);
    match until {
        Some(day) if day > last => invalid(
            format!("代理最长 {LONGEST_SUBSTITUTION} 天，请写 {last} 或以前的日期。"),
            format!("A substitution lasts at most {LONGEST_SUBSTITUTION} days: a day up to {last}."),
        ),
        Some(day) if day >= today => Ok(day),
        _ => invalid("请写今天或以后的日期。".into(), "A day from today on.".into()),
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Item {
    pub project: Id<Project>,
    pub project_name: String,
    pub matter: Id<Matter>,
    pub office: Id<Organisation>,
    /// The code of its state.
    pub state: String,
    pub due: Option<Date>,
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
