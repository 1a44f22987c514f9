//! Identity numbers: whole for those who need them, and on record; masked for everybody else, through every door.

use crate::deceit::{Door, FORM};
use domain::id::Id;
use domain::project::Project;
use domain::project::filing::completeness;
use domain::role::Role;
use domain::sheet::protocol::Frame;
use service::project::Sent;
use sqlx::Row;
use std::time::Duration;
use test_support::filing::file;
use test_support::filing::{sheet_of, uploads};
use test_support::world::{World, sentence};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const NUMBER: &str = "11010519491231002X";
const MASKED: &str = "110***********002X";
const BEFORE: &str = "E12345678";
const REGISTRATION: &str = "company-registration";

/// Who looks, and what they get to see.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Sees {
    Whole,
    Masked,
    Nothing,
}

const PEOPLE: [(&str, Sees); 10] = [
    ("wang", Sees::Whole),
    ("li", Sees::Whole),
    ("reg", Sees::Whole),
    ("chen", Sees::Masked),
    ("zhou", Sees::Masked),
    ("water", Sees::Masked),
    ("invest", Sees::Masked),
    ("du", Sees::Masked),
    ("ma", Sees::Masked),
    ("zhao", Sees::Nothing),
];

/// Gives everybody the password that sessions are opened with.
async fn passwords(world: &World) {
    let cx = world.service.context(None);
    for person in service::account::list(&world.service.db).await.unwrap() {
        let same = service::account::Password::Plain("correct horse".into());
        service::account::set_password(&cx, &person.login, same).await.map_err(sentence).unwrap();
    }
}

/// A project that registers a company, filed with its legal representative's number, which was another one before.
async fn registered(world: &World) -> Id<Project> {
    for (login, role, office) in [
        ("reg", Role::Department, Some("market-regulation")),
        ("water", Role::Department, Some("water-affairs")),
        ("invest", Role::DepartmentHead, Some("investment-promotion")),
        ("du", Role::Supervisor, None),
        ("ma", Role::DistrictLeader, None),
    ] {
        world.person(login, role, login, office, &[], &[]).await;
    }
    passwords(world).await;
    let id = world.project_with(&[("needs_project_company", "true")]).await;
    let wang = world.as_("wang").await;
    service::sheet::fill(&wang, &id, [("legal_rep_id".into(), BEFORE.into())].into()).await.map_err(sentence).unwrap();
    world.service.clock.advance_seconds(120);
    world.fills(&id, REGISTRATION, &[("legal_rep_id", NUMBER)]).await;
    let project = world.sees("wang", &id).await.unwrap().project;
    let catalogue = &world.service.catalogue;
    let (entries, today) = (sheet_of(&wang, &id).await, world.service.clock.now().date());
    let complete = completeness(&project, catalogue, &catalogue.form, &entries, catalogue.matter(REGISTRATION).unwrap(), today);
    for paper in complete.papers {
        uploads(&wang, &id, paper.material.as_str(), paper.material.as_str()).await;
    }
    let matters = [REGISTRATION.into()].into();
    service::project::request(&wang, &id, file(&matters, true), Sent::default()).await.map_err(sentence).unwrap();
    id
}

/// What is on record of reading identity numbers: who, and what.
async fn on_record(world: &World) -> Vec<(String, String)> {
    let rows = sqlx::query(
        "select a.login as login, r.subject as subject from audit r join account a on a.id = r.account where r.kind = 'identity_read' order by r.at, r.id",
    );
    let rows = rows.fetch_all(world.service.db.pool()).await.unwrap();
    rows.iter().map(|row| (row.get("login"), row.get("subject"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_functions_and_files_give_a_number_whole_to_those_who_need_it_alone() {
    let world = World::on_sqlite().await;
    let id = registered(&world).await;
    let (package, _) = world.only_package(&id).await;
    for (login, sees) in PEOPLE {
        let door = Door::of(&world, format!("session={}", world.session(login).await));
        let before = on_record(&world).await.len();
        let sheet = door.get(&format!("/projects/{id}/sheet")).await;
        let recorded = on_record(&world).await.split_off(before);
        let whole: Vec<(String, String)> =
            if sees == Sees::Whole { vec![(login.into(), "applicant/legal_rep_id (sheet)".into())] } else { Vec::new() };
        assert_eq!(recorded, whole, "{login}: once for the page, before it goes out");
        let pages =
            ["", "/filing", "/issue", "/documents", "/log", "/matters/company-registration", "/plan.json", "/plan.ics", "/plan.xml"];
        let mut answers = vec![sheet];
        for page in pages {
            answers.push(door.get(&format!("/projects/{id}{page}")).await);
        }
        for (name, body) in [
            ("view_sheet", format!("id={id}")),
            ("sheet_history", format!("id={id}&section=applicant")),
            ("view_filed", format!("id={id}&package={package}&matter={REGISTRATION}&nth=1")),
            ("view_project", format!("id={id}")),
        ] {
            answers.push(door.post(&crate::doors::path(name), "application/json", None, FORM, body.as_bytes()).await);
        }
        let n = answers.len();
        for (place, answer) in answers.iter().enumerate() {
            let (place, text) = (format!("{login} at {place}"), answer.text());
            assert_eq!(answer.status, if sees == Sees::Nothing { 404 } else { 200 }, "{place}: {text}");
            assert!(sees == Sees::Whole || !text.contains(NUMBER) && !text.contains(BEFORE), "{place} reads it whole");
        }
        // The sheet, the matter's filing, and what the page's program asks for.
        for (place, masked) in [(0, MASKED), (6, MASKED), (n - 4, MASKED), (n - 3, "E******78"), (n - 2, MASKED)] {
            let text = answers[place].text();
            assert_eq!(text.contains(NUMBER), sees == Sees::Whole, "{login} at {place}");
            assert_eq!(text.contains(masked), sees == Sees::Masked, "{login} at {place}");
        }
        assert_eq!(answers[0].text().contains("证件号已遮盖"), sees == Sees::Masked, "{login} is told");
        let recorded = on_record(&world).await.split_off(before);
        assert!(recorded.iter().all(|(who, what)| who == login && what.contains("legal_rep_id")), "{recorded:?}");
        for place in ["(sheet)", "(history)", "(filing "] {
            assert_eq!(recorded.iter().any(|(_, what)| what.contains(place)), sees == Sees::Whole, "{login} {place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_on_record_where_there_is_no_number() {
    let world = World::on_sqlite().await;
    let id = world.project_with(&[("needs_project_company", "true")]).await;
    let door = Door::of(&world, format!("session={}", world.session("wang").await));
    assert_eq!(door.get(&format!("/projects/{id}/sheet")).await.status, 200);
    assert_eq!(on_record(&world).await, []);
}

/// Comes to a section's document, and gives what the server says until it has said all it has.
async fn joins(at: std::net::SocketAddr, document: &str, cookie: &str) -> (String, String) {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let head = format!(
        "GET /collab/{document} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // "This is what I have": nothing. A frame of ours, masked with zeros.
    let have = Frame::Have(Default::default()).encode();
    let length = 0x80 | u8::try_from(have.len()).unwrap();
    let frame = [&[0x82, length, 0, 0, 0, 0][..], &have].concat();
    let mut heard = Vec::new();
    let mut sent = false;
    let reading = async {
        let mut piece = [0; 4096];
        loop {
            let n = stream.read(&mut piece).await.unwrap();
            heard.extend_from_slice(&piece[..n]);
            let text = String::from_utf8_lossy(&heard).into_owned();
            let upgraded = text.starts_with("HTTP/1.1 101") && text.contains("\r\n\r\n");
            if upgraded && !sent {
                stream.write_all(&frame).await.unwrap();
                sent = true;
            }
            // The answer holds the field's name; a refusal ends with its sentence.
            if n == 0 || upgraded && text.contains("legal_rep_id") || !upgraded && text.ends_with("\n") && text.contains("\r\n\r\n") {
                return text;
            }
        }
    };
    let text = tokio::time::timeout(Duration::from_secs(20), reading).await.expect("an answer");
    (text.split("\r\n").next().unwrap_or_default().to_string(), text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_live_document_of_a_section_with_a_number_is_for_those_who_read_it_whole() {
    let world = World::on_sqlite().await;
    let id = registered(&world).await;
    let door = Door::of(&world, String::new());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let router = door.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    for (login, sees) in PEOPLE {
        let cookie = format!("session={}", world.session(login).await);
        let before = on_record(&world).await.len();
        let (status, heard) = joins(at, &format!("{id}.applicant"), &cookie).await;
        let expected = match sees {
            Sees::Whole => "101",
            Sees::Masked => "403",
            Sees::Nothing => "404",
        };
        assert!(status.contains(expected), "{login}: {status}");
        assert_eq!(heard.contains(NUMBER), sees == Sees::Whole, "{login}");
        assert_eq!(heard.contains("只能看遮盖后的内容"), sees == Sees::Masked, "{login} is told why");
        let recorded = on_record(&world).await.split_off(before);
        let whole = if sees == Sees::Whole { vec![(login.to_string(), "applicant/legal_rep_id (live)".to_string())] } else { Vec::new() };
        assert_eq!(recorded, whole, "{login}");
    }
}

/// A socket that stays, with what the server said so far.
struct Here {
    stream: TcpStream,
    heard: String,
}

impl Here {
    /// Comes to a section's document, and has said what it has: nothing.
    async fn comes(at: std::net::SocketAddr, document: &str, cookie: &str) -> Here {
        let mut stream = TcpStream::connect(at).await.unwrap();
        let head = format!(
            "GET /collab/{document} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut here = Here { stream, heard: String::new() };
        here.hears("\r\n\r\n").await;
        assert!(here.heard.starts_with("HTTP/1.1 101"), "{}", here.heard);
        let have = Frame::Have(Default::default()).encode();
        let length = 0x80 | u8::try_from(have.len()).unwrap();
        here.stream.write_all(&[&[0x82, length, 0, 0, 0, 0][..], &have].concat()).await.unwrap();
        here
    }

    async fn hears(&mut self, what: &str) {
        let reading = async {
            let mut piece = [0; 4096];
            while !self.heard.contains(what) {
                let n = self.stream.read(&mut piece).await.unwrap();
                assert!(n > 0, "it ended: {}", self.heard);
                self.heard.push_str(&String::from_utf8_lossy(&piece[..n]));
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reading).await.expect("it is told");
    }
}

/// A number that comes while somebody has the section open is read by them, and on record: once for a connection, and not
/// for who wrote it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_is_typed_while_the_section_is_open_is_on_record_once() {
    let world = World::on_sqlite().await;
    world.person("reg", Role::Department, "reg", Some("market-regulation"), &[], &[]).await;
    passwords(&world).await;
    let id = world.project_with(&[("needs_project_company", "true")]).await;
    let door = Door::of(&world, String::new());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let router = door.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let document = format!("{id}.applicant");
    let cookie = async |login: &str| format!("session={}", world.session(login).await);
    let mut reg = Here::comes(at, &document, &cookie("reg").await).await;
    let mut wang = Here::comes(at, &document, &cookie("wang").await).await;
    let mut li = Here::comes(at, &document, &cookie("li").await).await;
    let fills = async |field: &str, value: &str| {
        let values = [(field.into(), value.into())].into();
        service::sheet::fill(&world.as_("wang").await, &id, values).await.map_err(sentence).unwrap();
    };
    fills("legal_rep_name", "张三丰").await;
    reg.hears("张三丰").await;
    assert_eq!(on_record(&world).await, [], "there is no number yet");
    for number in [NUMBER, BEFORE] {
        fills("legal_rep_id", number).await;
        reg.hears(number).await;
        wang.hears(number).await;
        li.hears(number).await;
        let read = |login: &str| (login.to_string(), "applicant/legal_rep_id (live)".to_string());
        let mut recorded = on_record(&world).await;
        recorded.sort();
        assert_eq!(recorded, [read("li"), read("reg")], "before it is told, and once for each");
    }
    // Another connection is another reading.
    let mut again = Here::comes(at, &document, &cookie("reg").await).await;
    again.hears(BEFORE).await;
    assert_eq!(on_record(&world).await.len(), 3);
    let values = on_record(&world).await.into_iter().map(|(_, subject)| subject).collect::<String>();
    assert!(!values.contains(NUMBER) && !values.contains(BEFORE), "never the value");
}

/// The page for filing counts what is missing by masked numbers: however often it reads anew, nobody reads one by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_for_filing_gives_a_number_to_nobody() {
    let world = World::on_sqlite().await;
    let id = registered(&world).await;
    for (login, sees) in PEOPLE {
        let door = Door::of(&world, format!("session={}", world.session(login).await));
        let before = on_record(&world).await.len();
        let mut answers = vec![door.get(&format!("/projects/{id}/filing")).await];
        for name in ["view_masked", "view_masked_anew"] {
            answers.push(door.post(&crate::doors::path(name), "application/json", None, FORM, format!("id={id}").as_bytes()).await);
        }
        for answer in answers {
            let text = answer.text();
            assert_eq!(answer.status, if sees == Sees::Nothing { 404 } else { 200 }, "{login}: {text}");
            assert!(!text.contains(NUMBER) && !text.contains(BEFORE), "{login} reads it whole");
            assert_eq!(text.contains(MASKED), sees != Sees::Nothing, "{login}");
        }
        assert_eq!(on_record(&world).await.split_off(before), [], "{login}");
    }
}

const SCAN: &str = "legal-rep-id";

/// What is on record of this person reading documents.
async fn documents_read(world: &World, login: &str) -> Vec<String> {
    let rows = sqlx::query_scalar(
        "select r.subject from audit r join account a on a.id = r.account where r.kind = 'document_read' and a.login = $1 order by r.at, r.id",
    );
    rows.bind(login.to_string()).fetch_all(world.service.db.pool()).await.unwrap()
}

/// The scan of an identity document is for those who read the number whole; everybody else sees its name and digest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_of_an_identity_document_is_for_those_who_need_it() {
    let world = World::on_sqlite().await;
    let id = registered(&world).await;
    let library = world.sees("wang", &id).await.unwrap().project.library;
    let (scan, kept) = library.iter().find(|(_, kept)| kept.is(&SCAN.into())).unwrap();
    let digest = kept.latest().unwrap().digest.to_string();
    let address = format!("/projects/{id}/documents/{scan}");
    for (login, sees) in PEOPLE {
        let door = Door::of(&world, format!("session={}", world.session(login).await));
        let (one, part) = match sees {
            Sees::Whole => (200, 206),
            Sees::Masked => (403, 403),
            Sees::Nothing => (404, 404),
        };
        for path in [address.clone(), format!("{address}?version=1"), format!("{address}?save=1")] {
            let whole = door.get(&path).await;
            assert_eq!(whole.status, one, "{login} {path}");
            assert_eq!(whole.text().contains("%PDF"), sees == Sees::Whole, "{login} {path}");
        }
        assert_eq!(door.range(&address, "bytes=0-3").await.status, part, "{login}");
        assert_eq!(door.head(&address).await.status, one, "{login}");
        // To whom it is not given it says nothing of its versions either.
        assert_eq!(door.get(&format!("{address}?version=9")).await.status, if sees == Sees::Masked { 403 } else { 404 }, "{login}");
        let zip = door.get(&format!("/projects/{id}/documents.zip")).await;
        assert_eq!(zip.status, if sees == Sees::Nothing { 404 } else { 200 }, "{login}");
        assert_eq!(zip.text().contains("法定代表人身份证明"), sees == Sees::Whole, "{login}");
        assert_eq!(zip.text().contains("公司章程"), sees != Sees::Nothing, "{login} gets the rest");
        let page = door.get(&format!("/projects/{id}/documents")).await.text();
        assert_eq!(page.contains(&address), sees == Sees::Whole, "{login}");
        assert_eq!(page.contains(&digest) && page.contains("身份证件，只供"), sees == Sees::Masked, "{login} knows that it is there");
        let read = documents_read(&world, login).await;
        let named = [format!("{scan}/1"), format!("{scan}/1 (documents.zip)")];
        assert!(named.iter().all(|name| read.contains(name) == (sees == Sees::Whole)), "{login}: {read:?}");
    }
}
