//! The activities of a plan.

use super::network::Length;
use super::{JOINT_ISSUE, START_GATE};
use crate::catalogue::{Catalogue, Matter, Unit};
use crate::id::Id;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// What sort of activity a task is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// The applicant makes the papers.
    Preparation,
    /// The office reviews before the prerequisites hold; no permit.
    PreReview,
    /// The office decides, or a passed pre-review converts.
    Decision,
    /// Construction work, not a paper.
    Works,
    /// A point that has to be passed: the start of works, the end of a stage.
    Gate,
    /// Several permits in one act.
    JointIssue,
}

impl TaskKind {
    /// The word for it in JSON.
    pub fn code(self) -> &'static str {
        match self {
            TaskKind::Preparation => "preparation",
            TaskKind::PreReview => "pre-review",
            TaskKind::Decision => "decision",
            TaskKind::Works => "works",
            TaskKind::Gate => "gate",
            TaskKind::JointIssue => "joint-issue",
        }
    }

    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            TaskKind::Preparation => Text::new("准备材料", "Preparing papers"),
            TaskKind::PreReview => Text::new("容缺预审", "Pre-review"),
            TaskKind::Decision => Text::new("办理", "Decision"),
            TaskKind::Works => Text::new("施工", "Works"),
            TaskKind::Gate => Text::new("关口", "Gate"),
            TaskKind::JointIssue => Text::new("联发", "Joint issue"),
        }
    }
}

/// One activity of the plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// `<matter>/preparation`, `<matter>/decision`, an activity's id …
    pub id: String,
    /// What sort of activity it is.
    pub kind: TaskKind,
    /// The matter it belongs to; none for works, gates and the joint act.
    pub matter: Option<Id<Matter>>,
    /// How long it takes, as planned or as edited.
    pub length: Length,
    /// What the law leaves at the least; an edited length does not go below it.
    pub minimum: Length,
}

impl Task {
    /// The length in its own unit: calendar days where the law counts in them and nothing longer is promised.
    pub fn duration(&self) -> (i64, Unit) {
        let Length { workdays, calendar_days } = self.length;
        if workdays == 0 && calendar_days > 0 {
            (i64::from(calendar_days), Unit::CalendarDay)
        } else {
            (i64::from(workdays), Unit::Workday)
        }
    }
}

/// A task's name for a reader.
pub fn task_name(catalogue: &Catalogue, task: &Task) -> Text {
    if let Some(matter) = task.matter.as_ref().and_then(|m| catalogue.matter(m.as_str())) {
        let kind = task.kind.name();
        return match task.kind {
            TaskKind::Decision => matter.name.clone(),
            _ => Text::new(format!("{} · {}", matter.name.zh, kind.zh), format!("{} · {}", matter.name.en, kind.en.to_lowercase())),
        };
    }
    if task.id == START_GATE {
        return catalogue.start_gate.name.clone();
    }
    if task.id == JOINT_ISSUE {
        return Text::new("多证联发", "Joint issue of permits");
    }
    if let Some(activity) = catalogue.activities.iter().find(|a| a.id == task.id) {
        return activity.name.clone();
    }
    let stage = task.id.strip_suffix("/begin").and_then(|id| catalogue.stage(id));
    stage.map_or_else(|| Text::same(task.id.clone()), |s| Text::new(format!("{}开始", s.name.zh), format!("{} begins", s.name.en)))
}
