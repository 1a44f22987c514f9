//! What may be done with a package, and when.

use super::notice::{check_one_time_notice, notified, points, remind};
use super::{Command, Event, Filing, Notice, PackagedMatter, Submission};
use crate::account::By;
use crate::catalogue::{Catalogue, Material, Matter, SupplyBy, is_enterprises};
use crate::id::Id;
use crate::log::Digest;
use crate::project::matter::{self, Progress};
use crate::project::policy::{handles, office_of};
use crate::project::review::{Pin, Verdict};
use crate::project::{self, Project};
use crate::refusal::{Refusal, checked_text, not_now};
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// Most matters in one package.
const MOST: usize = 30;

pub(super) type Events = Result<Vec<project::Event>, Refusal>;

/// Whether the command may be now, and what then happens.
pub(in crate::project) fn decide(project: &Project, catalogue: &Catalogue, id: &Id<Submission>, command: Command, by: By) -> Events {
    let here = |event: Event| project::Event::Submission { id: id.clone(), event };
    if let Command::File { number, parcels } = command {
        return file(project, catalogue, number, parcels, &here);
    }
    let submission = project.submissions.get(id).ok_or(Refusal::Unknown)?;
    match command {
        Command::File { .. } => Err(Refusal::Unknown),
        Command::GiveOpinion { matter, verdict, snapshot } => opine(project, catalogue, submission, matter, verdict, snapshot, by, &here),
        Command::Notify => {
            let points = points(submission, None);
            if submission.open_notice().is_some() || points.is_empty() {
                return not_now("没有待告知的补正意见。", "There is nothing to be corrected that was not told already.");
            }
            notified(project, catalogue, submission, points, by, &here)
        }
        Command::Return { parcels, explanation } => submit_corrections(project, catalogue, submission, parcels, explanation, by, &here),
        Command::Convert { differences } => convert(project, catalogue, &differences, by),
        Command::Remind { material, due } => Ok(vec![here(remind(project, submission, material, due, by.at)?)]),
        Command::Withdraw { reason } => {
            let reason = checked_text("reason", &reason, 500)?;
            let stay = submission.live().filter(|(id, _)| !is_open(project, id)).count();
            if stay > 0 || submission.live().next().is_none() {
                return not_now(
                    "这份申报里已有事项作出决定，不能整件撤回。",
                    "Something of this package has been decided; it cannot be withdrawn.",
                );
            }
            let gone = submission.live().map(|(id, _)| moved(id, matter::Event::Withdrawn { reason: reason.clone() }));
            Ok([here(Event::Withdrawn { reason: reason.clone() })].into_iter().chain(gone).collect())
        }
        Command::Lapse { reason } => {
            let reason = checked_text("reason", &reason, 500)?;
            let gone: Vec<_> = submission.live().filter(|(_, p)| p.preview).collect();
            if gone.is_empty() {
                return not_now("没有拿地前预审的事项。", "There is nothing under pre-review.");
            }
            let gone = gone.into_iter().map(|(id, _)| moved(id, matter::Event::Lapsed { reason: reason.clone() }));
            Ok([here(Event::Lapsed { reason: reason.clone() })].into_iter().chain(gone).collect())
        }
    }
}

pub(super) fn moved(id: &Id<Matter>, event: matter::Event) -> project::Event {
    project::Event::Matter { matter: id.clone(), event }
}

/// Whether nothing was decided on it yet.
fn is_open(project: &Project, id: &Id<Matter>) -> bool {
    let progress = project.matters.get(id).map(|t| &t.progress);
    matches!(progress, Some(Progress::Filed { .. } | Progress::Returned { .. } | Progress::Accepted { .. } | Progress::Paused { .. }))
}

/// That so many matters may be filed together.
///
/// # Errors
/// None, or too many.
pub(in crate::project) fn how_many(matters: usize) -> Result<(), Refusal> {
    match matters {
        1..=MOST => Ok(()),
        _ => not_now("请选择 1 至 30 个事项一并申报。", "Please choose 1 to 30 matters to file together."),
    }
}

fn file(
    project: &Project,
    catalogue: &Catalogue,
    number: String,
    parcels: BTreeMap<Id<Matter>, Filing>,
    here: &dyn Fn(Event) -> project::Event,
) -> Events {
    how_many(parcels.len())?;
    let mut previews = BTreeSet::new();
    let mut events = Vec::new();
    for id in parcels.keys() {
        let matter = catalogue.matter(id.as_str()).ok_or(Refusal::Unknown)?;
        let tracked = project.matters.get(id).ok_or(Refusal::Unknown)?;
        if !matches!(tracked.progress, Progress::Untouched | Progress::Prepared | Progress::Refused { .. }) {
            let state = matter::state(project, catalogue, id).ok_or(Refusal::Unknown)?.name();
            return Err(Refusal::NotNow(Text::new(
                format!("“{}”现在是“{}”，不能再申报。", matter.name.zh, state.zh),
                format!("“{}” is now “{}”; it cannot be filed again.", matter.name.en, state.en),
            )));
        }
        let gates = matter::before(project, matter);
        let preview = !gates.decision.is_empty();
        if !gates.start.is_empty() && !matter.depends_on.iter().any(|d| d.preview) {
            return Err(matter::wait_for(catalogue, "申报", "file", &gates.start));
        }
        if preview {
            previews.insert(id.clone());
        }
        events.push(moved(id, matter::Event::Filed { preview }));
    }
    events.insert(0, here(Event::Filed { number, parcels, previews }));
    Ok(events)
}

#[expect(clippy::too_many_arguments, reason = "what an office says of what, when and by whom")]
fn opine(
    project: &Project,
    catalogue: &Catalogue,
    submission: &Submission,
    id: Id<Matter>,
    verdict: Verdict,
    snapshot: Digest,
    by: By,
    here: &dyn Fn(Event) -> project::Event,
) -> Events {
    let matter = catalogue.matter(id.as_str()).ok_or(Refusal::Unknown)?;
    let parcel = submission.parcels.get(&id).filter(|p| p.out.is_none()).ok_or(Refusal::Unknown)?;
    let own = handles(by.actor, project, &id);
    let office = office_of(by.actor).cloned().ok_or(Refusal::Unknown)?;
    let latest = parcel.latest().ok_or(Refusal::Unknown)?;
    if latest.snapshot != snapshot {
        let changed: Vec<Text> = latest.changed.iter().map(|pin| pin.name(catalogue)).collect();
        let zh = changed.iter().map(|t| format!("“{}”", t.zh)).collect::<Vec<_>>().join("、");
        let en = changed.iter().map(|t| t.en.clone()).collect::<Vec<_>>().join(", ");
        return Err(Refusal::NotNow(Text::new(
            format!("申报内容已更新（{zh}），意见没有记下；请看过新的内容再出意见。"),
            format!("What was filed has changed ({en}); the opinion was not recorded. Please look at it again."),
        )));
    }
    if !is_open(project, &id) {
        return not_now("此事项已有决定或已退出，不再收意见。", "The matter has been decided or is out; no opinion is taken.");
    }
    let progress = project.matters.get(&id).map(|t| t.progress.clone()).unwrap_or_default();
    if matches!(progress, Progress::Returned { .. } | Progress::Paused { .. }) {
        return not_now("正在等企业补正，补正后再出意见。", "The enterprise is correcting it; opinions follow afterwards.");
    }
    let verdict = verdict.checked(matter)?;
    if let Verdict::Correct { points } = &verdict {
        check_one_time_notice(catalogue, submission, &id, &office, points)?;
    }
    let mut events = vec![here(Event::Opined { matter: id.clone(), office, own, verdict: verdict.clone(), snapshot })];
    if !own {
        return Ok(events);
    }
    match (&verdict, &progress) {
        (Verdict::Pass | Verdict::PassWith { .. }, Progress::Filed { preview: true }) => {
            events.push(moved(&id, matter::Event::PreReviewed { opinion: verdict.sentence().zh }));
        }
        (Verdict::Pass | Verdict::PassWith { .. }, Progress::Filed { preview: false }) => {
            let by_law = matter::by_law(project, catalogue, &id, by.at);
            events.push(moved(&id, by_law.unwrap_or_else(|| matter::accepted(project, catalogue, matter, by))));
        }
        (Verdict::Refuse { .. }, _) if parcel.preview => {
            return not_now("预审没有不予许可；请写明要补正的内容。", "A pre-review refuses nothing; please say what is to be corrected.");
        }
        (Verdict::Refuse { basis, ground }, _) => {
            events.push(moved(&id, matter::Event::Refused { ground: format!("{basis}：{ground}") }));
        }
        _ => {}
    }
    // The last office has spoken: the notice goes out by itself, of all of them together.
    let spoken = |(other, p): (&Id<Matter>, &PackagedMatter)| *other == id || p.opinion.is_some() || !is_open(project, other);
    if submission.live().all(spoken) && submission.open_notice().is_none() {
        let points = points(submission, Some((&id, &verdict)));
        if !points.is_empty() {
            events.extend(notified(project, catalogue, submission, points, by, here)?);
        }
    }
    Ok(events)
}

fn submit_corrections(
    project: &Project,
    catalogue: &Catalogue,
    submission: &Submission,
    parcels: BTreeMap<Id<Matter>, Filing>,
    explanation: String,
    by: By,
    here: &dyn Fn(Event) -> project::Event,
) -> Events {
    let Some(notice) = submission.open_notice() else {
        return not_now("没有待补正的告知。", "There is no notice to answer.");
    };
    let explanation = if explanation.trim().is_empty() { String::new() } else { checked_text("explanation", &explanation, 1000)? };
    if explanation.is_empty()
        && let Some(pin) = unchanged(notice, &parcels)
    {
        let name = pin.name(catalogue);
        return Err(Refusal::Invalid {
            field: "explanation".into(),
            sentence: Text::new(
                format!("“{}”还没有改；请先改好，或写明为什么不改。", name.zh),
                format!("“{}” has not changed yet; please change it, or say why not.", name.en),
            ),
        });
    }
    let edition = || catalogue.calendar().edition().to_string();
    let mut events = Vec::new();
    for id in notice.points.keys() {
        match project.matters.get(id).map(|t| &t.progress) {
            Some(Progress::Returned { preview }) => events.push(moved(id, matter::Event::Filed { preview: *preview })),
            Some(Progress::Paused { left, .. }) => {
                let due = catalogue.calendar().add(by.at.date(), *left);
                events.push(moved(id, matter::Event::Resumed { due, edition: edition() }));
            }
            _ => {}
        }
    }
    events.insert(0, here(Event::Returned { parcels, explanation }));
    Ok(events)
}

fn unchanged<'n>(notice: &'n Notice, parcels: &BTreeMap<Id<Matter>, Filing>) -> Option<&'n Pin> {
    let changed = |pin: &Pin| parcels.values().any(|filing| filing.changed.contains(pin));
    notice.pins().into_iter().find(|pin| !changed(pin))
}

fn convert(project: &Project, catalogue: &Catalogue, differences: &BTreeMap<Id<Matter>, Vec<Pin>>, by: By) -> Events {
    let passed =
        |(_, parcel): &(&Id<Matter>, &PackagedMatter)| parcel.preview && parcel.opinion.as_ref().is_some_and(|o| o.verdict.passes());
    let mut ready: BTreeSet<Id<Matter>> =
        project.submissions.values().flat_map(|s| s.live().filter(passed).map(|(id, _)| id.clone())).collect();
    if ready.is_empty() {
        return not_now("没有通过预审、可以转为正式的事项。", "Nothing has passed pre-review and can be converted.");
    }
    let changed: Vec<Text> = ready.iter().flat_map(|id| differences.get(id).into_iter().flatten()).map(|pin| pin.name(catalogue)).collect();
    if !changed.is_empty() {
        let zh = changed.iter().map(|t| format!("“{}”", t.zh)).collect::<Vec<_>>().join("、");
        let en = changed.iter().map(|t| t.en.clone()).collect::<Vec<_>>().join(", ");
        return Err(Refusal::NotNow(Text::new(
            format!("预审之后{zh}有变化，不能直接转为正式；请改回，或撤回后重新申报。"),
            format!("Since the pre-review this has changed: {en}. It cannot be converted; please undo it, or withdraw and file again."),
        )));
    }
    // What waits for nothing but matters that are converted with it or formally on file.
    let along = |id: &Id<Matter>, ready: &BTreeSet<Id<Matter>>| {
        let progress = project.matters.get(id).map(|t| &t.progress);
        let on_its_way = matches!(progress, Some(Progress::Filed { preview: false } | Progress::Accepted { .. } | Progress::Decided));
        ready.contains(id) || on_its_way
    };
    let mut waits = Vec::new();
    loop {
        let stuck = ready.iter().find_map(|id| {
            let gates = matter::before(project, catalogue.matter(id.as_str())?);
            let missing: Vec<_> = gates.decision.into_iter().filter(|m| !along(m, &ready)).collect();
            (!missing.is_empty()).then(|| (id.clone(), missing))
        });
        let Some((id, missing)) = stuck else { break };
        ready.remove(&id);
        waits.extend(missing);
    }
    if ready.is_empty() {
        waits.sort();
        waits.dedup();
        return Err(matter::wait_for(catalogue, "转为正式", "convert", &waits));
    }
    let mut events = Vec::new();
    for (id, submission) in &project.submissions {
        let matters: BTreeSet<_> = submission.live().map(|(m, _)| m.clone()).filter(|m| ready.contains(m)).collect();
        if !matters.is_empty() {
            events.push(project::Event::Submission { id: id.clone(), event: Event::Converted { matters } });
        }
    }
    for id in &ready {
        let matter = catalogue.matter(id.as_str()).ok_or(Refusal::Unknown)?;
        events.push(moved(id, matter::accepted(project, catalogue, matter, by)));
    }
    Ok(events)
}

impl Project {
    /// What a package keeps an office from deciding a matter: no opinion that passes, a paper promised before the decision.
    pub fn obstacles(&self, catalogue: &Catalogue, id: &Id<Matter>) -> Vec<Text> {
        let Some((_, _, parcel)) = self.parcel(id) else { return Vec::new() };
        // No office reviews what the enterprise does by itself.
        if self.matters.get(id).is_some_and(|tracked| is_enterprises(&tracked.department)) {
            return Vec::new();
        }
        let mut list = Vec::new();
        match &parcel.opinion {
            Some(opinion) if opinion.verdict.passes() => {}
            Some(_) => list.push(Text::new("审查意见不是通过", "its review has not passed")),
            None => list.push(Text::new("还没有审查意见", "it has no opinion yet")),
        }
        for promise in parcel.debts().filter(|p| p.supply_by != SupplyBy::AfterResult) {
            let name = Pin::Paper(promise.material.clone()).name(catalogue);
            list.push(Text::new(
                format!("承诺 {} 前补交的“{}”还没有到", promise.due, name.zh),
                format!("“{}”, promised by {}, has not come yet", name.en, promise.due),
            ));
        }
        list
    }

    /// A paper has come to the library: whoever promised it has kept the word.
    pub(in crate::project) fn supplied(&self, material: &Id<Material>) -> Vec<project::Event> {
        let owed = |(id, submission): (&Id<Submission>, &Submission)| {
            let parcels = submission.live().filter(|(_, parcel)| parcel.debts().any(|p| p.material == *material));
            let event = |matter: &Id<Matter>| Event::Supplied { matter: matter.clone(), material: material.clone() };
            parcels.map(|(matter, _)| project::Event::Submission { id: id.clone(), event: event(matter) }).collect::<Vec<_>>()
        };
        self.submissions.iter().flat_map(owed).collect()
    }
}
