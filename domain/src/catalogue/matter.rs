//! A matter (事项): one thing an office decides, registers or does for a project.

use super::{Citation, Confidence, Field, FormerLimit, LegalLimit, Organisation, Stage, is_enterprises};
use crate::condition::Condition;
use crate::id::Id;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// One of the two lines (两条线) the whole process runs on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// 土地条线: how the project gets its ground.
    Land,
    /// 建设条线: how it is approved, designed, built and accepted.
    Construction,
}

impl Line {
    /// Both, in the order in which they are drawn.
    pub const ALL: [Line; 2] = [Line::Land, Line::Construction];

    /// The word for it in the data and in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Line::Land => "land",
            Line::Construction => "construction",
        }
    }

    /// What people call it.
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
    /// 行政许可: without it the act is not allowed.
    Licence,
    /// 行政确认: an authority confirms a fact or a right.
    Confirmation,
    /// 备案: the authority is told and keeps it on file.
    Filing,
    /// 技术审查: experts or an authority review documents or drawings.
    TechnicalReview,
    /// 公共服务: power, water, gas and the like are connected or supplied.
    PublicService,
    /// 政府内部协作: offices work among themselves, nobody applies.
    InternalCoordination,
    /// 中介服务: done by an intermediary the enterprise engages.
    IntermediaryService,
    /// 交易: land or works are tendered, sold or contracted.
    Transaction,
}

impl Kind {
    /// Every kind, with the word for it in the data, its Chinese and its English name.
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

    /// The word for it in the data.
    pub fn code(self) -> &'static str {
        self.row().1
    }

    /// What people call it.
    pub fn name(self) -> Text {
        Text::new(self.row().2, self.row().3)
    }
}

/// How a matter is tied to one that comes before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DependencyType {
    /// It starts when the other has finished.
    FinishToStart,
    /// It does not start before the other has started.
    StartToStart,
    /// It does not finish before the other has finished.
    FinishToFinish,
}

/// What must come before. A dependency on a matter that does not apply is satisfied.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Dependency {
    /// The matter that comes before.
    pub on: Id<Matter>,
    /// How the two are tied.
    pub kind: DependencyType,
    /// The pre-review may start before the predecessor ends; the decision still waits for it.
    pub preview: bool,
}

/// When a tolerated paper must be in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SupplyBy {
    /// With the application: it cannot follow later.
    Acceptance,
    /// Before the office decides: it may be missing at acceptance, and the clock pauses until it is in.
    Decision,
    /// After the result has been handed out.
    AfterResult,
}

/// A paper a matter asks for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Requirement {
    /// Which paper.
    pub material: Id<Material>,
    /// For which projects the matter asks for it.
    pub required_when: Condition,
    /// The latest point at which a paper that follows later has to arrive.
    pub supply_by: SupplyBy,
    /// Working days to supply it after a written promise; `None`: not tolerated (容缺).
    pub promise_days: Option<i64>,
    /// The pre-review (容缺预审) can be done without it.
    pub tolerated_in_preview: bool,
    /// Whether the paper may follow is the editors' assumption, not a published list.
    pub tolerance_assumed: bool,
}

/// Where a paper comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The applicant makes it or has it.
    Applicant,
    /// An authority issues it.
    Government,
    /// An intermediary makes it for the applicant.
    Intermediary,
    /// A result of another matter: taken from the shared store, never asked for again.
    Shared,
}

impl Source {
    /// How it is told to a reader.
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
    /// How data and code refer to it.
    pub id: Id<Material>,
    /// What the paper is called.
    pub name: Text,
    /// Who it comes from.
    pub source: Source,
    /// The matters whose result it is; empty for papers that people make.
    pub produced_by: Vec<Id<Matter>>,
    /// It holds a person's identity document: the offices that need to read it. None: everybody who sees the project may.
    pub readers: Option<Vec<Id<Organisation>>>,
}

/// A technical key point (技术要点), told once and in time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct KeyPoint {
    /// How data refers to it.
    pub id: String,
    /// What is to be kept in mind, as told to the applicant.
    pub text: Text,
}

/// The matter takes another form for some projects.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Variant {
    /// The projects for which the matter takes this form; of several that hold, the first counts.
    pub when: Condition,
    /// What sort of act it is in this form.
    pub kind: Kind,
    /// What the applicant gets at the end.
    pub result: Text,
    /// The statutory limit in working days; none: no limit was found for this form.
    pub legal_workdays: Option<i64>,
    /// The limit that the offices promise, in working days.
    pub promised_workdays: i64,
    /// `promised_workdays` is the editors' assumption, not a published promise.
    pub promised_assumed: bool,
}

/// One thing an office decides, registers or does for a project, with everything the catalogue knows of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Matter {
    /// How data, addresses and the log refer to it, e.g. `construction-permit`; never changes.
    pub id: Id<Matter>,
    /// The short code that people quote and that stands in certificate numbers.
    pub code: String,
    /// What people call it.
    pub name: Text,
    /// First letters of the name's pinyin, for searching; filled in where the catalogue is loaded.
    pub initials: String,
    /// The name the source article uses, where it differs.
    pub article_name: Option<String>,
    /// The stage of the process it belongs to.
    pub stage: Id<Stage>,
    /// The line it belongs to.
    pub line: Line,
    /// What sort of act it is, unless a variant says otherwise.
    pub kind: Kind,
    /// The office that handles it (主办部门).
    pub department: Id<Organisation>,
    /// Offices that are heard or help (配合部门).
    pub cooperating: Vec<Id<Organisation>>,
    /// What the applicant gets at the end, unless a variant says otherwise.
    pub result: Text,
    /// The papers that its result is, for other matters to use.
    pub produces: Vec<Id<Material>>,
    /// It is one of the permits issued together before works start (六证).
    pub six_permits: bool,
    /// The projects that need it.
    pub applies_when: Condition,
    /// What comes before it; see [`Dependency`].
    pub depends_on: Vec<Dependency>,
    /// Works that must be done before (see the activities of the stages file).
    pub after_activity: Option<String>,
    /// The statutory limit as it is now.
    pub legal_limit: LegalLimit,
    /// The limits that were or will be in force in other spans of time.
    pub limit_history: Vec<FormerLimit>,
    /// The limit that the offices promise, in working days.
    pub promised_workdays: i64,
    /// `promised_workdays` is the editors' assumption, not a published promise.
    pub promised_assumed: bool,
    /// The time the applicant needs to make the papers, in working days.
    pub preparation_workdays: i64,
    /// `preparation_workdays` is the editors' assumption.
    pub preparation_assumed: bool,
    /// Time that is not counted, in words (行政许可法 art. 45).
    pub clock_excluded: Option<Text>,
    /// For which reasons the clock may stand still: words of the data, which `project::matter::PauseReason` knows.
    pub pause_reasons: Vec<String>,
    /// What it costs the applicant, in words.
    pub fees: Text,
    /// The papers it asks for, in the order of the list given to the applicant.
    pub requirements: Vec<Requirement>,
    /// The fields of the data sheet it asks for.
    pub fields: Vec<Id<Field>>,
    /// The articles it rests on.
    pub citations: Vec<Citation>,
    /// What applicants are told once, before they begin.
    pub key_points: Vec<KeyPoint>,
    /// What applicants often get wrong.
    pub mistakes: Vec<Text>,
    /// What happens from filing to result, in order.
    pub steps: Vec<Text>,
    /// Other forms it takes for some projects.
    pub variants: Vec<Variant>,
    /// Done by the project owner itself; no office decides.
    pub self_managed: bool,
    /// How sure the editors are that the matter exists, of its kind, its order and its statutory limit; promised and
    /// preparation times are assumptions anyway.
    pub confidence: Confidence,
    /// What the editors add for whoever reads the data.
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
