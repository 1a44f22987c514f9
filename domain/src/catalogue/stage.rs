//! The seven stages (七个阶段) and what is built between the papers.

use super::{Line, Matter};
use crate::id::Id;
use crate::role::Role;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// A stage of the process (阶段).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Stage {
    /// How the data refers to it.
    pub id: Id<Stage>,
    /// What people call it.
    pub name: Text,
    /// What is reached at its end.
    pub goal: Text,
    /// The lines that run through it.
    pub lines: Vec<Line>,
    /// What has to be there for it to begin.
    pub entry: Vec<Text>,
    /// What shows that it is over.
    pub exit: Vec<Text>,
    /// The points within it that everyone counts from, in order.
    pub milestones: Vec<Milestone>,
    /// The task book (任务书): who does what, in which usual time.
    pub tasks: Vec<Task>,
}

/// A point everyone counts from: 签约 拿地 交地 六证 开工 竣工 投产.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Milestone {
    /// How settings and addresses refer to it, e.g. `six-permits`.
    pub id: String,
    /// What people call it.
    pub name: Text,
    /// The matter whose decision marks it.
    pub matter: Id<Matter>,
    /// What marks it where the matter does not apply: land is obtained by allocation, not by contract.
    pub otherwise: Vec<Id<Matter>>,
}

/// A line of the task book: somebody's piece of work in a stage.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Task {
    /// How the data refers to it.
    pub id: String,
    /// What is to be done.
    pub text: Text,
    /// Who does it.
    pub role: Role,
    /// The time it usually takes, in working days.
    pub typical_workdays: i64,
    /// `typical_workdays` is the editors' assumption.
    pub assumed: bool,
    /// The matters it serves.
    pub matters: Vec<Id<Matter>>,
}

/// Construction work, not a paper.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Activity {
    /// How matters, plans and edited lengths refer to it.
    pub id: String,
    /// What people call it.
    pub name: Text,
    /// Matters or activities that come before.
    pub after: Vec<String>,
    /// Matters that let it begin before those (分段施工许可); what they stand in for holds back the next activity.
    pub staged_after: Vec<Id<Matter>>,
    /// The time it usually takes, in working days.
    pub typical_workdays: i64,
    /// `typical_workdays` is the editors' assumption.
    pub assumed: bool,
}

/// What must be cleared before works may start, beyond the construction permit.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct StartGate {
    /// What people call it.
    pub name: Text,
    /// The matters that have to be decided, where they apply.
    pub requires: Vec<Id<Matter>>,
    /// What the editors add for whoever reads the data.
    pub note: String,
}
