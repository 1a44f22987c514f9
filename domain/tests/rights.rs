//! Who may do what: the whole table against docs/rights.md, and the cases that made it what it is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::account::Actor;
use domain::condition::Value;
use domain::id::Id;
use domain::project::Project;
use domain::project::policy::{Right, may};
use domain::role::Role;
use domain::rule::Rule;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use test_support::people::LI;
use test_support::rules::*;

/// The matter of the table: its own office, one that cooperates on it, and one that has another matter of the project.
const MATTER: &str = "construction-planning-permit";
const OWN: &str = "natural-resources";
const COOPERATING: &str = "water-affairs";
const OTHER: &str = "tax";
/// What the project owner does by itself.
const ITS_OWN: &str = "environmental-acceptance";

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

/// Each action with an example of it. The list and the match are one text: an action without a line here does not compile.
macro_rules! actions {
    ($($pattern:pat $(if $guard:expr)? => $example:expr, $zh:literal, $en:literal;)*) => {
        fn name(action: &Right) -> (&'static str, &'static str) {
            match action { $($pattern $(if $guard)? => ($zh, $en),)* }
        }
        fn actions() -> Vec<(Right, &'static str, &'static str)> {
            vec![$(($example, $zh, $en)),*]
        }
    };
}

actions! {
    Right::StartProject => Right::StartProject, "立项目", "start a project";
    Right::View => Right::View, "查看项目", "see the project";
    Right::ViewInternal => Right::ViewInternal, "查看内部记事", "see internal notes";
    Right::NoteInternal => Right::NoteInternal, "写内部记事", "write an internal note";
    Right::Note => Right::Note, "写记事", "write a note";
    Right::AppointAgent => Right::AppointAgent, "指定帮代办专员", "name the agent";
    Right::AppointLead => Right::AppointLead, "指定首席服务专员", "name the lead officer";
    Right::Ask => Right::Ask, "提问、追问、关闭", "ask, ask again, close";
    Right::Answer(_, Some(to)) if to.as_str() == "backbone" => Right::Answer(MATTER.into(), Some("backbone".into())), "答复已交骨干专员的事项咨询", "answer on a matter, put to its backbone officer";
    Right::Answer(..) => Right::Answer(MATTER.into(), Some("li".into())), "答复已交帮代办专员的事项咨询", "answer on a matter, put to the agent";
    Right::AnswerGeneral => Right::AnswerGeneral, "答复项目咨询", "answer on the project";
    Right::RaiseDifficulty => Right::RaiseDifficulty, "提出困难", "raise a difficulty";
    Right::LeadDifficulty => Right::LeadDifficulty, "指定牵头部门、议定困难", "name who leads a difficulty, resolve it";
    Right::Negotiate(_) => Right::Negotiate(offices(&[OWN, COOPERATING])), "对困难提方案、表态", "propose and accept on a difficulty";
    Right::AdoptPlan => Right::AdoptPlan, "确定计划", "adopt the plan";
    Right::Fill(provider) if provider.as_str() == OWN => Right::Fill(OWN.into()), "填写主办部门的字段", "fill in a field of the own office";
    Right::Fill(_) => Right::Fill("enterprise".into()), "填写企业的字段", "fill in a field of the enterprise";
    Right::ConfirmSheet => Right::ConfirmSheet, "确认代填内容", "confirm what others filled in";
    Right::MarkReady => Right::MarkReady, "标记一节备好", "mark a section ready";
    Right::AddDocument => Right::AddDocument, "上传文件", "add a document";
    Right::ChangeDocument(None) => Right::ChangeDocument(None), "改动企业方的文件", "change a document of the enterprise’s side";
    Right::ChangeDocument(Some(_)) => Right::ChangeDocument(Some(OWN.into())), "改动主办部门的文件", "change a document of the own office";
    Right::Submit(_) => Right::Submit(MATTER.into()), "准备、申报事项", "prepare and file a matter";
    Right::FilePackage => Right::FilePackage, "申报、补正", "file and correct a package";
    Right::Withdraw => Right::Withdraw, "撤回申报", "withdraw a package";
    Right::Review(..) => Right::Review(MATTER.into(), offices(&[COOPERATING])), "出具审查意见", "give an opinion";
    Right::Notify(..) => Right::Notify([Id::from(MATTER)].into()), "发出补正告知", "send the correction notice";
    Right::Convert => Right::Convert, "转为正式申报", "convert what passed pre-review";
    Right::Lapse => Right::Lapse, "认定预审失效", "say that pre-reviews lapse";
    Right::Handle(matter) if matter.as_str() == ITS_OWN => Right::Handle(ITS_OWN.into()), "暂停、不予许可自主验收", "pause or refuse what the owner does itself";
    Right::Handle(_) => Right::Handle(MATTER.into()), "受理、暂停、决定、不予许可、登记、认领", "accept, pause, decide, refuse, record, claim";
    Right::Extend(_) => Right::Extend(MATTER.into()), "批准延长期限", "extend a time limit";
    Right::Exempt(matter) if matter.as_str() == MATTER => Right::Exempt(MATTER.into()), "认定不需要办", "say that a matter is not needed";
    Right::Exempt(_) => Right::Exempt(ITS_OWN.into()), "认定不需要自主验收", "say that what the owner does itself is not needed";
    Right::Conclude(_) => Right::Conclude(ITS_OWN.into()), "登记、办结自主验收", "record and finish what the owner does itself";
    Right::HandleAll(matters) if matters.iter().any(|m| m.as_str() == ITS_OWN) => Right::HandleAll(vec![ITS_OWN.into()]), "为自主验收发证", "issue a certificate of what the owner does itself";
    Right::HandleAll(_) => Right::HandleAll(vec![MATTER.into()]), "发证、更正、撤销", "issue, correct, revoke a certificate";
    Right::IssueJointly => Right::IssueJointly, "发起联发", "call a joint issue";
    Right::DeemAccepted(_) => Right::DeemAccepted(MATTER.into()), "记录视为受理", "record deemed acceptance";
    Right::Remind => Right::Remind, "记录容缺材料到期", "record that a promised paper falls due";
}

/// Everybody who can stand to a project in some way; each who can have one with a deputy.
fn people() -> Vec<(&'static str, Actor)> {
    let of = |role, office: &str| actor(&format!("{role:?}-{office}"), role, office, Some(office));
    let deputy = |of: &Actor| Actor {
        account: format!("deputy-{}", of.account).as_str().into(),
        matters: of.matters.clone(),
        stands_for: [of.account.clone()].into(),
        ..of.clone()
    };
    let backbone = |office: &str| Actor { matters: [Id::from(MATTER)].into(), ..of(Role::BackboneOfficer, office) };
    let mut people = vec![("建设单位 the project owner", enterprise()), ("另一企业的人 somebody of another firm", stranger())];
    let mut with_deputy = |name, deputy_name, actor: Actor| {
        let stands_in = deputy(&actor);
        people.push((name, actor));
        people.push((deputy_name, stands_in));
    };
    with_deputy("本项目帮代办专员 the agent", "其代理人 the agent’s deputy", agent());
    with_deputy("其他帮代办专员 another agent", "其代理人 that agent’s deputy", actor("other-agent", Role::Agent, LI.firm, None));
    with_deputy("本项目首席服务专员 the lead officer", "其代理人 the lead officer’s deputy", lead());
    with_deputy(
        "其他首席服务专员 another lead officer",
        "其代理人 that lead officer’s deputy",
        actor("other-lead", Role::LeadOfficer, LI.firm, None),
    );
    with_deputy("主办部门承办人 a handler of the matter’s own office", "其代理人 the handler’s deputy", of(Role::Department, OWN));
    with_deputy("主办部门负责人 the head of the own office", "其代理人 the head’s deputy", of(Role::DepartmentHead, OWN));
    with_deputy("主办部门骨干专员 a backbone officer of the own office", "其代理人 the backbone officer’s deputy", backbone(OWN));
    with_deputy("配合部门承办人 a handler of a cooperating office", "其代理人 that handler’s deputy", of(Role::Department, COOPERATING));
    people.push(("配合部门负责人 the head of a cooperating office", of(Role::DepartmentHead, COOPERATING)));
    people.push(("配合部门骨干专员 a backbone officer of a cooperating office", backbone(COOPERATING)));
    people.push(("项目内其他部门承办人 a handler of another office of the project", of(Role::Department, OTHER)));
    people.push(("项目内其他部门负责人 the head of another office of the project", of(Role::DepartmentHead, OTHER)));
    people.push(("项目内其他部门骨干专员 a backbone officer of another office of the project", backbone(OTHER)));
    people.push(("项目外部门承办人 a handler of an office outside", of(Role::Department, "archives")));
    people.push(("项目外部门负责人 the head of an office outside", of(Role::DepartmentHead, "archives")));
    people.push(("项目外部门骨干专员 a backbone officer of an office outside", backbone("archives")));
    people.push(("登记在“建设单位”名下的承办人 a handler entered for the “enterprise”", of(Role::Department, "enterprise")));
    people.push(("区分管领导 the district leader", leader()));
    people.push(("督办员 the supervision officer", actor("du", Role::Supervisor, "district", None)));
    people.push(("中介机构 an intermediary", actor("zj", Role::Intermediary, "zj", None)));
    for rule in Rule::ALL {
        people.push((
            match rule {
                Rule::DeemedAcceptance => "规则“视为受理” the rule of deemed acceptance",
                Rule::PromiseDue => "规则“容缺材料到期” the rule of promised papers",
                Rule::DeputyOnRecord => "规则“登记原有代理” the rule that records deputies",
            },
            rule.actor(),
        ));
    }
    // Whoever bears a rule's name and is none.
    people.push((
        "账号冒用规则名的承办人 a handler whose account has a rule’s name",
        Actor { account: Rule::DeemedAcceptance.account(), ..of(Role::Department, OWN) },
    ));
    people
}

const HEAD: &str = "# 谁能做什么 · Who may do what

This table is computed: a test of `domain` compares it with the policy. Why each right is whose: [0018](decisions/0018-rights.md).
Example: a works permit (建设工程规划许可证) of the planning office, on which the water office cooperates; the tax office has another
matter of the project. A backbone officer here is one entered for that permit, of whatever office.

本表由测试按规则算出并比对。以建设工程规划许可证为例：主办自然资源和规划部门，配合水务部门，税务部门主办项目内的另一事项。
";

fn table(project: &Project) -> String {
    let people = people();
    let mut text = format!("{HEAD}\n");
    for (i, (who, _)) in people.iter().enumerate() {
        writeln!(text, "{}. {who}", i + 1).unwrap();
    }
    let numbers: Vec<String> = (1..=people.len()).map(|n| n.to_string()).collect();
    writeln!(text, "\n| | {} |\n|---|{}", numbers.join(" | "), ":-:|".repeat(people.len())).unwrap();
    for (action, zh, en) in actions() {
        assert_eq!(name(&action), (zh, en), "the example is another line's");
        let cells: Vec<&str> = people.iter().map(|(_, who)| if may(who, &action, Some(project)) { "●" } else { " " }).collect();
        writeln!(text, "| {zh} {en} | {} |", cells.join(" | ")).unwrap();
    }
    writeln!(text, "\n## 归谁、对其他人怎么说 · Whose each right is, and what everybody else is told\n").unwrap();
    writeln!(text, "| | 归谁 whose | 对其他人怎么说 what everybody else is told |\n|---|---|---|").unwrap();
    for (right, zh, en) in actions() {
        let row = right.row();
        let whose: Vec<_> = row.whose.iter().map(|relation| relation.name()).collect();
        let [chinese, english] = [whose.iter().map(|t| &*t.zh).collect::<Vec<_>>(), whose.iter().map(|t| &*t.en).collect()];
        let told = row.otherwise;
        writeln!(text, "| {zh} {en} | {} {} | {}。 {}. |", chinese.join("、"), english.join(", "), told.0, told.1).unwrap();
    }
    text
}

#[test]
fn the_policy_is_the_table_in_docs() {
    let project = begin().project();
    assert!(project.matters.contains_key(MATTER) && project.matters.contains_key(ITS_OWN));
    assert!([OWN, COOPERATING, OTHER].iter().all(|office| project.offices.contains(*office)) && !project.offices.contains("archives"));
    let text = table(&project);
    println!("{text}");
    let known = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rights.md")).unwrap_or_default();
    if known != text {
        let new = std::env::temp_dir().join("rights.md");
        std::fs::write(&new, &text).unwrap();
        panic!("docs/rights.md is not what the policy says; the new table is in {}", new.display());
    }
}
