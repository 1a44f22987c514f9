//! iCalendar (RFC 5545): the milestones, and each task that takes time, as whole days.

use super::PlanFile;
use chrono::NaiveDate;
use domain::date::Date;
use domain::plan::task_name;
use icalendar::{Calendar, Component, Event, EventLike, Property};

fn day(date: Date) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(date.year(), u32::from(date.month()), u32::from(date.day()))
}

/// Text without line ends and other control signs: a line of the file is a property.
fn in_a_line(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The plan as the calendar's text.
pub fn write(written: &PlanFile) -> String {
    let PlanFile { catalogue, plan, lang, ref name, .. } = *written;
    let mut calendar = Calendar::new();
    // The library escapes text by the property's name, and does not know this one (RFC 7986).
    let name = in_a_line(name);
    calendar.append_property(Property::new("NAME", name.as_str()).add_parameter("VALUE", "TEXT").done());
    calendar.append_property(Property::new("X-WR-CALNAME", name));
    // The same plan gives the same file: the stamp is the plan's first day.
    let stamp = day(plan.date(plan.first)).and_then(|d| d.and_hms_opt(0, 0, 0)).map(|d| d.and_utc());
    let mut push = |id: String, summary: String, from: Date, to: Date, more: Option<String>| {
        let (Some(start), Some(end)) = (day(from), day(to.plus(1))) else { return };
        let mut event = Event::new();
        event.uid(&format!("{id}@quanlian")).summary(&in_a_line(&summary)).starts(start).ends(end);
        if let Some(stamp) = stamp {
            event.timestamp(stamp);
        }
        if let Some(more) = more {
            event.description(&in_a_line(&more));
        }
        calendar.push(event.done());
    };
    for m in &plan.milestones {
        push(format!("milestone-{}", m.id), format!("◆ {}", m.name.get(lang)), m.earliest, m.earliest, None);
    }
    for (i, task) in plan.tasks.iter().enumerate().filter(|(_, t)| !t.length.is_none()) {
        let (start, end) = (plan.date(plan.early.start[i]), plan.date(plan.early.end[i]));
        let (late, end_late) = (plan.date(plan.late.start[i]), plan.date(plan.late.end[i]));
        let more = domain::text!("最迟 {late} 至 {end_late}", "at the latest {late} to {end_late}");
        push(task.id.replace('/', "-"), task_name(catalogue, task).get(lang).to_string(), start, end, Some(more.get(lang).to_string()));
    }
    calendar.to_string()
}
