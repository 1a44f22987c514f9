//! Requests that say they are another's, and what every answer carries.

use super::{rest, served};
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::routing::get;
use axum::{Extension, Router};
use server::{Peer, Settings};
use std::sync::Arc;
use test_support::portal::Portal;
use tokio::io::AsyncWriteExt;

fn public(url: &str) -> Settings {
    Settings { public: Some(url.parse().unwrap()), ..Settings::default() }
}

#[tokio::test]
async fn a_request_for_another_host_is_refused() {
    let portal = Portal::with(public("https://portal.example")).await;
    let send = async |request: axum::http::request::Builder| portal.send(request.body(Body::empty()).unwrap()).await;
    let of = |host: &str| Request::get("/guide").header(header::HOST, host);
    assert_eq!(send(of("portal.example")).await.status, 200);
    assert_eq!(send(of("portal.example:443")).await.status, 200);
    for host in ["evil.example", "portal.example:8443", "portal.example.evil.example", "localhost", "127.0.0.1", "a@portal.example", "?"] {
        let refused = send(of(host)).await;
        assert_eq!(refused.status, 421, "{host}");
        assert!(refused.text.contains("本网站的地址是 https://portal.example。"), "{}", refused.text);
    }
    assert_eq!(send(Request::get("/guide")).await.status, 421, "no host");
    assert_eq!(send(of("portal.example").header(header::HOST, "evil.example")).await.status, 421, "two hosts");
    assert_eq!(send(Request::get("https://evil.example/guide")).await.status, 421, "as HTTP/2 and proxies ask");
    assert_eq!(send(Request::get("https://evil.example/guide").header(header::HOST, "portal.example")).await.status, 421);
    assert_eq!(send(Request::get("https://portal.example/guide")).await.status, 200);
    assert_eq!(send(Request::get("/health").header(header::HOST, "10.0.0.1:3000")).await.status, 200);

    let served = served(public("http://127.0.0.1:3000"), |r| r, |_| ()).await;
    let ask = |line: &str, host: &str| format!("GET {line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    assert!(served.ask(&ask("/guide", "localhost:3000")).await.starts_with("HTTP/1.1 200"));
    assert!(served.ask(&ask("/guide", "rebound.example:3000")).await.starts_with("HTTP/1.1 421"));
    assert!(served.ask(&ask("http://evil.example/guide", "localhost:3000")).await.starts_with("HTTP/1.1 421"));
}

#[tokio::test]
async fn what_a_request_says_of_itself_counts_for_nothing() {
    let portal = Portal::with(public("https://portal.example")).await;
    let request = Request::get("/guide/map?industry=chemical")
        .header(header::HOST, "portal.example")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "gopher")
        .header("forwarded", "host=evil.example;proto=gopher");
    let page = portal.send(request.body(Body::empty()).unwrap()).await;
    assert!(
        page.text.contains("https://portal.example/guide/map?") && !page.text.contains("evil.example") && !page.text.contains("gopher")
    );

    // The peer is whom the listener knows, whatever the request says.
    let peer = get(|Extension(Peer(peer)): Extension<Peer>| std::future::ready(peer.to_string()));
    let served = served(Settings::default(), |r| r.merge(Router::new().route("/peer", peer)), |_| ()).await;
    let mut stream = served.connect_from([127, 0, 0, 9]).await;
    let request = "GET /peer HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 1.1.1.1\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.ends_with("127.0.0.9"));
}

#[tokio::test]
async fn only_our_own_pages_and_programs_with_a_token_change_something() {
    let portal = Portal::with(public("https://portal.example")).await;
    let cookie = portal.session("wang").await;
    let bearer = format!("Bearer {}", portal.token("wang", "documents").await);
    let status = async |method: Method, headers: &[(&str, &str)]| {
        let mut request = Request::builder().method(method).uri("/projects/none/uploads").header(header::HOST, "portal.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        portal.send(request.body(Body::empty()).unwrap()).await.status
    };
    let own = ("origin", "https://portal.example");
    let (cookie, bearer) = (("cookie", cookie.as_str()), ("authorization", bearer.as_str()));
    for refused in [
        vec![cookie],
        vec![],
        vec![cookie, ("origin", "null")],
        vec![cookie, ("origin", "http://portal.example")],
        vec![cookie, ("origin", "https://portal.example.evil.example")],
        vec![cookie, ("origin", "https://portal.example:8443")],
        vec![cookie, own, ("origin", "https://evil.example")],
        vec![cookie, own, ("sec-fetch-site", "same-site")],
        vec![cookie, own, ("sec-fetch-site", "cross-site")],
        vec![cookie, bearer],
        vec![("authorization", "Basic eDp5"), ("origin", "https://evil.example")],
    ] {
        for method in [Method::POST, Method::PATCH, Method::DELETE, Method::PUT] {
            assert_eq!(status(method.clone(), &refused).await, 403, "{method} {refused:?}");
        }
    }
    for taken in
        [vec![cookie, own], vec![cookie, own, ("sec-fetch-site", "same-origin")], vec![own, ("sec-fetch-site", "none")], vec![bearer]]
    {
        assert_ne!(status(Method::POST, &taken).await, 403, "{taken:?}");
    }
    // A link on another site may lead here.
    let page = Request::get("/projects").header(header::HOST, "portal.example").header(header::COOKIE, cookie.1);
    assert_eq!(portal.send(page.header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap()).await.status, 200);
}

const ALWAYS: [(&str, &str); 6] = [
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
];

#[tokio::test]
async fn every_answer_carries_what_protects_it() {
    let portal = Portal::with(public("https://portal.example")).await;
    let (project, cookie) = (portal.project().await, portal.session("wang").await);
    let send = async |method: Method, path: &str, headers: &[(&str, &str)], body: &'static str| {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "portal.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        portal.send(request.body(Body::from(body)).unwrap()).await
    };
    let protected = |headers: &HeaderMap, what: &str| {
        for (name, value) in ALWAYS {
            assert!(headers.get(name).is_some_and(|v| v == value || name == "x-frame-options"), "{what}: {name}");
        }
        assert!(headers["permissions-policy"].to_str().unwrap().contains("geolocation=()"), "{what}");
    };
    for (method, path) in [
        (Method::GET, "/guide"),
        (Method::HEAD, "/guide"),
        (Method::GET, "/nowhere"),
        (Method::GET, "/health"),
        (Method::GET, "/guide/map.json"),
        (Method::GET, "/.well-known/jwks.json"),
        (Method::POST, "/guide"),
    ] {
        let answer = send(method.clone(), path, &[], "").await;
        protected(&answer.headers, &format!("{method} {path}: {}", answer.status));
    }
    let elsewhere = send(Method::GET, "/guide", &[("host", "evil.example")], "").await;
    assert_eq!((elsewhere.status.as_u16(), &elsewhere.headers["cache-control"]), (421, &"no-store".parse().unwrap()));
    protected(&elsewhere.headers, "421");

    // What is answered to somebody is kept nowhere; a document too, and the word that it has not changed.
    let me = [("cookie", cookie.as_str()), ("origin", "https://portal.example")];
    let with = |more: &[(&'static str, &'static str)]| [&me[..], more].concat();
    let upload = with(&[("upload-length", "9"), ("upload-metadata", "filename 5Zu+LnBkZg==")]);
    let created = send(Method::POST, &format!("/projects/{project}/uploads"), &upload, "").await;
    let place = created.headers[header::LOCATION].to_str().unwrap().to_string();
    let part = with(&[("upload-offset", "0"), ("content-type", "application/offset+octet-stream")]);
    let whole = send(Method::PATCH, &place, &part, "%PDF-1.7\n").await;
    let document = format!("/projects/{project}/documents/{}", whole.headers["quanlian-document"].to_str().unwrap());
    let paths = [
        document.clone(),
        format!("/projects/{project}"),
        format!("/projects/{project}/plan.json"),
        format!("/projects/{project}/chart.svg"),
        "/guide".into(),
        "/guide/map.json".into(),
        "/nowhere".into(),
        "/projects/none".into(),
    ];
    for path in paths {
        let answer = send(Method::GET, &path, &me, "").await;
        assert!(answer.headers["cache-control"].to_str().unwrap().contains("no-store"), "{path}");
        protected(&answer.headers, &path);
    }
    let tag = send(Method::GET, &document, &me, "").await.headers[header::ETAG].to_str().unwrap().to_string();
    let unchanged = send(Method::GET, &document, &[me[0], ("if-none-match", &tag)], "").await;
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);
    assert_eq!(unchanged.headers["cache-control"], "private, no-store");
    protected(&unchanged.headers, "304");

    let http = Portal::with(public("http://127.0.0.1:3000")).await;
    let page = http.send(Request::get("/guide").header(header::HOST, "127.0.0.1:3000").body(Body::empty()).unwrap()).await;
    assert_eq!((page.status.as_u16(), page.headers.get("strict-transport-security")), (200, None));
}

#[tokio::test]
async fn who_finds_a_weakness_reads_where_to_write() {
    let contact = Some("mailto:security@portal.example".parse().unwrap());
    let portal = Portal::with(Settings { contact, ..public("https://portal.example") }).await;
    let request = Request::get("/.well-known/security.txt").header(header::HOST, "portal.example");
    let answer = portal.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    // The clock of the test stands at 26 September 2024.
    let lines = "Contact: mailto:security@portal.example\nExpires: 2025-03-25T02:00:00.000000Z\nPreferred-Languages: zh, en\n\
                 Canonical: https://portal.example/.well-known/security.txt\n";
    assert_eq!(answer.text, lines);
    assert_eq!(Portal::open().await.get("/.well-known/security.txt", "").await.status, 404);
}

#[test]
fn a_server_with_its_hands_full_does_not_say_that_it_is_well() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).max_blocking_threads(3).enable_all().build().unwrap();
    runtime.block_on(async {
        let portal = Portal::open().await;
        assert_eq!(portal.get("/health", "").await.status, 200);
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        for _ in 0..3 {
            let wait = wait.clone();
            tokio::task::spawn_blocking(move || wait.lock().unwrap().recv());
        }
        assert_eq!(portal.get("/health", "").await.status, 503);
        drop(release);
        assert_eq!(portal.get("/health", "").await.status, 200);
    });
}
