//! Deemed acceptance. An office that takes an application in tells within five days whether it is complete; else "逾期不告知的，
//! 自收到申请材料之日起即为受理" (行政许可法 art. 32 (1) 4 and 5). Days are working days (art. 82).
//!
//! It holds for licences (行政许可) at offices of government (`catalogue::certifies`) and for nothing else: filings for the record,
//! confirmations, technical reviews and services have laws of their own. Not for a pre-review, which is no application yet. What
//! counts as an answer is what this portal has on record that the applicant was told: acceptance, the correction notice, a refusal.
//! An opinion that waits for those of other offices tells nobody.
//!
//! It depends on the time alone, not on when somebody looks: whoever accepts or sends back after the time is over finds it accepted.

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

/// The day on which a matter was received, and when the time for an answer is over; none: the rule does not hold for it.
fn unanswered(project: &Project, catalogue: &Catalogue, id: &Id<Matter>) -> Option<(Date, Instant)> {
    let tracked = project.matters.get(id)?;
    let matter = catalogue.matter(id.as_str())?;
    let Progress::Filed { preview: false } = tracked.progress else { return None };
    if matter.kind != Kind::Licence || !certifies(&tracked.department) || project.assumed {
        return None;
    }
    let calendar = catalogue.calendar();
    let filed = tracked.filed_at?;
    // To be sure, what came after hours has a day more before it is over; an answer on the fifth day is in time, at whatever hour.
    let last = calendar.add(calendar.received(filed), ACCEPT_DAYS);
    // Nobody knows the holidays of a year before they are announced.
    calendar.is_published(last).then(|| (filed.date(), Instant::in_china(last.plus(1), 0, 0)))
}

/// The matters that will count as accepted unless somebody answers.
pub(in crate::project) fn timers(project: &Project, catalogue: &Catalogue) -> Vec<Timer> {
    let timer = |id: &Id<Matter>| {
        let (_, over) = unanswered(project, catalogue, id)?;
        let command = project::Command::Matter { matter: id.clone(), command: Command::DeemAccepted };
        let received = project.matters.get(id)?.filed_at?;
        Some(Timer::new(Rule::DeemedAcceptance, id.to_string(), received, over, command))
    };
    project.matters.keys().filter_map(timer).collect()
}

/// The acceptance that nobody spoke, where its time has come: the listed time counts from the day of receipt.
pub(in crate::project) fn by_law(project: &Project, catalogue: &Catalogue, id: &Id<Matter>, at: Instant) -> Option<Event> {
    let (received, over) = unanswered(project, catalogue, id)?;
    let matter = catalogue.matter(id.as_str())?;
    let calendar = catalogue.calendar();
    let promised = guide::entry(matter, &project.profile(catalogue), project.as_of).promised_workdays.max(1);
    let event = Event::DeemedAccepted { received, due: calendar.add(received, promised), edition: calendar.edition().to_string() };
    (at >= over).then_some(event)
}

/// The same for the rule that looks.
pub(super) fn decide(project: &Project, catalogue: &Catalogue, id: &Id<Matter>, at: Instant) -> Result<Event, Refusal> {
    match by_law(project, catalogue, id, at) {
        Some(event) => Ok(event),
        None if unanswered(project, catalogue, id).is_some() => not_now("答复期限还没有过。", "The time for an answer is not over yet."),
        None => not_now("此事项不在等待受理。", "This matter does not wait to be accepted."),
    }
}
