//! A matter (事项): one thing an office decides, registers or does for a project.

use super::{Field, Organisation, Stage, is_enterprises};
use crate::condition::Condition;
use crate::date::Date;
use crate::id::Id;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// One of the two lines (两条线) the whole process runs on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    Land,
    Construction,
}

impl Line {
    pub const ALL: [Line; 2] = [Line::Land, Line::Construction];

    pub fn code(self) -> &'static str {
        match self {
            Line::Land => "land",
            Line::Construction => "construction",
        }
    }

    pub fn name(self) -> Text {
        match self {
            Line::Land => Text::new("土地条线", "Land line"),
            Line::Construction => Text::new("建设条线", "Construction line"),
        }
    }
}

/// What sort of act a matter is (行政许可法 tells a licence from the rest).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Licence,
    Confirmation,
    Filing,
    TechnicalReview,
    PublicService,
    InternalCoordination,
    IntermediaryService,
    Transaction,
}

impl Kind {
    pub const ALL: [(Kind, &'static str, &'static str, &'static str); 8] = [
        (Kind::Licence, "licence", "行政许可", "Administrative licence"),
        (Kind::Confirmation, "confirmation", "行政确认", "Administrative confirmation"),
        (Kind::Filing, "filing", "备案", "Filing"),
        (Kind::TechnicalReview, "technical_review", "技术审查", "Technical review"),
        (Kind::PublicService, "public_service", "公共服务", "Public service"),
        (Kind::InternalCoordination, "internal_coordination", "政府内部协作", "Internal coordination"),
        (Kind::IntermediaryService, "intermediary_service", "中介服务", "Intermediary service"),
        (Kind::Transaction, "transaction", "交易", "Transaction"),
    ];

    fn row(self) -> &'static (Kind, &'static str, &'static str, &'static str) {
        Kind::ALL.iter().find(|row| row.0 == self).unwrap_or(&Kind::ALL[0])
    }

    pub fn code(self) -> &'static str {
        self.row().1
    }

    pub fn name(self) -> Text {
        Text::new(self.row().2, self.row().3)
    }
}

/// How sure the editors are of a fact.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    High,
    Medium,
    #[default]
    Low,
}

impl Confidence {
    pub fn name(self) -> Text {
        match self {
            Confidence::High => Text::new("把握较大", "high confidence"),
            Confidence::Medium => Text::new("把握一般", "medium confidence"),
            Confidence::Low => Text::new("把握较小，请核实", "low confidence, please verify"),
        }
    }
}

/// How a legal text was seen by the editors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checked {
    /// The article was read in the law's text.
    Text,
    /// Seen quoted in public pages.
    Secondary,
    /// From the editors' knowledge, not read again.
    #[default]
    Memory,
}

impl Checked {
    pub fn name(self) -> Text {
        match self {
            Checked::Text => Text::new("已核对原文", "article read in the law"),
            Checked::Secondary => Text::new("据公开引用", "seen quoted in public pages"),
            Checked::Memory => Text::new("凭经验，未复核", "from memory, not read again"),
        }
    }
}

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

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Workday,
    CalendarDay,
}

impl Unit {
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
    pub days: i64,
    pub unit: Unit,
}

impl Period {
    pub fn text(self) -> Text {
        self.unit.count(self.days)
    }
}

/// The statutory limit of a matter.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LegalLimit {
    pub period: Option<Period>,
    pub kind: LimitKind,
    pub note: Option<String>,
    /// For planning: the period in working days; `approximate` when it is calendar days × 5/7.
    pub workdays: Option<i64>,
    pub approximate: bool,
}

/// What the legal limit was in a span of time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FormerLimit {
    pub valid_from: Option<Date>,
    pub valid_until: Option<Date>,
    pub period: Period,
    pub basis: String,
    pub title: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DependencyType {
    FinishToStart,
    StartToStart,
    FinishToFinish,
}

/// What must come before. A dependency on a matter that does not apply is satisfied.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Dependency {
    pub on: Id<Matter>,
    pub kind: DependencyType,
    /// The pre-review may start before the predecessor ends; the decision still waits for it.
    pub preview: bool,
}

/// When a tolerated paper must be in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SupplyBy {
    Acceptance,
    Decision,
    AfterResult,
}

/// A paper a matter asks for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Requirement {
    pub material: Id<Material>,
    pub required_when: Condition,
    pub supply_by: SupplyBy,
    /// Working days to supply it after a written promise; `None`: not tolerated (容缺).
    pub promise_days: Option<i64>,
    pub tolerated_in_preview: bool,
    pub tolerance_assumed: bool,
}

/// Where a paper comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    Applicant,
    Government,
    Intermediary,
    /// A result of another matter: taken from the shared store, never asked for again.
    Shared,
}

impl Source {
    pub fn name(self) -> Text {
        match self {
            Source::Applicant => Text::new("申请人自备", "from the applicant"),
            Source::Government => Text::new("政府核发", "issued by government"),
            Source::Intermediary => Text::new("中介机构", "from an intermediary"),
            Source::Shared => Text::new("共享获取", "shared, no need to submit"),
        }
    }
}

/// A paper: asked for by matters, made by people or produced by matters.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Material {
    pub id: Id<Material>,
    pub name: Text,
    pub source: Source,
    pub produced_by: Vec<Id<Matter>>,
    /// It holds a person's identity document: the offices that need to read it. None: everybody who sees the project may.
    pub readers: Option<Vec<Id<Organisation>>>,
}

/// A legal text.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Basis {
    pub title: String,
    pub number: String,
    pub checked: Checked,
    pub note: Option<String>,
    pub valid_from: Option<Date>,
    pub valid_until: Option<Date>,
    pub successor: Option<String>,
}

impl Basis {
    /// Whether it is in force on a day.
    pub fn in_force(&self, on: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= on) && self.valid_until.is_none_or(|until| on <= until)
    }
}

/// An article a matter rests on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Citation {
    pub basis: String,
    pub article: String,
    pub confidence: Confidence,
}

/// A technical key point (技术要点), told once and in time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct KeyPoint {
    pub id: String,
    pub text: Text,
}

/// The matter takes another form for some projects.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Variant {
    pub when: Condition,
    pub kind: Kind,
    pub result: Text,
    pub legal_workdays: Option<i64>,
    pub promised_workdays: i64,
    pub promised_assumed: bool,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Matter {
    pub id: Id<Matter>,
    pub code: String,
    pub name: Text,
    /// First letters of the name's pinyin, for searching; filled in where the catalogue is loaded.
    pub initials: String,
    /// The name the source article uses, where it differs.
    pub article_name: Option<String>,
    pub stage: Id<Stage>,
    pub line: Line,
    pub kind: Kind,
    pub department: Id<Organisation>,
    pub cooperating: Vec<Id<Organisation>>,
    pub result: Text,
    pub produces: Vec<Id<Material>>,
    pub six_permits: bool,
    pub applies_when: Condition,
    pub depends_on: Vec<Dependency>,
    /// Works that must be done before (see the activities of the stages file).
    pub after_activity: Option<String>,
    pub legal_limit: LegalLimit,
    pub limit_history: Vec<FormerLimit>,
    pub promised_workdays: i64,
    pub promised_assumed: bool,
    pub preparation_workdays: i64,
    pub preparation_assumed: bool,
    /// Time that is not counted, in words (行政许可法 art. 45).
    pub clock_excluded: Option<Text>,
    pub pause_reasons: Vec<String>,
    pub fees: Text,
    pub requirements: Vec<Requirement>,
    pub fields: Vec<Id<Field>>,
    pub citations: Vec<Citation>,
    pub key_points: Vec<KeyPoint>,
    pub mistakes: Vec<Text>,
    pub steps: Vec<Text>,
    pub variants: Vec<Variant>,
    /// Done by the project owner itself; no office decides.
    pub self_managed: bool,
    pub confidence: Confidence,
    pub note: Option<String>,
}

impl Matter {
    /// Whether an enterprise files this in a package, with its data and papers; the rest are offices' own steps, and what the
    /// enterprise does by itself.
    pub fn wants_package(&self) -> bool {
        matches!(self.kind, Kind::Licence | Kind::Confirmation | Kind::Filing | Kind::TechnicalReview | Kind::PublicService)
            && !self.requirements.is_empty()
            && !is_enterprises(&self.department)
    }
}
