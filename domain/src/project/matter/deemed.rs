//! Deemed acceptance. An office that takes an application in tells within five days whether it is complete; else "逾期不告知的，
//! 自收到申请材料之日起即为受理" (行政许可法 art. 32 (1) 4 and 5). Days are working days (art. 82).
//!
//! It holds for what somebody applied for at an office of government (`catalogue::certifies`), not for what offices arrange among
//! themselves, and not for a pre-review, which is no application yet. What counts as an answer is what the applicant is told:
//! acceptance, the correction notice, a refusal. An opinion that waits for those of other offices tells nobody.

use super::{Command, Event, Progress};
use crate::catalogue::{Catalogue, Kind, Matter, certifies};
use crate::date::{Date, Instant};
use crate::guide;
use crate::id::Id;
use crate::project::timer::Timer;
use crate::project::{self, Project};
use crate::refusal::{Refusal, not_now};
use crate::rule::Rule;

/// Working days for an office to accept or to tell once what is missing (行政许可法 art. 32).
pub const ACCEPT_DAYS: i64 = 5;

/// The day on which a matter counts as received, and when the time for an answer is over; none: the rule does not hold for it.
fn unanswered(project: &Project, catalogue: &Catalogue, id: &Id<Matter>) -> Option<(Date, Instant)> {
    let tracked = project.matters.get(id)?;
    let matter = catalogue.matter(id.as_str())?;
    let is_applied_for = !matches!(matter.kind, Kind::InternalCoordination | Kind::IntermediaryService | Kind::Transaction);
    let Progress::Filed { preview: false } = tracked.progress else { return None };
    if !is_applied_for || !certifies(&tracked.department) || project.assumed {
        return None;
    }
    let calendar = catalogue.calendar();
    let received = calendar.received(tracked.filed_at?);
    // An answer on the fifth day is in time, at whatever hour.
    let over = Instant::in_china(calendar.add(received, ACCEPT_DAYS).plus(1), 0, 0);
    Some((received, over))
}

/// The matters that will count as accepted unless somebody answers.
pub(in crate::project) fn timers(project: &Project, catalogue: &Catalogue) -> Vec<Timer> {
    let timer = |id: &Id<Matter>| {
        let (_, over) = unanswered(project, catalogue, id)?;
        let command = project::Command::Matter { matter: id.clone(), command: Command::DeemAccepted };
        Some(Timer::new(Rule::DeemedAcceptance, id.to_string(), over, command))
    };
    project.matters.keys().filter_map(timer).collect()
}

/// The acceptance that nobody spoke: the promised clock counts from the day of receipt.
pub(super) fn decide(project: &Project, catalogue: &Catalogue, matter: &Matter, at: Instant) -> Result<Event, Refusal> {
    let Some((received, over)) = unanswered(project, catalogue, &matter.id) else {
        return not_now("此事项不在等待受理。", "This matter does not wait to be accepted.");
    };
    if at < over {
        return not_now("答复期限还没有过。", "The time for an answer is not over yet.");
    }
    let calendar = catalogue.calendar();
    let entry = guide::entry(matter, &project.profile(catalogue), project.as_of);
    let due = calendar.add(received, entry.promised_workdays.max(1));
    Ok(Event::DeemedAccepted { received, due, edition: calendar.edition().to_string() })
}
