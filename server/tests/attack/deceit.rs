//! Text of strangers stays text: on every page, in every file, in every header; and leads nowhere.

mod door;
mod forms;

use door::{Answer, coded};
pub(crate) use door::{Door, FORM};
use test_support::filing::jointly;

use axum::http::header;
use domain::guide::Answers;
use domain::id::Id;
use domain::project::Project;
use html5gum::{DefaultEmitter, Token, Tokenizer};
use server::page_paths;
use service::project::Sent;
use std::collections::BTreeSet;
use std::io::Read;
use test_support::world::{World, answer, ask, raise, sentence};

/// What a stranger calls things, a project's name at most sixty signs.
const HOSTILE: [&str; 4] = [
    "</title><meta http-equiv=refresh content=0;url=//evil.test>",
    "<script>alert(1)</script>\"' onfocus=alert(1) autofocus x=\"&",
    "=cmd|x!A1\r\nBEGIN:VEVENT\r\nX-EVIL:1\nX-EVIL: 2;,\\",
    "</textarea></script><svg onload=alert(1)>]]>--><evil/>&#60;",
];

/// Every page with an address that shows it. A new page is a new line here.
const PAGES: [(&str, &str); 28] = [
    ("/", "/"),
    ("/guide", "/guide?{hostile}=1"),
    ("/guide/map", "/guide/map?industry={hostile}"),
    ("/guide/chart", "/guide/chart?{hostile}"),
    ("/guide/plan", "/guide/plan?start={hostile}"),
    ("/cases/shishan", "/cases/shishan?at={hostile}"),
    ("/departments/{id}", "/departments/{hostile}"),
    ("/catalogue/questions", "/catalogue/questions?q={hostile}"),
    ("/catalogue/changes", "/catalogue/changes?from={hostile}"),
    ("/matters", "/matters?q={hostile}"),
    ("/matters/{id}", "/matters/{hostile}"),
    ("/verify", "/verify?number={hostile}"),
    ("/verify/{number}", "/verify/{number}"),
    ("/sign-in", "/sign-in?to={hostile}"),
    ("/work", "/work"),
    ("/account", "/account?{hostile}=1"),
    ("/projects", "/projects?q={hostile}"),
    ("/projects/{id}", "/projects/{project}"),
    ("/projects/{id}/matters/{matter}", "/projects/{project}/matters/siting-compliance-check"),
    ("/projects/{id}/sheet", "/projects/{project}/sheet"),
    ("/projects/{id}/documents", "/projects/{project}/documents"),
    ("/projects/{id}/filing", "/projects/{project}/filing"),
    ("/projects/{id}/issue", "/projects/{project}/issue"),
    ("/projects/{id}/consultations", "/projects/{project}/consultations"),
    ("/projects/{id}/difficulties", "/projects/{project}/difficulties"),
    ("/projects/{id}/chart", "/projects/{project}/chart"),
    ("/projects/{id}/plan", "/projects/{project}/plan?finish.{hostile}=1"),
    ("/projects/{id}/log", "/projects/{project}/log"),
];

/// How a file is read by others.
#[derive(Clone, Copy)]
enum Kind {
    Json,
    Xml,
    Calendar,
    Sheet,
    Zip,
    Pdf,
}

/// Every file that carries text of people.
const FILES: [(&str, Kind); 14] = [
    ("/guide/map.json?industry=biomedical", Kind::Json),
    ("/guide/chart.svg?industry=biomedical", Kind::Xml),
    ("/guide/plan.svg?industry=biomedical", Kind::Xml),
    ("/projects/{project}/plan.json", Kind::Json),
    ("/projects/{project}/plan.svg", Kind::Xml),
    ("/projects/{project}/plan.ics", Kind::Calendar),
    ("/projects/{project}/plan.xlsx", Kind::Sheet),
    ("/projects/{project}/plan.xml", Kind::Xml),
    ("/projects/{project}/chart.svg", Kind::Xml),
    ("/projects/{project}/documents.zip", Kind::Zip),
    ("/projects/{project}/documents/{document}", Kind::Pdf),
    ("/projects/{project}/documents/{certificate}", Kind::Pdf),
    ("/verify/{number}/signed.json", Kind::Json),
    ("/.well-known/jwks.json", Kind::Json),
];

/// What a browser makes of a page: its text and what could act.
fn read_page(place: &str, page: &str) -> String {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut all = String::new();
    for token in Tokenizer::new_with_emitter(page, emitter) {
        let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match token.unwrap() {
            Token::String(text) => all.push_str(&words(&text)),
            Token::StartTag(tag) => {
                let name = words(&tag.name);
                let value = |name: &str| tag.attributes.get(name.as_bytes()).map(|v| words(v));
                assert!(name != "evil" && name != "base" && name != "iframe", "{place}: <{name}>");
                assert!(name != "meta" || value("http-equiv").is_none(), "{place}: a page that leads elsewhere");
                assert!(name != "script" || value("nonce").is_some(), "{place}: a script of somebody else's");
                for (attribute, is) in &tag.attributes {
                    let (attribute, is) = (words(attribute), words(is));
                    assert!(!attribute.starts_with("on") && attribute != "autofocus", "{place}: {attribute} of <{name}>");
                    if ["href", "src", "action", "formaction"].contains(&attribute.as_str()) {
                        let local = is.starts_with('/') && !is.starts_with("//") || is.starts_with('#') || is.is_empty();
                        assert!(local || is.starts_with("https://") && !is.contains("evil"), "{place}: {attribute}={is}");
                    }
                    all.push_str(&is);
                }
            }
            Token::Comment(comment) => assert!(!words(&comment).contains("evil"), "{place}: a comment"),
            _ => {}
        }
    }
    all
}

/// Reads XML to its end; gives the names of its elements and attributes.
fn read_xml(place: &str, text: &str) -> BTreeSet<String> {
    use quick_xml::events::Event;
    let forbidden = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}');
    assert!(!text.contains(forbidden), "{place}: a sign that XML does not have");
    let mut reader = quick_xml::Reader::from_str(text);
    let mut names = BTreeSet::new();
    loop {
        match reader.read_event().unwrap_or_else(|e| panic!("{place}: {e}")) {
            Event::Eof => return names,
            Event::Start(tag) | Event::Empty(tag) => {
                names.insert(tag.name().as_ref().to_string());
                for attribute in tag.attributes() {
                    names.insert(attribute.unwrap().key.as_ref().to_string());
                }
            }
            Event::PI(_) | Event::DocType(_) => panic!("{place}: no such thing is in our files"),
            _ => {}
        }
    }
}

fn read_file(place: &str, kind: Kind, answer: &Answer) {
    match kind {
        Kind::Json => drop(serde_json::from_slice::<serde_json::Value>(&answer.bytes).unwrap_or_else(|e| panic!("{place}: {e}"))),
        Kind::Xml => {
            let names = read_xml(place, &answer.text());
            assert!(!names.iter().any(|n| n == "script" || n == "evil" || n == "meta" || n.starts_with("on")), "{place}: {names:?}");
        }
        Kind::Calendar => {
            let text = answer.text();
            assert!(text.split("\r\n").all(|line| !line.contains(['\r', '\n']) && line.len() <= 76), "{place}: lines");
            let calendar: icalendar::Calendar = text.parse().unwrap_or_else(|e| panic!("{place}: {e}"));
            assert!(text.contains("X-WR-CALNAME"));
            assert_eq!(text.matches("BEGIN:VEVENT\r\n").count(), calendar.events().count(), "{place}");
            assert!(!text.contains("\r\nX-EVIL"), "{place}: a property");
        }
        Kind::Sheet => {
            let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&answer.bytes)).unwrap();
            for i in 0..zip.len() {
                let mut part = zip.by_index(i).unwrap();
                let name = format!("{place}: {}", part.name().unwrap());
                let mut text = String::new();
                part.read_to_string(&mut text).unwrap();
                // A cell is a formula by its element alone; what is text stays text, whatever it begins with.
                let names = read_xml(&name, text.trim_start_matches("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"));
                assert!(!names.contains("f") && !names.contains("hyperlink") && !names.contains("evil"), "{name}: {names:?}");
            }
        }
        Kind::Zip => {
            let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&answer.bytes)).unwrap();
            assert!(zip.len() > 3, "{place}: {}", zip.len());
            for i in 0..zip.len() {
                let name = zip.by_index(i).unwrap().name().unwrap().into_owned();
                let parts: Vec<&str> = name.split('/').collect();
                let plain =
                    |part: &&str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '<', '>', '"', '|', '*', '?']);
                assert!(parts.len() == 2 && parts.iter().all(plain) && !name.contains(char::is_control), "{place}: {name:?}");
            }
        }
        Kind::Pdf => {
            let bytes = &answer.bytes;
            let has = |what: &[u8]| bytes.windows(what.len()).any(|w| w == what);
            assert!(bytes.starts_with(b"%PDF-"), "{place}");
            for action in [&b"/JavaScript"[..], b"/JS ", b"/Launch", b"/SubmitForm", b"evil.test"] {
                assert!(!has(action), "{place}: {}", String::from_utf8_lossy(action));
            }
        }
    }
}

/// A project in which everything is called what a stranger likes, with certificates.
async fn hostile_project(world: &World, name: &str, all: &str) -> Id<Project> {
    let wang = world.as_("wang").await;
    let answers = [("gross_floor_area_sqm", "30000"), ("total_investment_10k", "20000")];
    let answers = Answers::from_pairs(&world.service.catalogue, answers).unwrap();
    let id = service::project::open(&wang, name, "狮山", answers, Sent::default()).await.map_err(sentence).unwrap();
    world.does("wang", &id, ask("q1", Some("siting-compliance-check"), all)).await.unwrap();
    world.does("gu", &id, answer("q1", all)).await.unwrap();
    world.does("wang", &id, raise("d1", all)).await.unwrap();
    let note = domain::project::Note { matter: None, text: domain::Text::same(all), internal: false, milestone: None };
    world.does("wang", &id, domain::project::Request::Note { note }).await.unwrap();
    let values = [("main_products", all), ("construction_content", all)].map(|(field, value)| (field.into(), value.to_string()));
    service::sheet::fill(&wang, &id, values.into_iter().collect()).await.map_err(sentence).unwrap();
    for name in HOSTILE {
        let bytes = format!("%PDF-1.7\n{name}").replace("evil.test", "");
        let announced =
            service::material::Announced { name: format!("../{name}/{name}.pdf"), length: bytes.len() as u64, ..Default::default() };
        let upload = service::material::announce(&wang, &id, announced).await.map_err(sentence).unwrap();
        service::material::take(&wang, &upload.id, 0, bytes.into()).await.map_err(sentence).unwrap();
    }
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_write_becomes_nothing_else_on_any_page_or_in_any_file() {
    let listed: BTreeSet<String> = PAGES.iter().map(|(pattern, _)| pattern.to_string()).collect();
    let there: BTreeSet<String> = page_paths().into_iter().map(|path| path.replace(":id", "{id}")).collect();
    assert_eq!(there, listed, "every page is in the list, and nothing else");

    let world = World::on_sqlite().await;
    let all = HOSTILE.join(" ");
    sqlx::query("update firm set name = $1 where name = '新芯公司'").bind(HOSTILE[0]).execute(world.service.db.pool()).await.unwrap();
    sqlx::query("update account set name = $1 where login = 'wang'").bind(all.clone()).execute(world.service.db.pool()).await.unwrap();
    let door = Door::of(&world, format!("session={}", world.session("wang").await));
    let mut number = String::new();
    let mut certificate = String::new();
    for (n, name) in HOSTILE.into_iter().enumerate() {
        let id = hostile_project(&world, name, &all).await;
        if n == 0 {
            let six = world.brings_to_the_gate(&id).await;
            let chen = world.as_("chen").await;
            service::project::request(&chen, &id, jointly(&six), Sent::default()).await.map_err(sentence).unwrap();
            let project = world.sees("wang", &id).await.unwrap().project;
            let (first, held) = project.certificates.iter().next().unwrap();
            number = coded(first);
            certificate = project.library.iter().find(|(_, k)| k.latest().unwrap().digest == held.printed).unwrap().0.to_string();
        }
        let project = world.sees("wang", &id).await.unwrap().project;
        let document = project.library.keys().next_back().unwrap().to_string();
        let address = |pattern: &str| {
            pattern
                .replace("{hostile}", &coded(name))
                .replace("{project}", id.as_str())
                .replace("{number}", &number)
                .replace("{document}", &document)
                .replace("{certificate}", &certificate)
        };
        let mut shown = 0;
        for (_, pattern) in PAGES {
            let path = address(pattern);
            let answer = door.get(&path).await;
            assert!(answer.status.is_success() || answer.status.is_client_error(), "{path}: {}", answer.status);
            let text = read_page(&path, &answer.text());
            // It is there, as text: the test looks at what it should look at.
            let words = |text: &str| text.split_whitespace().collect::<String>();
            shown += usize::from(words(&text).contains(&words(name)));
            headers(&path, &answer);
        }
        assert!(shown >= 14, "“{name}” is shown on {shown} pages only");
        for (pattern, kind) in FILES.iter().filter(|(pattern, _)| n == 0 || !pattern.contains("{certificate}")) {
            let path = address(pattern);
            let answer = door.get(&path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            read_file(&path, *kind, &answer);
            headers(&path, &answer);
        }
    }
}

/// Headers hold one line each, and a file's name nothing that ends it.
fn headers(place: &str, answer: &Answer) {
    for (name, value) in &answer.headers {
        let value = value.to_str().unwrap_or_else(|_| panic!("{place}: {name} is not plain"));
        assert!(!value.contains(['<', '>']), "{place}: {name}: {value}");
        if name == header::CONTENT_DISPOSITION {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_. ;=*'\"%".contains(c);
            assert!(value.matches('"').count() == 2 && value.chars().all(plain), "{place}: {value}");
        } else {
            assert!(!value.contains("evil.test"), "{place}: {name}: {value}");
        }
    }
    assert!(!answer.headers.contains_key("x-evil"), "{place}");
}
