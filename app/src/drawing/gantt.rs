//! The backward plan (倒排计划) as a Gantt chart: a row a matter, days across; days off are shaded, make-up days marked.

use super::{Canvas, Drawing, escape, fit, ink, n, pick};
use domain::Lang;
use domain::catalogue::Catalogue;
use domain::date::Date;
use domain::plan::{Plan, TaskKind, task_name};
use std::collections::BTreeMap;

pub const ROW: f64 = 22.0;
pub const LABEL: f64 = 230.0;
const HEAD: f64 = 74.0;
const PAD: f64 = 10.0;
/// From so many pixels a day single days off are shaded; below, holidays of several days.
const FINE: f64 = 3.0;

/// What is drawn, and how large a day is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scale {
    pub from: Date,
    pub to: Date,
    /// Width of a day.
    pub day: f64,
}

impl Scale {
    /// A span of days over a width.
    pub fn over(from: Date, to: Date, width: f64) -> Scale {
        let days = (to.number() - from.number() + 1).max(1) as f64;
        Scale { from, to, day: (width / days).clamp(0.05, 24.0) }
    }

    /// The left edge of a day.
    pub fn x(self, day: Date) -> f64 {
        LABEL + (day.number() - self.from.number()) as f64 * self.day
    }

    fn shows(self, day: Date) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

/// One row: a matter with its tasks, or works, gates and the joint act alone.
struct Row {
    label: String,
    link: Option<String>,
    tasks: Vec<usize>,
    critical: bool,
    stage: Option<usize>,
}

/// Draws the plan. `saved` is what it is compared with; `today` gets a line.
pub fn draw(catalogue: &Catalogue, plan: &Plan, saved: Option<&Plan>, scale: Scale, today: Date, lang: Lang) -> Drawing {
    let rows: Vec<Row> = rows(catalogue, plan, lang).into_iter().filter(|r| r.tasks.iter().any(|t| visible(plan, scale, *t))).collect();
    // Room for the name of a milestone at the end.
    let width = scale.x(scale.to) + scale.day + 72.0;
    let height = HEAD + rows.len() as f64 * ROW + PAD;
    let mut canvas = Canvas::default();
    canvas.put(format_args!(
        "<defs><pattern id=\"ahead\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect width=\"6\" height=\"6\" fill=\"{}\"/><rect width=\"2.5\" height=\"6\" fill=\"{}\"/></pattern></defs>",
        ink::GOING_WEAK,
        ink::GOING
    ));
    canvas.rect(0.0, 0.0, width, height, &format!("fill=\"{}\"", ink::SURFACE));
    days(&mut canvas, plan, scale, height, lang);
    let mut y = HEAD;
    let mut stage = None;
    for row in &rows {
        if row.stage != stage && row.stage.is_some() {
            stage = row.stage;
            canvas.line(0.0, y, width, y, &format!("stroke=\"{}\"", ink::EDGE_STRONG));
        }
        label(&mut canvas, row, y);
        for task in &row.tasks {
            bar(&mut canvas, catalogue, plan, saved, scale, *task, y, lang);
        }
        y += ROW;
    }
    milestones(&mut canvas, catalogue, plan, scale, height, lang);
    if scale.shows(today) {
        let x = scale.x(today) + scale.day / 2.0;
        canvas.line(x, HEAD - 16.0, x, height, &format!("stroke=\"{}\" stroke-width=\"1.5\"", ink::ERROR));
        canvas.text(x + 3.0, HEAD - 6.0, 10.0, ink::ERROR, "font-weight=\"600\"", &pick(lang, "今天", "today"));
    }
    canvas.finish(width, height, lang, &pick(lang, "倒排计划横道图", "Gantt chart of the plan"))
}

fn visible(plan: &Plan, scale: Scale, task: usize) -> bool {
    plan.date(plan.early.start[task]) <= scale.to && plan.date(plan.early.end[task]) >= scale.from
}

fn rows(catalogue: &Catalogue, plan: &Plan, lang: Lang) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, task) in plan.tasks.iter().enumerate() {
        if let Some(matter) = &task.matter {
            if let Some(row) = place.get(matter.as_str()) {
                rows[*row].tasks.push(i);
                rows[*row].critical |= plan.is_critical(i);
                continue;
            }
            place.insert(matter.as_str(), rows.len());
        } else if task.kind == TaskKind::Gate && task.id != domain::plan::START_GATE {
            continue;
        }
        let found = task.matter.as_ref().and_then(|m| catalogue.matter(m.as_str()));
        rows.push(Row {
            label: found.map_or_else(|| task_name(catalogue, task), |m| m.name.clone()).get(lang).to_string(),
            link: found.map(|m| m.id.to_string()),
            tasks: vec![i],
            critical: plan.is_critical(i),
            stage: found.and_then(|m| catalogue.stages.iter().position(|s| s.id == m.stage)),
        });
    }
    // In the order of time, each stage together; works after the permits they wait for.
    let begins = |row: &Row| row.tasks.iter().map(|t| plan.early.start[*t]).min().unwrap_or_default();
    rows.sort_by_key(|row| (row.stage.unwrap_or(catalogue.stages.len().saturating_sub(2)), begins(row)));
    rows
}

fn label(canvas: &mut Canvas, row: &Row, y: f64) {
    let weight = if row.critical { "font-weight=\"700\"" } else { "" };
    let words = fit(&row.label, (LABEL - 16.0) / 12.0);
    if let Some(link) = &row.link {
        canvas.put(format_args!("<a href=\"/matters/{link}\">"));
    }
    canvas.put(format_args!("<g><title>{}</title>", escape(&row.label)));
    canvas.text(PAD, y + 15.0, 12.0, if row.critical { ink::BRAND } else { ink::TEXT }, weight, &words);
    canvas.put(format_args!("</g>"));
    if row.link.is_some() {
        canvas.put(format_args!("</a>"));
    }
    canvas.line(0.0, y + ROW, LABEL, y + ROW, &format!("stroke=\"{}\" stroke-width=\"0.5\"", ink::EDGE));
}

/// The axis: months, and days off in grey; a make-up day has a mark.
fn days(canvas: &mut Canvas, plan: &Plan, scale: Scale, height: f64, lang: Lang) {
    let calendar = plan.calendar();
    let days = scale.from.number()..=scale.to.number();
    let mut off: Option<i64> = None;
    let shade = |canvas: &mut Canvas, from: i64, to: i64| {
        if scale.day >= FINE || to - from >= 4 {
            let x = scale.x(Date::from_number(from));
            canvas.rect(x, HEAD - 16.0, (to - from) as f64 * scale.day, height - HEAD + 16.0, &format!("fill=\"{}\"", ink::GROUND));
        }
    };
    for number in days.clone() {
        let date = Date::from_number(number);
        match (calendar.is_workday(date), off) {
            (false, None) => off = Some(number),
            (true, Some(from)) => {
                shade(canvas, from, number);
                off = None;
            }
            _ => {}
        }
        if scale.day >= FINE && calendar.is_workday(date) && date.weekday() >= 5 {
            let x = scale.x(date) + scale.day / 2.0;
            let words = pick(lang, "调休上班", "make-up workday");
            canvas.put(format_args!("<g><title>{date} {words}</title>"));
            canvas.put(format_args!("<path d=\"M{} {}l-4 -7h8z\" fill=\"{}\"/></g>", n(x), n(HEAD - 4.0), ink::TURN));
        }
    }
    if let Some(from) = off {
        shade(canvas, from, scale.to.number() + 1);
    }
    // A label for as many months as there is room.
    let step = [1, 2, 3, 6, 12].into_iter().find(|m| f64::from(*m) * 30.0 * scale.day >= 44.0).unwrap_or(12);
    for number in days {
        let date = Date::from_number(number);
        if date.day() != 1 {
            continue;
        }
        let x = scale.x(date);
        let january = date.month() == 1;
        let (stroke, top) = if january { (ink::EDGE_STRONG, 22.0) } else { (ink::EDGE, 40.0) };
        canvas.line(x, top, x, height, &format!("stroke=\"{stroke}\" stroke-width=\"0.7\""));
        if (i32::from(date.month()) - 1) % step == 0 {
            let month = match lang {
                Lang::Zh => format!("{}月", date.month()),
                Lang::En => MONTHS[usize::from(date.month()) - 1].to_string(),
            };
            canvas.text(x + 3.0, 52.0, 10.5, ink::MUTED, "", &month);
            if january || number < scale.from.number() + 31 * i64::from(step) {
                let year = if lang == Lang::Zh { format!("{}年", date.year()) } else { date.year().to_string() };
                canvas.text(x + 3.0, 34.0, 11.0, ink::TEXT, "font-weight=\"600\"", &year);
            }
        }
    }
    canvas.line(LABEL, HEAD, scale.x(scale.to) + scale.day, HEAD, &format!("stroke=\"{}\"", ink::EDGE_STRONG));
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[expect(clippy::too_many_arguments, reason = "one drawing, one place")]
fn bar(canvas: &mut Canvas, catalogue: &Catalogue, plan: &Plan, saved: Option<&Plan>, scale: Scale, i: usize, y: f64, lang: Lang) {
    let task = &plan.tasks[i];
    let (start, end) = (plan.date(plan.early.start[i]), plan.date(plan.early.end[i]));
    let (late_start, late_end) = (plan.date(plan.late.start[i]), plan.date(plan.late.end[i]));
    let cut = |day: Date| day.max(scale.from).min(scale.to);
    let span = |a: Date, b: Date| (scale.x(cut(a)), (cut(b).number() - cut(a).number() + 1) as f64 * scale.day);
    let middle = y + ROW / 2.0;
    let critical = plan.is_critical(i);
    let (days, unit) = task.duration();
    let mut title = format!("{}：{start} – {end}", task_name(catalogue, task).get(lang));
    if !task.length.is_none() {
        title.push_str(&format!("，{}", unit.count(days).get(lang)));
    }
    if !plan.is_done(i) {
        title.push_str(&pick(lang, &format!("，最迟 {late_start} – {late_end}"), &format!(", latest {late_start} – {late_end}")));
    }
    canvas.put(format_args!("<g data-task=\"{}\"><title>{}</title>", escape(&task.id), escape(&title)));
    // The slack: a thin tail to the latest end, and where the bar would lie if begun as late as may be.
    if !plan.is_done(i) && late_end > end && late_end >= scale.from {
        let (x, w) = span(end, late_end);
        canvas.line(x, middle, x + w, middle, &format!("stroke=\"{}\" stroke-width=\"1\"", ink::EDGE_STRONG));
        if !task.length.is_none() && late_start <= scale.to && scale.day >= 1.0 {
            let (x, w) = span(late_start, late_end);
            canvas.rect(x, middle - 4.0, w, 8.0, &format!("fill=\"none\" stroke=\"{}\" stroke-dasharray=\"2 2\"", ink::EDGE_STRONG));
        }
    }
    if let Some((saved, other)) = saved.and_then(|saved| Some((saved, saved.task(&task.id)?))) {
        let (a, b) = (saved.date(saved.early.start[other]), saved.date(saved.early.end[other]));
        if (a, b) != (start, end) && b >= scale.from && a <= scale.to {
            let (x, w) = span(a, b);
            canvas.rect(x, y + ROW - 4.0, w, 3.0, &format!("fill=\"{}\"", ink::TURN));
        }
    }
    if end >= scale.from && start <= scale.to {
        let stroke = if critical { format!("stroke=\"{}\" stroke-width=\"2\"", ink::BRAND) } else { String::new() };
        if task.length.is_none() {
            let fill = if critical { ink::BRAND } else { ink::DONE };
            canvas.diamond(scale.x(end) + scale.day / 2.0, middle, 5.0, &format!("fill=\"{fill}\""));
        } else {
            let fill = match task.kind {
                _ if plan.is_done(i) => ink::DONE.to_string(),
                TaskKind::Preparation => ink::EDGE.to_string(),
                TaskKind::PreReview => "url(#ahead)".to_string(),
                TaskKind::Works => "#b9a88a".to_string(),
                _ => ink::GOING.to_string(),
            };
            let (x, w) = span(start, end);
            canvas.rect(x, middle - 6.0, w.max(1.5), 12.0, &format!("rx=\"1.5\" fill=\"{fill}\" {stroke}"));
            if !plan.is_done(i) && scale.shows(end) {
                // What is taken hold of to make it longer or shorter.
                canvas.rect(x + w - 4.0, middle - 8.0, 8.0, 16.0, "fill=\"transparent\" data-grip=\"end\" cursor=\"ew-resize\"");
            }
        }
    }
    canvas.put(format_args!("</g>"));
}

fn milestones(canvas: &mut Canvas, catalogue: &Catalogue, plan: &Plan, scale: Scale, height: f64, lang: Lang) {
    let mut free = 0.0;
    let mut all: Vec<_> = plan.milestones.iter().filter(|m| catalogue.milestone_order.contains(&m.id)).collect();
    all.sort_by_key(|m| m.earliest);
    let mut same: Vec<(Date, String)> = Vec::new();
    for m in all {
        match same.last_mut() {
            Some((day, names)) if *day == m.earliest => names.push_str(&format!("·{}", m.name.get(lang))),
            _ => same.push((m.earliest, m.name.get(lang).to_string())),
        }
    }
    for (day, names) in same.into_iter().filter(|(day, _)| scale.shows(*day)) {
        let x = scale.x(day) + scale.day / 2.0;
        canvas.line(x, 18.0, x, height, &format!("stroke=\"{}\" stroke-width=\"1\" stroke-dasharray=\"1 3\"", ink::BRAND));
        canvas.diamond(x, 14.0, 4.0, &format!("fill=\"{}\"", ink::BRAND));
        // Two names side by side where there is room; else the title says it.
        canvas.put(format_args!("<g><title>{} {day}</title>", escape(&names)));
        if x + 6.0 >= free {
            canvas.text(x + 6.0, 17.0, 11.0, ink::BRAND, "font-weight=\"600\"", &names);
            free = x + 10.0 + super::width_of(&names) * 11.0;
        }
        canvas.put(format_args!("</g>"));
    }
    for m in plan.milestones.iter() {
        if let Some(target) = m.target.filter(|t| scale.shows(*t)) {
            let x = scale.x(target) + scale.day;
            canvas.line(x, 18.0, x, height, &format!("stroke=\"{}\" stroke-width=\"2\"", ink::TURN));
            let words = pick(lang, &format!("目标 {}", m.name.zh), &format!("target: {}", m.name.en));
            canvas.text(x + 3.0, HEAD - 5.0, 10.5, ink::TURN, "font-weight=\"600\"", &words);
        }
    }
}
