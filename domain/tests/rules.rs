//! The rules of a project, as given (events) / when (command) / then (events or refusal).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::Text;
use domain::log::{Audience, verify};
use domain::project::consultation::{self, Status};
use domain::project::difficulty::{self, Side};
use domain::project::matter::{Command as M, PauseReason};
use domain::project::turn::{Party, sentence, todos};
use domain::project::{Command, Event, Note, Project};
use domain::role::Role;
use test_support::people::LI;
use test_support::rules::*;

fn ask(matter: Option<&str>, backbone: Option<&str>) -> Command {
    let command =
        consultation::Command::Ask {
            matter: matter.map(Into::into), text: "要交哪些图？".into(), backbone: backbone.map(Into::into)
        };
    Command::Consultation { id: "q1".into(), command }
}
fn consult(command: consultation::Command) -> Command {
    Command::Consultation { id: "q1".into(), command }
}
fn hard(command: difficulty::Command) -> Command {
    Command::Difficulty { id: "d1".into(), command }
}
fn appoint() -> Command {
    let cooperating = ["water-affairs".into(), "natural-resources".into()].into();
    hard(difficulty::Command::Appoint { lead: "natural-resources".into(), cooperating })
}
fn propose(text: &str, counters: Option<usize>) -> Command {
    hard(difficulty::Command::Propose { text: text.into(), counters })
}
fn resolve(due: &str) -> Command {
    let due = due.parse().unwrap();
    hard(difficulty::Command::Resolve { action: "先办预审".into(), owner: "natural-resources".into(), due })
}

#[test]
fn a_matter_goes_from_ready_to_issued_by_the_right_people_only() {
    let mut story = Story::begin();
    assert_eq!(story.state("siting-compliance-check"), "ready");
    assert_eq!(story.state("planning-conditions-issue"), "not-yet-due");
    story.matter(&enterprise(), "siting-compliance-check", M::Prepare).unwrap();
    story.matter(&agent(), "siting-compliance-check", M::File).unwrap();
    let refused = story.matter(&enterprise(), "siting-compliance-check", M::Accept).unwrap_err();
    assert_eq!(refused, "您的身份是建设单位：由该事项的主办部门办理。");
    let refused = story.matter(&officer("tax"), "siting-compliance-check", M::Accept).unwrap_err();
    assert_eq!(refused, "您的身份是部门承办人：由该事项的主办部门办理。");
    story.matter(&officer("natural-resources"), "siting-compliance-check", M::Accept).unwrap();
    let refused = story.matter(&officer("natural-resources"), "siting-compliance-check", M::Issue).unwrap_err();
    assert_eq!(refused, "“选址合规性核查”现在是“已受理”，不能发证或办结。");
    story.matter(&officer("natural-resources"), "siting-compliance-check", M::Decide).unwrap();
    story.matter(&officer("natural-resources"), "siting-compliance-check", M::Issue).unwrap();
    assert_eq!(story.state("siting-compliance-check"), "issued");
    assert_eq!(story.state("planning-conditions-issue"), "ready");
}

#[test]
fn what_is_not_due_names_what_it_waits_for() {
    let mut story = Story::begin();
    let refused = story.matter(&enterprise(), "planning-conditions-issue", M::File).unwrap_err();
    assert_eq!(refused, "还不能申报：须先办结“选址合规性核查”。");
}

#[test]
fn a_pre_review_may_start_early_but_the_decision_waits() {
    let mut story = Story::begin();
    story.finish("siting-compliance-check");
    story.finish("planning-conditions-issue");
    // The scheme review may be filed while the project filing is not done: `start_with: preview`.
    story.matter(&enterprise(), "design-scheme-review", M::Prepare).unwrap();
    let refused = story.matter(&enterprise(), "design-scheme-review", M::File).unwrap_err();
    assert_eq!(refused, "请到“申报”页，与数据和材料一并申报。");
    // The office records what came in at its counter.
    let filed = story.matter(&officer("natural-resources"), "design-scheme-review", M::File).unwrap();
    assert!(matches!(&filed[0], Event::Matter { event: domain::project::matter::Event::Filed { preview: true }, .. }));
    let office = officer("natural-resources");
    story.matter(&office, "design-scheme-review", M::Accept).unwrap();
    let refused = story.matter(&office, "design-scheme-review", M::Decide).unwrap_err();
    assert_eq!(refused, "还不能作出决定：须先办结“企业投资项目备案”。");
}

#[test]
fn a_paused_clock_keeps_what_was_left_of_it() {
    let mut story = Story::begin();
    let office = officer("natural-resources");
    story.finish("siting-compliance-check");
    story.matter(&enterprise(), "boundary-survey", M::File).unwrap();
    let accepted = story.matter(&office, "boundary-survey", M::Accept).unwrap();
    // Seven working days from Thursday 26 September 2024 over the National Day holiday.
    let Event::Matter { event: domain::project::matter::Event::Accepted { due, .. }, .. } = &accepted[0] else { panic!() };
    assert_eq!(due.to_string(), "2024-10-11");
    let pause = M::Pause { reason: PauseReason::Supplement, note: "缺坐标".into() };
    story.matter(&office, "boundary-survey", pause).unwrap();
    assert_eq!(story.state("boundary-survey"), "paused");
    assert!(story.matter(&office, "boundary-survey", M::Decide).unwrap_err().contains("请先恢复计时"));
    let first = todos(&story.project(), &CATALOGUE).remove(0);
    assert_eq!((first.party, first.what.zh.as_str()), (Party::Enterprise, "补正“勘测定界与权籍调查”"));
    story.now = "2024-10-14T02:00:00.000000Z".parse().unwrap();
    let resumed = story.matter(&office, "boundary-survey", M::Resume).unwrap();
    let Event::Matter { event: domain::project::matter::Event::Resumed { due, .. }, .. } = &resumed[0] else { panic!() };
    assert_eq!(due.to_string(), "2024-10-23");
}

#[test]
fn a_question_goes_to_the_backbone_officer_else_the_agent_else_the_lead() {
    let to = |story: &Story| story.project().consultations[&domain::Id::from("q1")].to.clone();
    let mut story = Story::begin();
    story.when(&enterprise(), ask(Some("siting-compliance-check"), Some("gu"))).unwrap();
    assert_eq!(to(&story), Some("gu".into()));
    let mut story = Story::begin();
    story.when(&enterprise(), ask(None, None)).unwrap();
    assert_eq!(to(&story), Some("li".into()));
    // The agent asks: nobody is asked by themselves.
    let mut story = Story::begin();
    story.when(&agent(), ask(None, None)).unwrap();
    assert_eq!(to(&story), Some("chen".into()));
}

#[test]
fn a_question_is_answered_asked_again_and_closed_by_the_asker() {
    let mut story = Story::begin();
    let office = officer("natural-resources");
    story.when(&enterprise(), ask(Some("siting-compliance-check"), None)).unwrap();
    let question = |story: &Story| story.project().consultations[&domain::Id::from("q1")].clone();
    assert_eq!(question(&story).due.to_string(), "2024-09-29", "Sunday the 29th is a make-up workday");
    let again = || consult(consultation::Command::AskAgain { text: "图纸要盖章吗？".into() });
    assert_eq!(story.when(&enterprise(), again()).unwrap_err(), "还没有答复，请等答复后再追问。");
    let answer = || consult(consultation::Command::Answer { text: "总平面图和坐标。".into() });
    assert!(story.when(&enterprise(), answer()).unwrap_err().contains("由审批骨干专员"));
    story.when(&office, answer()).unwrap();
    assert_eq!(question(&story).status, Status::Answered);
    story.when(&enterprise(), again()).unwrap();
    assert_eq!(question(&story).status, Status::Waiting);
    story.when(&office, answer()).unwrap();
    assert!(story.when(&office, consult(consultation::Command::Close)).is_err());
    story.when(&enterprise(), consult(consultation::Command::Close)).unwrap();
    assert!(story.when(&enterprise(), again()).unwrap_err().contains("已经由提问人关闭"));
    assert_eq!(question(&story).turns.len(), 4);
}

#[test]
fn an_empty_or_endless_question_is_refused_at_the_field() {
    let mut story = Story::begin();
    let with = |text: String| consult(consultation::Command::Ask { matter: None, text, backbone: None });
    assert_eq!(story.when(&enterprise(), with("  \n ".into())).unwrap_err(), "请填写内容。");
    assert!(story.when(&enterprise(), with("长".repeat(2001))).unwrap_err().contains("2001 字"));
    story.when(&enterprise(), with("长".repeat(2000))).unwrap();
}

#[test]
fn a_difficulty_is_negotiated_to_a_resolution_both_sides_stand_behind() {
    let mut story = Story::begin();
    let (land, water) = (officer("natural-resources"), officer("water-affairs"));
    let raise =
        hard(difficulty::Command::Raise { matter: Some("siting-compliance-check".into()), text: "河道控制线压占地块".into() });
    assert!(story.when(&land, raise.clone()).is_err(), "an office does not raise difficulties for the enterprise");
    story.when(&enterprise(), raise).unwrap();
    assert!(story.when(&land, propose("退让十米", None)).unwrap_err().contains("还没有指定牵头部门"));
    assert!(story.when(&enterprise(), appoint()).unwrap_err().contains("首席服务专员"));
    story.when(&lead(), appoint()).unwrap();
    let difficulty = |story: &Story| story.project().difficulties[&domain::Id::from("d1")].clone();
    assert_eq!(difficulty(&story).cooperating, ["water-affairs".into()].into(), "the leading office does not cooperate with itself");

    story.when(&land, propose("退让十米", None)).unwrap();
    assert!(story.when(&land, propose("退让十二米", Some(1))).unwrap_err().contains("自己一方"));
    assert!(story.when(&lead(), resolve("2024-10-31")).unwrap_err().contains("还没有一个方案"));
    story.when(&enterprise(), propose("退让六米并加护岸", Some(1))).unwrap();
    let stale = story.when(&enterprise(), hard(difficulty::Command::Accept { proposal: 1 })).unwrap_err();
    assert!(stale.contains("已被反提"));
    story.when(&water, hard(difficulty::Command::Accept { proposal: 2 })).unwrap();
    assert!(difficulty(&story).agreed().is_none(), "a cooperating office alone does not settle it");
    story.when(&land, hard(difficulty::Command::Accept { proposal: 2 })).unwrap();
    assert!(difficulty(&story).agreed().unwrap().agreed.contains(&Side::Office("water-affairs".into())));
    assert!(story.when(&lead(), resolve("2024-09-01")).unwrap_err().contains("早于今天"));
    story.when(&lead(), resolve("2024-10-31")).unwrap();
    assert!(story.when(&land, propose("再议", None)).unwrap_err().contains("已经议定：先办预审（2024-10-31 前完成）"));
}

#[test]
fn an_office_that_was_not_named_does_not_negotiate() {
    let mut story = Story::begin();
    story.when(&enterprise(), hard(difficulty::Command::Raise { matter: None, text: "缺电".into() })).unwrap();
    story.when(&lead(), appoint()).unwrap();
    let refused = story.when(&officer("housing-construction"), propose("我来办", None)).unwrap_err();
    assert!(refused.contains("不是这个困难的牵头或配合部门"), "{refused}");
}

#[test]
fn whoever_is_no_party_does_not_learn_that_the_project_exists() {
    let mut story = Story::begin();
    for nobody in
        [stranger(), officer("tax-of-another-district"), actor("x", Role::Agent, LI.firm, None), actor("y", Role::Intermediary, "z", None)]
    {
        assert_eq!(story.when(&nobody, ask(None, None)).unwrap_err(), "没有找到，或您无权查看。");
        assert_eq!(story.project().clearance(&nobody), None);
    }
}

#[test]
fn an_internal_note_is_sealed_for_the_enterprise_and_the_chain_still_verifies() {
    let mut story = Story::begin();
    let note = Note { matter: None, text: Text::same("内部：关注资金"), internal: true, milestone: None };
    assert!(story.when(&enterprise(), Command::Note { note: note.clone() }).is_err());
    story.when(&lead(), Command::Note { note }).unwrap();
    story.when(&enterprise(), ask(None, None)).unwrap();
    let project = story.project();
    assert_eq!(project.clearance(&enterprise()), Some(Audience::Parties));
    assert_eq!(project.clearance(&lead()), Some(Audience::Government));
    let seen = story.seen_at(Audience::Parties);
    assert!(verify(&seen).is_ok());
    assert_eq!(Project::fold(&seen).unwrap().version, 3, "versions have no holes");
}

#[test]
fn one_sentence_says_where_it_stands_and_whose_turn_it_is() {
    let mut story = Story::begin();
    let says = |story: &Story| sentence(&story.project(), &CATALOGUE, &|id| Some(format!("专员{id}")));
    let matters = story.project().matters.len();
    assert_eq!(says(&story).zh, format!("正处在“合作洽谈”阶段，{matters} 个事项已办结 0 个。轮到招商部门准备“产业准入联合会审”。"));
    story.when(&enterprise(), ask(None, None)).unwrap();
    assert!(says(&story).zh.ends_with("轮到专员li答复咨询，9 月 29 日前。"), "{}", says(&story).zh);
    story.when(&enterprise(), hard(difficulty::Command::Raise { matter: None, text: "缺电".into() })).unwrap();
    assert!(says(&story).en.contains("1 open difficulty"), "{}", says(&story).en);
}

#[test]
fn a_plan_is_adopted_by_who_leads_and_leaves_a_trail() {
    use domain::plan::Settings;
    use domain::project::plan::Command as P;
    let mut story = Story::begin();
    let adopt = |settings: Settings, reason: &str| Command::Plan { command: P::Adopt { settings, reason: reason.into() } };
    let refused = story.when(&enterprise(), adopt(Settings::default(), "我方希望")).unwrap_err();
    assert_eq!(refused, "您的身份是建设单位：由首席服务专员确定计划。");
    story.when(&lead(), adopt(Settings::default(), "首次排定")).unwrap();
    let first = story.project();
    let day =
        |project: &domain::project::Project, id: &str| project.plan.as_ref().unwrap().milestones.iter().find(|(m, _)| m == id).unwrap().1;
    assert_eq!(first.plan_trail[0].moved.iter().find(|m| m.milestone == "production").unwrap().old, None);
    assert_eq!(story.when(&lead(), adopt(Settings::default(), "再排一次")).unwrap_err(), "这就是现行计划，没有变化。");
    assert_eq!(story.when(&lead(), adopt(Settings::default(), "  ")).unwrap_err(), "请填写内容。");
    let slower = Settings { lengths: [("trial-run".to_string(), 90)].into(), ..Settings::default() };
    story.when(&lead(), adopt(slower, "调试要更久")).unwrap();
    let second = story.project();
    let moved = &second.plan_trail[1].moved;
    assert_eq!(second.plan_trail[1].reason, "调试要更久");
    let production = moved.iter().find(|m| m.milestone == "production").unwrap();
    assert_eq!((production.old, production.new), (Some(day(&first, "production")), day(&second, "production")));
    assert!(production.new > day(&first, "production") && !moved.iter().any(|m| m.milestone == "signing"));
    let sentence = domain::project::timeline::sentence(
        match story.events.last().unwrap() {
            domain::log::Recorded::Open { event, .. } => event,
            domain::log::Recorded::Sealed { .. } => panic!("the parties see it"),
        },
        &CATALOGUE,
        &|_| None,
    );
    assert!(sentence.zh.starts_with("确定计划（调试要更久）：") && sentence.zh.contains(" → "), "{sentence}");
    let absurd = Settings { targets: vec![("moon".into(), "2027-01-01".parse().unwrap())], ..Settings::default() };
    assert!(story.when(&lead(), adopt(absurd, "去月球")).unwrap_err().contains("没有里程碑“moon”"));
}

#[test]
fn a_plan_goes_on_from_what_the_log_says() {
    let mut story = Story::begin();
    story.finish("siting-compliance-check");
    let project = story.project();
    let today = story.now.date();
    let map = project.guide_map(&CATALOGUE);
    let plan = domain::plan::Plan::new(&CATALOGUE, &map, &project.plan_settings(&Default::default(), today)).unwrap();
    let done = plan.task("siting-compliance-check/decision").unwrap();
    assert!(plan.is_done(done));
    assert_eq!(plan.date(plan.early.end[done]), today);
    assert!((0..plan.tasks.len()).all(|i| plan.is_done(i) || plan.date(plan.early.start[i]) >= today));
}

#[test]
fn an_old_log_still_folds() {
    // Bodies as they were first written. New fields and variants only: these texts never change.
    let lines = [
        r#"{"started":{"opening":{"name":"甲","area":"狮山","owner":"acme","answers":{"industry":"biomedical"},"as_of":"2024-09-26","lead":"chen","agent":null},"edition":"2026-11-23","matters":[["siting-compliance-check","natural-resources"]]}}"#,
        r#"{"team":{"event":{"agent_appointed":{"account":"li"}}}}"#,
        r#"{"matter":{"matter":"siting-compliance-check","event":"prepared"}}"#,
        r#"{"matter":{"matter":"siting-compliance-check","event":{"filed":{"preview":false}}}}"#,
        r#"{"matter":{"matter":"siting-compliance-check","event":{"accepted":{"due":"2024-10-10","edition":"2026-11-23"}}}}"#,
        r#"{"matter":{"matter":"siting-compliance-check","event":{"paused":{"reason":"supplement","note":"缺图","left":3}}}}"#,
        r#"{"consultation":{"id":"q","event":{"asked":{"matter":null,"to":"li","text":"?","due":"2024-09-30","edition":"e"}}}}"#,
        r#"{"consultation":{"id":"q","event":{"answered":{"text":"!"}}}}"#,
        r#"{"difficulty":{"id":"d","event":{"raised":{"matter":null,"text":"难"}}}}"#,
        r#"{"difficulty":{"id":"d","event":{"appointed":{"lead":"tax","cooperating":["finance"]}}}}"#,
        r#"{"difficulty":{"id":"d","event":{"proposed":{"side":{"office":"tax"},"text":"办法","counters":null}}}}"#,
        r#"{"difficulty":{"id":"d","event":{"accepted":{"side":"enterprise","proposal":1}}}}"#,
        r#"{"difficulty":{"id":"d","event":{"resolved":{"action":"做","owner":"tax","due":"2024-12-31"}}}}"#,
        r#"{"noted":{"note":{"matter":null,"text":{"zh":"开工","en":"start"},"milestone":"start"}}}"#,
        r#"{"plan":{"event":{"adopted":{"settings":{"limits":"promised","levers":{"pre_review":true,"tolerance":true,"parallel":true},"start":null,"targets":[["production","2027-12-31"]],"lengths":{"trial-run":45}},"milestones":[["signing","2024-10-30"]],"moved":[{"milestone":"signing","old":null,"new":"2024-10-30"}],"edition":"e","reason":"首次排定"}}}}"#,
    ];
    let at = "2024-09-26T02:00:00.000000Z".parse().unwrap();
    let events: Vec<Event> = lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"))).collect();
    let mut project = Project::open(&events[0], at, false).unwrap();
    events[1..].iter().for_each(|event| project.apply(event, domain::project::Stamp { at, by: &"chen".into(), assumed: false }));
    assert_eq!(project.team.agent, Some("li".into()));
    assert!(project.difficulties[&domain::Id::from("d")].resolution.is_some());
    assert_eq!(project.milestones.len(), 1);
    for (event, line) in events.iter().zip(lines) {
        assert_eq!(serde_json::to_string(event).unwrap(), line);
    }
}
