//! What may be done with a matter, and what then happens.

use super::{Command, Event, ExternalDecision, PauseReason, Progress, State, deemed, state};
use crate::account::By;
use crate::catalogue::{Catalogue, DependencyType, Matter};
use crate::guide;
use crate::id::Id;
use crate::project::policy::handles;
use crate::project::{self, Project};
use crate::refusal::{Refusal, checked_text, not_now};
use crate::text::Text;

/// Working days by which a decision may be put off (行政许可法 art. 42).
const EXTENSION_DAYS: i64 = 10;

/// What a predecessor still holds back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    Start,
    Decision,
    /// Handing over what was decided.
    Issue,
}

/// Predecessors that are not far enough. One that does not apply to the project is satisfied.
fn missing(project: &Project, matter: &Matter, gate: Gate) -> Vec<Id<Matter>> {
    matter
        .depends_on
        .iter()
        .filter(|d| {
            let Some(before) = project.matters.get(&d.on) else { return false };
            match (d.kind, gate) {
                _ if before.is_done() => false,
                (DependencyType::StartToStart, _) => !before.is_started(),
                // A pre-review may start before its predecessor ends, the decision never.
                (DependencyType::FinishToStart, Gate::Start) => !d.preview,
                (DependencyType::FinishToFinish, Gate::Start) => false,
                // Offices that issue together decide one upon the other, before anything of it is handed over. What is decided
                // alone is held back at the handing over.
                (_, Gate::Decision) => before.progress != Progress::Decided,
                (_, Gate::Issue) => true,
            }
        })
        .map(|d| d.on.clone())
        .collect()
}

/// What a matter's beginning waits for.
pub(super) fn to_begin(project: &Project, matter: &Matter) -> Vec<Id<Matter>> {
    missing(project, matter, Gate::Start)
}

/// What still holds a matter back: from being begun, from being decided, from being handed over.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Before {
    /// What has to be finished before it can be begun.
    pub start: Vec<Id<Matter>>,
    /// What has to be finished before it can be decided.
    pub decision: Vec<Id<Matter>>,
    /// What has to be handed over first, or in the same act.
    pub issue: Vec<Id<Matter>>,
}

/// What holds a matter back now; empty lists where nothing does.
pub fn before(project: &Project, matter: &Matter) -> Before {
    let [start, decision, issue] = [Gate::Start, Gate::Decision, Gate::Issue].map(|gate| missing(project, matter, gate));
    Before { start, decision, issue }
}

/// The clock begins to run: the promised working days from when it was received.
pub(crate) fn accepted(project: &Project, catalogue: &Catalogue, matter: &Matter, by: By) -> Event {
    let calendar = catalogue.calendar();
    let entry = guide::entry(matter, &project.profile(catalogue), project.as_of);
    let due = calendar.add(calendar.received(by.at), entry.promised_workdays.max(1));
    Event::Accepted { due, edition: calendar.edition().to_string() }
}

/// The names of matters, joined for a sentence; at most four, then how many more.
pub fn names(catalogue: &Catalogue, ids: &[Id<Matter>]) -> Text {
    let named: Vec<Text> =
        ids.iter().take(4).map(|id| catalogue.matter(id.as_str()).map_or_else(|| Text::same(id.as_str()), |m| m.name.clone())).collect();
    let more = ids.len().saturating_sub(4);
    let mut zh = named.iter().map(|n| format!("“{}”", n.zh)).collect::<Vec<_>>().join("、");
    let mut en = named.iter().map(|n| n.en.clone()).collect::<Vec<_>>().join("; ");
    if more > 0 {
        zh.push_str(&format!("等 {} 项", ids.len()));
        en.push_str(&format!(" and {more} more"));
    }
    Text::new(zh, en)
}

pub(crate) fn wait_for(catalogue: &Catalogue, what_zh: &str, what_en: &str, missing: &[Id<Matter>]) -> Refusal {
    let names = names(catalogue, missing);
    Refusal::NotNow(Text::new(
        format!("还不能{what_zh}：须先办结{}。", names.zh),
        format!("Cannot {what_en} yet: first to be finished: {}.", names.en),
    ))
}

/// Whether the command may be now, and what then happens.
pub(in crate::project) fn decide(
    project: &Project,
    catalogue: &Catalogue,
    id: &Id<Matter>,
    command: Command,
    by: By,
) -> Result<Vec<project::Event>, Refusal> {
    let event = step(project, catalogue, id, command, by)?;
    Ok(vec![project::Event::Matter { matter: id.clone(), event }])
}

/// The step that a command makes a matter take, if it may be now.
pub(in crate::project) fn step(
    project: &Project,
    catalogue: &Catalogue,
    id: &Id<Matter>,
    command: Command,
    by: By,
) -> Result<Event, Refusal> {
    let tracked = project.matters.get(id).ok_or(Refusal::Unknown)?;
    let matter = catalogue.matter(id.as_str()).ok_or(Refusal::Unknown)?;
    let now = state(project, catalogue, id).ok_or(Refusal::Unknown)?;
    let name = matter.name.clone();
    // "cannot V when it is S": the general refusal of the state machine.
    let out_of_place = |verb_zh: &str, verb_en: &str| {
        let state = now.name();
        Err(Refusal::NotNow(Text::new(
            format!("“{}”现在是“{}”，不能{verb_zh}。", name.zh, state.zh),
            format!("`{}` is now “{}”; it cannot be {verb_en}.", name.en, state.en),
        )))
    };
    let calendar = catalogue.calendar();
    let today = by.at.date();
    let edition = || calendar.edition().to_string();
    Ok(match command {
        Command::Prepare => match &now {
            State::Ready | State::Refused => Event::Prepared,
            State::NotYetDue { waiting_for } => return Err(wait_for(catalogue, "准备", "prepare", waiting_for)),
            _ => return out_of_place("再备一次", "prepared"),
        },
        Command::File if matter.wants_package() && !handles(by.actor, project, id) => {
            return not_now("请到“申报”页，与数据和材料一并申报。", "Please file it on the page “File”, with its data and papers.");
        }
        Command::File => match &now {
            State::Prepared | State::Ready => {
                let missing = missing(project, matter, Gate::Start);
                if !missing.is_empty() {
                    return Err(wait_for(catalogue, "申报", "file", &missing));
                }
                Event::Filed { preview: !self::missing(project, matter, Gate::Decision).is_empty() }
            }
            State::NotYetDue { waiting_for } => return Err(wait_for(catalogue, "申报", "file", waiting_for)),
            _ => return out_of_place("再申报", "filed"),
        },
        Command::Accept if project.parcel(id).is_some_and(|(_, _, parcel)| parcel.preview) => {
            return not_now(
                "预审件不能直接受理：请出具意见，拿地后转为正式。",
                "A pre-review is not accepted: give an opinion; it is converted when there is land.",
            );
        }
        Command::Accept => match now {
            // After the time for an answer it has been accepted, whoever says so now.
            State::Filed { .. } => {
                deemed::by_law(project, catalogue, id, by.at).unwrap_or_else(|| accepted(project, catalogue, matter, by))
            }
            _ => return out_of_place("受理", "accepted"),
        },
        Command::DeemAccepted => deemed::decide(project, catalogue, id, by.at)?,
        Command::Pause { reason: PauseReason::Supplement, .. } if tracked.deemed => {
            return not_now(
                "逾期未告知已视为受理，补正不停止计时（行政许可法第三十二条、第四十五条）。",
                "It counts as accepted because nothing was told in time; corrections stop no clock (arts 32 and 45).",
            );
        }
        Command::Pause { reason, note } => match now {
            State::Accepted { due } => {
                Event::Paused { reason, note: checked_text("note", &note, 500)?, left: calendar.between(today, due).max(0) }
            }
            _ => return out_of_place("暂停计时", "paused"),
        },
        Command::Resume if project.parcel(id).is_some_and(|(_, s, _)| s.open_notice().is_some_and(|n| n.points.contains_key(id))) => {
            return not_now("企业补正后自动恢复计时。", "The clock resumes by itself when the enterprise has corrected.");
        }
        Command::Resume => match &tracked.progress {
            Progress::Paused { left, .. } => Event::Resumed { due: calendar.add(today, *left), edition: edition() },
            _ => return out_of_place("恢复计时", "resumed"),
        },
        Command::PreReview { opinion } => {
            if !matter.depends_on.iter().any(|d| d.preview) {
                return not_now("此事项没有容缺预审。", "This matter has no tolerant pre-review.");
            }
            match now {
                State::Decided | State::Issued | State::Refused | State::NotApplicable => return out_of_place("预审", "pre-reviewed"),
                _ => Event::PreReviewed { opinion: checked_text("opinion", &opinion, 500)? },
            }
        }
        Command::Decide => match now {
            State::Accepted { .. } => {
                let missing = missing(project, matter, Gate::Decision);
                if !missing.is_empty() {
                    return Err(wait_for(catalogue, "作出决定", "decide", &missing));
                }
                if let Some(obstacle) = project.obstacles(catalogue, id).into_iter().next() {
                    return Err(Refusal::NotNow(Text::new(
                        format!("“{}”还不能作出决定：{}。", name.zh, obstacle.zh),
                        format!("“{}” cannot be decided yet: {}.", name.en, obstacle.en),
                    )));
                }
                Event::Decided
            }
            State::Paused { .. } => {
                return not_now("计时暂停中，请先恢复计时再作决定。", "The clock is paused; resume it before deciding.");
            }
            _ => return out_of_place("决定", "decided"),
        },
        Command::Issue => match now {
            State::Decided => {
                let missing = missing(project, matter, Gate::Issue);
                if !missing.is_empty() {
                    return Err(wait_for(catalogue, "发证或办结", "issue or finish it", &missing));
                }
                Event::Issued
            }
            _ => return out_of_place("发证或办结", "issued"),
        },
        Command::Refuse { ground } => match now {
            State::Accepted { .. } => Event::Refused { ground: checked_text("ground", &ground, 1000)? },
            _ => return out_of_place("作不予许可决定", "refused"),
        },
        Command::Exempt { reason } => match now {
            State::NotYetDue { .. } | State::Ready | State::Prepared => Event::Exempted { reason: checked_text("reason", &reason, 500)? },
            _ => return out_of_place("改为不需要办", "taken off the list"),
        },
        Command::Extend { reason } => match now {
            State::Accepted { .. } if tracked.extended => {
                return not_now("已经延长过一次，不能再延。", "It was extended once already; it cannot be again.");
            }
            State::Accepted { due } => Event::Extended {
                due: calendar.add(due, EXTENSION_DAYS),
                reason: checked_text("reason", &reason, 500)?,
                edition: edition(),
            },
            _ => return out_of_place("延长期限", "extended"),
        },
        Command::Record { elsewhere } => match now {
            State::Issued | State::NotApplicable | State::Decided => return out_of_place("登记外部办理结果", "recorded"),
            _ => {
                let missing = missing(project, matter, Gate::Decision);
                if !missing.is_empty() {
                    return Err(wait_for(catalogue, "登记外部办理结果", "record its decision", &missing));
                }
                if elsewhere.on > today {
                    let sentence = Text::new("作出决定的日期不能晚于今天。", "The day of the decision cannot be after today.");
                    return Err(Refusal::Invalid { field: "on".into(), sentence });
                }
                let number = checked_text("number", &elsewhere.number, 80)?;
                Event::Elsewhere {
                    elsewhere: ExternalDecision { number, system: checked_text("system", &elsewhere.system, 80)?, on: elsewhere.on },
                }
            }
        },
        Command::Claim => match &tracked.claimed {
            Some(account) if *account == by.actor.account => return not_now("已经由您办理。", "You have it already."),
            from => Event::Claimed { from: from.clone() },
        },
        Command::Release => match &tracked.claimed {
            Some(_) => Event::Released,
            None => return not_now("还没有人认领。", "Nobody has taken it on."),
        },
    })
}
