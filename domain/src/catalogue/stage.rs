//! The seven stages (七个阶段) and what is built between the papers.

use super::{Line, Matter};
use crate::id::Id;
use crate::role::Role;
use crate::text::Text;
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Stage {
    pub id: Id<Stage>,
    pub name: Text,
    pub goal: Text,
    pub lines: Vec<Line>,
    pub entry: Vec<Text>,
    pub exit: Vec<Text>,
    pub milestones: Vec<Milestone>,
    /// The task book (任务书): who does what, in which usual time.
    pub tasks: Vec<Task>,
}

/// A point everyone counts from: 签约 拿地 交地 六证 开工 竣工 投产.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Milestone {
    pub id: String,
    pub name: Text,
    pub matter: Id<Matter>,
    /// What marks it where the matter does not apply: land is obtained by allocation, not by contract.
    pub otherwise: Vec<Id<Matter>>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Task {
    pub id: String,
    pub text: Text,
    pub role: Role,
    pub typical_workdays: i64,
    pub assumed: bool,
    pub matters: Vec<Id<Matter>>,
}

/// Construction work, not a paper.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Activity {
    pub id: String,
    pub name: Text,
    /// Matters or activities that come before.
    pub after: Vec<String>,
    /// Matters that let it begin before those (分段施工许可); what they stand in for holds back the next activity.
    pub staged_after: Vec<Id<Matter>>,
    pub typical_workdays: i64,
    pub assumed: bool,
}

/// What must be cleared before works may start, beyond the construction permit.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct StartGate {
    pub name: Text,
    pub requires: Vec<Id<Matter>>,
    pub note: String,
}
