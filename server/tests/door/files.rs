//! Maps and plans as files: the same from the page's address and from the command line.

use domain::guide::Answers;
use serde_json::Value;
use std::process::Command;
use test_support::portal::Portal;

const ANSWERS: &str = "project_category=mixed&industry=biomedical&needs_project_company=true&site_area_sqm=42133.54\
                       &gross_floor_area_sqm=140000&total_investment_10k=120000&earthwork_m3=160000&has_civil_buildings=true\
                       &annual_energy_tce=3200&eia_category=report-book&special_fire_project=true&product_types=drug,device-2-3";

/// What the program prints for the same answers.
fn printed(command: &str, answers: &str, more: &[&str]) -> Value {
    let catalogue = service::catalogue::embedded().unwrap();
    let answers = Answers::from_pairs(&catalogue, answers.split('&').filter_map(|p| p.trim().split_once('='))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.json");
    std::fs::write(&file, serde_json::to_string(&answers).unwrap()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_quanlian"))
        .args([command, "--answers", file.to_str().unwrap(), "--json"])
        .args(more)
        .env("LANG", "C")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn shown(portal: &Portal, path: &str) -> Value {
    let answer = portal.get(path, "").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    serde_json::from_slice(&answer.bytes).unwrap()
}

#[tokio::test]
async fn the_page_and_the_program_give_the_same_map_and_plan() {
    let portal = Portal::open().await;
    let day = "2022-03-15";
    let map = shown(&portal, &format!("/guide/map.json?{ANSWERS}&as_of={day}")).await;
    assert_eq!(map, printed("guide", ANSWERS, &["--as-of", day]));
    assert_eq!(map["matters"].as_array().unwrap().iter().filter(|m| m["six_permits"] == true).count(), 6);
    for (address, arguments) in [
        ("&start=2022-03-15", vec!["--start", "2022-03-15"]),
        ("&start=2022-03-15&way=step-by-step", vec!["--start", "2022-03-15", "--step-by-step"]),
        ("&finish.six-permits=2022-09-13&limits=legal", vec!["--finish", "six-permits=2022-09-13", "--mode", "legal"]),
        ("&start=2022-03-15&with=parallel,tolerance", vec!["--start", "2022-03-15", "--without", "pre-review"]),
        ("&start=2022-03-15&finish.start=2022-06-01", vec!["--start", "2022-03-15", "--finish", "start=2022-06-01"]),
    ] {
        let plan = shown(&portal, &format!("/guide/plan.json?{ANSWERS}&as_of={day}{address}")).await;
        let arguments: Vec<&str> = arguments.into_iter().chain(["--as-of", day]).collect();
        assert_eq!(plan, printed("plan", ANSWERS, &arguments), "{address}");
        assert_eq!(plan["feasible"], plan["short_by_workdays"] == 0);
    }
}

#[tokio::test]
async fn so_do_they_for_every_kind_of_project() {
    let portal = Portal::open().await;
    let day = "2023-03-01";
    for kind in test_support::kinds::ALL {
        let answers = kind.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let map = shown(&portal, &format!("/guide/map.json?{answers}&as_of={day}")).await;
        assert_eq!(map, printed("guide", &answers, &["--as-of", day]), "{answers}");
        let plan = shown(&portal, &format!("/guide/plan.json?{answers}&as_of={day}&start={day}")).await;
        assert_eq!(plan, printed("plan", &answers, &["--as-of", day, "--start", day]), "{answers}");
    }
}

#[tokio::test]
async fn a_plan_is_taken_along_as_calendar_sheet_and_project() {
    let portal = Portal::open().await;
    let get = |ending: &'static str| {
        let path = format!("/guide/plan.{ending}?{ANSWERS}&start=2022-03-15");
        let portal = &portal;
        async move { portal.get(&path, "").await }
    };
    let calendar = get("ics").await;
    assert_eq!(calendar.headers["content-type"], "text/calendar; charset=utf-8");
    assert!(calendar.text.starts_with("BEGIN:VCALENDAR") && calendar.text.contains("UID:milestone-six-permits@quanlian"));
    assert!(calendar.text.matches("BEGIN:VEVENT").count() > 80);
    let sheet = get("xlsx").await;
    assert_eq!(&sheet.bytes[..4], b"PK\x03\x04");
    assert!(sheet.headers["content-disposition"].to_str().unwrap().contains("quanlian-plan.xlsx"));
    let project = get("xml").await;
    assert!(project.text.contains("<Project xmlns=\"http://schemas.microsoft.com/project\">"));
    // Mid-Autumn 2022: the tenth to the twelfth of September, the Monday among them, are off.
    assert!(project.text.contains("<FromDate>2022-09-12T00:00:00</FromDate>"));
    let plan = shown(&portal, &format!("/guide/plan.json?{ANSWERS}&start=2022-03-15")).await;
    assert_eq!(project.text.matches("<Task>").count(), plan["tasks"].as_array().unwrap().len());
    for drawing in ["plan", "chart"] {
        let svg = portal.get(&format!("/guide/{drawing}.svg?{ANSWERS}&start=2022-03-15"), "").await;
        assert_eq!(svg.headers["content-type"], "image/svg+xml; charset=utf-8");
        assert!(svg.text.starts_with("<svg ") && svg.text.ends_with("</svg>") && svg.text.contains("建筑工程施工许可证核发"));
    }
}

#[tokio::test]
async fn what_cannot_be_planned_is_refused_by_field_and_disturbs_nothing() {
    let portal = Portal::open().await;
    for (address, words) in [
        ("start=2023-02-29", "start: “2023-02-29”不是真实存在的日期"),
        ("start=2022-03-15&finish.signing=2022-03-01", "finish.signing: 目标日期 2022-03-01 早于开始日期 2022-03-15"),
        ("finish.moon=2027-01-01", "finish.moon: 这个项目没有里程碑“moon”"),
        ("start=2022-03-15&d.land-listing/decision=1&limits=legal", "法定最短期间为 30 日"),
        ("start=2022-03-15&d.no-such/task=5", "这个项目没有任务“no-such/task”"),
        ("start=2022-03-15&limits=generous", "limits: 期限口径应为"),
    ] {
        let answer = portal.get(&format!("/guide/plan.json?{ANSWERS}&{address}"), "").await;
        assert_eq!(answer.status, 400, "{address}: {}", answer.text);
        assert!(answer.text.contains(words), "{address}: {}", answer.text);
        let page = portal.get(&format!("/guide/plan?{ANSWERS}&{address}"), "").await;
        assert_eq!(page.status, 400, "{address}");
    }
    // As long as an address may be; a longer one no server takes.
    let absurd: String = (0..6_000).map(|i| format!("a{i}=1&")).collect();
    for path in ["/guide/map.json", "/guide/plan.json", "/guide", "/guide/plan"] {
        let answer = portal.get(&format!("{path}?{absurd}"), "").await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.text.contains("地址里的内容太多，最多 1000 项。"), "{path}: one sentence, not six thousand");
        assert!(!answer.text.contains("没有“a5”这个问题"));
    }
    assert_eq!(portal.get("/guide", "").await.status, 200);
}

#[tokio::test]
async fn a_projects_plan_is_for_those_who_may_see_the_project() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let path = format!("/projects/{project}/plan.json");
    assert_eq!(portal.get(&path, "").await.status, 401);
    assert_eq!(portal.get(&path, &portal.session("zhao").await).await.status, 404);
    let own = portal.get(&path, &portal.session("wang").await).await;
    assert_eq!(own.status, 200, "{}", own.text);
    let plan: Value = serde_json::from_slice(&own.bytes).unwrap();
    // The clock of the tests stands on this day: nothing open begins before.
    assert_eq!(plan["start"], "2024-09-26");
    let drawn = portal.get(&format!("/projects/{project}/plan.svg"), &portal.session("wang").await).await;
    assert_eq!(drawn.status, 200);
    let chart = portal.get(&format!("/projects/{project}/chart.svg"), &portal.session("wang").await).await;
    assert!(chart.text.contains("可以办"), "the states are in words");
}
