//! One project, planned in several ways: step by step against the full chain, and what each lever brings.

use super::{Levers, Limits, Mistake, Plan, Settings};
use crate::catalogue::Catalogue;
use crate::condition::Value;
use crate::date::Date;
use crate::guide::{Answers, GuideMap};
use crate::text::Text;
use serde::Serialize;

/// What can be pulled, in the order it is offered.
const LEVERS: [(&str, &str, &str); 5] = [
    ("parallel", "并联推进", "Work in parallel"),
    ("tolerance", "容缺受理", "Tolerated papers"),
    ("pre-review", "容缺预审与联发", "Pre-review and joint issue"),
    ("staged-foundation", "分段施工许可（先桩基）", "Staged permit, foundations first"),
    ("promised-limits", "按承诺期限办理", "Promised limits"),
];

fn lever_name(id: &str) -> Text {
    LEVERS.iter().find(|(l, ..)| *l == id).map_or_else(|| Text::same(id), |(_, zh, en)| Text::new(*zh, *en))
}

/// A lever that is not pulled, and the working days it would bring for a milestone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LeverGain {
    /// Which lever: `parallel`, `tolerance`, `pre-review`, `staged-foundation` or `promised-limits`.
    pub id: &'static str,
    /// What people call it.
    pub name: Text,
    /// Working days by which the milestone would be reached earlier.
    pub workdays: i64,
}

/// One more lever, and the working days to the end with it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// Which lever: `parallel`, `tolerance` or `pre-review`.
    pub id: &'static str,
    /// What people call it.
    pub name: Text,
    /// Working days to the milestone with this lever and those before it.
    pub workdays: i64,
    /// How many of them this lever saves.
    pub saved: i64,
}

/// Step by step against the full chain, from the same day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Comparison {
    /// The milestone counted to.
    pub milestone: String,
    /// The day both ways begin.
    pub from: Date,
    /// The day the milestone is reached step by step.
    pub step_by_step_end: Date,
    /// Working days to it step by step.
    pub step_by_step_workdays: i64,
    /// The day the milestone is reached by the full chain.
    pub full_chain_end: Date,
    /// Working days to it by the full chain.
    pub full_chain_workdays: i64,
    /// The difference between the two, in working days.
    pub saved_workdays: i64,
    /// Where the days come from: each lever on top of those before it.
    pub steps: Vec<Step>,
}

/// The day a milestone is reached at the earliest; the whole plan's end where it does not apply.
pub fn milestone_end(plan: &Plan, milestone: &str) -> Date {
    plan.milestone_day(milestone).map_or_else(|| plan.date(plan.end), |m| m.earliest)
}

/// Working days from the plan's first to the one on which the milestone is reached at the earliest, both counted.
pub fn workdays_to(plan: &Plan, milestone: &str) -> i64 {
    plan.calendar().index(milestone_end(plan, milestone)) - i64::from(plan.first) + 1
}

/// Compares the two ways to a milestone, both forward from the same day and with the same facts.
///
/// # Errors
/// Those of a plan.
pub fn compare(
    catalogue: &Catalogue,
    map: &GuideMap,
    settings: &Settings,
    from: Date,
    milestone: &str,
) -> Result<Comparison, Vec<Mistake>> {
    let with = |levers: Levers| {
        let settings =
            Settings { levers, start: Some(from), targets: Vec::new(), lengths: Default::default(), order: Vec::new(), ..settings.clone() };
        Plan::new(catalogue, map, &settings)
    };
    let mut levers = Levers::STEP_BY_STEP;
    let slow = with(levers)?;
    let mut before = workdays_to(&slow, milestone);
    let mut steps = Vec::new();
    let mut last = slow.clone();
    for id in ["parallel", "tolerance", "pre-review"] {
        pull(&mut levers, id);
        last = with(levers)?;
        let workdays = workdays_to(&last, milestone);
        steps.push(Step { id, name: lever_name(id), workdays, saved: before - workdays });
        before = workdays;
    }
    Ok(Comparison {
        milestone: milestone.to_string(),
        from: slow.date(slow.first),
        step_by_step_end: milestone_end(&slow, milestone),
        step_by_step_workdays: workdays_to(&slow, milestone),
        full_chain_end: milestone_end(&last, milestone),
        full_chain_workdays: workdays_to(&last, milestone),
        saved_workdays: workdays_to(&slow, milestone) - workdays_to(&last, milestone),
        steps,
    })
}

fn pull(levers: &mut Levers, id: &str) {
    match id {
        "parallel" => levers.parallel = true,
        "tolerance" => levers.tolerance = true,
        "pre-review" => levers.pre_review = true,
        _ => {}
    }
}

/// What each lever that is not pulled would bring for a milestone, most first; those that bring nothing are left out.
pub fn levers_for(
    catalogue: &Catalogue,
    answers: &Answers,
    map: &GuideMap,
    settings: &Settings,
    plan: &Plan,
    milestone: &str,
) -> Vec<LeverGain> {
    // From the same day, so that a plan that only has a target is compared as it stands.
    let forward = Settings { start: Some(plan.date(plan.first)), targets: Vec::new(), ..settings.clone() };
    let now = workdays_to(plan, milestone);
    let mut gains = Vec::new();
    for (id, ..) in LEVERS {
        let mut tried = forward.clone();
        let mut other = None;
        match id {
            "staged-foundation" => {
                let mut answers = answers.clone();
                answers.0.insert("staged_foundation".into(), Value::Flag(true));
                let staged = GuideMap::new(catalogue, &answers, map.as_of);
                if staged.entries.len() == map.entries.len() {
                    continue; // pulled already, or the catalogue has no such permit
                }
                other = Some(staged);
            }
            "promised-limits" if tried.limits == Limits::Promised => continue,
            "promised-limits" => tried.limits = Limits::Promised,
            _ => {
                pull(&mut tried.levers, id);
                if tried.levers == forward.levers {
                    continue;
                }
            }
        }
        // An edited length may not fit the other network: then nothing is said about the lever.
        if let Ok(with) = Plan::new(catalogue, other.as_ref().unwrap_or(map), &tried) {
            let workdays = now - workdays_to(&with, milestone);
            if workdays > 0 {
                gains.push(LeverGain { id, name: lever_name(id), workdays });
            }
        }
    }
    gains.sort_by_key(|g| -g.workdays);
    gains
}
