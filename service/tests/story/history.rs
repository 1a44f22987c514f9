//! The past stays readable. `everything` makes each kind of event there is. The portal it made under an earlier release is
//! kept in `tests/history/`, and is opened, checked and rebuilt by every release since.

use domain::case::Case;
use domain::project::matter::{ExternalDecision, PauseReason, Request as M};
use domain::project::review::{Pin, Point, Reason, Verdict};
use domain::project::submission::Request as S;
use domain::project::{Note, Request, certificate, consultation, difficulty, library, plan, sheet, team};
use domain::role::Role;
use domain::sheet::Entries;
use domain::text::Text;
use service::case::{Place, load};
use service::project::{Sent, request};
use service::seal_stored::{Done, seal_stored};
use service::verify::{cards, rebuild, verify};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};
use test_support::filing::*;
use test_support::world::*;

const SITING: &str = "siting-compliance-check";
const LICENCE: &str = "company-registration";
const RECORD: &str = "project-filing";
const PERMIT: &str = "water-soil-plan";
const SCHEME: &str = "design-scheme-review";

/// Does each thing that leaves an event, by whom it is for.
async fn everything(world: &World) {
    world.person("sun", Role::Agent, "全链办", None, &[], &[]).await;
    world.person("qian", Role::LeadOfficer, "全链办", None, &[], &[]).await;
    world.person("ma", Role::DistrictLeader, "区管委会", Some("district-government"), &[], &[]).await;
    world.person("he", Role::DepartmentHead, "自规局", Some("natural-resources"), &[], &[]).await;
    world.person("zhou2", Role::Department, "自规局", Some("natural-resources"), &[], &[]).await;
    let (wang, li, zhou, chen) = (world.as_("wang").await, world.as_("li").await, world.as_("zhou").await, world.as_("chen").await);

    // People, words, money: all that is not a matter.
    let id = world.project_with(&[("needs_project_company", "true")]).await;
    let does = async |login: &str, command: Request| world.does(login, &id, command).await.unwrap();
    let account = async |login: &str| service::account::by_login(&world.service.db, login).await.unwrap().unwrap();
    let agent = async |login: &str| Request::Team { request: team::Request::AppointAgent { account: account(login).await } };
    let lead = async |login: &str| Request::Team { request: team::Request::AppointLead { account: account(login).await } };
    does("chen", agent("sun").await).await;
    does("chen", agent("li").await).await;
    does("ma", lead("qian").await).await;
    does("ma", lead("chen").await).await;
    let consult = |command| Request::Consultation { id: "q".into(), request: command };
    does("wang", ask("q", None, "先办哪一件？")).await;
    does("li", answer("q", "先办选址。")).await;
    does("wang", consult(consultation::Request::AskAgain { text: "选址要多久？".into() })).await;
    does("li", answer("q", "三个工作日。")).await;
    does("wang", consult(consultation::Request::Close)).await;
    let hard = |command| Request::Difficulty { id: "d".into(), request: command };
    does("wang", raise("d", "河道退让不足")).await;
    let cooperating = BTreeSet::from(["natural-resources".into()]);
    does("chen", hard(difficulty::Request::Appoint { lead: "water-affairs".into(), cooperating })).await;
    does("shen", hard(difficulty::Request::Propose { text: "退让八米".into(), counters: None })).await;
    does("wang", hard(difficulty::Request::Propose { text: "退让六米".into(), counters: Some(1) })).await;
    for login in ["shen", "zhou"] {
        does(login, hard(difficulty::Request::Accept { proposal: 2 })).await;
    }
    let due = "2024-12-31".parse().unwrap();
    does("chen", hard(difficulty::Request::Resolve { action: "按六米退让".into(), owner: "water-affairs".into(), due })).await;
    let note = |text: &str, internal, milestone: Option<&str>| Request::Note {
        note: Note { matter: None, text: Text::same(text), internal, milestone: milestone.map(Into::into) },
    };
    does("chen", note("第一次碰头", false, Some("signing"))).await;
    does("chen", note("企业资金尚未到位", true, None)).await;
    let adopt = |settings, reason: &str| Request::Plan { request: plan::Request::Adopt { settings, reason: reason.into() } };
    does("chen", adopt(Default::default(), "首次排定")).await;
    let slower = domain::plan::Settings { lengths: [("trial-run".to_string(), 90)].into(), ..Default::default() };
    does("chen", adopt(slower, "调试要更久")).await;

    // The sheet and the library.
    let values = [("total_investment".into(), "80000".into()), ("legal_rep_id".into(), "11010519491231002X".into())];
    service::sheet::fill(&li, &id, values.into()).await.map_err(sentence).unwrap();
    let entered = sheet_of(&li, &id).await;
    let fields = ["total_investment", "legal_rep_id"].map(|field| (domain::Id::from(field), entered[field].seq));
    let of_sheet = |command| Request::Sheet { request: command };
    does("wang", of_sheet(sheet::Request::Confirm { fields: fields.into() })).await;
    let last = sheet_of(&li, &id).await.values().map(|entry| entry.seq).max().unwrap();
    does("li", of_sheet(sheet::Request::MarkReady { section: "project".into(), seq: last })).await;
    does("li", of_sheet(sheet::Request::MarkUnready { section: "project".into() })).await;
    uploads(&li, &id, "business-licence", "旧").await;
    let document = world.sees("li", &id).await.unwrap().project.library.keys().next_back().unwrap().clone();
    let bytes = "%PDF-1.7\n新";
    let announced = service::material::Announced {
        name: "新执照.pdf".into(),
        length: bytes.len() as u64,
        material: Some("business-licence".into()),
        replaces: Some(document.clone()),
        why: "地址变更".into(),
    };
    let upload = service::material::announce(&li, &id, announced).await.map_err(sentence).unwrap();
    service::material::take(&li, &upload.id, 0, bytes.into()).await.map_err(sentence).unwrap();
    let paper = |command| Request::Document { id: document.clone(), request: command };
    does("li", paper(library::Request::Sort { material: None })).await;
    does("li", paper(library::Request::Limit { expires: Some(due) })).await;
    does("li", paper(library::Request::Remove { why: "传错了".into() })).await;

    // A matter by itself, decided on paper: the certificate is corrected and revoked.
    for command in [M::Claim, M::Release, M::Prepare] {
        does("zhou", step(SITING, command)).await;
    }
    for command in [M::File, M::Accept] {
        does("zhou", step(SITING, command)).await;
    }
    does("zhou", step(SITING, M::Pause { reason: PauseReason::ExpertReview, note: "专家论证".into() })).await;
    does("zhou", step(SITING, M::Resume)).await;
    does("he", step(SITING, M::Extend { reason: "涉及多部门".into() })).await;
    does("zhou", step(SITING, M::Decide)).await;
    request(&zhou, &id, issue(SITING), Sent::default()).await.map_err(sentence).unwrap();
    let number = async || world.sees("chen", &id).await.unwrap().project.certificate(&SITING.into()).unwrap().0.clone();
    request(&zhou, &id, correct(&number().await, "笔误"), Sent::default()).await.map_err(sentence).unwrap();
    let revoke = certificate::Request::Revoke { number: number().await, reason: "以欺骗手段取得".into() };
    does("zhou", Request::Certificate { request: revoke }).await;
    // One is not needed, one was decided elsewhere, one is refused.
    let office = world.office_of("boundary-survey").await;
    request(&office, &id, step("boundary-survey", M::Exempt { reason: "用既有成果".into() }), Sent::default())
        .await
        .map_err(sentence)
        .unwrap();

    // A package with a promise, one with a correction round, one taken back, one refused.
    world.finishes_before(&id, &[LICENCE]).await;
    world.fills(&id, LICENCE, &[]).await;
    let lacking = |project: &domain::project::Project, entries: &Entries, matter: &str| {
        let (catalogue, on) = (&world.service.catalogue, world.service.clock.now().date());
        domain::project::filing::completeness(project, catalogue, &catalogue.form, entries, catalogue.matter(matter).unwrap(), on).papers
    };
    uploads(&li, &id, "legal-rep-id", "证件").await;
    let promised: BTreeMap<_, _> = ["articles-of-association", "domicile-proof"].map(|m| promise(m, "三日内补交", "2024-09-29")).into();
    request(&wang, &id, file_promising(&set(&[LICENCE]), &promised, true), Sent::default()).await.map_err(sentence).unwrap();
    for material in ["articles-of-association", "domicile-proof"] {
        uploads(&li, &id, material, material).await;
    }
    let (package, _) = world.only_package(&id).await;
    let of_package = |package: &domain::Id<_>, command| Request::Submission { id: package.clone(), request: command };
    does("wang", of_package(&package, S::Withdraw { reason: "股东有变".into() })).await;
    request(&wang, &id, file(&set(&[LICENCE]), true), Sent::default()).await.map_err(sentence).unwrap();
    let refuse =
        Verdict::Refuse { basis: "《市场主体登记管理条例》第十九条".into(), ground: "名称与已登记的相同".into() };
    world.says(&id, LICENCE, refuse).await.unwrap();

    let id = world.project_with(&[]).await;
    world.finishes_before(&id, &[RECORD]).await;
    world.fills(&id, RECORD, &[]).await;
    for paper in lacking(&world.sees("wang", &id).await.unwrap().project, &sheet_of(&wang, &id).await, RECORD) {
        uploads(&wang, &id, paper.material.as_str(), paper.material.as_str()).await;
    }
    request(&wang, &id, file(&set(&[RECORD]), true), Sent::default()).await.map_err(sentence).unwrap();
    let point = Point { pin: Pin::Field("construction_scale".into()), reason: Reason::Unclear, note: "写明建筑面积".into() };
    world.says(&id, RECORD, Verdict::Correct { points: vec![point] }).await.unwrap();
    world.fills(&id, RECORD, &[("construction_scale", "总建筑面积 14 万平方米")]).await;
    let (package, _) = world.only_package(&id).await;
    request(&wang, &id, give_back(&package, ""), Sent::default()).await.map_err(sentence).unwrap();
    world.says(&id, RECORD, Verdict::PassWith { conditions: "开工前补报施工图".into() }).await.unwrap();

    // Reviewed ahead, and the land is lost; recorded from another system.
    let id = world.project_with(&[]).await;
    world.finishes_before(&id, &["planning-conditions-issue"]).await;
    let elsewhere = ExternalDecision { number: "2024-17".into(), system: "省一体化平台".into(), on: "2024-09-26".parse().unwrap() };
    let office = world.office_of("planning-conditions-issue").await;
    request(&office, &id, step("planning-conditions-issue", M::Record { elsewhere }), Sent::default()).await.map_err(sentence).unwrap();
    world.fills(&id, SCHEME, &[]).await;
    for paper in lacking(&world.sees("wang", &id).await.unwrap().project, &sheet_of(&wang, &id).await, SCHEME) {
        uploads(&wang, &id, paper.material.as_str(), "一版").await;
    }
    request(&wang, &id, file(&set(&[SCHEME]), true), Sent::default()).await.map_err(sentence).unwrap();
    world.says(&id, SCHEME, Verdict::Pass).await.unwrap();
    let (package, _) = world.only_package(&id).await;
    request(&chen, &id, of_package(&package, S::Lapse { reason: "未竞得土地".into() }), Sent::default()).await.map_err(sentence).unwrap();

    // The land day: several permits in one act.
    let id = world.project().await;
    let six = world.brings_to_the_gate(&id).await;
    request(&chen, &id, jointly(&six), Sent::default()).await.map_err(sentence).unwrap();

    // The documented case, with its facts and what it only assumes.
    let case = Case::read(&world.service.catalogue, "case-shishan.yaml", service::catalogue::SHISHAN).unwrap();
    let place = Place { area: "狮山".into(), owner_firm: "项目公司".into(), agent: "li".into(), owner: "case.owner".into() };
    load(&world.service, &case, &place).await.unwrap();

    // Around the projects: who came in, who stands in for whom, another key, the head of the day.
    world.session("wang").await;
    let until = Some("2024-10-10".parse().unwrap());
    service::work::appoint_deputy(&zhou, Some(&account("zhou2").await), until).await.map_err(sentence).unwrap();
    let token = service::account::NewToken {
        login: "zhou".into(),
        name: "办件系统".into(),
        scopes: [domain::access::Scope::Read, domain::access::Scope::Record].into(),
        days: 90,
    };
    service::account::make_token(&world.service.context(None), token).await.map_err(sentence).unwrap();
    let cut_off = service::material::Announced { name: "图.pdf".into(), length: 9_000, ..Default::default() };
    let upload = service::material::announce(&wang, &id, cut_off).await.map_err(sentence).unwrap();
    service::material::take(&wang, &upload.id, 0, format!("%PDF-1.7\n{}", " ".repeat(4_000)).into()).await.map_err(sentence).unwrap();
    world.service.keys.rotate(&world.service).await.unwrap();
    service::daily_head::make(&world.service).await.unwrap();

    // What happens by itself: nobody answers, and a promised paper does not come. And a substitution ends.
    let id = world.project_with(&[("needs_project_company", "true")]).await;
    world.finishes_before(&id, &[LICENCE]).await;
    world.fills(&id, LICENCE, &[]).await;
    uploads(&wang, &id, "legal-rep-id", "证件").await;
    let promised = ["articles-of-association", "domicile-proof"].map(|m| promise(m, "三日内补交", "2024-09-29")).into();
    request(&wang, &id, file_promising(&set(&[LICENCE]), &promised, true), Sent::default()).await.map_err(sentence).unwrap();
    let other = world.project_with(&[("site_area_sqm", "60000")]).await;
    world.finishes_before(&other, &[PERMIT]).await;
    request(&world.office_of(PERMIT).await, &other, step(PERMIT, M::File), Sent::default()).await.map_err(sentence).unwrap();
    world.service.clock.advance_seconds(30 * 86_400);
    service::jobs::look(&world.service).await.unwrap();
    service::work::appoint_deputy(&zhou, None, None).await.map_err(sentence).unwrap();
}

/// The kinds of events that this release knows, each with a frozen line.
fn known_kinds() -> BTreeSet<String> {
    let files = [include_str!("../../../domain/tests/frozen/project.txt"), include_str!("../../../domain/tests/frozen/deputy.txt")];
    let kind = |line: &str| line.split_once('\t').unwrap().0.to_string();
    files.iter().flat_map(|file| file.lines().map(kind)).collect()
}

/// The kinds that the log of a portal holds.
async fn kinds(world: &World) -> BTreeSet<String> {
    let rows = sqlx::query("select distinct kind from event").fetch_all(world.service.db.pool()).await.unwrap();
    rows.iter().map(|row| row.try_get("kind").unwrap()).collect()
}

/// Where `QUANLIAN_KEEP_HISTORY` names a folder the portal is kept there, to be the past of later releases
/// (`tests/history/README.md`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_event_happens() {
    let world = World::on_sqlite().await;
    everything(&world).await;
    let (happened, past) = (kinds(&world).await, kinds(&World::of_the_past(EARLIEST, None).await).await);
    assert!(happened.is_superset(&past), "{:?}", past.difference(&happened));
    let known = known_kinds();
    assert_eq!(happened, known, "a kind that `everything` does not make: {:?}", known.difference(&happened));
    if let Ok(folder) = std::env::var("QUANLIAN_KEEP_HISTORY") {
        sqlx::query(sqlx::AssertSqlSafe(format!("vacuum into '{folder}/portal.db'"))).execute(world.service.db.pool()).await.unwrap();
        for part in ["documents", "keys"] {
            let from = world.folder().join(part);
            assert!(std::process::Command::new("cp").arg("-r").args([from, folder.clone().into()]).status().unwrap().success());
        }
    }
}

/// Named after the last migration of the release that made it.
const EARLIEST: &str = "0013";

/// The read tables, each row as one text.
async fn read_tables(world: &World) -> BTreeMap<&'static str, Vec<String>> {
    let mut all = BTreeMap::new();
    for table in ["project_card", "project_office", "certificate", "work", "deputy"] {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("select * from {table}"))).fetch_all(world.service.db.pool()).await.unwrap();
        let text = |row: &sqlx::any::AnyRow| {
            let cell = |i| match (row.try_get::<Option<String>, _>(i), row.try_get::<Option<i64>, _>(i), row.try_get::<Option<f64>, _>(i)) {
                (Ok(text), ..) => format!("{text:?}"),
                (_, Ok(number), _) => format!("{number:?}"),
                (.., Ok(number)) => format!("{number:?}"),
                (.., Err(e)) => panic!("{table}: {e}"),
            };
            (0..row.len()).map(cell).collect::<Vec<_>>().join(" | ")
        };
        let mut rows: Vec<String> = rows.iter().map(text).collect();
        rows.sort();
        assert!(!rows.is_empty(), "{table}");
        all.insert(table, rows);
    }
    all
}

/// A portal of an earlier release: its log is whole, its tables are those that the log gives, its people come in.
async fn goes_on(world: World) {
    let verified = verify(&world.service).await.unwrap().unwrap();
    // What its release wrote, and the one deputy that this one put on record.
    assert_eq!((verified.events, verified.streams, verified.projects), (560, 6, 5));
    let before = read_tables(&world).await;
    assert_eq!(rebuild(&world.service).await.unwrap(), 5);
    let after = read_tables(&world).await;
    for (table, rows) in &before {
        assert_eq!(rows, &after[table], "{table}");
    }
    // What the log holds is read as it was written: nothing of a body is lost.
    let rows = sqlx::query("select kind, body from event where stream like 'project:%' order by seq")
        .fetch_all(world.service.db.pool())
        .await
        .unwrap();
    for row in rows {
        let (kind, body): (String, String) = (row.try_get("kind").unwrap(), row.try_get("body").unwrap());
        let written: serde_json::Value = serde_json::from_str(&body).unwrap();
        let Some(event) = written.get("event") else { panic!("{kind}: {body}") };
        let read: domain::project::Event = serde_json::from_value(event.clone()).unwrap_or_else(|e| panic!("{kind}: {e}"));
        assert_eq!((read.kind(), &serde_json::to_value(&read).unwrap()), (kind.as_str(), event));
    }
    world.session("wang").await;
    let project = cards(&world.service).await.unwrap()[0].project.clone();
    world.does("wang", &project, ask("later", None, "还在吗？")).await.unwrap();
    let documents = service::material::all(&world.as_("wang").await, &project).await.map_err(sentence).unwrap().1;
    let found = documents.first().unwrap();
    assert!(service::material::contents(&world.as_("wang").await, &project, found, None).await.is_ok());
    verify(&world.service).await.unwrap().unwrap();
    // Its sheets are read as they were written, and once more when all that it kept unsealed is sealed.
    let wang = world.as_("wang").await;
    let sheet = sheet_of(&wang, &project).await;
    assert!(sheet.values().any(|entry| !entry.value.is_empty()));
    let done = seal_stored(&world.service, &mut |_| {}).await.unwrap();
    assert!(done.contents > 0 && done.contents == done.of && done.passwords > 0 && done.rows > 0 && done.changed.is_empty(), "{done:?}");
    assert_eq!(sheet_of(&wang, &project).await, sheet);
    assert!(service::material::contents(&wang, &project, found, None).await.is_ok());
    assert_eq!(seal_stored(&world.service, &mut |_| {}).await.unwrap(), Done::default(), "nothing is left unsealed");
    verify(&world.service).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_of_the_past_goes_on_sqlite() {
    goes_on(World::of_the_past(EARLIEST, None).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_of_the_past_goes_on_postgres() {
    goes_on(World::of_the_past(EARLIEST, Some(World::fresh_postgres().await)).await).await;
}
