//! The reminder of a paper that may follow (容缺): on the day by which it was promised, if it has not come.

use super::{Event, Submission};
use crate::catalogue::{Material, Matter};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::project::matter::Progress;
use crate::project::timer::Timer;
use crate::project::{self, Project};
use crate::refusal::{Refusal, not_now};
use crate::rule::Rule;
use std::collections::{BTreeMap, BTreeSet};

/// The hour of the day at which it is said, in China.
const HOUR: u8 = 9;

/// Papers of a package that are still owed and of which nothing was said yet, with the matters that wait for them.
fn owed(project: &Project, submission: &Submission) -> BTreeMap<(Id<Material>, Date), BTreeSet<Id<Matter>>> {
    let mut owed: BTreeMap<_, BTreeSet<Id<Matter>>> = BTreeMap::new();
    for (id, parcel) in submission.live() {
        let over = project.matters.get(id).is_none_or(|t| t.is_done() || matches!(t.progress, Progress::Refused { .. }));
        let due = parcel.debts().map(|promise| (promise.material.clone(), promise.due));
        for paper in due.filter(|paper| !over && !parcel.reminded.contains(paper)) {
            owed.entry(paper).or_default().insert(id.clone());
        }
    }
    owed
}

/// The reminders that are to come: one for each paper and day, however many matters of the package wait for it.
pub(in crate::project) fn timers(project: &Project) -> Vec<Timer> {
    let of_package = |(id, submission): (&Id<Submission>, &Submission)| {
        let timer = |(material, due): (Id<Material>, Date)| {
            let subject = format!("{id}/{material}");
            let command = super::Command::Remind { material, due };
            let command = project::Command::Submission { id: id.clone(), command };
            Timer::new(Rule::PromiseDue, subject, Instant::in_china(due, HOUR, 0), command)
        };
        owed(project, submission).into_keys().map(timer).collect::<Vec<_>>()
    };
    project.submissions.iter().flat_map(of_package).collect()
}

/// Says once that a paper falls due.
pub(super) fn decide(project: &Project, submission: &Submission, material: Id<Material>, due: Date, at: Instant) -> Result<Event, Refusal> {
    let paper = (material, due);
    match owed(project, submission).remove(&paper) {
        Some(matters) if at >= Instant::in_china(due, HOUR, 0) && !project.assumed => {
            let (material, due) = paper;
            Ok(Event::PromiseDue { material, due, matters })
        }
        _ => not_now("没有到期未补的容缺材料。", "No promised paper is owed and due."),
    }
}
