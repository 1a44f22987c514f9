//! Eight kinds of project and more: what applies, and the days, derived by hand from the catalogue.
//!
//! Days are working days counted from the first (day 1 is the first worked). In the comments `p` is preparation and
//! `l` the promised limit of a matter, so `siting 2p+3l` ends on day 5. The full chain, unless said otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::date::Date;
use domain::guide::{Answers, GuideMap};
use domain::plan::{Levers, Plan, Settings};
use test_support::kinds::{self, *};
use test_support::rules::CATALOGUE;

struct Profile {
    map: GuideMap<'static>,
}

fn profile(answers: &[(&str, &str)]) -> Profile {
    let answers = Answers::from_pairs(&CATALOGUE, answers.iter().copied()).unwrap();
    Profile { map: GuideMap::new(&CATALOGUE, &answers, start()) }
}

/// A Wednesday with no long holiday in the two months after; 5 April is the only day off in between.
fn start() -> Date {
    "2023-03-01".parse().unwrap()
}

impl Profile {
    fn has(&self, matters: &[&str]) -> &Self {
        for m in matters {
            assert!(self.map.entries.iter().any(|e| e.matter.id.as_str() == *m), "{m} applies");
        }
        self
    }

    fn has_not(&self, matters: &[&str]) -> &Self {
        for m in matters {
            assert!(CATALOGUE.matter(m).is_some(), "{m} is a matter");
            assert!(!self.map.entries.iter().any(|e| e.matter.id.as_str() == *m), "{m} does not apply");
        }
        self
    }

    fn plan(&self, levers: Levers) -> Plan {
        Plan::new(&CATALOGUE, &self.map, &Settings { levers, start: Some(start()), ..Settings::default() }).unwrap()
    }

    /// Tasks and the day each ends on.
    fn ends(&self, levers: Levers, tasks: &[(&str, i32)]) -> &Self {
        let plan = self.plan(levers);
        for (task, day) in tasks {
            let i = plan.task(task).unwrap_or_else(|| panic!("no task {task}"));
            assert_eq!(plan.early.end[i] - plan.first + 1, *day, "{task} ends on {}", plan.date(plan.early.end[i]));
        }
        self
    }

    fn milestone(&self, levers: Levers, id: &str, day: i64) -> &Self {
        let plan = self.plan(levers);
        let found = plan.milestone_day(id).unwrap_or_else(|| panic!("no milestone {id}")).earliest;
        assert_eq!(plan.calendar().index(found) - i64::from(plan.first) + 1, day, "{id} on {found}");
        self
    }
}

const FULL: Levers = Levers::FULL_CHAIN;

/// 1. A plain factory on granted land.
#[test]
fn a_plain_factory() {
    profile(A_PLAIN_FACTORY)
        .has(&["project-filing", "land-listing", "eia-form-approval", "construction-permit", "water-soil-plan", "fire-filing"])
        // No company to found, no civil buildings, nothing special in fire, too little energy.
        .has_not(&["company-registration", "civil-defence-approval", "fire-design-review", "energy-review", "allocation-approval"])
        .ends(
            FULL,
            &[
                // industry review 5p+5l = 10, siting 2p+3l = 5; signing waits for both: 10 + 5p + 5l.
                ("investment-agreement-signing/decision", 20),
                // Nothing before the filing here: 2p + 1l.
                ("project-filing/decision", 3),
                // siting 5, then 3p + 5l.
                ("planning-conditions-issue/decision", 13),
                // siting 5, then 2p + 7l.
                ("boundary-survey/decision", 14),
                // conditions 13, then 2p + 5l; the survey may follow on a promise.
                ("land-valuation/decision", 20),
                // The last of conditions 13, valuation 20, survey 14, industry 10; then 3p + 7l.
                ("land-supply-scheme/decision", 30),
                // 30 + 3p + 22l, which is more than the thirty calendar days the law asks for.
                ("land-listing/decision", 55),
                // 55 + 2p + 2l.
                ("land-grant-contract/decision", 59),
            ],
        )
        .milestone(FULL, "land-obtained", 59);
}

/// 2. A government school on allocated land: approval, siting opinion, no land market.
#[test]
fn a_government_school_on_allocated_land() {
    profile(A_GOVERNMENT_SCHOOL)
        .has(&["gov-investment-approval", "land-prelim-siting-opinion", "allocation-approval", "civil-defence-approval"])
        .has_not(&["project-filing", "land-listing", "land-grant-contract", "land-payment-deed-tax", "planning-conditions-issue"])
        .ends(
            FULL,
            &[
                // siting 5, then 30p + 10l.
                ("gov-investment-approval/decision", 45),
                // siting 5, then 10p + 7l.
                ("land-prelim-siting-opinion/decision", 22),
                // The later of the opinion 22 and the survey 14; then 1p + 5l.
                ("allocation-approval/decision", 28),
            ],
        )
        // Land is obtained by the allocation where there is no contract.
        .milestone(FULL, "land-obtained", 28);
}

/// 3. The same school where farmland of a village has to be acquired first.
#[test]
fn a_school_on_land_still_to_be_acquired() {
    profile(A_SCHOOL_ON_LAND_TO_BE_ACQUIRED)
        .has(&["acquisition-pre-notice", "acquisition-compensation", "conversion-acquisition-approval"])
        .ends(
            FULL,
            &[
                // siting 5, then 5p + 10l, a legal minimum.
                ("acquisition-pre-notice/decision", 20),
                // The later of the notice 20 and the survey 14; then 5p + 30l, more than the thirty days' notice.
                ("acquisition-compensation/decision", 55),
                // 55 + 10p + 30l.
                ("conversion-acquisition-approval/decision", 95),
                // 95 + 1p + 5l.
                ("allocation-approval/decision", 101),
            ],
        )
        .milestone(FULL, "land-obtained", 101);
}

/// 4. A clean-room refit in a building the firm has: no land line at all.
#[test]
fn a_clean_room_refit() {
    profile(A_CLEAN_ROOM_REFIT)
        .has(&["construction-drawing-review", "fire-design-review", "construction-permit", "device-production-licence"])
        .has_not(&[
            "siting-compliance-check",
            "design-scheme-review",
            "land-use-planning-permit",
            "pre-land-preview",
            "planning-verification",
        ])
        .ends(
            FULL,
            &[
                // Nothing it waits for applies: 40p + 7l, and no pre-review.
                ("construction-drawing-review/decision", 47),
                // Papers after the drawings' papers: 40 + 3p + 5l; converts when the drawings are passed.
                ("fire-design-review/pre-review", 48),
                ("fire-design-review/decision", 48),
                // The last of drawings 47 and fire 48; then 3p + 1l: no pre-review without land to wait for.
                ("construction-permit/decision", 52),
            ],
        )
        .milestone(FULL, "six-permits", 52);
}

/// 5. A chemical plant on the verification list, on ground that was polluted.
#[test]
fn a_chemical_plant_on_polluted_ground() {
    profile(A_CHEMICAL_PLANT)
        .has(&[
            "project-verification",
            "soil-contamination-review",
            "safety-condition-review",
            "eia-book-approval",
            "occupational-preassessment",
        ])
        .has_not(&["project-filing", "eia-form-approval"])
        .ends(
            FULL,
            &[
                // Nothing before it here: 20p + 10l.
                ("project-verification/decision", 30),
                // siting 5, then 30p + 20l.
                ("soil-contamination-review/decision", 55),
                // The soil decides: 55 + 3p + 7l.
                ("land-supply-scheme/decision", 65),
                ("land-listing/decision", 90),
                ("land-grant-contract/decision", 94),
            ],
        )
        .milestone(FULL, "land-obtained", 94);
}

/// 6. A foreign firm that leases its land and founds a company.
#[test]
fn a_foreign_firm_on_leased_land() {
    profile(A_FOREIGN_FIRM_ON_LEASED_LAND)
        .has(&["company-registration", "foreign-investment-report", "land-grant-contract"])
        // Rent is paid over time: no price and deed tax at once.
        .has_not(&["land-payment-deed-tax", "allocation-approval"])
        .ends(
            FULL,
            &[
                // Papers after the papers of signing (15): 2p = 17; registered ahead on day 18.
                ("company-registration/pre-review", 18),
                // The decision waits for the signing.
                ("company-registration/decision", 20),
                // The licence may follow: papers after 17, 2p = 19, 1l = 20; not before the company is there.
                ("project-filing/decision", 20),
            ],
        )
        .milestone(FULL, "land-obtained", 59);
}

/// 7. An office and research building: civil-defence duty, a basement, six permits.
#[test]
fn a_research_building() {
    let building = profile(A_RESEARCH_BUILDING);
    building
        .has(&["civil-defence-approval", "land-use-planning-permit", "construction-permit"])
        .has_not(&["eia-book-approval", "eia-form-approval", "eia-registration", "pollutant-discharge-permit"])
        .ends(
            FULL,
            &[
                // Papers: filing 2, conditions 13, so the scheme's are ready on 13 + 25p = 38.
                ("design-scheme-review/preparation", 38),
                // The package of the pre-review after the scheme's papers: 3p.
                ("pre-land-preview/preparation", 41),
                // Drawings after the package: 40p = 81, and 7l = 88.
                ("construction-drawing-review/pre-review", 88),
            ],
        )
        // The land would be there on day 59 and paid for on 63; the drawings decide the joint act.
        .milestone(FULL, "six-permits", 88);
    assert_eq!(building.map.six_permits(), 6);
}

/// 8. An expansion on the firm's own land.
#[test]
fn an_expansion_on_own_land() {
    profile(AN_EXPANSION_ON_OWN_LAND)
        .has(&["design-scheme-review", "construction-planning-permit", "construction-permit", "joint-acceptance"])
        .has_not(&[
            "land-use-planning-permit",
            "land-real-estate-registration",
            "land-handover",
            "pre-land-preview",
            "siting-compliance-check",
        ])
        .ends(
            FULL,
            &[
                // Papers after the filing's (2): 25p = 27, 7l = 34; the filing has long been made.
                ("design-scheme-review/decision", 34),
                // No pre-review on one's own land: 34 + 2p + 1l.
                ("construction-planning-permit/decision", 37),
                // 34 + 40p + 7l.
                ("construction-drawing-review/decision", 81),
                // 81 + 3p + 1l.
                ("construction-permit/decision", 85),
            ],
        )
        .milestone(FULL, "six-permits", 85);
}

/// 9. The plain factory step by step: no stage begins before the one before has ended.
#[test]
fn the_plain_factory_step_by_step() {
    profile(A_PLAIN_FACTORY).ends(
        Levers::STEP_BY_STEP,
        &[
            // Stage 1 ends with the signing.
            ("investment-agreement-signing/decision", 20),
            // Stage 2: the conditions 20 + 3p + 5l are the last of it.
            ("planning-conditions-issue/decision", 28),
            // Stage 3: the scheme 28 + 25p + 7l; papers that rest on it come after.
            ("design-scheme-review/decision", 60),
        ],
    );
}

/// Of every kind, both ways: work on working days only, nothing late before it is early, the full chain no longer.
#[test]
fn every_kind_keeps_the_laws_of_a_plan() {
    for kind in kinds::ALL {
        let profile = profile(kind);
        let [full, slow] = [FULL, Levers::STEP_BY_STEP].map(|levers| profile.plan(levers));
        for plan in [&full, &slow] {
            assert!(plan.is_feasible() && !plan.tasks.is_empty());
            for (i, task) in plan.tasks.iter().enumerate() {
                assert!(plan.late.start[i] >= plan.early.start[i] && plan.late.end[i] >= plan.early.end[i], "{kind:?} {}", task.id);
                assert!(plan.calendar().is_workday(plan.date(plan.early.end[i])), "{kind:?} {}", task.id);
            }
            // The driving chain ends with the plan and begins with it.
            let (first, last) = (plan.critical_chain[0], plan.critical_chain[plan.critical_chain.len() - 1]);
            assert_eq!((plan.early.start[first], plan.early.end[last]), (plan.first, plan.end), "{kind:?}");
        }
        assert!(full.end <= slow.end, "{kind:?}");
    }
}
