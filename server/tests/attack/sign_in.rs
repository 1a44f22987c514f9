//! Guessing, flooding and planting at the sign-in.

use axum::body::Body;
use axum::http::{Request, header};
use domain::limit::Limit;
use server::{Peer, Settings};
use service::audit::{Asked, export};
use sqlx::Row;
use test_support::portal::{Answer, Portal};

/// The address of a server function, as a page's form names it.
pub async fn action(portal: &Portal, page: &str, cookie: &str, name: &str) -> String {
    let text = portal.get(page, cookie).await.text;
    let mut actions = text.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let path = format!("/rpc/{name}");
    actions.find(|a| *a == path).unwrap_or_else(|| panic!("{page} has no form for {name}")).to_string()
}

/// A form sent by a program: the answer's status says what came of it.
pub fn form(path: &str, cookie: &str, from: &str, body: String) -> Request<Body> {
    let mut request = Request::post(path)
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    request.extensions_mut().insert(Peer(from.parse().unwrap()));
    request
}

fn sign_in(path: &str, from: &str, login: &str, password: &str) -> Request<Body> {
    form(path, "", from, format!("login={login}&password={}&to=/projects", password.replace(' ', "+")))
}

/// The session that an answer begins, as a cookie to be sent.
pub fn begun(answer: &Answer) -> String {
    let set = answer.headers.get(header::SET_COOKIE).unwrap_or_else(|| panic!("no session: {} {}", answer.status, answer.text));
    set.to_str().unwrap().split(';').next().unwrap().to_string()
}

/// What the entries of a kind name, in order of time.
pub async fn on_record(portal: &Portal, kind: &str) -> Vec<String> {
    let mut found = Vec::new();
    let each = |entry: &service::audit::Recorded| {
        if entry.kind == kind {
            found.push(entry.subject.clone());
        }
    };
    export(&portal.service, &Asked::default(), each).await.unwrap();
    found
}

async fn all(portal: &Portal, requests: Vec<Request<Body>>) -> Vec<Answer> {
    futures::future::join_all(requests.into_iter().map(|request| portal.send(request))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_six_hundred_guesses_at_once_ten_are_tried_and_nobody_else_is_locked_out() {
    let portal = Portal::open().await;
    let path = action(&portal, "/sign-in", "", "sign_in").await;
    let mut guesses: Vec<_> = (0..600).map(|i| sign_in(&path, "203.0.113.9", "wang", &format!("guess number {i}"))).collect();
    // The right one is among the last.
    guesses.push(sign_in(&path, "203.0.113.9", "wang", "correct horse"));
    let answers = all(&portal, guesses).await;
    let tried = answers.iter().filter(|answer| answer.status == 422).count();
    assert!((1..=10).contains(&tried), "{tried} were tried");
    assert!(on_record(&portal, "sign_in_failed").await.len() <= 10);
    for refused in answers.iter().filter(|answer| answer.status != 422 && answer.status != 200) {
        assert!(refused.status == 429 || refused.status == 503, "{} {}", refused.status, refused.text);
        assert!(refused.headers.contains_key(header::RETRY_AFTER));
    }
    assert_eq!(portal.send(sign_in(&path, "203.0.113.9", "wang", "correct horse")).await.status, 429);
    assert_eq!(portal.send(sign_in(&path, "198.51.100.7", "wang", "correct horse")).await.status, 200, "another address");
    portal.service.clock.advance_seconds(15 * 60);
    assert_eq!(portal.send(sign_in(&path, "203.0.113.9", "wang", "correct horse")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_random_sign_ins_leaves_room_for_a_real_one() {
    let portal = Portal::open().await;
    let path = action(&portal, "/sign-in", "", "sign_in").await;
    let mut requests: Vec<_> = (0..250).map(|i| sign_in(&path, "203.0.113.9", &format!("nobody{i}"), "some password")).collect();
    requests.push(sign_in(&path, "198.51.100.7", "wang", "correct horse"));
    let answers = all(&portal, requests).await;
    let (real, flood) = answers.split_last().unwrap();
    assert_eq!(real.status, 200, "{}", real.text);
    assert!(flood.iter().all(|answer| [422, 429, 503].contains(&answer.status.as_u16())));
    assert!(flood.iter().any(|answer| answer.status != 422), "not all of them were hashed");
}

#[tokio::test]
async fn a_full_queue_says_when_to_come_again_and_counts_as_no_guess() {
    let portal = Portal::open().await;
    let path = action(&portal, "/sign-in", "", "sign_in").await;
    let counts = &portal.service.counts;
    let places: Vec<_> = std::iter::from_fn(|| counts.begin(Limit::PasswordQueue, "")).collect();
    for _ in 0..12 {
        let busy = portal.send(sign_in(&path, "203.0.113.9", "wang", "correct horse")).await;
        assert_eq!((busy.status.as_u16(), &busy.headers[header::RETRY_AFTER]), (503, &"2".parse().unwrap()));
    }
    drop(places);
    assert_eq!(portal.send(sign_in(&path, "203.0.113.9", "wang", "correct horse")).await.status, 200);
}

#[tokio::test]
async fn what_is_too_long_for_a_login_costs_nothing_and_is_kept_nowhere() {
    let portal = Portal::open().await;
    let path = action(&portal, "/sign-in", "", "sign_in").await;
    let long = "a".repeat(255 * 1024);
    for (login, password) in [(long.as_str(), "correct horse"), ("wang", long.as_str())] {
        // Every place of the queue is taken: what is looked at first needs none.
        let places: Vec<_> = std::iter::from_fn(|| portal.service.counts.begin(Limit::PasswordQueue, "")).collect();
        assert_eq!(portal.send(sign_in(&path, "203.0.113.9", login, password)).await.status, 422);
        drop(places);
    }
    let counted = sqlx::query("select count(*) as n from attempt").fetch_one(portal.service.db.pool()).await.unwrap();
    assert_eq!(counted.get::<i64, _>("n"), 0);
    assert_eq!(on_record(&portal, "sign_in_failed").await.len(), 0);
}

#[tokio::test]
async fn a_planted_session_is_not_taken_over_and_a_new_one_ends_the_old() {
    let portal = Portal::open().await;
    let path = action(&portal, "/sign-in", "", "sign_in").await;
    let body = "login=wang&password=correct+horse&to=/projects".to_string();
    let planted = format!("session={}", "ab".repeat(32));
    let first = begun(&portal.send(form(&path, &planted, "203.0.113.9", body.clone())).await);
    assert_ne!(first, planted);
    assert!(portal.get("/projects", &planted).await.status.is_redirection());
    assert_eq!(portal.get("/projects", &first).await.status, 200);
    let second = begun(&portal.send(form(&path, &first, "203.0.113.9", body)).await);
    assert_ne!(first, second);
    assert!(portal.get("/projects", &first).await.status.is_redirection(), "the browser's old session has ended");
    assert_eq!(portal.get("/projects", &second).await.status, 200);
    assert_eq!(on_record(&portal, "session_ended").await, ["replaced"]);
}

#[tokio::test]
async fn by_https_the_cookie_is_this_hosts_alone() {
    let settings = Settings { public: Some("https://portal.example".parse().unwrap()), ..Settings::default() };
    let portal = Portal::with(settings).await;
    let https = |mut request: Request<Body>| {
        for (name, value) in [("host", "portal.example"), ("origin", "https://portal.example")] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request
    };
    let page = portal.send(https(Request::get("/sign-in").header(header::ACCEPT, "text/html").body(Body::empty()).unwrap())).await;
    let path = page.text.split("action=\"").skip(1).find(|rest| rest.starts_with("/rpc/sign_in")).unwrap().split('"').next().unwrap();
    let answer = portal.send(https(sign_in(path, "203.0.113.9", "wang", "correct horse"))).await;
    let set = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(set.starts_with("__Host-session=") && set.contains("; Secure") && set.contains("Max-Age=43200"), "{set}");
    let cookie = begun(&answer);
    let get = |cookie: &str| {
        let request = Request::get("/projects").header(header::COOKIE, cookie).header(header::ACCEPT, "text/html");
        portal.send(https(request.body(Body::empty()).unwrap()))
    };
    assert_eq!(get(&cookie).await.status, 200);
    // A neighbour under the same name can set the other cookie.
    assert!(get(&cookie.replace("__Host-", "")).await.status.is_redirection());
}
