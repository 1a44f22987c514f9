//! Filing, review and issue, as given (events) / when (command) / then (events or refusal).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::account::Actor;
use domain::catalogue::{Matter, SupplyBy};
use domain::condition::Value;
use domain::id::Id;
use domain::log::{Digest, verify};
use domain::media::Media;
use domain::project::certificate::{self, CertificateStatus, PreparedCertificate, joint_issue_obstacles, six_permits};
use domain::project::filing::{completeness, prepare};
use domain::project::library::{self, Arrived};
use domain::project::matter::{Command as M, State, state};
use domain::project::review::{Pin, Point, Reason, Verdict};
use domain::project::submission::{self, Command as S, Filing, Promise};
use domain::project::{Command, Event};
use domain::role::Role;
use domain::sheet::{Entries, Entry};
use std::collections::{BTreeMap, BTreeSet};
use test_support::rules::*;

const PLANNING: &str = "land-use-planning-permit";
const WORKS: &str = "construction-planning-permit";
const DRAWINGS: &str = "construction-drawing-review";

fn begin() -> Story {
    Story::with(&[
        ("gross_floor_area_sqm", Value::Number(140_000.0)),
        ("total_investment_10k", Value::Number(120_000.0)),
        ("has_civil_buildings", Value::Flag(true)),
    ])
}

fn ids(matters: &[&str]) -> BTreeSet<Id<Matter>> {
    matters.iter().map(|m| Id::from(*m)).collect()
}

fn filing(of: &str) -> Filing {
    Filing { snapshot: Digest::of(of.as_bytes()), documents: Vec::new(), promises: Vec::new(), changed: Vec::new() }
}

fn file(story: &mut Story, matters: impl IntoIterator<Item = Id<Matter>>) -> Result<Vec<Event>, String> {
    let parcels = matters.into_iter().map(|id| (id.clone(), filing(id.as_str()))).collect();
    package(story, &enterprise(), S::File { number: "R-1".into(), parcels })
}

fn package(story: &mut Story, by: &Actor, command: S) -> Result<Vec<Event>, String> {
    story.when(by, Command::Submission { id: "s1".into(), command })
}

fn office(matter: &str) -> Actor {
    officer(CATALOGUE.matter(matter).unwrap().department.as_str())
}

fn says(story: &mut Story, matter: &str, verdict: Verdict) -> Result<Vec<Event>, String> {
    let snapshot = story.project().parcel(&matter.into()).unwrap().2.latest().unwrap().snapshot;
    package(story, &office(matter), S::GiveOpinion { matter: matter.into(), verdict, snapshot })
}

fn point(field: &str) -> Point {
    Point { pin: Pin::Field(field.into()), reason: Reason::Inconsistent, note: "与总平面图不一致".into() }
}

fn made(matter: &Id<Matter>) -> PreparedCertificate {
    let printed = Arrived { digest: Digest::of(matter.as_str().as_bytes()), media: Media::Pdf, size: 9 };
    let produces = &CATALOGUE.matter(matter.as_str()).unwrap().produces;
    let documents = produces.iter().map(|m| (m.clone(), Id::from(format!("doc-{m}")))).collect();
    PreparedCertificate { matter: matter.clone(), number: format!("No-{matter}"), signed: Digest::of(b"signed"), printed, documents }
}

fn together(story: &mut Story, by: &Actor, matters: &BTreeSet<Id<Matter>>) -> Result<Vec<Event>, String> {
    let command = certificate::Command::IssueJointly { receipt: "J-1".into(), made: matters.iter().map(made).collect() };
    story.when(by, Command::Certificate { command })
}

/// Each office decides its matter, as soon as what it rests on is decided.
fn decide_each(story: &mut Story, matters: &BTreeSet<Id<Matter>>) {
    for _ in 0..matters.len() {
        for matter in matters {
            if story.state(matter.as_str()) == "accepted" {
                let _waits = story.matter(&office(matter.as_str()), matter.as_str(), M::Decide);
            }
        }
    }
}

/// Finishes everything these matters wait for, but not `later` and what waits for it.
fn finish_before(story: &mut Story, matters: &BTreeSet<Id<Matter>>, later: &[&str]) {
    for _ in 0..80 {
        let project = story.project();
        let waits = |id: &Id<Matter>| {
            let before = domain::project::matter::before(&project, CATALOGUE.matter(id.as_str()).unwrap());
            before.decision.into_iter().filter(|m| !matters.contains(m) && !later.contains(&m.as_str())).collect::<Vec<_>>()
        };
        let mut front: BTreeSet<Id<Matter>> = matters.iter().flat_map(waits).collect();
        loop {
            let more: BTreeSet<_> = front.iter().flat_map(waits).filter(|m| !front.contains(m)).collect();
            if more.is_empty() {
                break;
            }
            front.extend(more);
        }
        let free = |id: &&Id<Matter>| domain::project::matter::before(&project, CATALOGUE.matter(id.as_str()).unwrap()).decision.is_empty();
        let Some(next) = front.iter().find(free).cloned() else { return };
        story.finish(next.as_str());
    }
}

#[test]
fn reviewed_ahead_of_the_land_converted_on_the_land_day_and_six_permits_in_one_act() {
    let mut story = begin();
    let six = six_permits(&story.project(), &CATALOGUE);
    assert_eq!(six.len(), 6);
    finish_before(&mut story, &six, &["land-grant-contract"]);
    let early: BTreeSet<_> = six.iter().filter(|m| m.as_str() != "land-real-estate-registration").cloned().collect();
    let filed = file(&mut story, early.clone()).unwrap();
    let Event::Submission { event: submission::Event::Filed { previews, .. }, .. } = &filed[0] else { panic!("{filed:?}") };
    assert!(previews.contains(WORKS) && previews.contains("construction-permit"));
    for matter in &early {
        says(&mut story, matter.as_str(), Verdict::Pass).unwrap();
    }
    assert_eq!(state(&story.project(), &CATALOGUE, &WORKS.into()), Some(State::Filed { preview: true }), "a pre-review is no permit");
    let convert = || S::Convert { differences: BTreeMap::new() };
    // The civil defence approval does not wait for the land; the others do.
    package(&mut story, &agent(), convert()).unwrap();
    assert_eq!((story.state("civil-defence-approval"), story.state(WORKS)), ("accepted", "filed"));
    let refused = package(&mut story, &agent(), convert()).unwrap_err();
    assert!(refused.contains("签订出让（租赁）合同与监管协议"), "{refused}");
    assert!(story.matter(&office(WORKS), WORKS, M::Decide).is_err());

    // The land day: everything the land brings is done, and the registration is filed.
    finish_before(&mut story, &six, &[]);
    let registration = [(Id::from("land-real-estate-registration"), filing("r"))].into();
    let filed = S::File { number: "R-2".into(), parcels: registration };
    story.when(&agent(), Command::Submission { id: "s2".into(), command: filed }).unwrap();
    let changed = S::Convert { differences: [(Id::from(WORKS), vec![Pin::Field("gross_floor_area".into())])].into() };
    let refused = package(&mut story, &agent(), changed).unwrap_err();
    assert_eq!(refused, "预审之后“总建筑面积”有变化，不能直接转为正式；请改回，或撤回后重新申报。");
    package(&mut story, &agent(), convert()).unwrap();
    assert_eq!(story.state(WORKS), "accepted");
    let in_the_way = joint_issue_obstacles(&story.project(), &CATALOGUE, &six);
    assert!(in_the_way.iter().any(|(m, list)| m.as_str() == "land-real-estate-registration" && !list.is_empty()));
    let refused = together(&mut story, &lead(), &six).unwrap_err();
    assert!(refused.contains("还不能联发") && refused.contains("国有建设用地使用权首次登记"), "{refused}");

    let opine = S::GiveOpinion { matter: "land-real-estate-registration".into(), verdict: Verdict::Pass, snapshot: Digest::of(b"r") };
    story.when(&officer("registry"), Command::Submission { id: "s2".into(), command: opine }).unwrap();
    // Every office has passed it. None has decided, and nobody decides for it.
    let undecided =
        |story: &Story| joint_issue_obstacles(&story.project(), &CATALOGUE, &six).into_iter().filter(|(_, list)| !list.is_empty()).count();
    assert_eq!(undecided(&story), 6);
    assert!(together(&mut story, &lead(), &six).unwrap_err().contains("主办部门还没有作出决定"));
    assert!(story.matter(&lead(), WORKS, M::Decide).is_err());
    let permit = "construction-permit";
    assert!(story.matter(&office(permit), permit, M::Decide).unwrap_err().contains("须先办结"), "not before what it rests on");
    decide_each(&mut story, &six);
    assert_eq!(undecided(&story), 0);
    // What rests on another permit is handed over after it, or with it.
    let alone = certificate::Command::Issue { made: vec![made(&permit.into())] };
    let refused = story.when(&office(permit), Command::Certificate { command: alone }).unwrap_err();
    assert!(refused.contains("还不能发证或办结"), "{refused}");
    assert!(together(&mut story, &agent(), &six).unwrap_err().contains("由首席服务专员发起联发"));
    let events = together(&mut story, &lead(), &six).unwrap();
    assert!(
        matches!(events.last(), Some(Event::Certificate { event: certificate::Event::IssuedJointly { numbers, .. } }) if numbers.len() == 6)
    );
    let project = story.project();
    assert!(six.iter().all(|m| story.state(m.as_str()) == "issued" && project.certificate(m).is_some()));
    // The certificates are papers of the library by themselves.
    assert!(project.library.values().any(|kept| kept.is(&"construction-permit".into())));
    assert!(verify(&story.events).is_ok());
    assert!(together(&mut story, &lead(), &six).is_err(), "not twice");
}

#[test]
fn one_notice_of_all_offices_and_only_what_changed_is_looked_at_again() {
    let mut story = begin();
    let both = ids(&[DRAWINGS, WORKS]);
    finish_before(&mut story, &both, &[]);
    file(&mut story, both.clone()).unwrap();
    says(&mut story, DRAWINGS, Verdict::Correct { points: vec![point("building_height")] }).unwrap();
    assert!(story.project().submissions["s1"].open_notice().is_none(), "not before every office has spoken");
    // A cooperating office may speak too; one that has nothing to do with it may not.
    let snapshot = Digest::of(WORKS.as_bytes());
    let opine = |verdict| S::GiveOpinion { matter: WORKS.into(), verdict, snapshot };
    assert!(package(&mut story, &officer("tax"), opine(Verdict::Pass)).is_err());
    package(&mut story, &officer("water-affairs"), opine(Verdict::Correct { points: vec![point("green_ratio")] })).unwrap();
    says(&mut story, WORKS, Verdict::Correct { points: vec![point("plot_ratio")] }).unwrap();
    let project = story.project();
    let notice = project.submissions["s1"].open_notice().unwrap();
    assert_eq!(notice.points[WORKS].len(), 2, "the points of both offices, once");
    assert_eq!((story.state(WORKS), story.state(DRAWINGS)), ("returned", "returned"));
    assert!(says(&mut story, WORKS, Verdict::Pass).unwrap_err().contains("正在等企业补正"));

    let back = |changed: &[&str], explanation: &str| S::Return {
        parcels: [(Id::from(WORKS), Filing { changed: changed.iter().map(|f| Pin::Field((*f).into())).collect(), ..filing("second") })]
            .into(),
        explanation: explanation.into(),
    };
    let refused = package(&mut story, &enterprise(), back(&["plot_ratio", "green_ratio"], "")).unwrap_err();
    assert_eq!(refused, "“建筑高度”还没有改；请先改好，或写明为什么不改。");
    package(&mut story, &agent(), back(&["plot_ratio", "green_ratio"], "高度与图纸一致，见第 3 页。")).unwrap();
    assert_eq!((story.state(WORKS), story.state(DRAWINGS)), ("filed", "filed"));
    let old = S::GiveOpinion { matter: WORKS.into(), verdict: Verdict::Pass, snapshot: Digest::of(WORKS.as_bytes()) };
    let refused = package(&mut story, &office(WORKS), old).unwrap_err();
    assert_eq!(refused, "申报内容已更新（“容积率”、“绿地率”），意见没有记下；请看过新的内容再出意见。");
    // All is told once: what was not told and not changed cannot be found wrong afterwards.
    let refused = says(&mut story, WORKS, Verdict::Correct { points: vec![point("building_density")] }).unwrap_err();
    assert_eq!(refused, "“建筑密度（建筑系数）”上次没有提出，这次也没有改过：补正须一次性告知，不能再提。");
    says(&mut story, WORKS, Verdict::Pass).unwrap();
    says(&mut story, DRAWINGS, Verdict::PassWith { conditions: "施工前复核高度".into() }).unwrap();
    assert_eq!((story.state(WORKS), story.state(DRAWINGS)), ("accepted", "accepted"));
    assert!(story.matter(&office(WORKS), WORKS, M::Decide).is_ok());
}

#[test]
fn an_office_that_is_late_does_not_hold_the_notice_and_a_paused_clock_goes_on() {
    let mut story = begin();
    let both = ids(&[DRAWINGS, WORKS]);
    finish_before(&mut story, &both, &[]);
    file(&mut story, both).unwrap();
    story.matter(&office(WORKS), WORKS, M::Accept).unwrap();
    assert!(package(&mut story, &lead(), S::Notify).unwrap_err().contains("没有待告知的补正意见"));
    says(&mut story, WORKS, Verdict::Correct { points: vec![point("plot_ratio")] }).unwrap();
    assert!(package(&mut story, &enterprise(), S::Notify).is_err());
    package(&mut story, &lead(), S::Notify).unwrap();
    assert_eq!((story.state(WORKS), story.state(DRAWINGS)), ("paused", "filed"));
    assert!(story.matter(&office(WORKS), WORKS, M::Resume).unwrap_err().contains("补正后自动恢复"));
    let parcels = [(Id::from(WORKS), Filing { changed: vec![Pin::Field("plot_ratio".into())], ..filing("2") })].into();
    package(&mut story, &enterprise(), S::Return { parcels, explanation: String::new() }).unwrap();
    assert_eq!(story.state(WORKS), "accepted");
}

#[test]
fn a_promised_paper_keeps_the_decision_waiting_until_it_comes() {
    let mut story = begin();
    finish_before(&mut story, &ids(&[WORKS]), &[]);
    let promise = |supply_by| Promise {
        material: "design-scheme".into(),
        text: "三日内补齐".into(),
        due: "2024-10-09".parse().unwrap(),
        by: "wang".into(),
        supply_by,
    };
    let parcels = [(Id::from(WORKS), Filing { promises: vec![promise(SupplyBy::Decision)], ..filing(WORKS) })].into();
    package(&mut story, &enterprise(), S::File { number: "R".into(), parcels }).unwrap();
    says(&mut story, WORKS, Verdict::Pass).unwrap();
    let refused = story.matter(&office(WORKS), WORKS, M::Decide).unwrap_err();
    assert!(refused.contains("承诺 2024-10-09 前补交的“建设工程设计方案文本（含总平面图）”还没有到"), "{refused}");
    let file = Arrived { digest: Digest::of(b"scheme"), media: Media::Pdf, size: 6 };
    let add = library::Command::Add { material: Some("design-scheme".into()), file };
    let events = story.when(&agent(), Command::Document { id: "d".into(), command: add }).unwrap();
    assert!(matches!(&events[1], Event::Submission { event: submission::Event::Supplied { .. }, .. }));
    story.matter(&office(WORKS), WORKS, M::Decide).unwrap();
}

#[test]
fn withdrawn_lapsed_refused_extended_recorded() {
    let mut story = begin();
    let both = ids(&[DRAWINGS, WORKS]);
    finish_before(&mut story, &both, &["land-grant-contract"]);
    file(&mut story, both.clone()).unwrap();
    says(&mut story, WORKS, Verdict::Pass).unwrap();
    let gone = || S::Lapse { reason: "未竞得土地".into() };
    assert!(package(&mut story, &agent(), gone()).is_err());
    package(&mut story, &lead(), gone()).unwrap();
    let project = story.project();
    assert!(project.parcel(&WORKS.into()).is_none() && project.matters[WORKS].pre_reviewed.is_none());

    let mut story = begin();
    finish_before(&mut story, &ids(&[WORKS]), &[]);
    file(&mut story, ids(&[WORKS])).unwrap();
    package(&mut story, &enterprise(), S::Withdraw { reason: "方案调整".into() }).unwrap();
    assert_eq!(story.state(WORKS), "ready");
    // A second package of the same matter.
    let again = S::File { number: "R-2".into(), parcels: [(Id::from(WORKS), filing("again"))].into() };
    story.when(&enterprise(), Command::Submission { id: "s2".into(), command: again }).unwrap();
    let refuse = Verdict::Refuse { basis: "《城乡规划法》第四十条".into(), ground: "不符合规划条件".into() };
    let opine = S::GiveOpinion { matter: WORKS.into(), verdict: refuse, snapshot: Digest::of(b"again") };
    story.when(&office(WORKS), Command::Submission { id: "s2".into(), command: opine }).unwrap();
    assert_eq!(story.state(WORKS), "refused");

    let mut story = begin();
    let siting = "siting-compliance-check";
    for command in [M::File, M::Accept] {
        story.matter(&office(siting), siting, command).unwrap();
    }
    let extend = || M::Extend { reason: "涉及多部门".into() };
    assert!(story.matter(&office(siting), siting, extend()).is_err());
    let head = actor("head", Role::DepartmentHead, "natural-resources", Some("natural-resources"));
    story.matter(&head, siting, extend()).unwrap();
    assert_eq!(story.matter(&head, siting, extend()).unwrap_err(), "已经延长过一次，不能再延。");
    let elsewhere = domain::project::matter::ExternalDecision {
        number: "苏新〔2024〕1号".into(),
        system: "省一体化平台".into(),
        on: "2024-09-26".parse().unwrap(),
    };
    story.matter(&office(siting), siting, M::Record { elsewhere }).unwrap();
    assert_eq!(story.state(siting), "issued");
}

#[test]
fn a_certificate_is_corrected_or_revoked_and_never_gone() {
    let mut story = begin();
    let siting = "siting-compliance-check";
    for command in [M::File, M::Accept, M::Decide] {
        story.matter(&office(siting), siting, command).unwrap();
    }
    let issue = certificate::Command::Issue { made: vec![made(&siting.into())] };
    assert!(story.when(&officer("tax"), Command::Certificate { command: issue.clone() }).is_err());
    story.when(&office(siting), Command::Certificate { command: issue }).unwrap();
    let number = format!("No-{siting}");
    // Nobody puts another paper in its place.
    let printed = story.project().certificates[&number].documents[0].clone();
    let file = Arrived { digest: Digest::of(b"mine"), media: Media::Pdf, size: 4 };
    for command in [
        library::Command::Replace { file, why: "更清楚".into() },
        library::Command::Remove { why: "不要了".into() },
        library::Command::Sort { material: None },
    ] {
        let change = Command::Document { id: printed.clone(), command };
        assert!(story.when(&enterprise(), change.clone()).unwrap_err().contains("由上传的一方改动文件"));
        assert_eq!(story.when(&office(siting), change).unwrap_err(), "证照由发证部门更正或撤销，不能在这里改动。");
    }
    let second = PreparedCertificate {
        number: "No-2".into(),
        printed: Arrived { digest: Digest::of(b"2"), media: Media::Pdf, size: 2 },
        ..made(&siting.into())
    };
    let correct = certificate::Command::Correct { number: number.clone(), made: second, reason: "面积笔误".into() };
    story.when(&office(siting), Command::Certificate { command: correct }).unwrap();
    let project = story.project();
    assert!(matches!(&project.certificates[&number].standing, CertificateStatus::Corrected { by, .. } if by == "No-2"));
    assert_eq!(project.certificate(&siting.into()).unwrap().0, "No-2");
    assert!(project.library.values().any(|kept| kept.versions.len() == 2));
    let revoke = |number: &str| certificate::Command::Revoke { number: number.into(), reason: "以欺骗手段取得".into() };
    assert!(story.when(&office(siting), Command::Certificate { command: revoke(&number) }).is_err());
    story.when(&office(siting), Command::Certificate { command: revoke("No-2") }).unwrap();
    assert_eq!(story.project().certificates["No-2"].standing.code(), "revoked");
}

fn entries(story: &Story, matter: &str) -> Entries {
    let known = [
        ("project_code", "2204-320505-89-01-123456"),
        ("site_area", "42133.54"),
        ("plot_ratio", "3.3"),
        ("building_density", "40"),
        ("green_ratio", "15"),
        ("gross_floor_area", "140000"),
        ("building_height", "60"),
        ("underground_area", "9000"),
        ("unit_buildings", "1 号楼"),
    ];
    let fields = &CATALOGUE.matter(matter).unwrap().fields;
    let entry = |(id, value): &(&str, &str)| {
        let entry = Entry { value: (*value).into(), by: "wang".into(), at: story.now, seq: 1, own: true };
        (Id::from(*id), entry)
    };
    known.iter().filter(|(id, _)| fields.contains(&Id::from(*id))).map(entry).collect()
}

#[test]
fn what_is_missing_is_named_and_what_may_follow_is_promised() {
    let mut story = begin();
    finish_before(&mut story, &ids(&[WORKS]), &[]);
    let matter = CATALOGUE.matter(WORKS).unwrap();
    let on = story.now.date();
    let nothing = completeness(&story.project(), &CATALOGUE, &CATALOGUE.form, &Entries::new(), matter, on);
    assert!(nothing.fields.iter().any(|m| m.field.as_str() == "plot_ratio"));
    assert!(nothing.papers.iter().any(|p| p.material.as_str() == "design-scheme" && p.tolerance.is_none()));
    assert!(nothing.comes.iter().any(|m| m.as_str() == "land-use-planning-permit"), "nobody hands in what another matter brings");
    let by = enterprise();
    let filed = |story: &Story, entries: &Entries| {
        let by = domain::account::By { actor: &by, at: story.now };
        prepare(&"p".into(), &story.project(), &CATALOGUE, entries, &ids(&[WORKS]), &BTreeMap::new(), by)
            .map_err(|refusal| refusal.sentence().zh)
    };
    let refused = filed(&story, &Entries::new()).unwrap_err();
    assert!(
        refused.starts_with("“建设工程规划许可证核发”还不能申报：数据表单还差") && refused.contains("还缺材料“建设工程设计方案文本"),
        "{refused}"
    );
    let file = Arrived { digest: Digest::of(b"scheme"), media: Media::Pdf, size: 6 };
    let add = library::Command::Add { material: Some("design-scheme".into()), file };
    story.when(&enterprise(), Command::Document { id: "d1".into(), command: add }).unwrap();
    let snapshots = filed(&story, &entries(&story, WORKS)).unwrap();
    let (bytes, filing) = snapshots[0].filing(Vec::new());
    assert_eq!(filing.snapshot, Digest::of(&bytes));
    assert_eq!(filing.documents, [("design-scheme".into(), "d1".into(), 1)]);
    assert_eq!(snapshots[0].values["plot_ratio"], "3.3");

    // What was filed stays as it was; what changed since is found.
    let mut later = entries(&story, WORKS);
    later.get_mut("plot_ratio").unwrap().value = "3.0".into();
    later.get_mut("building_density").unwrap().value = "41".into();
    let pins = domain::project::filing::differences(&snapshots[0], &story.project(), &CATALOGUE, &later, on);
    assert_eq!(pins.len(), 2);
    // A correction takes only what the notice asked for; the rest stays locked as filed.
    let notice = submission::Notice {
        at: story.now,
        points: [(Id::from(WORKS), vec![point("plot_ratio")])].into(),
        returned: None,
        explanation: String::new(),
        heard: BTreeMap::new(),
    };
    let at = domain::account::By { actor: &by, at: story.now };
    let (after, changed) = domain::project::filing::corrected(&snapshots[0], &notice, &story.project(), &CATALOGUE, &later, at).unwrap();
    assert_eq!(changed, [Pin::Field("plot_ratio".into())]);
    assert_eq!((after.values["plot_ratio"].as_str(), after.values["building_density"].as_str()), ("3", "40"));
    assert!(domain::project::filing::corrected(&after, &notice, &story.project(), &CATALOGUE, &later, at).is_none(), "nothing changed");
}

#[test]
fn numbers_follow_their_rule() {
    let rule = CATALOGUE.certificates.of(&PLANNING.into()).unwrap();
    let matter = CATALOGUE.matter(PLANNING).unwrap();
    let day = "2022-09-13".parse().unwrap();
    assert_eq!(rule.number(matter, &CATALOGUE.certificates.region, day, 7), "地字第320505202200007号");
    let permit = CATALOGUE.certificates.of(&"construction-permit".into()).unwrap();
    assert_eq!(permit.number(CATALOGUE.matter("construction-permit").unwrap(), "320505", day, 1), "320505202209130101");
    assert!(CATALOGUE.certificates.of(&"water-soil-plan".into()).unwrap().title.is_none());
}
