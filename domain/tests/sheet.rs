//! The data sheet: what is needed, what is missing, what fits together, who confirms.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::catalogue::{Field, Form, Relation, Weight};
use domain::condition::Value;
use domain::id::Id;
use domain::project::policy::{Right, may};
use domain::project::sheet::{self, Command as S, FieldProblem, Source, beginning, form_of, missing, needs};
use domain::project::{Command, Event};
use domain::sheet::{Entries, Entry, Values, check, remarks};
use proptest::prelude::*;
use test_support::people::LI;
use test_support::rules::{CATALOGUE, Story, actor, agent, enterprise, lead, leader, officer, stranger};

fn field(id: &str) -> &'static Field {
    CATALOGUE.form.field(id).unwrap()
}

fn values(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(id, value)| (Id::from(*id), value.to_string())).collect()
}

fn entries(story: &Story, pairs: &[(&str, &str)], own: bool) -> Entries {
    let entry = |value: &str| Entry { value: value.into(), by: "li".into(), at: story.now, seq: 5, own };
    pairs.iter().map(|(id, value)| (Id::from(*id), entry(value))).collect()
}

fn confirm(fields: &[(&str, u64)]) -> Command {
    Command::Sheet { command: S::Confirm { fields: fields.iter().map(|(f, n)| (Id::from(*f), *n)).collect() } }
}

#[test]
fn values_are_brought_to_one_form() {
    for (id, typed, kept) in [
        ("total_investment", "１２，０００.50", "12000.5"),
        ("total_investment", "80,000", "80000"),
        ("site_area", "63.2亩", "42133.54"),
        ("site_area", "63.2 mu", "42133.54"),
        ("site_area", "42133.540", "42133.54"),
        ("planned_start_date", "2026年9月3日", "2026-09-03"),
        ("planned_start_date", "2026/9/3", "2026-09-03"),
        ("uscc", "9135 0100 m000100y43", "91350100M000100Y43"),
        ("fund_source", "自有资金", "own"),
        ("tender_required", "是", "yes"),
        ("legal_rep_id", "11010519491231002x", "11010519491231002X"),
        ("legal_rep_id", "E12345678", "E12345678"),
        ("industry_code", "２７７０", "2770"),
    ] {
        assert_eq!(check(field(id), typed).as_deref(), Ok(kept), "{id} {typed}");
    }
}

#[test]
fn what_is_no_value_gets_a_sentence() {
    for (id, typed, says) in [
        ("total_investment", "很多", "应为数字"),
        ("total_investment", "0", "应大于 0"),
        ("total_investment", "-5", "不能是负数"),
        ("total_investment", "1234567890123456", "数字太长"),
        ("total_investment", "0.1234567", "数字太长"),
        ("total_investment", "63 亩", "应为数字"),
        ("headcount", "3.5", "应为整数"),
        ("building_density", "120", "不大于 100"),
        ("planned_start_date", "2026-02-30", "真实存在"),
        ("uscc", "91350100M000100Y4A", "校验位"),
        ("legal_rep_id", "110105194912310021", "校验位"),
        ("project_code", "2213-320505-89-01-123456", "月份"),
        ("real_estate_unit_no", "320505", "28 位"),
        ("fund_source", "借的", "请从中选择"),
        ("project_name", "短", "至少 4 字"),
        ("site_boundary", "1,2", "三个界址点"),
    ] {
        let sentence = check(field(id), typed).unwrap_err();
        assert!(sentence.zh.contains(says), "{id} {typed}: {}", sentence.zh);
        assert!(!sentence.en.is_empty());
    }
}

#[test]
fn every_field_has_both_languages_and_is_used() {
    let form: &Form = &CATALOGUE.form;
    assert_eq!((form.groups.len(), form.fields.len()), (10, 116));
    for field in &form.fields {
        assert!(!field.name.zh.is_empty() && !field.name.en.is_empty());
        assert!(CATALOGUE.matters.iter().any(|m| m.fields.contains(&field.id)), "{} is asked for by no matter", field.id);
    }
}

#[test]
fn fields_that_belong_together_are_compared() {
    let form = &CATALOGUE.form;
    let about = |pairs: &[(&str, &str)], id: &str| remarks(form, &values(pairs), &id.into());
    let dates = [("planned_start_date", "2027-01-01"), ("planned_end_date", "2026-01-01")];
    assert_eq!(about(&dates, "planned_end_date").first().unwrap().0, Weight::Error);
    assert!(about(&[("planned_start_date", "2027-01-01")], "planned_start_date").is_empty(), "not while the other is missing");
    let ratio = [("gross_floor_area", "84000"), ("underground_area", "0"), ("site_area", "42000"), ("plot_ratio", "2")];
    assert!(about(&ratio, "plot_ratio").is_empty());
    let ratio = [("gross_floor_area", "84000"), ("underground_area", "0"), ("site_area", "42000"), ("plot_ratio", "3.5")];
    assert_eq!(about(&ratio, "plot_ratio").first().unwrap().0, Weight::Look);
    let per_mu = [("fixed_asset_investment", "30000"), ("site_area", "63.2亩"), ("investment_per_mu", "474.68")];
    assert!(about(&per_mu, "investment_per_mu").is_empty());
    let names = [("right_holder", "甲公司"), ("applicant_name", "乙公司")];
    assert_eq!(about(&names, "right_holder").len(), 1);
    let ground =
        [("site_area", "42000"), ("site_boundary", "3467000,502000\n3467000,502200\n3467210,502200\n3467210,502000\n3467000,502000")];
    assert!(about(&ground, "site_area").is_empty());
}

#[test]
fn a_field_is_needed_once_however_many_matters_use_it() {
    let story = Story::begin();
    let project = story.project();
    let needs = needs(&project, &CATALOGUE, &CATALOGUE.form);
    let mut ids: Vec<&str> = needs.iter().map(|n| n.field.id.as_str()).collect();
    assert!(ids.len() > 60);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), needs.len());
    let code = needs.iter().find(|n| n.field.id.as_str() == "project_code").unwrap();
    assert!(code.matters.len() > 2);
    let permit = needs.iter().find(|n| n.field.id.as_str() == "land_use_permit_no").unwrap();
    assert_eq!(permit.source, Source::Certificate("land-use-planning-permit".into()));
    assert!(needs.iter().all(|n| n.field.id.as_str() != "farmland_area"), "no farmland in this project");
    // A matter taken off the list takes its fields along.
    let mut story = story;
    story
        .matter(
            &officer("telecom-operators"),
            "telecom-connection",
            domain::project::matter::Command::Exempt { reason: "用既有线路".into() },
        )
        .unwrap();
    let after = sheet::needs(&story.project(), &CATALOGUE, &CATALOGUE.form);
    assert!(after.iter().flat_map(|n| &n.matters).all(|m| m.as_str() != "telecom-connection"));
}

#[test]
fn the_sheet_begins_with_what_was_answered() {
    let story = Story::with(&[("gross_floor_area_sqm", Value::Number(30_000.0)), ("construction_nature", Value::Word("expansion".into()))]);
    let begun = beginning(&story.project(), "新芯公司", &CATALOGUE.form);
    let value = |id: &str| begun.get(id).cloned().unwrap_or_default();
    assert_eq!(value("gross_floor_area"), "30000");
    assert_eq!(value("construction_nature"), "expansion");
    assert_eq!(value("applicant_name"), "新芯公司");
    assert_eq!(value("project_name"), "测试项目");
    assert_eq!(value("uscc"), "");
}

#[test]
fn a_value_of_the_guide_is_dated_by_its_answers_until_somebody_changes_it() {
    let story = Story::with(&[("gross_floor_area_sqm", Value::Number(30_000.0))]);
    let project = story.project();
    let on = |id: &str, value: &str, seq| {
        // The sheet is begun later than the project.
        let at = story.now.plus_seconds(10 * 24 * 3600);
        sheet::answered_on(&project, field(id), &Entry { value: value.into(), by: "wang".into(), at, seq, own: true })
    };
    assert_eq!(on("gross_floor_area", "30000", 1), Some(project.started_at.date()));
    assert_eq!(on("gross_floor_area", "31000", 1), None);
    assert_eq!(on("gross_floor_area", "30000", 7), None, "somebody has typed it since");
    assert_eq!(on("construction_nature", "expansion", 1), None, "nobody was asked");
    assert_eq!(on("applicant_name", "新芯公司", 1), None, "no question of the guide");
}

#[test]
fn what_is_missing_is_the_same_for_everybody_and_says_why() {
    let story = Story::begin();
    let project = story.project();
    let form = form_of(&project, &CATALOGUE);
    let needs = needs(&project, &CATALOGUE, &form);
    let lack = |pairs: &[(&str, &str)], own: bool, id: &str| {
        let list = missing(&needs, &form, &entries(&story, pairs, own), &project.sheet);
        list.into_iter().find(|m| m.field.as_str() == id).map(|m| m.lack)
    };
    assert_eq!(lack(&[], true, "total_investment"), Some(FieldProblem::Empty));
    assert_eq!(lack(&[("total_investment", "5000")], true, "total_investment"), None);
    assert!(matches!(lack(&[("total_investment", "无")], true, "total_investment"), Some(FieldProblem::Wrong(_))));
    assert_eq!(lack(&[("total_investment", "5000")], false, "total_investment"), Some(FieldProblem::Unconfirmed));
    assert_eq!(lack(&[], true, "land_use_permit_no"), None, "a certificate brings it");
    let dates = [("planned_start_date", "2027-01-01"), ("planned_end_date", "2026-01-01")];
    assert!(matches!(lack(&dates, true, "planned_start_date"), Some(FieldProblem::Broken(_))));
}

#[test]
fn the_enterprise_confirms_what_the_agent_filled_in() {
    let mut story = Story::begin();
    assert_eq!(
        story.when(&agent(), confirm(&[("total_investment", 5)])).unwrap_err(),
        "您的身份是帮代办专员：由建设单位自己确认代填的内容。"
    );
    assert_eq!(story.when(&stranger(), confirm(&[("total_investment", 5)])).unwrap_err(), "没有找到，或您无权查看。");
    story.when(&enterprise(), confirm(&[("total_investment", 5)])).unwrap();
    let state = story.project().sheet;
    let entry = |seq| Entry { value: "1".into(), by: "li".into(), at: story.now, seq, own: false };
    assert!(!state.wants_confirming(field("total_investment"), &entry(5)));
    assert!(state.wants_confirming(field("total_investment"), &entry(6)), "changed again since");
    assert!(!state.wants_confirming(field("land_price"), &entry(6)), "an office’s own");
    assert_eq!(story.when(&enterprise(), confirm(&[("total_investment", 5)])).unwrap_err(), "没有待确认的内容。");
    assert_eq!(story.when(&enterprise(), confirm(&[("no_such_field", 5)])).unwrap_err(), "没有找到，或您无权查看。");
}

#[test]
fn a_section_is_ready_until_somebody_says_otherwise() {
    let mut story = Story::begin();
    let ready = |seq| Command::Sheet { command: S::MarkReady { section: "land".into(), seq } };
    let unready = || Command::Sheet { command: S::MarkUnready { section: "land".into() } };
    assert_eq!(story.when(&enterprise(), unready()).unwrap_err(), "这一节没有标为备好。");
    let events = story.when(&agent(), ready(7)).unwrap();
    assert!(matches!(events[..], [Event::Sheet { .. }]));
    assert_eq!(story.when(&enterprise(), ready(7)).unwrap_err(), "这一节已标为备好。");
    story.when(&enterprise(), ready(9)).unwrap();
    story.when(&enterprise(), unready()).unwrap();
    assert!(story.project().sheet.ready.is_empty());
    assert!(story.when(&officer("natural-resources"), ready(9)).unwrap_err().contains("由建设单位或其帮代办专员标记"));
}

#[test]
fn a_field_is_filled_in_by_who_knows_it() {
    let story = Story::begin();
    let project = story.project();
    let fills = |actor, id: &str| may(&actor, &Right::Fill(field(id).provider.clone()), Some(&project));
    assert!(fills(enterprise(), "total_investment"));
    assert!(!fills(enterprise(), "land_price"));
    assert!(fills(agent(), "total_investment"));
    assert!(!fills(agent(), "land_price"), "what only an office knows, it says itself");
    assert!(fills(officer("natural-resources"), "land_price"));
    assert!(!fills(officer("natural-resources"), "total_investment"));
    assert!(!fills(stranger(), "total_investment"));
    assert!(!fills(lead(), "total_investment"));
}

#[test]
fn a_form_brings_everything_and_only_what_was_touched_is_a_change() {
    let story = Story::begin();
    let project = story.project();
    let known = entries(&story, &[("main_products", "一行\n二行"), ("land_price", "3000")], true);
    let changes = |pairs: &[(&str, &str)]| sheet::changes(&CATALOGUE, &project, &enterprise(), &known, &values(pairs));
    // Lines end in two signs in a form; an office's box is sent as it stands.
    assert_eq!(changes(&[("main_products", "一行\r\n二行"), ("land_price", "3000"), ("headcount", "")]), Ok(values(&[])));
    assert_eq!(changes(&[("main_products", "一行\r\n三行")]), Ok(values(&[("main_products", "一行\n三行")])));
    assert_eq!(changes(&[("main_products", " ")]), Ok(values(&[("main_products", "")])), "emptied");
    let refused = changes(&[("land_price", "3001")]).unwrap_err();
    assert_eq!(refused.sentence().zh, "“起始价（评估地价）”由自然资源和规划部门填写。");
    let Err(domain::Error::Invalid { fields }) = changes(&[("headcount", "许多"), ("uscc", "1"), ("main_products", "好的")]) else {
        panic!()
    };
    assert_eq!(fields.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["headcount", "uscc"]);
    assert_eq!(changes(&[("no_such_field", "1")]), Err(domain::Error::NotFound));
}

#[test]
fn only_the_latest_change_of_a_field_is_confirmed() {
    let story = Story::begin();
    let form = &CATALOGUE.form;
    let known = entries(&story, &[("total_investment", "1"), ("land_price", "1")], false);
    let latest = |command: S| sheet::is_latest(form, &known, &command).map_err(|r| r.sentence().zh);
    let confirm = |field: &str, seq| S::Confirm { fields: vec![(field.into(), seq)] };
    assert_eq!(latest(confirm("total_investment", 5)), Ok(()));
    assert!(latest(confirm("total_investment", 4)).unwrap_err().contains("项目总投资"));
    assert!(latest(confirm("headcount", 1)).unwrap_err().contains("从业人员数"), "nothing was entered");
    let ready = |section: &str, seq| S::MarkReady { section: section.into(), seq };
    assert_eq!(latest(ready("land", 5)), Ok(()));
    assert!(latest(ready("land", 4)).unwrap_err().contains("起始价"));
    assert_eq!(latest(ready("safety", 0)), Ok(()));
}

/// A relation is read or refused, and a read one says of any values whether it holds or cannot be told.
#[test]
fn fuzz_relation() {
    let form = &CATALOGUE.form;
    let known: Values = form.fields.iter().map(|f| (f.id.clone(), "2".to_string())).collect();
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        if let Ok(relation) = Relation::parse(&text, Weight::Look, domain::Text::default()) {
            let _ = domain::sheet::holds(&relation, form, &known);
        }
    });
    assert!(Relation::parse(&"(".repeat(10_000), Weight::Look, domain::Text::default()).is_err());
    for wrong in ["", "a", "a <", "a <= b c", "a ~ b", "area() < 1", "a <= (b", "A <= b"] {
        assert!(Relation::parse(wrong, Weight::Look, domain::Text::default()).is_err(), "{wrong}");
    }
}

/// Who reads the legal representative's number whole, in a project that registers a company.
#[test]
fn an_identity_number_is_whole_for_those_who_need_it_and_masked_for_all_others() {
    use domain::project::sheet::identity::{mask, masked, masked_sections, may_open, may_read_whole, of_values};
    let story = Story::with(&[("needs_project_company", Value::Flag(true))]);
    let project = story.project();
    let legal = field("legal_rep_id");
    let people = [
        ("owner", enterprise(), true),
        ("agent", agent(), true),
        ("registering office", officer("market-regulation"), true),
        ("another agent", actor("sun", domain::role::Role::Agent, LI.firm, None), false),
        ("lead officer", lead(), false),
        ("leader", leader(), false),
        ("supervisor", actor("du", domain::role::Role::Supervisor, LI.firm, None), false),
        ("water office", officer("water-affairs"), false),
        ("investment office", officer("investment-promotion"), false),
        ("stranger", stranger(), false),
    ];
    for (who, actor, whole) in people {
        assert_eq!(may_read_whole(legal, &actor, &project), whole, "{who}");
        assert_eq!(may_open(&CATALOGUE.form, "applicant", &actor, &project).is_ok(), whole, "{who}");
        assert_eq!(masked_sections(&CATALOGUE.form, &actor, &project).contains("applicant"), !whole, "{who}");
        assert!(may_open(&CATALOGUE.form, "project", &actor, &project).is_ok(), "{who}");
        let mut filed = values(&[("legal_rep_id", "11010519491231002X"), ("uscc", "91350100M000100Y43")]);
        let read = mask(&CATALOGUE.form, of_values(&mut filed), &actor, &project);
        assert_eq!((filed["legal_rep_id"] == "11010519491231002X", read.len()), (whole, usize::from(whole)), "{who}");
        assert_eq!(filed["uscc"], "91350100M000100Y43", "{who}");
    }
    // The office has nothing to do with a project without a registration.
    let other = Story::with(&[("needs_project_company", Value::Flag(false))]);
    assert!(!may_read_whole(legal, &officer("market-regulation"), &other.project()));
    for (value, shown) in [("11010519491231002X", "110***********002X"), ("E12345678", "E******78"), ("12345", "*****"), ("", "")] {
        assert_eq!(masked(legal, value), shown);
    }
    assert_eq!(masked(field("uscc"), "91350100M000100Y43"), "91350100M000100Y43");
}

#[test]
fn a_wrong_number_behind_a_mask_is_a_mistake_and_a_right_one_is_none() {
    use domain::project::sheet::identity::{mask, mask_all, masked_sections, of_entries, without_rules, wrong};
    let story = Story::with(&[("needs_project_company", Value::Flag(true))]);
    let (project, water) = (story.project(), officer("water-affairs"));
    let form = form_of(&project, &CATALOGUE);
    let list = |form: &Form, entries: &Entries| missing(&needs(&project, &CATALOGUE, form), form, entries, &project.sheet);
    let marks = |list: &[sheet::MissingField]| list.iter().map(|m| (m.field.clone(), m.lack.code())).collect::<Vec<_>>();
    for (number, lacks) in [
        ("11010519491231002X", None),
        ("E12345678", None),
        ("110105194912310021", Some("wrong")),
        ("12345", Some("wrong")),
        ("", Some("empty")),
    ] {
        let whole = entries(&story, &[("legal_rep_id", number)], true);
        let (mut shown, mut theirs, mut to_all) = (whole.clone(), form.clone(), whole.clone());
        mask(&form, of_entries(&mut shown), &water, &project);
        mask_all(&form, of_entries(&mut to_all));
        assert_eq!(to_all, shown);
        without_rules(&mut theirs, &masked_sections(&form, &water, &project), &wrong(&form, &whole));
        let (all, masked) = (list(&form, &whole), list(&theirs, &shown));
        assert_eq!(marks(&masked), marks(&all), "{number}: everybody counts the same");
        let lack = masked.iter().find(|m| m.field.as_str() == "legal_rep_id").map(|m| m.lack.clone());
        assert_eq!(lack.as_ref().map(FieldProblem::code), lacks, "{number}");
        assert_eq!(wrong(&theirs, &shown), wrong(&form, &whole), "{number}: told from what is shown as well");
        if let Some(FieldProblem::Wrong(sentence)) = lack {
            assert_eq!(sentence.zh, "号码有误，请填写的人核对。", "nothing of the number itself");
        }
    }
}

#[test]
fn who_fills_in_a_number_is_told_who_reads_it() {
    use domain::project::sheet::identity::readers;
    let named = |project: &domain::project::Project, id: &str| {
        readers(field(id), project, &CATALOGUE).into_iter().map(|name| name.zh).collect::<Vec<_>>()
    };
    let office = CATALOGUE.organisation("market-regulation").unwrap().name.zh.clone();
    let registers = Story::with(&[("needs_project_company", Value::Flag(true))]).project();
    assert_eq!(named(&registers, "legal_rep_id"), ["建设单位", "帮代办专员", office.as_str()]);
    assert_eq!(named(&registers, "uscc"), Vec::<String>::new(), "everybody reads it");
    // An office that has nothing to do with the project reads nothing of it.
    let other = Story::with(&[("needs_project_company", Value::Flag(false))]).project();
    assert_eq!(named(&other, "legal_rep_id"), ["建设单位", "帮代办专员"]);
}

/// A form sent by somebody who sees a number masked leaves it alone, and tells them nothing about it.
#[test]
fn a_masked_number_is_not_changed_and_cannot_be_guessed() {
    let story = Story::begin();
    let project = story.project();
    let known = entries(&story, &[("legal_rep_id", "11010519491231002X")], true);
    let sent = |value: &str| sheet::changes(&CATALOGUE, &project, &officer("water-affairs"), &known, &values(&[("legal_rep_id", value)]));
    assert_eq!(sent("110***********002X"), Ok(Values::new()));
    let (right, wrong) = (sent("11010519491231002X").unwrap_err(), sent("110105194912310038").unwrap_err());
    assert_eq!(right, wrong);
    let own = |value: &str| sheet::changes(&CATALOGUE, &project, &enterprise(), &known, &values(&[("legal_rep_id", value)]));
    assert_eq!(own("11010519491231002X"), Ok(Values::new()));
    assert!(own("110***********002X").is_err(), "no number");
}

proptest! {
    /// What is kept is kept as it is: checking it again changes nothing.
    #[test]
    fn a_kept_value_is_a_value(index in 0usize..116, typed in "[0-9A-Za-z亩年月日.,/ -]{0,20}") {
        let field = &CATALOGUE.form.fields[index];
        if let Ok(kept) = check(field, &typed) {
            prop_assert_eq!(check(field, &kept), Ok(kept));
        }
    }

    /// A day or a number given as any text never breaks.
    #[test]
    fn any_text_is_a_value_or_gets_a_sentence(index in 0usize..116, typed in ".{0,40}") {
        if let Err(sentence) = check(&CATALOGUE.form.fields[index], &typed) {
            prop_assert!(!sentence.zh.is_empty() && !sentence.en.is_empty());
        }
    }
}
