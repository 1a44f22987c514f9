//! The plan: forward, backward, around facts; six permits on one day out of the rules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::catalogue::Unit;
use domain::date::Date;
use domain::guide::{Answers, GuideMap};
use domain::plan::chance::{Simulation, Spread, Spreads};
use domain::plan::{Facts, Known, Levers, Limits, Mistake, Plan, Settings, TaskKind, compare, levers_for};
use std::sync::LazyLock;
use test_support::rules::CATALOGUE;

static SHISHAN: LazyLock<Answers> = LazyLock::new(|| {
    let source = include_str!("../../catalogue/case-shishan.yaml");
    domain::case::Case::read(&CATALOGUE, "case-shishan.yaml", source).unwrap().answers
});

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn forward(start: &str) -> Settings {
    Settings { start: Some(day(start)), ..Settings::default() }
}

fn shishan(settings: &Settings) -> Result<Plan, Vec<Mistake>> {
    let map = GuideMap::new(&CATALOGUE, &SHISHAN, day("2022-03-15"));
    Plan::new(&CATALOGUE, &map, settings)
}

fn ends(plan: &Plan, task: &str) -> Date {
    plan.date(plan.early.end[plan.task(task).unwrap_or_else(|| panic!("no task {task}"))])
}

fn begins(plan: &Plan, task: &str) -> Date {
    plan.date(plan.early.start[plan.task(task).unwrap()])
}

const SIX: [&str; 6] = [
    "land-use-planning-permit",
    "land-real-estate-registration",
    "construction-drawing-review",
    "construction-planning-permit",
    "civil-defence-approval",
    "construction-permit",
];

fn permit_days(plan: &Plan) -> Vec<Date> {
    let mut days: Vec<Date> = SIX.iter().map(|m| ends(plan, &format!("{m}/decision"))).collect();
    days.sort();
    days.dedup();
    days
}

#[test]
fn in_the_full_chain_the_six_permits_come_on_one_day() {
    let plan = shishan(&forward("2022-03-15")).unwrap();
    let days = permit_days(&plan);
    assert_eq!(days.len(), 1, "{days:?}");
    assert_eq!(plan.milestone_day("six-permits").unwrap().earliest, days[0]);
    // A conversion takes no time of its own, and is never before what it rests on.
    assert!(ends(&plan, "land-payment-deed-tax/decision") <= days[0]);
    assert!(ends(&plan, "construction-drawing-review/pre-review") <= days[0]);
}

#[test]
fn without_the_pre_review_they_do_not_and_each_takes_its_own_limit() {
    for levers in [Levers { pre_review: false, ..Levers::FULL_CHAIN }, Levers::STEP_BY_STEP] {
        let plan = shishan(&Settings { levers, ..forward("2022-03-15") }).unwrap();
        assert!(permit_days(&plan).len() > 1, "{levers:?}");
        let six = plan.milestone_day("six-permits").unwrap();
        assert_eq!(six.earliest, *permit_days(&plan).last().unwrap());
        assert!(plan.tasks.iter().all(|t| t.kind != TaskKind::PreReview && t.kind != TaskKind::JointIssue));
    }
}

#[test]
fn step_by_step_no_stage_begins_before_the_one_before_has_ended() {
    let plan = shishan(&Settings { levers: Levers::STEP_BY_STEP, ..forward("2022-03-15") }).unwrap();
    let stage = |i: usize| {
        let matter = plan.tasks[i].matter.as_ref()?;
        let stage = &CATALOGUE.matter(matter.as_str()).unwrap().stage;
        CATALOGUE.stages.iter().position(|s| s.id == *stage)
    };
    for a in 0..plan.tasks.len() {
        for b in 0..plan.tasks.len() {
            if let (Some(first), Some(second)) = (stage(a), stage(b))
                && first < second
            {
                assert!(plan.early.end[a] < plan.early.start[b], "{} then {}", plan.tasks[a].id, plan.tasks[b].id);
            }
        }
    }
}

#[test]
fn a_legal_minimum_is_kept_in_its_own_unit() {
    for limits in [Limits::Promised, Limits::Legal] {
        let plan = shishan(&Settings { limits, ..forward("2022-03-15") }).unwrap();
        // 公告 20 日 + 挂牌 10 日: thirty calendar days, the first and the last included.
        let (from, to) = (begins(&plan, "land-listing/decision"), ends(&plan, "land-listing/decision"));
        assert!(to.number() - from.number() + 1 >= 30, "{from} to {to}");
    }
    let legal = shishan(&Settings { limits: Limits::Legal, ..forward("2022-03-15") }).unwrap();
    let listing = &legal.tasks[legal.task("land-listing/decision").unwrap()];
    assert_eq!(listing.duration(), (30, Unit::CalendarDay));
}

#[test]
fn nothing_edits_a_legal_minimum_away() {
    let lengths = [("land-listing/decision".to_string(), 5)].into();
    let wrong = shishan(&Settings { lengths, limits: Limits::Legal, ..forward("2022-03-15") }).unwrap_err();
    assert_eq!(wrong[0].field, "land-listing/decision");
    assert_eq!(wrong[0].sentence.zh, "法定最短期间为 30 日，不能再缩短。");
}

#[test]
fn backward_from_a_milestone_the_plan_begins_as_late_as_it_may() {
    let target = Settings { targets: vec![("six-permits".into(), day("2022-09-13"))], ..Settings::default() };
    let plan = shishan(&target).unwrap();
    assert!(plan.is_feasible());
    assert_eq!(plan.milestone_day("six-permits").unwrap().earliest, day("2022-09-13"));
    // One working day later, it would not be kept.
    let start = plan.calendar().add(plan.date(plan.first), 1);
    let late = shishan(&Settings { start: Some(start), ..target }).unwrap();
    assert!(!late.is_feasible() && late.short_by >= 1);
}

#[test]
fn what_cannot_be_kept_says_by_how_much_along_which_chain_and_what_would_help() {
    let settings = Settings {
        levers: Levers { pre_review: false, ..Levers::FULL_CHAIN },
        targets: vec![("start".into(), day("2022-07-20"))],
        ..forward("2022-03-15")
    };
    let plan = shishan(&settings).unwrap();
    assert!(!plan.is_feasible());
    let start = plan.milestone_day("start").unwrap();
    assert_eq!(plan.short_by, plan.calendar().between(day("2022-07-20"), start.earliest));
    assert_eq!(plan.tasks[*plan.critical_chain.last().unwrap()].id, "start-gate");
    let map = GuideMap::new(&CATALOGUE, &SHISHAN, day("2022-03-15"));
    let gains = levers_for(&CATALOGUE, &SHISHAN, &map, &settings, &plan, "start");
    let pre_review = gains.iter().find(|g| g.id == "pre-review").unwrap();
    let with = shishan(&Settings { levers: Levers::FULL_CHAIN, ..settings }).unwrap();
    let gained = plan.calendar().between(with.milestone_day("start").unwrap().earliest, start.earliest);
    assert_eq!(pre_review.workdays, gained);
    assert!(gains.iter().any(|g| g.id == "staged-foundation"), "{gains:?}");
}

#[test]
fn the_full_chain_saves_days_and_says_where_they_come_from() {
    let map = GuideMap::new(&CATALOGUE, &SHISHAN, day("2022-03-15"));
    let c = compare(&CATALOGUE, &map, &Settings::default(), day("2022-03-15"), "start").unwrap();
    assert!(c.saved_workdays > 60, "{c:?}");
    assert_eq!(c.steps.iter().map(|s| s.saved).sum::<i64>(), c.saved_workdays);
    assert!(c.steps.iter().all(|s| s.saved >= 0));
}

#[test]
fn a_staged_permit_lets_the_foundations_begin_before_the_construction_permit() {
    let mut answers = SHISHAN.clone();
    answers.0.insert("staged_foundation".into(), domain::condition::Value::Flag(true));
    let map = GuideMap::new(&CATALOGUE, &answers, day("2022-03-15"));
    // Where the construction permit comes late for another reason.
    let lengths = [("construction-tendering/preparation".to_string(), 120)].into();
    let plan = Plan::new(
        &CATALOGUE,
        &map,
        &Settings { lengths, levers: Levers { pre_review: false, ..Levers::FULL_CHAIN }, ..forward("2022-03-15") },
    )
    .unwrap();
    assert!(begins(&plan, "works-foundation") < ends(&plan, "construction-permit/decision"));
    assert!(begins(&plan, "works-foundation") > ends(&plan, "staged-foundation-permit/decision"));
    assert!(begins(&plan, "works-structure") > ends(&plan, "construction-permit/decision"));
}

#[test]
fn works_begin_after_the_gate_which_asks_more_than_the_permit() {
    let lengths = [("eia-book-approval/preparation".to_string(), 200)].into();
    let plan = shishan(&Settings { lengths, ..forward("2022-03-15") }).unwrap();
    let gate = plan.milestone_day("start").unwrap().earliest;
    assert_eq!(gate, ends(&plan, "eia-book-approval/decision"));
    assert!(ends(&plan, "construction-permit/decision") < gate);
    assert!(begins(&plan, "works-foundation") > gate);
}

fn facts(as_of: &str, of: &[(&str, Known)]) -> Facts {
    Facts { as_of: Some(day(as_of)), of: of.iter().map(|(id, known)| (id.to_string(), known.clone())).collect() }
}

fn done(on: &str) -> Known {
    Known::Done(day(on))
}

fn written(json: &str) -> Known {
    serde_json::from_str(json).unwrap()
}

#[test]
fn what_is_done_stays_and_the_rest_is_planned_around_it() {
    let facts = facts(
        "2022-05-10",
        &[
            ("industry-access-review", done("2022-03-15")),
            ("siting-compliance-check", done("2022-03-22")),
            ("investment-agreement-signing", done("2022-04-08")),
            ("eia-book-approval", written(r#"{"started": "2022-05-06"}"#)),
            ("design-scheme-review", written(r#"{"started": "2022-05-05", "paused_left": 3}"#)),
        ],
    );
    let plan = shishan(&Settings { facts, ..Settings::default() }).unwrap();
    assert_eq!(ends(&plan, "investment-agreement-signing/decision"), day("2022-04-08"));
    assert_eq!(plan.milestone_day("signing").unwrap().latest, day("2022-04-08"));
    // Fifteen working days from the sixth of May, that day included (7 May is a make-up workday).
    assert_eq!(ends(&plan, "eia-book-approval/pre-review"), day("2022-05-25"));
    // The clock stands until the day of the report; three days are left from then.
    assert_eq!(ends(&plan, "design-scheme-review/pre-review"), day("2022-05-12"));
    for (i, task) in plan.tasks.iter().enumerate() {
        let known = ["industry", "siting", "investment", "eia-book", "design-scheme"].iter().any(|k| task.id.starts_with(k));
        assert!(known || plan.date(plan.early.start[i]) >= day("2022-05-10"), "{}", task.id);
    }
}

#[test]
fn a_project_that_is_over_is_over() {
    let map = GuideMap::new(&CATALOGUE, &SHISHAN, day("2022-03-15"));
    let of: Vec<(&str, Known)> = map.entries.iter().map(|e| (e.matter.id.as_str(), done("2025-09-26"))).collect();
    let plan = shishan(&Settings { facts: facts("2026-11-24", &of), ..Settings::default() }).unwrap();
    // Works, the gate and the joint act follow from what rests on them or came before.
    assert!(
        (0..plan.tasks.len()).all(|i| plan.is_done(i)),
        "{:?}",
        plan.tasks.iter().zip(&plan.network.facts).find(|(_, f)| !matches!(f, domain::plan::network::Fact::Done { .. }))
    );
    assert!(plan.is_reached("production"));
    assert_eq!(plan.date(plan.end), day("2025-09-26"));
}

#[test]
fn facts_that_cannot_be_are_refused_with_their_name() {
    let refused = |of: &[(&str, Known)]| {
        let wrong = shishan(&Settings { facts: facts("2022-05-10", of), ..Settings::default() }).unwrap_err();
        wrong[0].sentence.zh.clone()
    };
    assert_eq!(refused(&[("nothing", done("2022-03-15"))]), "这个项目没有事项或任务“nothing”。");
    assert_eq!(refused(&[("project-filing", done("2022-06-15"))]), "“project-filing”的日期 2022-06-15 晚于 2022-05-10，还没有发生。");
    assert_eq!(
        refused(&[("project-filing", written(r#"{"started": "2022-04-15", "finished": "2022-04-12"}"#))]),
        "“project-filing”的完成日期 2022-04-12 早于开始日期 2022-04-15。"
    );
    let twice = [("project-filing", done("2022-04-15")), ("project-filing/decision", written(r#"{"started": "2022-04-14"}"#))];
    assert!(refused(&twice).contains("相互矛盾"), "{}", refused(&twice));
}

#[test]
fn wrong_wishes_are_refused_with_their_field() {
    let wrong = |settings: Settings| shishan(&settings).unwrap_err()[0].clone();
    let unknown = wrong(Settings { targets: vec![("land".into(), day("2022-09-13"))], ..forward("2022-03-15") });
    assert_eq!(unknown.field, "finish.land");
    assert!(unknown.sentence.zh.contains("signing（签约）"), "{}", unknown.sentence);
    let early = wrong(Settings { targets: vec![("signing".into(), day("2022-03-01"))], ..forward("2022-03-15") });
    assert_eq!(early.sentence.zh, "目标日期 2022-03-01 早于开始日期 2022-03-15。");
    let circle = wrong(Settings {
        order: vec![("construction-permit/decision".into(), "investment-agreement-signing/preparation".into())],
        ..forward("2022-03-15")
    });
    assert!(circle.sentence.zh.starts_with("先后关系成了一个圈"), "{}", circle.sentence);
    assert!(circle.sentence.zh.contains("construction-permit/decision"));
    assert_eq!(wrong(Settings::default()).field, "start");
    assert_eq!(wrong(forward("9999-12-31")).field, "start");
    let long = wrong(Settings { lengths: [("trial-run".to_string(), 1_000_000)].into(), ..forward("2022-03-15") });
    assert_eq!(long.field, "trial-run");
}

#[test]
fn days_beyond_the_published_notices_say_so() {
    let warns = |start: &str| shishan(&forward(start)).unwrap().warnings.iter().any(|w| w.zh.contains("放假"));
    assert!(!warns("2018-03-15") && warns("2026-03-16"));
}

#[test]
fn the_probability_is_the_same_for_the_same_seed_and_grows_with_the_target() {
    let map = GuideMap::new(&CATALOGUE, &SHISHAN, day("2022-03-15"));
    let chance = |target: &str, seed: u64| {
        let settings = Settings { targets: vec![("start".into(), day(target))], ..forward("2022-03-15") };
        let plan = Plan::new(&CATALOGUE, &map, &settings).unwrap();
        let mut simulation = Simulation::new(&CATALOGUE, &map, &plan, &Spreads::default(), "start", seed).unwrap();
        simulation.run(400);
        simulation.run(600);
        simulation.chance("start", seed, 200)
    };
    let (early, late) = (chance("2022-08-15", 7), chance("2022-09-30", 7));
    assert_eq!(early, chance("2022-08-15", 7));
    assert_ne!(early.percentiles, chance("2022-08-15", 8).percentiles);
    assert!(early.probability < late.probability, "{early:?} {late:?}");
    assert_eq!(early.percentiles, late.percentiles);
    assert!(early.percentiles.windows(2).all(|w| w[0].1 <= w[1].1));
    // The drawings decide, and doing them quickly raises the probability.
    assert_eq!(early.raises[0].0, "construction-drawing-review/preparation", "{early:?}");
    assert!(early.raises[0].1 > early.probability.unwrap());
}

#[test]
fn without_spread_every_run_is_the_plan() {
    let map = GuideMap::new(&CATALOGUE, &SHISHAN, day("2022-03-15"));
    let plan = shishan(&forward("2022-03-15")).unwrap();
    let certain = Spread::CERTAIN;
    let spreads = Spreads { papers: certain, office: certain, technical: certain, market: certain, works: certain };
    let mut simulation = Simulation::new(&CATALOGUE, &map, &plan, &spreads, "production", 1).unwrap();
    simulation.run(10);
    let chance = simulation.chance("production", 1, 10);
    let production = plan.milestone_day("production").unwrap().earliest;
    assert!(chance.percentiles.iter().all(|(_, d)| *d == production), "{chance:?}");
}
