//! Lengths and order as somebody edited them; nothing goes below what the law leaves.

use super::network::{Length, Link, Tie};
use super::{LONGEST, Mistake, Settings, Task, mistake};
use crate::catalogue::{Period, Unit};
use crate::text;

/// Edited lengths and order.
pub(super) fn edit(tasks: &mut [Task], links: &mut Vec<Link>, settings: &Settings, wrong: &mut Vec<Mistake>) {
    if settings.lengths.is_empty() && settings.order.is_empty() {
        return;
    }
    let ids: Vec<String> = tasks.iter().map(|t| t.id.clone()).collect();
    let place = |id: &str| ids.iter().position(|known| known == id);
    let unknown = |id: &str| {
        let shown: String = id.chars().take(60).collect();
        mistake(shown.clone(), text!("这个项目没有任务“{shown}”。", "This project has no task `{shown}`."))
    };
    for (id, days) in &settings.lengths {
        let Some(task) = place(id).map(|i| &mut tasks[i]) else {
            wrong.push(unknown(id));
            continue;
        };
        let (_, unit) = task.duration();
        if !(0..=LONGEST).contains(days) {
            wrong
                .push(mistake(id, text!("天数应在 0 至 {LONGEST} 之间，不能是 {days}。", "Days are between 0 and {LONGEST}, not {days}.")));
            continue;
        }
        let length = match unit {
            Unit::Workday => Length { calendar_days: task.length.calendar_days, ..Length::workdays(*days) },
            Unit::CalendarDay => Length::calendar_days(*days),
        };
        let short = length.workdays < task.minimum.workdays || length.calendar_days < task.minimum.calendar_days;
        if short {
            let least = Period {
                days: i64::from(task.minimum.workdays.max(task.minimum.calendar_days)),
                unit: if task.minimum.calendar_days > 0 { Unit::CalendarDay } else { Unit::Workday },
            };
            let (zh, en) = (least.text().zh, least.text().en);
            wrong.push(mistake(id, text!("法定最短期间为 {zh}，不能再缩短。", "The law asks for at least {en}; nothing shortens it.")));
            continue;
        }
        task.length = length;
    }
    for (before, after) in &settings.order {
        match (place(before), place(after)) {
            (Some(from), Some(to)) => links.push(Link { from: from as u32, to: to as u32, tie: Tie::FinishToStart }),
            (from, _) => wrong.push(unknown(if from.is_none() { before } else { after })),
        }
    }
}

pub(super) fn circle_mistake(tasks: &[Task], circle: &[usize]) -> Mistake {
    let names: Vec<&str> = circle.iter().chain(circle.first()).map(|i| tasks[*i].id.as_str()).collect();
    let way = names.join(" → ");
    mistake(names.first().copied().unwrap_or_default(), text!("先后关系成了一个圈：{way}。", "The order goes round in a circle: {way}."))
}
