//! What is told about a package: the one correction notice, what it says, when it goes out, and what may be found wrong after
//! it; and, once, that a promised paper falls due.

use super::rules::{Events, moved};
use super::{Event, Notice, Promise, Submission};
use crate::account::By;
use crate::catalogue::{Catalogue, Material, Matter, Organisation, SupplyBy};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::project::matter::{self, PauseReason, Progress};
use crate::project::review::{Pin, Point, Verdict};
use crate::project::timer::Timer;
use crate::project::{self, Project};
use crate::refusal::{Refusal, not_now};
use crate::rule::Rule;
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with a matter is told once and together (行政许可法 art. 32): after a notice about it, or one that its own
/// office and the office that speaks had their say before, only what was changed since, or what was told and is not right
/// yet. What an office that is consulted had not said by then it tells the matter's own office, not the applicant.
pub(super) fn check_one_time_notice(
    catalogue: &Catalogue,
    submission: &Submission,
    id: &Id<Matter>,
    office: &Id<Organisation>,
    points: &[Point],
) -> Result<(), Refusal> {
    let own = catalogue.matter(id.as_str()).map(|matter| &matter.department);
    let had_their_say = |n: &Notice| {
        let spoke = |office| n.heard.get(id).is_some_and(|heard| heard.offices.contains(office));
        spoke(office) && own.is_some_and(spoke)
    };
    let told_of_it = |n: &Notice| n.points.contains_key(id) || had_their_say(n);
    let Some(last) = submission.notices.iter().rposition(told_of_it) else { return Ok(()) };
    let since = &submission.notices[last..];
    let filings = since.first().and_then(|n| n.heard.get(id)).map_or(0, |heard| heard.filings);
    let later = submission.parcels.get(id).into_iter().flat_map(|parcel| parcel.filings.iter().skip(filings));
    let changed: BTreeSet<&Pin> = later.flat_map(|(_, filing)| &filing.changed).collect();
    let told: BTreeSet<&Pin> = since.iter().filter_map(|n| n.points.get(id)).flatten().map(|point| &point.pin).collect();
    let Some(new) = points.iter().find(|p| !changed.contains(&p.pin) && !told.contains(&p.pin)) else { return Ok(()) };
    let name = new.pin.name(catalogue);
    Err(Refusal::NotNow(Text::new(
        format!("“{}”上次没有提出，这次也没有改过：补正须一次性告知，不能再提。", name.zh),
        format!("“{}” was not told the last time and has not changed since: corrections are told once and together.", name.en),
    )))
}

/// What all offices want corrected; `with`: an opinion that is being given. What is wanted of a matter waits for its own office,
/// which is the one that tells.
pub(super) fn points(submission: &Submission, with: Option<(&Id<Matter>, &Verdict)>) -> BTreeMap<Id<Matter>, Vec<Point>> {
    let mut all: BTreeMap<Id<Matter>, Vec<Point>> = BTreeMap::new();
    for (id, parcel) in submission.live() {
        let own = match with {
            Some((with, verdict)) if with == id => Some(verdict),
            _ => parcel.opinion.as_ref().map(|o| &o.verdict),
        };
        if own.is_none() {
            continue;
        }
        for verdict in own.into_iter().chain(parcel.others.values().map(|o| &o.verdict)) {
            if let Verdict::Correct { points } = verdict {
                let known = all.entry(id.clone()).or_default();
                known.extend(points.iter().filter(|p| !known.contains(p)).cloned().collect::<Vec<_>>());
            }
        }
    }
    all
}

pub(super) fn notified(
    project: &Project,
    catalogue: &Catalogue,
    submission: &Submission,
    points: BTreeMap<Id<Matter>, Vec<Point>>,
    by: By,
    here: &dyn Fn(Event) -> project::Event,
) -> Events {
    let calendar = catalogue.calendar();
    let mut events = Vec::new();
    for id in points.keys() {
        let Some(tracked) = project.matters.get(id) else { continue };
        match &tracked.progress {
            // What counts as accepted because nothing was told in time is not stopped by what is told late (arts 32, 45).
            Progress::Accepted { .. } if tracked.deemed => {}
            Progress::Accepted { due } => events.push(moved(
                id,
                matter::Event::Paused {
                    reason: PauseReason::Supplement,
                    note: format!("补正告知 {} 第 {} 次", submission.number, submission.notices.len() + 1),
                    left: calendar.between(by.at.date(), *due).max(0),
                },
            )),
            Progress::Filed { preview } => {
                let late = matter::by_law(project, catalogue, id, by.at);
                events.push(moved(id, late.unwrap_or(matter::Event::Returned { preview: *preview })));
            }
            _ => {}
        }
    }
    events.insert(0, here(Event::Notified { points }));
    Ok(events)
}

/// The hour of the day at which it is said, in China.
const HOUR: u8 = 9;

/// Papers of a package that are still owed and of which nothing was said yet, with the matters that wait for them.
fn owed(project: &Project, submission: &Submission) -> BTreeMap<(Id<Material>, Date), BTreeSet<Id<Matter>>> {
    let mut owed: BTreeMap<_, BTreeSet<Id<Matter>>> = BTreeMap::new();
    for (id, parcel) in submission.live() {
        let progress = project.matters.get(id).map(|tracked| &tracked.progress);
        // What may follow the result is owed after it all the same: the certificate was issued on trust.
        let is_owed = |promise: &&Promise| match progress {
            None | Some(Progress::Refused { .. } | Progress::NotApplicable { .. }) => false,
            Some(Progress::Issued) => promise.supply_by == SupplyBy::AfterResult,
            Some(_) => true,
        };
        let due = parcel.debts().filter(is_owed).map(|promise| (promise.material.clone(), promise.due));
        for paper in due.filter(|paper| !parcel.reminded.contains(paper)) {
            owed.entry(paper).or_default().insert(id.clone());
        }
    }
    owed
}

/// The reminders of promised papers (容缺) that are to come, each on the day by which the paper was promised, if it has not
/// come: one for each paper and day, however many matters of the package wait for it.
pub(in crate::project) fn timers(project: &Project) -> Vec<Timer> {
    let of_package = |(id, submission): (&Id<Submission>, &Submission)| {
        let timer = |(material, due): (Id<Material>, Date)| {
            let subject = format!("{id}/{material}");
            let command = super::Command::Remind { material, due };
            let command = project::Command::Submission { id: id.clone(), command };
            Timer::new(Rule::PromiseDue, subject, submission.at, Instant::in_china(due, HOUR, 0), command)
        };
        owed(project, submission).into_keys().map(timer).collect::<Vec<_>>()
    };
    project.submissions.iter().flat_map(of_package).collect()
}

/// Says once that a paper falls due.
pub(super) fn remind(project: &Project, submission: &Submission, material: Id<Material>, due: Date, at: Instant) -> Result<Event, Refusal> {
    let paper = (material, due);
    match owed(project, submission).remove(&paper) {
        Some(matters) if at >= Instant::in_china(due, HOUR, 0) && !project.assumed => {
            let (material, due) = paper;
            Ok(Event::PromiseDue { material, due, matters })
        }
        _ => not_now("没有到期未补的容缺材料。", "No promised paper is owed and due."),
    }
}
