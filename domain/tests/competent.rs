//! The competent office decides, the applicant files, the lead officer coordinates: the cases behind docs/rights.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::account::Actor;
use domain::condition::Value;
use domain::date::Date;
use domain::deputy;
use domain::id::Id;
use domain::log::Digest;
use domain::media::Media;
use domain::project::certificate::{self, PreparedCertificate};
use domain::project::library::{self, Arrived};
use domain::project::matter::{Command as M, ExternalDecision};
use domain::project::review::{Pin, Point, Reason, Verdict};
use domain::project::submission::{Command as S, Filing};
use domain::project::{Command, Event, Opening, consultation, difficulty, start, team};
use domain::role::Role;
use std::collections::{BTreeMap, BTreeSet};
use test_support::people::WANG;
use test_support::rules::*;

/// A matter: its own office, one that cooperates on it, and one that has another matter of the project.
const MATTER: &str = "construction-planning-permit";
const OWN: &str = "natural-resources";
const COOPERATING: &str = "water-affairs";
const OTHER: &str = "tax";
/// What the project owner does by itself.
const ITS_OWN: &str = "environmental-acceptance";
/// What a company connects.
const POWER: &str = "power-connection";

fn begin() -> Story {
    Story::with(&[
        ("gross_floor_area_sqm", Value::Number(140_000.0)),
        ("total_investment_10k", Value::Number(120_000.0)),
        ("has_civil_buildings", Value::Flag(true)),
        ("eia_category", Value::Word("report-book".into())),
    ])
}

fn offices(ids: &[&str]) -> BTreeSet<Id<domain::catalogue::Organisation>> {
    ids.iter().map(|id| Id::from(*id)).collect()
}

fn ids(matters: &[&str]) -> BTreeSet<Id<domain::catalogue::Matter>> {
    matters.iter().map(|m| Id::from(*m)).collect()
}

fn filing(of: &str, changed: &[&str]) -> Filing {
    let changed = changed.iter().map(|f| Pin::Field((*f).into())).collect();
    Filing { snapshot: Digest::of(of.as_bytes()), documents: Vec::new(), promises: Vec::new(), changed }
}

fn package(story: &mut Story, by: &Actor, command: S) -> Result<Vec<Event>, String> {
    story.when(by, Command::Submission { id: "s1".into(), command })
}

fn correct(field: &str) -> Verdict {
    let point = Point { pin: Pin::Field(field.into()), reason: Reason::Inconsistent, note: "与总平面图不一致".into() };
    Verdict::Correct { points: vec![point] }
}

fn says(story: &mut Story, by: &Actor, matter: &str, verdict: Verdict) -> Result<Vec<Event>, String> {
    let snapshot = story.project().parcel(&matter.into()).unwrap().2.latest().unwrap().snapshot;
    package(story, by, S::GiveOpinion { matter: matter.into(), verdict, snapshot })
}

/// Finishes what these wait for, and what that waits for.
fn finish_before(story: &mut Story, matters: &[&str]) {
    loop {
        let project = story.project();
        let waits = |id: &str| domain::project::matter::before(&project, CATALOGUE.matter(id).unwrap()).decision;
        let mut front: Vec<Id<_>> = matters.iter().flat_map(|m| waits(m)).filter(|m| !matters.contains(&m.as_str())).collect();
        let mut i = 0;
        while i < front.len() {
            let more: Vec<_> = waits(front[i].as_str()).into_iter().filter(|m| !front.contains(m)).collect();
            front.extend(more);
            i += 1;
        }
        let Some(next) = front.iter().find(|m| waits(m.as_str()).is_empty()) else { return };
        story.finish(next.as_str());
    }
}

/// Two matters of two offices in one package: the works permit and the review of the drawings.
fn two_on_file() -> Story {
    let mut story = begin();
    let both = [MATTER, "construction-drawing-review"];
    finish_before(&mut story, &both);
    let parcels = both.iter().map(|m| (Id::from(*m), filing(m, &[]))).collect();
    package(&mut story, &enterprise(), S::File { number: "R-1".into(), parcels }).unwrap();
    story
}

#[test]
fn an_office_with_nothing_in_a_package_neither_reviews_nor_sends_its_notice() {
    let mut story = two_on_file();
    says(&mut story, &officer(OWN), MATTER, correct("plot_ratio")).unwrap();
    let stranger = officer(OTHER);
    assert!(says(&mut story, &stranger, MATTER, Verdict::Pass).unwrap_err().contains("由主办和配合部门审查"));
    assert!(package(&mut story, &stranger, S::Notify).unwrap_err().contains("由件内事项的主办部门或首席服务专员告知补正"));
    assert!(package(&mut story, &officer(COOPERATING), S::Notify).is_err(), "who is consulted tells the office that asked");
    assert!(package(&mut story, &stranger, S::Convert { differences: BTreeMap::new() }).unwrap_err().contains("转为正式"));
    assert!(
        package(&mut story, &officer(OWN), S::Convert { differences: BTreeMap::new() }).is_err(),
        "not its own act over others' matters"
    );
    package(&mut story, &officer(OWN), S::Notify).unwrap();
    assert_eq!(story.state(MATTER), "returned");
}

#[test]
fn a_notice_takes_nothing_from_an_office_that_had_not_spoken_by_then() {
    let (mut story, drawings) = (two_on_file(), "construction-drawing-review");
    let (planning, housing) = (officer(OWN), officer("housing-construction"));
    says(&mut story, &planning, MATTER, correct("plot_ratio")).unwrap();
    package(&mut story, &lead(), S::Notify).unwrap();
    let back =
        |of: &str, changed: &[&str]| S::Return { parcels: [(Id::from(MATTER), filing(of, changed))].into(), explanation: String::new() };
    package(&mut story, &enterprise(), back("second", &["plot_ratio"])).unwrap();
    // What is wrong with this matter has been told, whoever had not spoken yet; of the other matter nothing was told.
    assert!(says(&mut story, &planning, MATTER, correct("green_ratio")).unwrap_err().contains("补正须一次性告知"));
    assert!(says(&mut story, &officer(COOPERATING), MATTER, correct("green_ratio")).unwrap_err().contains("补正须一次性告知"));
    says(&mut story, &planning, MATTER, correct("plot_ratio")).unwrap();
    let told = says(&mut story, &housing, drawings, correct("building_height")).unwrap();
    assert!(matches!(told.last(), Some(Event::Matter { .. })) && story.project().submissions["s1"].notices.len() == 2);
    // From now on it is bound like the others, whatever notices follow.
    package(
        &mut story,
        &enterprise(),
        S::Return {
            parcels: [
                (Id::from(MATTER), filing("third", &["plot_ratio"])),
                (Id::from(drawings), filing("drawings 2", &["building_height"])),
            ]
            .into(),
            explanation: String::new(),
        },
    )
    .unwrap();
    assert!(says(&mut story, &housing, drawings, correct("structure_type")).unwrap_err().contains("补正须一次性告知"));
    assert!(says(&mut story, &officer(COOPERATING), MATTER, correct("building_density")).unwrap_err().contains("补正须一次性告知"));
    says(&mut story, &planning, MATTER, Verdict::Pass).unwrap();
}

#[test]
fn what_an_office_that_is_consulted_wants_waits_for_the_matters_own() {
    let mut story = two_on_file();
    says(&mut story, &officer(COOPERATING), MATTER, correct("green_ratio")).unwrap();
    package(&mut story, &lead(), S::Notify).unwrap_err();
    says(&mut story, &officer(OWN), MATTER, correct("plot_ratio")).unwrap();
    package(&mut story, &officer(OWN), S::Notify).unwrap();
    let points = &story.project().submissions["s1"].notices[0].points[MATTER];
    assert_eq!(points.len(), 2, "both in one notice");
}

fn made(matter: &str) -> PreparedCertificate {
    let printed = Arrived { digest: Digest::of(b"printed"), media: Media::Pdf, size: 9 };
    PreparedCertificate { matter: matter.into(), number: "No-1".into(), signed: Digest::of(b"signed"), printed, documents: Vec::new() }
}

#[test]
fn an_enterprise_finishes_what_it_does_itself_and_nobody_certifies_it() {
    let mut story = begin();
    finish_before(&mut story, &[ITS_OWN]);
    let office = officer("enterprise");
    for command in [M::Prepare, M::File, M::Accept] {
        assert!(story.matter(&agent(), ITS_OWN, M::Accept).is_err());
        story.matter(&enterprise(), ITS_OWN, command).unwrap();
    }
    let pause = M::Pause { reason: domain::project::matter::PauseReason::Publicity, note: "等等".into() };
    for command in [pause, M::Refuse { ground: "不要了".into() }, M::Claim, M::Extend { reason: "来不及".into() }] {
        assert!(story.matter(&enterprise(), ITS_OWN, command).unwrap_err().starts_with("您的身份是建设单位"));
    }
    assert!(story.matter(&office, ITS_OWN, M::Decide).is_err(), "no officer speaks for an enterprise");
    story.matter(&enterprise(), ITS_OWN, M::Decide).unwrap();
    let issue = |matter: &str| Command::Certificate { command: certificate::Command::Issue { made: vec![made(matter)] } };
    assert!(story.when(&office, issue(ITS_OWN)).is_err());
    for who in [enterprise(), lead()] {
        assert!(story.when(&who, issue(ITS_OWN)).unwrap_err().contains("由该事项的主办部门发证"));
    }
    let jointly = certificate::Command::IssueJointly { receipt: "J".into(), made: vec![made(ITS_OWN), made(MATTER)] };
    assert!(story.when(&lead(), Command::Certificate { command: jointly }).unwrap_err().contains("不由行政机关办理，不发证照"));
    story.matter(&enterprise(), ITS_OWN, M::Issue).unwrap();
    assert_eq!(story.state(ITS_OWN), "issued");
    // A company that connects finishes its own matter, too; a certificate is an office's.
    let power = officer("power-company");
    finish_before(&mut story, &[POWER]);
    for command in [M::File, M::Accept, M::Decide] {
        story.matter(&power, POWER, command).unwrap();
    }
    assert!(story.when(&power, issue(POWER)).is_err());
    story.matter(&power, POWER, M::Issue).unwrap();
}

#[test]
fn what_is_done_alone_is_filed_in_no_package_and_its_outcome_recorded_by_the_owner() {
    let mut story = begin();
    assert!(!CATALOGUE.matter(ITS_OWN).unwrap().wants_package());
    finish_before(&mut story, &[ITS_OWN]);
    let elsewhere = || ExternalDecision { number: "2024-17".into(), system: "验收平台".into(), on: story_day() };
    for who in [agent(), lead(), officer("eco-environment")] {
        assert!(story.matter(&who, ITS_OWN, M::Record { elsewhere: elsewhere() }).is_err());
    }
    assert!(story.matter(&enterprise(), MATTER, M::Record { elsewhere: elsewhere() }).is_err(), "not what an office decides");
    story.matter(&enterprise(), ITS_OWN, M::Record { elsewhere: elsewhere() }).unwrap();
    assert_eq!(story.state(ITS_OWN), "issued");
}

fn story_day() -> Date {
    "2024-09-26".parse().unwrap()
}

#[test]
fn the_lead_officer_decides_nothing_for_an_office_that_has_not_spoken() {
    let mut story = begin();
    let both = ids(&["civil-defence-approval", "construction-drawing-review"]);
    finish_before(&mut story, &["civil-defence-approval", "construction-drawing-review"]);
    for matter in &both {
        let office = officer(CATALOGUE.matter(matter.as_str()).unwrap().department.as_str());
        // Papers that came in at the counter: there is no package and no opinion.
        for command in [M::File, M::Accept] {
            story.matter(&office, matter.as_str(), command).unwrap();
        }
    }
    let jointly = |receipt: &str| {
        let made = both.iter().map(|m| PreparedCertificate { number: format!("No-{m}"), ..made(m.as_str()) }).collect();
        Command::Certificate { command: certificate::Command::IssueJointly { receipt: receipt.into(), made } }
    };
    assert!(story.when(&lead(), jointly("J-1")).unwrap_err().contains("主办部门还没有作出决定"));
    for matter in &both {
        let office = officer(CATALOGUE.matter(matter.as_str()).unwrap().department.as_str());
        story.matter(&office, matter.as_str(), M::Decide).unwrap();
    }
    story.when(&lead(), jointly("J-1")).unwrap();
}

#[test]
fn a_backbone_officer_speaks_for_no_other_office() {
    let mut story = begin();
    let mut backbone = actor("gu", Role::BackboneOfficer, "tax", Some("tax"));
    backbone.matters = ["siting-compliance-check".into()].into();
    for command in
        [M::File, M::Claim, M::Record { elsewhere: ExternalDecision { number: "1".into(), system: "？".into(), on: story_day() } }]
    {
        assert!(story.matter(&backbone, "siting-compliance-check", command).is_err());
    }
    let own = Actor { office: Some("natural-resources".into()), ..backbone };
    story.matter(&own, "siting-compliance-check", M::File).unwrap();
}

#[test]
fn whether_a_matter_is_needed_is_its_offices_word() {
    let mut story = begin();
    let exempt = || M::Exempt { reason: "不涉及".into() };
    for who in [lead(), enterprise(), agent(), officer(OTHER)] {
        assert!(story.matter(&who, "siting-compliance-check", exempt()).unwrap_err().contains("由该事项的主办部门认定不需要办"));
    }
    story.matter(&officer(OWN), "siting-compliance-check", exempt()).unwrap();
}

#[test]
fn an_agent_answers_only_what_was_put_to_them() {
    let mut story = begin();
    let ask = |backbone: Option<&str>| consultation::Command::Ask {
        matter: Some("siting-compliance-check".into()),
        text: "要交哪些图？".into(),
        backbone: backbone.map(Into::into),
    };
    let answer = || consultation::Command::Answer { text: "总平面图。".into() };
    for (id, backbone) in [("q1", Some("gu")), ("q2", None)] {
        story.when(&enterprise(), Command::Consultation { id: id.into(), command: ask(backbone) }).unwrap();
    }
    let say = |id: &str| Command::Consultation { id: id.into(), command: answer() };
    assert!(story.when(&agent(), say("q1")).unwrap_err().contains("由审批骨干专员"), "not in the office's name");
    assert!(story.when(&lead(), say("q1")).is_err());
    story.when(&officer(OWN), say("q1")).unwrap();
    story.when(&agent(), say("q2")).unwrap();
}

#[test]
fn what_an_office_brought_only_it_changes() {
    let mut story = begin();
    let file = |of: &[u8]| Arrived { digest: Digest::of(of), media: Media::Pdf, size: of.len() as u64 };
    let add = |of: &[u8]| library::Command::Add { material: None, file: file(of) };
    let on = |id: &str, command| Command::Document { id: id.into(), command };
    story.when(&officer(OWN), on("d1", add(b"office"))).unwrap();
    story.when(&agent(), on("d2", add(b"agent"))).unwrap();
    let remove = || library::Command::Remove { why: "不要了".into() };
    for who in [enterprise(), agent(), officer(OTHER)] {
        assert!(story.when(&who, on("d1", remove())).unwrap_err().contains("由上传的一方改动文件"));
        let replace = library::Command::Replace { file: file(b"mine"), why: "换一份".into() };
        assert!(story.when(&who, on("d1", replace)).is_err());
    }
    assert!(story.when(&officer(OWN), on("d2", remove())).is_err());
    let colleague = actor("colleague", Role::DepartmentHead, OWN, Some(OWN));
    story.when(&colleague, on("d1", remove())).unwrap();
    story.when(&enterprise(), on("d2", remove())).unwrap();
}

#[test]
fn an_agent_files_and_the_owner_alone_withdraws() {
    let mut story = begin();
    finish_before(&mut story, &[MATTER]);
    let parcels = [(Id::from(MATTER), filing("first", &[]))].into();
    package(&mut story, &agent(), S::File { number: "R".into(), parcels }).unwrap();
    let withdraw = || S::Withdraw { reason: "方案调整".into() };
    assert!(package(&mut story, &agent(), withdraw()).unwrap_err().contains("由建设单位自己撤回申报"));
    package(&mut story, &enterprise(), withdraw()).unwrap();
}

#[test]
fn an_agents_proposal_binds_nobody_and_a_resolution_only_who_was_there() {
    let mut story = begin();
    let hard = |command| Command::Difficulty { id: "d1".into(), command };
    let raise = difficulty::Command::Raise { matter: None, text: "河道控制线压占地块".into() };
    story.when(&agent(), hard(raise)).unwrap();
    let appoint = difficulty::Command::Appoint { lead: OWN.into(), cooperating: offices(&[COOPERATING]) };
    story.when(&lead(), hard(appoint)).unwrap();
    let propose = difficulty::Command::Propose { text: "退让六米".into(), counters: None };
    assert!(story.when(&officer(OTHER), hard(propose.clone())).unwrap_err().contains("不是这个困难的牵头或配合部门"));
    assert!(story.when(&leader(), hard(propose.clone())).is_err());
    story.when(&agent(), hard(propose)).unwrap();
    let accept = || hard(difficulty::Command::Accept { proposal: 1 });
    story.when(&officer(OWN), accept()).unwrap();
    let agreed = |story: &Story| story.project().difficulties[&Id::from("d1")].agreed().is_some();
    assert!(!agreed(&story), "the enterprise has not said a word");
    story.when(&enterprise(), accept()).unwrap();
    assert!(agreed(&story));
    let resolve = |owner: &str| {
        hard(difficulty::Command::Resolve { action: "退让".into(), owner: owner.into(), due: "2024-12-01".parse().unwrap() })
    };
    assert!(story.when(&lead(), resolve(OTHER)).unwrap_err().contains("不是这个困难的牵头或配合部门"));
    story.when(&lead(), resolve(COOPERATING)).unwrap();
}

#[test]
fn nobody_hands_on_the_lead_or_starts_for_another_firm() {
    let mut story = begin();
    let team = |command| Command::Team { command };
    let appoint = || team(team::Command::AppointLead { account: "other-lead".into() });
    assert!(story.when(&lead(), appoint()).unwrap_err().contains("由区分管领导指定首席服务专员"));
    story.when(&lead(), team(team::Command::AppointAgent { account: "sun".into() })).unwrap();
    story.when(&leader(), appoint()).unwrap();
    let now = story.now;
    let opening = Opening {
        name: "别人的".into(),
        area: "狮山".into(),
        owner: WANG.firm.into(),
        answers: Default::default(),
        as_of: now.date(),
        lead: None,
        agent: None,
    };
    let refused = start(&CATALOGUE, opening, domain::account::By { actor: &stranger(), at: now }).unwrap_err();
    assert_eq!(refused.sentence().zh, "企业只能为本单位立项目。");
}

#[test]
fn a_substitution_lasts_sixty_days_at_most() {
    let today = story_day();
    assert_eq!(deputy::last_day(Some(today), today), Ok(today));
    let last = today.plus(60);
    assert_eq!(deputy::last_day(Some(last), today), Ok(last));
    for (until, says) in [
        (Some(last.plus(1)), "代理最长 60 天，请写 2024-11-25 或以前的日期。"),
        (Some("9999-12-31".parse().unwrap()), "代理最长 60 天，请写 2024-11-25 或以前的日期。"),
        (Some(today.plus(-1)), "请写今天或以后的日期。"),
        (None, "请写今天或以后的日期。"),
    ] {
        assert_eq!(deputy::last_day(until, today).unwrap_err().sentence().zh, says);
    }
}
