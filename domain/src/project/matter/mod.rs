//! A matter in a project: from "not yet due" to "issued".
//!
//! Whether it is due follows from its predecessors; everything else from what people did.

pub(super) mod deemed;
mod rules;
mod state;

pub use deemed::ACCEPT_DAYS;
pub(super) use deemed::by_law;
pub use rules::{Before, before, names};
pub(crate) use rules::{accepted, wait_for};
pub(super) use rules::{decide, step};
pub use state::{ExternalDecision, PauseReason, Progress, State, state};

use crate::account::Account;
use crate::catalogue::{Catalogue, Matter, Organisation, is_enterprises};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::log::Audience;
use crate::project::policy::Right;
use crate::project::timeline::Names;
use crate::project::{Project, Stamp};
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// One matter of one project.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Tracked {
    /// The office that handles it; the project owner itself for what it does alone.
    pub department: Id<Organisation>,
    /// What people did with it so far.
    pub progress: Progress,
    /// When it last moved, and by whom.
    pub moved: Option<(Instant, Id<Account>)>,
    /// A tolerant pre-review was passed (容缺预审). Not a permit.
    pub pre_reviewed: Option<Instant>,
    /// When it was last filed.
    pub filed_at: Option<Instant>,
    /// When the result was handed out.
    pub issued_at: Option<Instant>,
    /// Who of the office has taken it on.
    #[serde(default)]
    pub claimed: Option<Id<Account>>,
    /// It counts as accepted because nobody told the applicant anything in time: what is asked for later stops no clock.
    #[serde(default)]
    pub deemed: bool,
    /// The time limit was extended, which is possible once (行政许可法 art. 42).
    #[serde(default)]
    pub extended: bool,
    /// Decided in another system, under this number there.
    #[serde(default)]
    pub elsewhere: Option<ExternalDecision>,
    /// The last move rests on an assumption (a replayed case).
    pub assumed: bool,
}

/// What may be done with a matter.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// The applicant's papers are ready.
    Prepare,
    /// Hands the application in, without a package.
    File,
    /// The office accepts it: the clock begins.
    Accept,
    /// Nobody answered in time: the rule of deemed acceptance says so (`deemed`). A person who asks for it has not the right.
    DeemAccepted,
    /// Stops the clock.
    Pause {
        /// The reason that allows it.
        reason: PauseReason,
        /// What exactly is waited for.
        note: String,
    },
    /// The clock goes on.
    Resume,
    /// The office passes the pre-review (容缺预审).
    PreReview {
        /// What the office found.
        opinion: String,
    },
    /// The office decides to grant it.
    Decide,
    /// The result is handed out.
    Issue,
    /// The office decides not to grant it.
    Refuse {
        /// Why, for the applicant.
        ground: String,
    },
    /// It turns out not to apply to this project.
    Exempt {
        /// Why it does not apply.
        reason: String,
    },
    /// Ten working days more, once, by the head of the office.
    Extend {
        /// Why more time is needed.
        reason: String,
    },
    /// Records what was decided in another system.
    Record {
        /// What was decided there.
        elsewhere: ExternalDecision,
    },
    /// Takes it on, or over from a colleague.
    Claim,
    /// Gives it back, for a colleague to take on.
    Release,
}

/// What happened to a matter.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The applicant's papers are ready.
    Prepared,
    /// The application was handed in.
    Filed {
        /// For tolerant pre-review: a predecessor is not finished.
        preview: bool,
    },
    /// `edition`: the calendar the due day was computed with.
    Accepted {
        /// The day the decision is due.
        due: Date,
        /// The edition of the working-day calendar.
        edition: String,
    },
    /// Nobody answered in time: it counts as accepted on the day it was received (行政许可法 art. 32).
    DeemedAccepted {
        /// The day it counts as received on, from which the limit runs.
        received: Date,
        /// The day the decision is due.
        due: Date,
        /// The edition of the working-day calendar that `due` was computed with.
        edition: String,
    },
    /// The clock was stopped.
    Paused {
        /// The reason that allows it.
        reason: PauseReason,
        /// What exactly is waited for.
        note: String,
        /// Working days that are left when the clock goes on.
        left: i64,
    },
    /// The clock goes on.
    Resumed {
        /// The day the decision is due now.
        due: Date,
        /// The edition of the working-day calendar that `due` was computed with.
        edition: String,
    },
    /// The pre-review was passed; this is no permit.
    PreReviewed {
        /// What the office found.
        opinion: String,
    },
    /// The office decided to grant it.
    Decided,
    /// The result was handed out.
    Issued,
    /// The office decided not to grant it.
    Refused {
        /// Why, for the applicant.
        ground: String,
    },
    /// It does not apply to this project after all.
    Exempted {
        /// Why it does not apply.
        reason: String,
    },
    /// Sent back with the package's correction notice.
    Returned {
        /// It had been filed for tolerant pre-review.
        preview: bool,
    },
    /// The applicant took the application back.
    Withdrawn {
        /// Why.
        reason: String,
    },
    /// A pre-review counts no more.
    Lapsed {
        /// Why: what it rested on is lost.
        reason: String,
    },
    /// The limit was extended.
    Extended {
        /// The day the decision is due now.
        due: Date,
        /// Why more time is needed.
        reason: String,
        /// The edition of the working-day calendar that `due` was computed with.
        edition: String,
    },
    /// It was decided in another system, and recorded here.
    Elsewhere {
        /// What was decided there.
        elsewhere: ExternalDecision,
    },
    /// An officer took it on.
    Claimed {
        /// The colleague who had it before; none: nobody had.
        from: Option<Id<Account>>,
    },
    /// It was given back, for a colleague to take on.
    Released,
}

/// What a person may ask is all that a command says; `DeemAccepted` is the right of a rule and of no person.
pub use self::Command as Request;

impl Command {
    /// The right it takes.
    pub(super) fn right(&self, project: &Project, _: &Catalogue, id: &Id<Matter>) -> Right {
        match self {
            Command::Prepare | Command::File => Right::Submit(id.clone()),
            Command::DeemAccepted => Right::DeemAccepted(id.clone()),
            Command::Exempt { .. } => Right::Exempt(id.clone()),
            Command::Extend { .. } => Right::Extend(id.clone()),
            Command::Accept | Command::Decide | Command::Issue | Command::Record { .. } => right_to_conclude(project, id),
            _ => Right::Handle(id.clone()),
        }
    }
}

/// The right to accept, decide, finish and record a matter: its office's, or the owner's where it does the matter by itself.
pub fn right_to_conclude(project: &Project, id: &Id<Matter>) -> Right {
    match project.matters.get(id) {
        Some(tracked) if is_enterprises(&tracked.department) => Right::Conclude(id.clone()),
        _ => Right::Handle(id.clone()),
    }
}

impl Event {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Event::Prepared => "matter.prepared",
            Event::Filed { .. } => "matter.filed",
            Event::Accepted { .. } => "matter.accepted",
            Event::DeemedAccepted { .. } => "matter.deemed_accepted",
            Event::Paused { .. } => "matter.paused",
            Event::Resumed { .. } => "matter.resumed",
            Event::PreReviewed { .. } => "matter.pre_reviewed",
            Event::Decided => "matter.decided",
            Event::Issued => "matter.issued",
            Event::Refused { .. } => "matter.refused",
            Event::Exempted { .. } => "matter.exempted",
            Event::Returned { .. } => "matter.returned",
            Event::Withdrawn { .. } => "matter.withdrawn",
            Event::Lapsed { .. } => "matter.lapsed",
            Event::Extended { .. } => "matter.extended",
            Event::Elsewhere { .. } => "matter.elsewhere",
            Event::Claimed { .. } => "matter.claimed",
            Event::Released => "matter.released",
        }
    }

    pub(super) fn audience(&self) -> Audience {
        Audience::Parties
    }

    pub(super) fn people(&self) -> Vec<&Id<Account>> {
        match self {
            Event::Claimed { from } => from.iter().collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn sentence(&self, matter: &Id<Matter>, names: &Names) -> Text {
        let matter = names.matter(matter);
        let (zh, en) = match self {
            Event::Prepared => ("备齐材料".to_string(), "prepared".to_string()),
            Event::Filed { preview: false } => ("申报".into(), "filed".into()),
            Event::Filed { preview: true } => ("申报（容缺预审）".into(), "filed for tolerant pre-review".into()),
            Event::Accepted { due, .. } => (format!("受理，承诺 {due} 前办结"), format!("accepted, promised by {due}")),
            Event::DeemedAccepted { received, due, .. } => (
                format!(
                    "自 {received} 收到申请起五个工作日内，本平台没有受理、告知补正或不予受理的记录；按《行政许可法》第三十二条，自收到之日起即为受理\
                     （依本平台记录推定，不代替受理凭证）。按所列时限计至 {due}"
                ),
                format!(
                    "this portal has no record that within five working days of receipt on {received} the applicant was told of \
                     acceptance, corrections or refusal to accept; under art. 32 of the Administrative Licensing Law it counts as \
                     accepted from receipt (inferred from this record, no substitute for the office’s receipt). Time as listed: by {due}"
                ),
            ),
            Event::Paused { reason, note, .. } => {
                (format!("暂停计时（{}）：{note}", reason.name().zh), format!("clock paused ({}): {note}", reason.name().en))
            }
            Event::Resumed { due, .. } => (format!("恢复计时，{due} 到期"), format!("clock resumed, due {due}")),
            Event::PreReviewed { opinion } => (format!("容缺预审通过：{opinion}"), format!("pre-review passed: {opinion}")),
            Event::Decided => ("作出决定".into(), "decided".into()),
            Event::Issued => ("办结".into(), "issued".into()),
            Event::Refused { ground } => (format!("不予许可：{ground}"), format!("refused: {ground}")),
            Event::Returned { .. } => ("一次性告知补正".into(), "sent back to be corrected".into()),
            Event::Withdrawn { reason } => (format!("撤回：{reason}"), format!("withdrawn: {reason}")),
            Event::Lapsed { reason } => (format!("预审失效：{reason}"), format!("the pre-review lapsed: {reason}")),
            Event::Extended { due, reason, .. } => (format!("延长至 {due}：{reason}"), format!("extended to {due}: {reason}")),
            Event::Elsewhere { elsewhere: e } => {
                (format!("在“{}”办结，文号 {}", e.system, e.number), format!("decided in “{}” under {}", e.system, e.number))
            }
            Event::Claimed { from: None } => ("认领办理".into(), "taken on".into()),
            Event::Claimed { from: Some(from) } => {
                (format!("从{}接手办理", names.person(from).zh), format!("taken over from {}", names.person(from).en))
            }
            Event::Released => ("放回待认领".into(), "given back".into()),
            Event::Exempted { reason } => (format!("不需要办：{reason}"), format!("not applicable: {reason}")),
        };
        Text::new(format!("{}：{zh}", matter.zh), format!("{}: {en}", matter.en))
    }
}

/// Folds an event.
pub(super) fn apply(project: &mut Project, id: &Id<Matter>, event: &Event, stamp: Stamp) {
    if let Some(tracked) = project.matters.get_mut(id) {
        tracked.apply(event, stamp.at, stamp.by, stamp.assumed);
    }
}

impl Tracked {
    /// A matter of a new project, with nothing done.
    pub fn new(department: Id<Organisation>) -> Tracked {
        Tracked {
            department,
            progress: Progress::Untouched,
            moved: None,
            pre_reviewed: None,
            filed_at: None,
            issued_at: None,
            claimed: None,
            deemed: false,
            extended: false,
            elsewhere: None,
            assumed: false,
        }
    }

    /// Whether nothing is left to do: it was issued, or does not apply.
    pub fn is_done(&self) -> bool {
        matches!(self.progress, Progress::Issued | Progress::NotApplicable { .. })
    }

    /// Whether anybody has done anything with it.
    pub fn is_started(&self) -> bool {
        !matches!(self.progress, Progress::Untouched)
    }

    fn apply(&mut self, event: &Event, at: Instant, by: &Id<Account>, assumed: bool) {
        // Who works on it moves nothing.
        if let Event::Claimed { .. } | Event::Released = event {
            self.claimed = matches!(event, Event::Claimed { .. }).then(|| by.clone());
            return;
        }
        self.moved = Some((at, by.clone()));
        self.assumed = assumed;
        match event {
            Event::DeemedAccepted { .. } => self.deemed = true,
            Event::Filed { .. } => self.deemed = false,
            _ => {}
        }
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
            Event::Accepted { due, .. } | Event::DeemedAccepted { due, .. } | Event::Resumed { due, .. } => {
                Progress::Accepted { due: *due }
            }
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
