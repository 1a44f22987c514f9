//! What outlives a request, and what is no session: feeds, sockets, access tokens, tickets.

use crate::doors::send_as;
use crate::sign_in::form;
use axum::body::Body;
use axum::http::{Request, header};
use domain::id::Id;
use domain::limit::Limit;
use domain::project::Project;
use domain::sheet::protocol::SIGNED_OUT;
use futures::StreamExt;
use service::account::{by_session, disable, enable, end_others, revoke, sign_out};
use std::collections::BTreeSet;
use std::time::Duration;
use test_support::people::LI;
use test_support::portal::Portal;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tower::ServiceExt;

async fn serve(portal: &Portal) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = portal.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A connection that stays: a feed or a socket.
struct Open {
    connection: BufReader<TcpStream>,
    status: u16,
}

impl Open {
    async fn get(at: std::net::SocketAddr, path: &str, by: &str, more: &str) -> Open {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{by}\r\n{more}\r\n").as_bytes()).await.unwrap();
        let mut connection = BufReader::new(stream);
        let mut line = String::new();
        connection.read_line(&mut line).await.unwrap();
        Open { connection, status: line.split(' ').nth(1).unwrap().parse().unwrap() }
    }

    async fn feed(at: std::net::SocketAddr, project: &Id<Project>, by: &str) -> Open {
        Open::get(at, &format!("/live?project={project}&after=1"), by, "Connection: close\r\n").await
    }

    async fn socket(at: std::net::SocketAddr, path: &str, by: &str) -> Open {
        let upgrade =
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        Open::get(at, path, by, upgrade).await
    }

    /// Waits until the server has ended it, and gives what it said last.
    async fn ends(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(10), self.connection.read_to_end(&mut rest));
        let _ = ended.await.expect("the server ends the connection");
        rest
    }
}

async fn both(at: std::net::SocketAddr, project: &Id<Project>, by: &str) -> [Open; 2] {
    let open = [Open::feed(at, project, by).await, Open::socket(at, &format!("/collab/{project}.land"), by).await];
    assert_eq!((open[0].status, open[1].status), (200, 101));
    open
}

async fn end(open: [Open; 2]) {
    for connection in open {
        connection.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feeds_and_sockets_end_with_what_they_were_opened_by() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let at = serve(&portal).await;
    let cx = portal.service.context(None);
    let secret = |cookie: &str| cookie.trim_start_matches("session=").to_string();

    let wang = portal.session("wang").await;
    let open = both(at, &project, &format!("Cookie: {wang}")).await;
    sign_out(&cx, &secret(&wang)).await.unwrap();
    end(open).await;

    // Ended by another session of the same person.
    let (wang, other) = (portal.session("wang").await, portal.session("wang").await);
    let open = both(at, &project, &format!("Cookie: {wang}")).await;
    let access = by_session(&portal.service, &secret(&other)).await.unwrap().unwrap().access;
    end_others(&cx, &access).await.unwrap();
    end(open).await;

    let open = both(at, &project, &format!("Cookie: {other}")).await;
    disable(&cx, "wang").await.unwrap();
    end(open).await;
    enable(&cx, "wang").await.unwrap();

    let token = portal.token("wang", "read,sheet").await;
    let open = both(at, &project, &format!("Authorization: Bearer {token}")).await;
    revoke(&cx, "wang", &token).await.unwrap();
    end(open).await;

    let wang = portal.session("wang").await;
    let open = both(at, &project, &format!("Cookie: {wang}")).await;
    portal.service.clock.advance_seconds(domain::access::SESSION_SECONDS);
    end(open).await;
}

/// What a page of a project reads anew by itself, by the names of its server functions.
const ANEW: [&str; 5] = ["me_anew", "view_project_anew", "view_sheet_anew", "view_masked_anew", "document_names_anew"];

/// A page that is left open, and what it asks for by itself, keeps no session alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_nobody_uses_is_signed_out_after_two_hours() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let at = serve(&portal).await;
    let wang = portal.session("wang").await;
    let open = both(at, &project, &format!("Cookie: {wang}")).await;
    for _ in 0..3 {
        portal.service.clock.advance_seconds(1800);
        for name in ANEW {
            let answer = send_as(&portal, name, &wang, &format!("id={project}")).await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        }
        let filed = format!("id={project}&package=none&matter=company-registration&nth=1");
        assert_eq!(send_as(&portal, "view_filed_anew", &wang, &filed).await.status, 404, "nothing is filed");
        assert_eq!(Open::feed(at, &project, &format!("Cookie: {wang}")).await.status, 200);
    }
    portal.service.clock.advance_seconds(1800);
    end(open).await;
    assert!(portal.get("/projects", &wang).await.status.is_redirection());
    // A person who asks for a page goes on.
    let wang = portal.session("wang").await;
    for _ in 0..4 {
        portal.service.clock.advance_seconds(3600);
        assert_eq!(portal.get("/projects", &wang).await.status, 200);
    }
    // So do those who click: what a page asks for then is called by the name itself.
    for name in ANEW {
        portal.service.clock.advance_seconds(3600);
        let namesake = name.trim_end_matches("_anew");
        assert_eq!(send_as(&portal, namesake, &wang, &format!("id={project}")).await.status, 200, "{namesake}");
    }
    assert_eq!(portal.get("/projects", &wang).await.status, 200);
}

/// Whoever adds a function that a page calls by itself adds it to the story above.
#[test]
fn each_function_that_a_page_calls_by_itself_has_a_namesake_and_is_tried() {
    let all: Vec<&str> = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path).collect();
    let names: BTreeSet<&str> = all.iter().map(|path| path.trim_start_matches("/rpc/")).collect();
    let anew: BTreeSet<&str> = names.iter().copied().filter(|name| name.ends_with("_anew")).collect();
    assert_eq!(anew, ANEW.into_iter().chain(["view_filed_anew"]).collect());
    assert!(anew.iter().all(|name| names.contains(name.trim_end_matches("_anew"))), "{names:?}");
}

/// What waits in a feed is told to nobody whose session has ended.
#[tokio::test]
async fn a_feed_that_was_not_read_says_nothing_after_the_end() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let wang = portal.session("wang").await;
    let request = Request::get(format!("/live?project={project}&after=0")).header(header::COOKIE, &wang);
    let response = portal.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    for n in 0..3 {
        let command = domain::project::consultation::Request::Ask { matter: None, text: format!("问{n}") };
        let command = domain::project::Request::Consultation { id: format!("q{n}").into(), request: command };
        service::project::request(&portal.as_("wang").await, &project, command, Default::default()).await.unwrap();
    }
    let mut body = response.into_body().into_data_stream();
    let mut heard = String::new();
    while !heard.contains("问0") {
        heard.push_str(&String::from_utf8_lossy(&body.next().await.unwrap().unwrap()));
    }
    sign_out(&portal.service.context(None), wang.trim_start_matches("session=")).await.unwrap();
    while let Some(piece) = body.next().await {
        heard.push_str(&String::from_utf8_lossy(&piece.unwrap()));
    }
    assert!(!heard.contains("问2"), "{heard}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_says_that_the_session_has_ended() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let at = serve(&portal).await;
    let wang = portal.session("wang").await;
    let socket = Open::socket(at, &format!("/collab/{project}.land"), &format!("Cookie: {wang}")).await;
    assert_eq!(socket.status, 101);
    sign_out(&portal.service.context(None), wang.trim_start_matches("session=")).await.unwrap();
    let said = socket.ends().await;
    let expected = [&SIGNED_OUT.to_be_bytes()[..], b"your session has ended"].concat();
    assert!(said.ends_with(&expected), "the close frame: {}", String::from_utf8_lossy(&said));
}

/// Somebody else has signed in since in the same browser, while a page of the first is still open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_one_account_neither_hears_nor_writes_as_another() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let at = serve(&portal).await;
    let account = async |cookie: &str| {
        let secret = cookie.trim_start_matches("session=");
        by_session(&portal.service, secret).await.unwrap().unwrap().access.account
    };
    let (wang, li) = (portal.session("wang").await, portal.session("li").await);
    for (page, cookie, feed, socket) in [(&wang, &wang, 200, 101), (&wang, &li, 401, 401), (&li, &li, 200, 101)] {
        let (by, of) = (format!("Cookie: {cookie}"), account(page).await);
        let heard = Open::get(at, &format!("/live?project={project}&after=1&account={of}"), &by, "Connection: close\r\n").await;
        assert_eq!(heard.status, feed);
        let written = Open::socket(at, &format!("/collab/{project}.land?told=1&account={of}"), &by).await;
        assert_eq!(written.status, socket);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deputy_who_is_one_no_more_is_let_go() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let at = serve(&portal).await;
    // A colleague of the agent's own house and post, who does not follow the project otherwise.
    let sun = service::account::NewAccount {
        login: "sun".into(),
        name: "孙某".into(),
        role: domain::role::Role::Agent,
        firm: LI.firm.into(),
        office: None,
        password: Some("correct horse".into()),
        areas: Vec::new(),
        matters: Vec::new(),
    };
    let sun_id = service::account::add(&portal.service, sun).await.unwrap();
    let sun = portal.session("sun").await;
    let by = format!("Cookie: {sun}");
    assert_eq!(Open::feed(at, &project, &by).await.status, 404);
    let li = portal.as_("li").await;
    service::work::appoint_deputy(&li, Some(&sun_id), "2024-10-01".parse().ok()).await.unwrap();
    let open = both(at, &project, &by).await;
    service::work::appoint_deputy(&li, None, None).await.unwrap();
    end(open).await;
}

fn get(path: &str, name: header::HeaderName, value: &str) -> Request<Body> {
    Request::get(path).header(name, value).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_token_is_no_session_and_a_session_no_token() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let token = portal.token("wang", "read,sheet,documents,record").await;
    assert_eq!(portal.send(get("/projects", header::AUTHORIZATION, &format!("Bearer {token}"))).await.status, 200);
    assert!(portal.get("/projects", &format!("session={token}")).await.status.is_redirection(), "as a cookie");
    let secret = portal.session("wang").await.trim_start_matches("session=").to_string();
    assert!(portal.send(get("/projects", header::AUTHORIZATION, &format!("Bearer {secret}"))).await.status.is_redirection());
    let at = serve(&portal).await;
    let path = format!("/collab/{project}.land");
    for secret in [&token, &secret] {
        let mut refused = Open::socket(at, &format!("{path}?token={secret}"), "X-Nothing: 1").await;
        assert_eq!(refused.status, 400, "in an address");
        let mut said = vec![0; 2000];
        let read = refused.connection.read(&mut said).await.unwrap();
        assert!(String::from_utf8_lossy(&said[..read]).contains("/collab/ticket"));
        assert!(portal.get(&format!("/projects?token={secret}"), "").await.status.is_redirection());
    }
    // What takes a person no token does, whatever its scope.
    for function in ["change_password", "end_session", "move_matter", "start_project", "my_account"] {
        let mut request = form(&crate::doors::path(function), "", "203.0.113.9", String::new());
        request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        let refused = portal.send(request).await;
        assert!(refused.status == 403 && refused.text.contains("须本人登录"), "{function}: {} {}", refused.status, refused.text);
    }
}

#[tokio::test]
async fn a_token_opens_what_it_is_good_for_until_its_end() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let at = serve(&portal).await;
    let (sheet, read) = (format!("/collab/{project}.land"), format!("/projects/{project}"));
    let status = async |method: &str, path: &str, token: &str| {
        let request = Request::builder().method(method).uri(path).header(header::ACCEPT, "text/html");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        portal.send(request.body(Body::empty()).unwrap()).await.status.as_u16()
    };
    for (scope, open) in
        [("read", [true, false, false, false]), ("sheet", [false, true, false, false]), ("documents", [false, false, true, false])]
    {
        let token = portal.token("wang", scope).await;
        let socket = Open::socket(at, &sheet, &format!("Authorization: Bearer {token}")).await.status;
        let found = [
            status("GET", &read, &token).await != 403,
            socket != 403,
            status("POST", &format!("/projects/{project}/uploads"), &token).await != 403,
            status("POST", &format!("/projects/{project}/matters/siting-compliance-check/record"), &token).await != 403,
        ];
        assert_eq!(found, open, "{scope}");
        assert_eq!(status("POST", "/collab/ticket", &token).await, if scope == "sheet" { 200 } else { 403 });
    }
    let revoked = portal.token("wang", "read").await;
    revoke(&portal.service.context(None), "wang", &revoked).await.unwrap();
    let expired = portal.token("wang", "read").await;
    assert_eq!(status("GET", &read, &expired).await, 200);
    portal.service.clock.advance_seconds(30 * 86_400);
    let disabled = portal.token("zhou", "read").await;
    disable(&portal.service.context(None), "zhou").await.unwrap();
    for token in [&revoked, &expired, &disabled] {
        assert!((300..400).contains(&status("GET", &read, token).await), "sent to the sign-in");
        let refused = Open::feed(at, &project, &format!("Authorization: Bearer {token}")).await;
        assert_eq!(refused.status, 401);
    }
}

#[tokio::test]
async fn a_ticket_opens_one_socket_for_its_person_within_seconds() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let at = serve(&portal).await;
    let (wang, zhao) = (portal.session("wang").await, portal.session("zhao").await);
    let ticket = async || {
        let answer = portal.send(form("/collab/ticket", &wang, "203.0.113.9", String::new())).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let answer: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        assert!(answer["expires"].is_string());
        format!("/collab/{project}.land?ticket={}", answer["ticket"].as_str().unwrap())
    };
    let nobody = "X-Nothing: 1";
    let once = ticket().await;
    assert_eq!(Open::socket(at, &once, nobody).await.status, 101);
    assert_eq!(Open::socket(at, &once, nobody).await.status, 401, "twice");
    let of_another = ticket().await;
    assert_eq!(Open::socket(at, &of_another, &format!("Cookie: {zhao}")).await.status, 401);
    let elsewhere = ticket().await;
    assert!(portal.get(&elsewhere.replace(&format!("/collab/{project}.land"), "/projects"), "").await.status.is_redirection());
    let late = ticket().await;
    portal.service.clock.advance_seconds(domain::access::TICKET_SECONDS);
    assert_eq!(Open::socket(at, &late, nobody).await.status, 401);
    assert_eq!(portal.send(form("/collab/ticket", "", "203.0.113.9", String::new())).await.status, 401);
    // Another site cannot ask for one with the browser's cookie.
    let mut foreign = form("/collab/ticket", &wang, "203.0.113.9", String::new());
    foreign.headers_mut().insert(header::HOST, "localhost".parse().unwrap());
    foreign.headers_mut().insert(header::ORIGIN, "https://evil.example".parse().unwrap());
    assert_eq!(portal.send(foreign).await.status, 403);
    // Too many are refused.
    let wang = by_session(&portal.service, wang.trim_start_matches("session=")).await.unwrap().unwrap().access;
    let refused = async {
        loop {
            if let Err(met) = service::account::make_ticket(&portal.service.context(None), &wang).await {
                return met.into_public();
            }
        }
    };
    assert_eq!(refused.await.sentence(), Limit::Ticket.row().sentence);
}

#[tokio::test]
async fn feeds_of_one_account_have_an_end() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let wang = portal.session("wang").await;
    let feed = || {
        let request = Request::get(format!("/live?project={project}&after=1")).header(header::COOKIE, &wang);
        portal.router.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let mut open = Vec::new();
    for _ in 0..Limit::Feeds.at_once() {
        let response = feed().await.unwrap();
        assert_eq!(response.status(), 200);
        open.push(response);
    }
    let refused = feed().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    open.pop();
    assert_eq!(feed().await.unwrap().status(), 200, "one was closed");
}
