//! The catalogue as delivered, and what its check finds when it is damaged.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::catalogue::Catalogue;
use domain::catalogue::yaml::Mistake;
use domain::condition::Value;
use domain::guide::{Answers, GuideMap, Profile};
use test_support::catalogue::{CATALOGUE, files, read};

/// The catalogue with one passage of one file replaced; the passage must be there.
fn damaged(file: &str, old: &str, new: &str) -> Vec<Mistake> {
    let mut files = files();
    let (_, source) = files.iter_mut().find(|(n, _)| *n == file).unwrap();
    assert!(source.contains(old), "{file} has no {old:?}");
    *source = source.replacen(old, new, 1);
    read(&files).expect_err("the damage is noticed")
}

fn answers(pairs: &[(&str, &str)]) -> Answers {
    let catalogue = &*CATALOGUE;
    Answers::from_pairs(catalogue, pairs.iter().copied()).unwrap()
}

fn applying(pairs: &[(&str, &str)], as_of: &str) -> (usize, usize) {
    let catalogue = &*CATALOGUE;
    let map = GuideMap::new(catalogue, &answers(pairs), as_of.parse().unwrap());
    (map.entries.len(), map.six_permits())
}

const SHISHAN: &[(&str, &str)] = &[
    ("project_category", "mixed"),
    ("industry", "biomedical"),
    ("needs_project_company", "true"),
    ("site_area_sqm", "42133.54"),
    ("gross_floor_area_sqm", "140000"),
    ("building_height_m", "60"),
    ("total_investment_10k", "120000"),
    ("earthwork_m3", "160000"),
    ("has_civil_buildings", "true"),
    ("road_or_green_occupation", "true"),
    ("annual_energy_tce", "3200"),
    ("annual_power_10mwh", "2400"),
    ("eia_category", "report-book"),
    ("discharge_class", "simplified"),
    ("hazchem_level", "use"),
    ("occupational_hazard", "general"),
    ("special_fire_project", "true"),
    ("special_equipment", "true"),
    ("biosafety_lab", "bsl-1-2"),
    ("product_types", "drug,device-2-3"),
    ("key_project_level", "municipal"),
];

#[test]
fn the_delivered_catalogue_is_whole() {
    let catalogue = read(&files()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    assert_eq!(catalogue.matters.len(), 70);
    assert_eq!(catalogue.form.fields.len(), 116);
    assert_eq!((catalogue.attributes.len(), catalogue.questions.len()), (37, 20));
    assert_eq!(catalogue.stages.len(), 7);
    assert_eq!(catalogue.materials.len(), 123);
    assert_eq!(catalogue.organisations.len(), 36);
    assert_eq!(catalogue.matters.iter().filter(|m| m.six_permits).count(), 6);
    assert_eq!(catalogue.calendar().add("2024-09-27".parse().unwrap(), 5).to_string(), "2024-10-10");
}

/// The numbers of matters the data's authors computed independently for their sample projects.
#[test]
fn sample_projects_get_the_matters_their_authors_counted() {
    let today = "2026-11-23";
    assert_eq!(applying(SHISHAN, today), (54, 6));
    let factory =
        [("site_area_sqm", "20000"), ("gross_floor_area_sqm", "30000"), ("total_investment_10k", "20000"), ("earthwork_m3", "8000")];
    assert_eq!(applying(&factory, today), (40, 5));
    let school = [
        ("investment_type", "government"),
        ("project_category", "public"),
        ("land_mode", "allocation"),
        ("site_area_sqm", "30000"),
        ("gross_floor_area_sqm", "40000"),
        ("total_investment_10k", "30000"),
        ("earthwork_m3", "40000"),
        ("has_civil_buildings", "yes"),
        ("special_fire_project", "yes"),
        ("collective_land_acquisition", "yes"),
        ("farmland_conversion", "yes"),
    ];
    assert_eq!(applying(&school, today), (42, 6));
    let refit = [
        ("construction_nature", "interior-renovation"),
        ("land_mode", "existing"),
        ("industry", "medical-device"),
        ("product_types", "device-2-3"),
        ("gross_floor_area_sqm", "2500"),
        ("total_investment_10k", "1500"),
        ("special_fire_project", "true"),
    ];
    assert_eq!(applying(&refit, today), (19, 2));
    let brownfield = [
        ("on_verification_list", "true"),
        ("previous_polluting_use", "true"),
        ("site_constraints", "river-control"),
        ("site_constraints", "heritage-zone"),
        ("eia_category", "registration"),
        ("staged_foundation", "true"),
        ("gas_needed", "true"),
        ("site_area_sqm", "26000"),
        ("gross_floor_area_sqm", "60000"),
        ("total_investment_10k", "60000"),
        ("earthwork_m3", "60000"),
        ("has_civil_buildings", "true"),
    ];
    assert_eq!(applying(&brownfield, today), (46, 6));
}

#[test]
fn the_law_of_the_day_applies() {
    let catalogue = &*CATALOGUE;
    let hazardous = answers(&[("hazchem_level", "produce"), ("industry", "chemical")]);
    let limit = |day: &str| {
        let map = GuideMap::new(catalogue, &hazardous, day.parse().unwrap());
        let entry = map.entries.into_iter().find(|e| e.matter.id.as_str() == "safety-condition-review").unwrap();
        (entry.legal.limit.period.unwrap().text().zh, entry.legal.limit.workdays, entry.legal.limit.approximate)
    };
    assert_eq!(limit("2026-04-30"), ("45 日".to_string(), Some(32), true));
    assert_eq!(limit("2026-05-01"), ("20 个工作日".to_string(), Some(20), false));
}

#[test]
fn a_hidden_question_counts_by_its_default_and_says_so() {
    let catalogue = &*CATALOGUE;
    let given = answers(&[("land_mode", "existing"), ("collective_land_acquisition", "true")]);
    let profile = Profile::new(catalogue, &given);
    assert_eq!(profile.value("collective_land_acquisition"), Some(&Value::Flag(false)));
    assert_eq!(profile.ignored, ["collective_land_acquisition"]);
}

#[test]
fn answers_travel_in_a_url_and_back() {
    let catalogue = &*CATALOGUE;
    let given = answers(SHISHAN);
    let query = given.to_query(catalogue);
    let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|p| p.split_once('=')).collect();
    let back = Answers::from_pairs(catalogue, pairs).unwrap();
    assert_eq!(Profile::new(catalogue, &back).values(), Profile::new(catalogue, &given).values());
    assert!(query.len() < 700, "{query}");
}

#[test]
fn answers_that_make_no_sense_are_named() {
    let catalogue = &*CATALOGUE;
    let wrong = |name: &str, value: &str| Answers::from_pairs(catalogue, [(name, value)]).unwrap_err()[0].sentence.clone();
    assert_eq!(wrong("colour", "red").zh, "没有“colour”这个问题。");
    assert!(wrong("industry", "banking").zh.contains("没有“banking”这一选项"));
    assert!(wrong("site_area_sqm", "-1").en.contains("not below 0"));
    assert!(wrong("site_area_sqm", "NaN").en.contains("number"));
    assert!(wrong("site_area_sqm", "1e400").en.contains("number"));
    assert!(wrong("has_civil_buildings", "perhaps").zh.contains("是或否"));
    assert!(wrong("approval_route", "filing").zh.contains("没有“approval_route”这个问题"));
}

#[test]
fn the_compact_form_says_the_same() {
    let catalogue = &*CATALOGUE;
    let bytes = catalogue.to_bytes();
    let back = Catalogue::from_bytes(&bytes).unwrap();
    assert_eq!(back.to_bytes(), bytes);
    assert_eq!((back.matters.clone(), back.questions.clone()), (catalogue.matters.clone(), catalogue.questions.clone()));
    assert!(Catalogue::from_bytes(&bytes[..bytes.len() / 2]).is_err());
    let map = GuideMap::new(&back, &answers(SHISHAN), "2026-11-23".parse().unwrap());
    assert_eq!(map.entries.len(), 54);
}

#[test]
fn every_mistake_is_told_with_file_line_and_what_was_expected() {
    let found = |mistakes: &[Mistake], file: &str, words: &str| {
        assert!(
            mistakes.iter().any(|m| m.file == file && m.line > 1 && m.what.en.contains(words)),
            "no `{words}` in {file}: {mistakes:#?}"
        );
    };
    let m = damaged("catalogue.yaml", "  department: natural-resources", "  department: natural-resource");
    found(&m, "catalogue.yaml", "unknown organisation `natural-resource`; expected one that is defined, perhaps `natural-resources`?");
    let m = damaged("catalogue.yaml", "applies_when: land_mode != \"existing\"", "applies_when: land_modus != \"existing\"");
    found(&m, "catalogue.yaml", "unknown attribute `land_modus`");
    let m = damaged("catalogue.yaml", "applies_when: land_mode != \"existing\"", "applies_when: land_mode != \"rented\"");
    found(&m, "catalogue.yaml", "`rented` is not an option of land_mode");
    let m = damaged("catalogue.yaml", "applies_when: land_mode != \"existing\"", "applies_when: land_mode >< 3");
    found(&m, "catalogue.yaml", "condition `land_mode >< 3`: at character 12");
    let m = damaged("catalogue.yaml", "applies_when: land_mode != \"existing\"", "applies_when: site_area_sqm");
    found(&m, "catalogue.yaml", "site_area_sqm is a number");
    let m = damaged("catalogue.yaml", "- id: siting-compliance-check\n  code", "- id: industry-access-review\n  code");
    found(&m, "catalogue.yaml", "duplicate matter `industry-access-review`");
    let m = damaged("catalogue.yaml", "  promised_limit_workdays: 5\n", "  promised_limit_workdays: soon\n");
    found(&m, "catalogue.yaml", ".promised_limit_workdays: expected a whole number of days");
    let m = damaged("catalogue.yaml", "  name_zh: 选址合规性核查\n", "");
    found(&m, "catalogue.yaml", "expected a value for `name_zh`");
    let m = damaged("catalogue.yaml", "  self_managed: false\n", "  self_manged: false\n");
    found(&m, "catalogue.yaml", "unknown key");
    let m =
        damaged("catalogue.yaml", "  depends_on: []\n", "  depends_on:\n  - id: investment-agreement-signing\n    type: finish-to-start\n");
    found(&m, "catalogue.yaml", "form a cycle: industry-access-review > investment-agreement-signing > industry-access-review");
    let m = damaged("attributes.yaml", "  default: social", "  default: charity");
    found(&m, "attributes.yaml", "expected one of the options: government, social");
    let m = damaged("stages.yaml", "    matter: investment-agreement-signing", "    matter: signing-ceremony");
    found(&m, "stages.yaml", "unknown matter `signing-ceremony`");
    let m = damaged("fields.yaml", "  readers: [market-regulation]\n", "");
    assert!(m.iter().any(|m| m.what.en.contains("field legal_rep_id is an identity number")), "{m:#?}");
    let m = damaged("fields.yaml", "readers: [market-regulation]", "readers: [market-office]");
    found(&m, "fields.yaml", "unknown organisation `market-office`");
    let m = damaged("materials.yaml", "  readers: [registry]", "  readers: [tax]");
    found(&m, "materials.yaml", "`readers` of material proxy-letter to name registry");
    let m = damaged("certificates.yaml", "  fields: [project_code, site_area,", "  fields: [legal_rep_id, site_area,");
    assert!(m.iter().any(|m| m.file == "certificates.yaml" && m.what.en.contains("no identity number")), "{m:#?}");
    let m = damaged("workdays-cn.json", "2018-01-01", "2018-02-30");
    found(&m, "workdays-cn.json", "a day that exists");
}

#[test]
fn two_mistakes_in_two_files_are_both_told() {
    let mut files = files();
    for (name, old, new) in [("catalogue.yaml", "stage: cooperation", "stage: coperation"), ("fields.yaml", "type: text", "type: txt")] {
        let (_, source) = files.iter_mut().find(|(n, _)| *n == name).unwrap();
        *source = source.replacen(old, new, 1);
    }
    let mistakes = read(&files).unwrap_err();
    assert_eq!(mistakes.iter().map(|m| m.file.as_str()).collect::<std::collections::BTreeSet<_>>().len(), 2, "{mistakes:?}");
}

#[test]
fn what_is_not_yaml_or_not_there_is_told_too() {
    let mut files = files();
    files[0].1 = "attributes: [".to_string();
    files.retain(|(name, _)| *name != "stages.yaml");
    let text: Vec<String> = read(&files).unwrap_err().iter().map(ToString::to_string).collect();
    assert!(text.iter().any(|t| t.starts_with("attributes.yaml:") && t.contains("not valid YAML")), "{}", text[0]);
    assert!(text.iter().any(|t| t == "stages.yaml:1: the file is missing"));
}

#[test]
fn another_answer_says_what_it_would_change() {
    let catalogue = &*CATALOGUE;
    let answers = answers(SHISHAN);
    let found = domain::guide::what_if(catalogue, &answers);
    let names = |places: &[usize]| places.iter().map(|i| catalogue.matters[*i].id.to_string()).collect::<Vec<_>>();
    let government = found.iter().find(|w| w.attribute == "investment_type" && w.value == Value::Word("government".into())).unwrap();
    assert!(names(&government.more).contains(&"gov-investment-approval".to_string()));
    assert!(names(&government.fewer).contains(&"project-filing".to_string()));
    // 3,200 tce and 24 GWh: below one threshold alone the other still asks for the energy review.
    assert!(!found.iter().any(|w| w.attribute == "annual_energy_tce"));
    for what in &found {
        let mut other = answers.clone();
        other.0.insert(what.attribute.clone(), what.value.clone());
        let then = domain::guide::applying(catalogue, &other);
        assert!(what.more.iter().all(|i| then.contains(i)) && what.fewer.iter().all(|i| !then.contains(i)));
    }
}

#[test]
fn a_number_near_a_threshold_says_so() {
    let catalogue = &*CATALOGUE;
    let number = |n: f64| Value::Number(n);
    let answers = Answers([("annual_energy_tce".to_string(), number(900.0)), ("annual_power_10mwh".to_string(), number(100.0))].into());
    let found = domain::guide::what_if(catalogue, &answers);
    let review = found.iter().find(|w| w.attribute == "annual_energy_tce").unwrap();
    assert_eq!(review.value, Value::Number(1000.0));
    assert_eq!(review.more.iter().map(|i| catalogue.matters[*i].id.as_str()).collect::<Vec<_>>(), ["energy-review"]);
}

#[test]
fn what_is_derived_says_because_of_what() {
    let catalogue = &*CATALOGUE;
    let answers = answers(SHISHAN);
    let map = GuideMap::new(catalogue, &answers, "2022-09-13".parse().unwrap());
    let route = catalogue.attribute("approval_route").unwrap();
    let (because, _) = map.profile.because(catalogue, route).unwrap();
    assert!(because.zh.contains("投资类型为社会投资"), "{because}");
    for attribute in catalogue.attributes.iter().filter(|a| a.is_derived()) {
        assert!(map.profile.because(catalogue, attribute).is_some(), "{}", attribute.id);
    }
}

#[test]
fn each_paper_stands_once_and_every_step_has_its_place() {
    let catalogue = &*CATALOGUE;
    let map = GuideMap::new(catalogue, &answers(SHISHAN), "2022-09-13".parse().unwrap());
    let papers = map.papers(catalogue);
    let mut ids: Vec<_> = papers.iter().map(|p| p.material.id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), papers.len());
    assert_eq!(papers.iter().map(|p| p.wanted_by.len()).sum::<usize>(), map.entries.iter().map(|e| e.requirements.len()).sum::<usize>());
    let scheme = papers.iter().find(|p| p.material.id.as_str() == "scheme-review-opinion").unwrap();
    assert!(scheme.wanted_by.len() > 2 && scheme.is_shared());
    let mut count = 0;
    for stage in &catalogue.stages {
        for line in domain::catalogue::Line::ALL {
            let steps = map.steps(stage, line);
            count += steps.iter().map(Vec::len).sum::<usize>();
            for group in &steps {
                for a in group {
                    assert!(
                        !group.iter().any(|b| a.matter.depends_on.iter().any(|d| d.on == b.matter.id)),
                        "{} waits within its group",
                        a.matter.id
                    );
                }
            }
        }
    }
    assert_eq!(count, map.entries.len());
    let first: Vec<_> = map.first_steps().map(|e| e.matter.id.as_str()).collect();
    assert_eq!(first, ["industry-access-review", "siting-compliance-check"]);
    assert!(map.with_fee().count() >= 2);
    let book = catalogue.matter("eia-book-approval").unwrap();
    assert_eq!(catalogue.instead_of(book).len(), 2, "a form or a registration instead");
}

#[test]
fn two_editions_are_compared_fact_by_fact() {
    use domain::catalogue::difference::{What, difference};
    let old = &*CATALOGUE;
    assert_eq!(difference(old, old), []);
    let mut parts = old.parts.clone();
    parts.matters[0].promised_workdays += 2;
    let removed = parts.matters.remove(5);
    let new = Catalogue::from(parts);
    let changes = difference(old, &new);
    assert_eq!(changes.len(), 2, "{changes:#?}");
    assert!(matches!(&changes[0].what, What::Changed { fact, .. } if fact.zh == "承诺期限"));
    assert_eq!((changes[1].at.as_str(), &changes[1].what), (removed.id.as_str(), &What::Removed));
    assert_eq!(difference(&new, old).last().unwrap().what, What::Added);
}
