//! MS Project XML (schema http://schemas.microsoft.com/project): the calendar with its exceptions, tasks and links.

use super::PlanFile;
use domain::catalogue::Unit;
use domain::date::Date;
use domain::plan::{Tie, task_name};
use quick_xml::Writer;
use quick_xml::events::BytesDecl;
use quick_xml::events::Event;
use std::io::Result;

type Xml = Writer<Vec<u8>>;

fn element(xml: &mut Xml, name: &str, inside: impl FnOnce(&mut Xml) -> Result<()>) -> Result<()> {
    xml.create_element(name).write_inner_content(inside)?;
    Ok(())
}

fn value(xml: &mut Xml, name: &str, value: impl ToString) -> Result<()> {
    // What XML has no sign for at all, escaped or not, is left out.
    let value: String = value.to_string().chars().filter(|c| app::drawing::is_xml(*c)).collect();
    xml.create_element(name).write_text_content(quick_xml::events::BytesText::new(&value))?;
    Ok(())
}

/// The plan as a file of MS Project.
///
/// # Errors
/// It cannot be written.
pub fn write(written: &PlanFile) -> std::result::Result<Vec<u8>, service::Fault> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("Project").with_attribute(("xmlns", "http://schemas.microsoft.com/project")).write_inner_content(|xml| {
        let plan = written.plan;
        value(xml, "Name", &written.name)?;
        value(xml, "StartDate", morning(plan.date(plan.first)))?;
        value(xml, "FinishDate", evening(plan.date(plan.end)))?;
        value(xml, "ScheduleFromStart", 1)?;
        value(xml, "CalendarUID", 1)?;
        value(xml, "MinutesPerDay", 480)?;
        value(xml, "MinutesPerWeek", 2400)?;
        value(xml, "DaysPerMonth", 21)?;
        element(xml, "Calendars", |xml| calendar(xml, written))?;
        element(xml, "Tasks", |xml| tasks(xml, written))
    })?;
    Ok(xml.into_inner())
}

fn morning(day: Date) -> String {
    format!("{day}T09:00:00")
}

fn evening(day: Date) -> String {
    format!("{day}T18:00:00")
}

fn hours(xml: &mut Xml) -> Result<()> {
    element(xml, "WorkingTimes", |xml| {
        for (from, to) in [("09:00:00", "13:00:00"), ("14:00:00", "18:00:00")] {
            element(xml, "WorkingTime", |xml| {
                value(xml, "FromTime", from)?;
                value(xml, "ToTime", to)
            })?;
        }
        Ok(())
    })
}

/// Monday to Friday, and every day of the plan's span that differs: holidays, and make-up workdays.
fn calendar(xml: &mut Xml, written: &PlanFile) -> Result<()> {
    let plan = written.plan;
    let calendar = plan.calendar();
    element(xml, "Calendar", |xml| {
        value(xml, "UID", 1)?;
        value(xml, "Name", format!("工作日 {}", calendar.edition()))?;
        value(xml, "IsBaseCalendar", 1)?;
        element(xml, "WeekDays", |xml| {
            for kind in 1..=7u8 {
                element(xml, "WeekDay", |xml| {
                    // 1 is Sunday, 7 is Saturday.
                    let works = (2..=6).contains(&kind);
                    value(xml, "DayType", kind)?;
                    value(xml, "DayWorking", u8::from(works))?;
                    if works { hours(xml) } else { Ok(()) }
                })?;
            }
            Ok(())
        })?;
        element(xml, "Exceptions", |xml| {
            for number in plan.date(plan.first).number()..=plan.date(plan.end).number() {
                let day = Date::from_number(number);
                let works = calendar.is_workday(day);
                if works == (day.weekday() < 5) {
                    continue;
                }
                element(xml, "Exception", |xml| {
                    value(xml, "EnteredByOccurrences", 0)?;
                    element(xml, "TimePeriod", |xml| {
                        value(xml, "FromDate", format!("{day}T00:00:00"))?;
                        value(xml, "ToDate", format!("{day}T23:59:00"))
                    })?;
                    value(xml, "Occurrences", 1)?;
                    value(xml, "Name", if works { "调休上班" } else { "放假" })?;
                    value(xml, "Type", 1)?;
                    value(xml, "DayWorking", u8::from(works))?;
                    if works { hours(xml) } else { Ok(()) }
                })?;
            }
            Ok(())
        })
    })
}

fn tasks(xml: &mut Xml, written: &PlanFile) -> Result<()> {
    let PlanFile { catalogue, plan, lang, .. } = *written;
    for (i, task) in plan.tasks.iter().enumerate() {
        let (days, unit) = task.duration();
        element(xml, "Task", |xml| {
            value(xml, "UID", i + 1)?;
            value(xml, "ID", i + 1)?;
            value(xml, "Name", task_name(catalogue, task).get(lang))?;
            value(xml, "Start", morning(plan.date(plan.early.start[i])))?;
            value(xml, "Finish", evening(plan.date(plan.early.end[i])))?;
            // A length in calendar days is elapsed time: day and night.
            let (hours, format) = if unit == Unit::Workday { (days * 8, 7) } else { (days * 24, 8) };
            value(xml, "Duration", format!("PT{hours}H0M0S"))?;
            value(xml, "DurationFormat", format)?;
            value(xml, "Milestone", u8::from(task.length.is_none()))?;
            value(xml, "Critical", u8::from(plan.is_critical(i)))?;
            value(xml, "PercentComplete", if plan.is_done(i) { 100 } else { 0 })?;
            value(xml, "CalendarUID", 1)?;
            // Start no earlier than: the dates of the plan stand when the file is opened.
            value(xml, "ConstraintType", 4)?;
            value(xml, "ConstraintDate", morning(plan.date(plan.early.start[i])))?;
            value(xml, "Notes", &task.id)?;
            for (before, tie) in plan.network.before(i) {
                element(xml, "PredecessorLink", |xml| {
                    value(xml, "PredecessorUID", before + 1)?;
                    value(
                        xml,
                        "Type",
                        match tie {
                            Tie::FinishToFinish => 0,
                            Tie::FinishToStart => 1,
                            Tie::StartToStart => 3,
                        },
                    )
                })?;
            }
            Ok(())
        })?;
    }
    Ok(())
}
