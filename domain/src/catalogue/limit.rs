//! How long a matter may take by law: working days and calendar days, today and in other spans of time.

use crate::date::Date;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// What a legal period binds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitKind {
    /// A limit on the authority.
    OfficeDecision,
    /// A legal minimum that nothing can shorten (公告、公示、挂牌).
    MinimumPeriod,
    /// The applicant has to act within it.
    DeadlineOnApplicant,
    /// Promised by a service provider or a contract.
    ServiceOrContract,
    /// No statutory limit was found; this does not mean for ever.
    #[default]
    None,
}

impl LimitKind {
    /// How it is told to a reader.
    pub fn name(self) -> Text {
        match self {
            LimitKind::OfficeDecision => Text::new("审批机关办理期限", "limit on the authority"),
            LimitKind::MinimumPeriod => Text::new("法定最短期间，不可压缩", "legal minimum period, cannot be shortened"),
            LimitKind::DeadlineOnApplicant => Text::new("申请人办理期限", "deadline on the applicant"),
            LimitKind::ServiceOrContract => Text::new("服务或合同期限", "service or contract period"),
            LimitKind::None => Text::new("未见法定期限", "no statutory limit found"),
        }
    }
}

/// What a period is counted in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Working days of the Chinese calendar, make-up workdays (调休) included.
    Workday,
    /// All days, weekends and holidays included.
    CalendarDay,
}

impl Unit {
    /// A number of days in words: `5 working days`.
    pub fn count(self, days: i64) -> Text {
        match self {
            Unit::Workday => Text::new(format!("{days} 个工作日"), format!("{days} working day{}", plural(days))),
            Unit::CalendarDay => Text::new(format!("{days} 日"), format!("{days} calendar day{}", plural(days))),
        }
    }
}

fn plural(days: i64) -> &'static str {
    if days == 1 { "" } else { "s" }
}

/// A period in its own unit; working days and calendar days are never mixed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Period {
    /// How many, in `unit`.
    pub days: i64,
    /// What `days` counts.
    pub unit: Unit,
}

impl Period {
    /// The period in words, with its unit.
    pub fn text(self) -> Text {
        self.unit.count(self.days)
    }
}

/// The statutory limit of a matter.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LegalLimit {
    /// The period in the law's own unit; none where the law sets none.
    pub period: Option<Period>,
    /// Whom the period binds, and how.
    pub kind: LimitKind,
    /// What the editors add, e.g. when the period may be extended.
    pub note: Option<String>,
    /// For planning: the period in working days; `approximate` when it is calendar days × 5/7.
    pub workdays: Option<i64>,
    /// `workdays` was converted from calendar days (× 5/7), so it is not exact.
    pub approximate: bool,
}

/// What the legal limit was in a span of time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FormerLimit {
    /// The first day it was in force; none: from the beginning.
    pub valid_from: Option<Date>,
    /// The last day it was in force; none: it still is.
    pub valid_until: Option<Date>,
    /// The limit of that time, in the law's own unit.
    pub period: Period,
    /// The legal text it stood in: a key of [`Parts::bases`](super::Parts::bases).
    pub basis: String,
    /// What that legal text was called in that time.
    pub title: String,
}
