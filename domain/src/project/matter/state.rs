//! Where a matter stands: what people did with it, and what follows from its predecessors.

use super::rules;
use crate::catalogue::{Catalogue, Matter};
use crate::date::Date;
use crate::id::Id;
use crate::project::Project;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// What people did with a matter so far.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Progress {
    /// Nobody has done anything.
    #[default]
    Untouched,
    /// The applicant's papers are ready.
    Prepared,
    /// Sent in. `preview`: for tolerant pre-review, a predecessor is not finished.
    Filed {
        /// For tolerant pre-review.
        preview: bool,
    },
    /// Sent back once, with everything that is to be corrected; `preview` as it was filed.
    Returned {
        /// It had been filed for tolerant pre-review.
        preview: bool,
    },
    /// The clock runs to this day.
    Accepted {
        /// The day the decision is due.
        due: Date,
    },
    /// The clock stands. `left`: working days that remain when it resumes.
    Paused {
        /// The reason that allows it.
        reason: PauseReason,
        /// What exactly is waited for.
        note: String,
        /// Working days that remain.
        left: i64,
    },
    /// It is granted; the result is not handed out yet.
    Decided,
    /// The result was handed out.
    Issued,
    /// It is not granted.
    Refused {
        /// Why, for the applicant.
        ground: String,
    },
    /// It does not apply to this project after all.
    NotApplicable {
        /// Why it does not apply.
        reason: String,
    },
}

/// Why a clock may stand; 行政许可法 art. 45 and the practice of correction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PauseReason {
    /// The applicant has to supply something.
    Supplement,
    /// It has to be made public for a time (公示).
    Publicity,
    /// Experts review it (专家评审).
    ExpertReview,
    /// A hearing is held (听证).
    Hearing,
    /// Something is inspected or tested.
    Inspection,
}

impl PauseReason {
    /// Every reason, in the order of the form.
    pub const ALL: [PauseReason; 5] =
        [PauseReason::Supplement, PauseReason::Publicity, PauseReason::ExpertReview, PauseReason::Hearing, PauseReason::Inspection];

    /// The word for it in the log, the catalogue and forms.
    pub fn code(self) -> &'static str {
        match self {
            PauseReason::Supplement => "supplement",
            PauseReason::Publicity => "publicity",
            PauseReason::ExpertReview => "expert-review",
            PauseReason::Hearing => "hearing",
            PauseReason::Inspection => "inspection",
        }
    }

    /// The reason of this code.
    pub fn from_code(code: &str) -> Option<PauseReason> {
        PauseReason::ALL.into_iter().find(|r| r.code() == code)
    }

    /// What people call it.
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

/// A decision another office made in its own system.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ExternalDecision {
    /// The number of the document.
    pub number: String,
    /// The other system, by its name.
    pub system: String,
    /// The day it was decided there.
    pub on: Date,
}

/// Where a matter stands, as shown: always a word, colour repeats it.
#[derive(Clone, PartialEq, Debug)]
pub enum State {
    /// Predecessors are missing.
    NotYetDue {
        /// The matters that have to be finished first.
        waiting_for: Vec<Id<Matter>>,
    },
    /// It can be begun.
    Ready,
    /// The papers are ready.
    Prepared,
    /// It is handed in and waits for the office.
    Filed {
        /// For tolerant pre-review.
        preview: bool,
    },
    /// It is sent back to be corrected.
    Returned,
    /// The clock runs.
    Accepted {
        /// The day the decision is due.
        due: Date,
    },
    /// The clock stands.
    Paused {
        /// The reason that allows it.
        reason: PauseReason,
    },
    /// It is granted; the result is not handed out yet.
    Decided,
    /// The result was handed out.
    Issued,
    /// It is not granted.
    Refused,
    /// It does not apply to this project after all.
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

    /// What people call it.
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
