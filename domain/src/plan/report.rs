//! A plan as programs read it: the same from the command line and from the pages.

use super::chance::Chance;
use super::{Comparison, LeverGain, Plan, task_name};
use crate::catalogue::Catalogue;
use serde_json::{Value, json};

/// What goes beside the plan itself.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// The two ways beside each other, when asked for.
    pub comparison: Option<Comparison>,
    /// What each lever not pulled would bring.
    pub levers: Vec<LeverGain>,
    /// The probability of the date, when it was simulated.
    pub chance: Option<Chance>,
}

impl Plan {
    /// Dates are days, ends the last day worked.
    pub fn to_json(&self, catalogue: &Catalogue, beside: &Beside) -> Value {
        let tasks: Vec<Value> = (0..self.tasks.len()).map(|i| self.task_json(catalogue, i)).collect();
        let milestones = self.milestones.iter().map(|m| {
            let mut days = json!({ "name": m.name, "earliest": m.earliest, "latest": m.latest });
            if let (Some(target), Some(days)) = (m.target, days.as_object_mut()) {
                days.insert("target".into(), json!(target));
            }
            (m.id.clone(), days)
        });
        let id = |i: &usize| self.tasks[*i].id.as_str();
        json!({
            "feasible": self.is_feasible(),
            "short_by_workdays": self.short_by,
            "start": self.date(self.first),
            "end": self.date(self.end),
            "workdays": self.workdays(),
            "calendar_edition": self.edition,
            "milestones": milestones.collect::<serde_json::Map<String, Value>>(),
            "tasks": tasks,
            "critical_path": self.critical_chain.iter().map(id).collect::<Vec<_>>(),
            "levers": beside.levers,
            "comparison": beside.comparison,
            "probability": beside.chance,
            "warnings": self.warnings,
        })
    }

    fn task_json(&self, catalogue: &Catalogue, i: usize) -> Value {
        let task = &self.tasks[i];
        let (duration, unit) = task.duration();
        let predecessors = self.network.before(i).iter().map(|(p, tie)| json!({ "id": self.tasks[*p as usize].id, "type": tie.code() }));
        json!({
            "id": task.id,
            "matter": task.matter,
            "name": task_name(catalogue, task),
            "kind": task.kind.code(),
            "duration": duration,
            "unit": unit,
            "minimum_calendar_days": (task.length.calendar_days > 0).then_some(task.length.calendar_days),
            "predecessors": predecessors.collect::<Vec<_>>(),
            "earliest_start": self.date(self.early.start[i]),
            "earliest_finish": self.date(self.early.end[i]),
            "latest_start": self.date(self.late.start[i]),
            "latest_finish": self.date(self.late.end[i]),
            "total_float": self.total_float(i),
            "free_float": self.free_float(i),
            "critical": self.is_critical(i),
            "done": self.is_done(i),
        })
    }
}
