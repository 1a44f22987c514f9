//! A matter in a project: from "not yet due" to "issued".
//!
//! Whether it is due follows from its predecessors; everything else from what people did.

mod rules;

pub use rules::{Before, before, decide, names};
pub(crate) use rules::{accepted, wait_for};

use crate::account::Account;
use crate::catalogue::{Catalogue, Matter, Organisation};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::project::Project;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// What people did with a matter so far.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Progress {
    #[default]
    Untouched,
    Prepared,
    /// Sent in. `preview`: for tolerant pre-review, a predecessor is not finished.
    Filed {
        preview: bool,
    },
    /// Sent back once, with everything that is to be corrected; `preview` as it was filed.
    Returned {
        preview: bool,
    },
    /// The clock runs to this day.
    Accepted {
        due: Date,
    },
    /// The clock stands. `left`: working days that remain when it resumes.
    Paused {
        reason: PauseReason,
        note: String,
        left: i64,
    },
    Decided,
    Issued,
    Refused {
        ground: String,
    },
    NotApplicable {
        reason: String,
    },
}

/// Why a clock may stand; 行政许可法 art. 45 and the practice of correction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PauseReason {
    /// The applicant has to supply something.
    Supplement,
    Publicity,
    ExpertReview,
    Hearing,
    Inspection,
}

impl PauseReason {
    pub const ALL: [PauseReason; 5] =
        [PauseReason::Supplement, PauseReason::Publicity, PauseReason::ExpertReview, PauseReason::Hearing, PauseReason::Inspection];

    pub fn code(self) -> &'static str {
        match self {
            PauseReason::Supplement => "supplement",
            PauseReason::Publicity => "publicity",
            PauseReason::ExpertReview => "expert-review",
            PauseReason::Hearing => "hearing",
            PauseReason::Inspection => "inspection",
        }
    }

    pub fn from_code(code: &str) -> Option<PauseReason> {
        PauseReason::ALL.into_iter().find(|r| r.code() == code)
    }

    pub fn name(self) -> Text {
        match self {
            PauseReason::Supplement => Text::new("待申请人补正", "waiting for the applicant’s correction"),
            PauseReason::Publicity => Text::new("公示", "public notice"),
            PauseReason::ExpertReview => Text::new("专家评审", "expert review"),
            PauseReason::Hearing => Text::new("听证", "hearing"),
            PauseReason::Inspection => Text::new("现场核查、检验检测", "inspection or testing"),
        }
    }
}

/// One matter of one project.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Tracked {
    pub department: Id<Organisation>,
    pub progress: Progress,
    /// When it last moved, and by whom.
    pub moved: Option<(Instant, Id<Account>)>,
    /// A tolerant pre-review was passed (容缺预审). Not a permit.
    pub pre_reviewed: Option<Instant>,
    pub filed_at: Option<Instant>,
    pub issued_at: Option<Instant>,
    /// Who of the office has taken it on.
    #[serde(default)]
    pub claimed: Option<Id<Account>>,
    /// The time limit was extended, which is possible once (行政许可法 art. 42).
    #[serde(default)]
    pub extended: bool,
    /// Decided in another system, under this number there.
    #[serde(default)]
    pub elsewhere: Option<Elsewhere>,
    /// The last move rests on an assumption (a replayed case).
    pub assumed: bool,
}

/// A decision another office made in its own system.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The number of the document.
    pub number: String,
    pub system: String,
    pub on: Date,
}

/// Where a matter stands, as shown: always a word, colour repeats it.
#[derive(Clone, PartialEq, Debug)]
pub enum State {
    /// Predecessors are missing.
    NotYetDue {
        waiting_for: Vec<Id<Matter>>,
    },
    Ready,
    Prepared,
    Filed {
        preview: bool,
    },
    Returned,
    Accepted {
        due: Date,
    },
    Paused {
        reason: PauseReason,
    },
    Decided,
    Issued,
    Refused,
    NotApplicable,
}

impl State {
    /// For styles and tests; the same word everywhere.
    pub fn code(&self) -> &'static str {
        match self {
            State::NotYetDue { .. } => "not-yet-due",
            State::Ready => "ready",
            State::Prepared => "prepared",
            State::Filed { .. } => "filed",
            State::Returned => "returned",
            State::Accepted { .. } => "accepted",
            State::Paused { .. } => "paused",
            State::Decided => "decided",
            State::Issued => "issued",
            State::Refused => "refused",
            State::NotApplicable => "not-applicable",
        }
    }

    pub fn name(&self) -> Text {
        match self {
            State::NotYetDue { .. } => Text::new("未到时", "Not yet due"),
            State::Ready => Text::new("可以办", "Ready"),
            State::Prepared => Text::new("已备齐", "Prepared"),
            State::Filed { preview: false } => Text::new("已申报", "Filed"),
            State::Filed { preview: true } => Text::new("已申报（预审）", "Filed for pre-review"),
            State::Returned => Text::new("待补正", "To be corrected"),
            State::Accepted { .. } => Text::new("已受理", "Accepted"),
            State::Paused { .. } => Text::new("暂停计时", "Paused"),
            State::Decided => Text::new("已决定", "Decided"),
            State::Issued => Text::new("已办结", "Issued"),
            State::Refused => Text::new("不予许可", "Refused"),
            State::NotApplicable => Text::new("不需要办", "Not applicable"),
        }
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Prepare,
    File,
    Accept,
    Pause {
        reason: PauseReason,
        note: String,
    },
    Resume,
    PreReview {
        opinion: String,
    },
    Decide,
    Issue,
    Refuse {
        ground: String,
    },
    Exempt {
        reason: String,
    },
    /// Ten working days more, once, by the head of the office.
    Extend {
        reason: String,
    },
    /// Records what was decided in another system.
    Record {
        elsewhere: Elsewhere,
    },
    /// Takes it on, or over from a colleague.
    Claim,
    Release,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Prepared,
    Filed {
        preview: bool,
    },
    /// `edition`: the calendar the due day was computed with.
    Accepted {
        due: Date,
        edition: String,
    },
    Paused {
        reason: PauseReason,
        note: String,
        left: i64,
    },
    Resumed {
        due: Date,
        edition: String,
    },
    PreReviewed {
        opinion: String,
    },
    Decided,
    Issued,
    Refused {
        ground: String,
    },
    Exempted {
        reason: String,
    },
    /// Sent back with the package's correction notice.
    Returned {
        preview: bool,
    },
    Withdrawn {
        reason: String,
    },
    /// A pre-review counts no more.
    Lapsed {
        reason: String,
    },
    Extended {
        due: Date,
        reason: String,
        edition: String,
    },
    Elsewhere {
        elsewhere: Elsewhere,
    },
    Claimed {
        from: Option<Id<Account>>,
    },
    Released,
}

impl Tracked {
    pub fn new(department: Id<Organisation>) -> Tracked {
        Tracked {
            department,
            progress: Progress::Untouched,
            moved: None,
            pre_reviewed: None,
            filed_at: None,
            issued_at: None,
            claimed: None,
            extended: false,
            elsewhere: None,
            assumed: false,
        }
    }

    pub fn is_done(&self) -> bool {
        matches!(self.progress, Progress::Issued | Progress::NotApplicable { .. })
    }

    pub fn is_started(&self) -> bool {
        !matches!(self.progress, Progress::Untouched)
    }

    pub fn apply(&mut self, event: &Event, at: Instant, by: &Id<Account>, assumed: bool) {
        // Who works on it moves nothing.
        if let Event::Claimed { .. } | Event::Released = event {
            self.claimed = matches!(event, Event::Claimed { .. }).then(|| by.clone());
            return;
        }
        self.moved = Some((at, by.clone()));
        self.assumed = assumed;
        self.progress = match event {
            Event::Claimed { .. } | Event::Released => return,
            Event::Returned { preview } => Progress::Returned { preview: *preview },
            Event::Withdrawn { .. } | Event::Lapsed { .. } => {
                self.pre_reviewed = None;
                Progress::Untouched
            }
            Event::Extended { due, .. } => {
                self.extended = true;
                Progress::Accepted { due: *due }
            }
            Event::Elsewhere { elsewhere } => {
                self.elsewhere = Some(elsewhere.clone());
                self.issued_at = Some(at);
                Progress::Issued
            }
            Event::Prepared => Progress::Prepared,
            Event::Filed { preview } => {
                self.filed_at = Some(at);
                Progress::Filed { preview: *preview }
            }
            Event::Accepted { due, .. } | Event::Resumed { due, .. } => Progress::Accepted { due: *due },
            Event::Paused { reason, note, left } => Progress::Paused { reason: *reason, note: note.clone(), left: *left },
            Event::PreReviewed { .. } => {
                self.pre_reviewed = Some(at);
                return;
            }
            Event::Decided => Progress::Decided,
            Event::Issued => {
                self.issued_at = Some(at);
                Progress::Issued
            }
            Event::Refused { ground } => Progress::Refused { ground: ground.clone() },
            Event::Exempted { reason } => Progress::NotApplicable { reason: reason.clone() },
        };
    }
}

/// Where a matter of a project stands; `None` when it is not one of its matters.
pub fn state(project: &Project, catalogue: &Catalogue, id: &Id<Matter>) -> Option<State> {
    let tracked = project.matters.get(id)?;
    Some(match &tracked.progress {
        Progress::Untouched => {
            let waiting_for = catalogue.matter(id.as_str()).map(|m| rules::to_begin(project, m)).unwrap_or_default();
            if waiting_for.is_empty() { State::Ready } else { State::NotYetDue { waiting_for } }
        }
        Progress::Prepared => State::Prepared,
        Progress::Filed { preview } => State::Filed { preview: *preview },
        Progress::Returned { .. } => State::Returned,
        Progress::Accepted { due } => State::Accepted { due: *due },
        Progress::Paused { reason, .. } => State::Paused { reason: *reason },
        Progress::Decided => State::Decided,
        Progress::Issued => State::Issued,
        Progress::Refused { .. } => State::Refused,
        Progress::NotApplicable { .. } => State::NotApplicable,
    })
}
