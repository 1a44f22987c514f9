//! A spreadsheet (XLSX): tasks, milestones, papers, each on a sheet; days are real dates.

use super::PlanFile;
use domain::catalogue::Unit;
use domain::date::Date;
use domain::plan::task_name;
use domain::{Lang, Text};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

type Done = Result<(), XlsxError>;

struct Styles {
    head: Format,
    day: Format,
    wrap: Format,
}

/// The plan as a spreadsheet.
///
/// # Errors
/// It cannot be written.
pub fn write(written: &PlanFile) -> Result<Vec<u8>, service::Fault> {
    let styles = Styles {
        head: Format::new().set_bold().set_background_color("#E4EEEE").set_text_wrap(),
        day: Format::new().set_num_format("yyyy-mm-dd"),
        wrap: Format::new().set_text_wrap(),
    };
    let mut book = Workbook::new();
    tasks(book.add_worksheet(), written, &styles)?;
    milestones(book.add_worksheet(), written, &styles)?;
    papers(book.add_worksheet(), written, &styles)?;
    Ok(book.save_to_buffer()?)
}

fn say(lang: Lang, zh: &str, en: &str) -> String {
    Text::new(zh, en).get(lang).to_string()
}

fn heads(sheet: &mut Worksheet, lang: Lang, styles: &Styles, heads: &[(&str, &str, f64)]) -> Done {
    for (column, (zh, en, width)) in (0u16..).zip(heads) {
        sheet.write_with_format(0, column, say(lang, zh, en), &styles.head)?;
        sheet.set_column_width(column, *width)?;
    }
    sheet.set_freeze_panes(1, 1)?;
    Ok(())
}

fn day(sheet: &mut Worksheet, row: u32, column: u16, date: Date, styles: &Styles) -> Done {
    let year = u16::try_from(date.year()).unwrap_or(1900);
    sheet.write_with_format(row, column, &ExcelDateTime::from_ymd(year, date.month(), date.day())?, &styles.day)?;
    Ok(())
}

fn tasks(sheet: &mut Worksheet, written: &PlanFile, styles: &Styles) -> Done {
    let PlanFile { catalogue: c, plan, lang, .. } = *written;
    sheet.set_name(say(lang, "任务", "Tasks"))?;
    heads(
        sheet,
        lang,
        styles,
        &[
            ("任务", "Task", 38.0),
            ("种类", "Kind", 12.0),
            ("主办部门", "Department", 20.0),
            ("天数", "Days", 7.0),
            ("单位", "Unit", 9.0),
            ("最早开始", "Earliest start", 12.0),
            ("最早完成", "Earliest end", 12.0),
            ("最迟开始", "Latest start", 12.0),
            ("最迟完成", "Latest end", 12.0),
            ("总机动", "Total float", 8.0),
            ("自由机动", "Free float", 8.0),
            ("关键", "Critical", 7.0),
            ("编号", "Id", 40.0),
        ],
    )?;
    for (row, (i, task)) in (1u32..).zip(plan.tasks.iter().enumerate()) {
        let office = task.matter.as_ref().and_then(|m| c.matter(m.as_str())).and_then(|m| c.organisation(m.department.as_str()));
        let (days, unit) = task.duration();
        sheet.write(row, 0, task_name(c, task).get(lang))?;
        sheet.write(row, 1, task.kind.name().get(lang))?;
        sheet.write(row, 2, office.map(|o| o.name.get(lang)).unwrap_or_default())?;
        sheet.write(row, 3, days)?;
        sheet.write(row, 4, if unit == Unit::Workday { say(lang, "工作日", "working") } else { say(lang, "自然日", "calendar") })?;
        for (column, date) in [(5, plan.early.start[i]), (6, plan.early.end[i]), (7, plan.late.start[i]), (8, plan.late.end[i])] {
            day(sheet, row, column, plan.date(date), styles)?;
        }
        sheet.write(row, 9, plan.total_float(i))?;
        sheet.write(row, 10, plan.free_float(i))?;
        sheet.write(row, 11, if plan.is_critical(i) { say(lang, "是", "yes") } else { String::new() })?;
        sheet.write(row, 12, task.id.as_str())?;
    }
    sheet.autofilter(0, 0, u32::try_from(plan.tasks.len()).unwrap_or(1), 12)?;
    Ok(())
}

fn milestones(sheet: &mut Worksheet, written: &PlanFile, styles: &Styles) -> Done {
    let PlanFile { plan, lang, .. } = *written;
    sheet.set_name(say(lang, "里程碑", "Milestones"))?;
    heads(
        sheet,
        lang,
        styles,
        &[("里程碑", "Milestone", 24.0), ("最早", "Earliest", 12.0), ("最迟", "Latest", 12.0), ("目标", "Target", 12.0)],
    )?;
    for (row, m) in (1u32..).zip(&plan.milestones) {
        sheet.write(row, 0, m.name.get(lang))?;
        day(sheet, row, 1, m.earliest, styles)?;
        day(sheet, row, 2, m.latest, styles)?;
        if let Some(target) = m.target {
            day(sheet, row, 3, target, styles)?;
        }
    }
    Ok(())
}

fn papers(sheet: &mut Worksheet, written: &PlanFile, styles: &Styles) -> Done {
    let PlanFile { catalogue: c, map, plan, lang, .. } = *written;
    sheet.set_name(say(lang, "材料", "Papers"))?;
    heads(
        sheet,
        lang,
        styles,
        &[
            ("材料", "Paper", 40.0),
            ("来源", "Source", 16.0),
            ("用于", "For", 50.0),
            ("可后补", "May follow", 10.0),
            ("最迟动手", "Begin by", 12.0),
        ],
    )?;
    for (row, paper) in (1u32..).zip(map.papers(c)) {
        let wanted: Vec<&str> = paper.wanted_by.iter().map(|w| w.matter.name.get(lang)).collect();
        sheet.write(row, 0, paper.material.name.get(lang))?;
        sheet.write(row, 1, paper.material.source.name().get(lang))?;
        sheet.write_with_format(row, 2, wanted.join(if lang == Lang::Zh { "、" } else { ", " }), &styles.wrap)?;
        sheet.write(row, 3, if paper.may_follow() { say(lang, "可", "yes") } else { String::new() })?;
        if let Some(begin) = plan.begin_by(&paper) {
            day(sheet, row, 4, begin, styles)?;
        }
    }
    Ok(())
}
