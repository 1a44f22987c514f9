use domain::project::view::FeedEvent;
use domain::project::{Request, consultation};
use service::project::{Sent, request};
use std::time::Duration;
use test_support::portal::Portal;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;

async fn serve(portal: &Portal) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = portal.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A reader of the feed that is no browser: plain lines of the protocol.
struct Feed {
    lines: Lines<BufReader<OwnedReadHalf>>,
    _keep: tokio::net::tcp::OwnedWriteHalf,
    status: String,
}

impl Feed {
    async fn open(address: std::net::SocketAddr, path: &str, cookie: &str, last: Option<u64>) -> Feed {
        let (read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
        let last = last.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n{last}\r\n");
        write.write_all(request.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(read).lines();
        let status = lines.next_line().await.unwrap().unwrap();
        Feed { lines, _keep: write, status }
    }

    async fn line(&mut self, prefix: &str) -> Option<String> {
        let reading = async {
            while let Some(line) = self.lines.next_line().await.ok().flatten() {
                if let Some(rest) = line.strip_prefix(prefix) {
                    return Some(rest.trim().to_string());
                }
            }
            None
        };
        tokio::time::timeout(Duration::from_secs(20), reading).await.expect("the feed speaks or ends")
    }

    /// The next event: its id and what it tells.
    async fn next(&mut self) -> (u64, FeedEvent) {
        // axum writes data before id.
        let mut data = None;
        let mut id = None;
        while data.is_none() || id.is_none() {
            let line =
                tokio::time::timeout(Duration::from_secs(20), self.lines.next_line()).await.expect("an event").unwrap().expect("open");
            if let Some(rest) = line.strip_prefix("data:") {
                data = serde_json::from_str(rest.trim()).ok();
            }
            if let Some(rest) = line.strip_prefix("id:") {
                id = rest.trim().parse().ok();
            }
        }
        (id.unwrap(), data.unwrap())
    }
}

async fn ask(portal: &Portal, project: &domain::Id<domain::project::Project>, id: &str) {
    let command = consultation::Request::Ask { matter: None, text: format!("问题{id}") };
    let command = Request::Consultation { id: id.into(), request: command };
    request(&portal.as_("wang").await, project, command, Sent::default()).await.unwrap();
}

#[tokio::test]
async fn a_reader_resumes_after_its_last_event_with_nothing_lost_or_doubled() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let address = serve(&portal).await;
    let cookie = portal.session("zhou").await;
    let path = format!("/live?project={project}&after=1");
    let mut feed = Feed::open(address, &path, &cookie, None).await;
    assert!(feed.status.contains("200"), "{}", feed.status);
    for id in ["a", "b"] {
        ask(&portal, &project, id).await;
    }
    let (_, first) = feed.next().await;
    let (cursor, second) = feed.next().await;
    assert_eq!((first.recorded.version(), second.recorded.version()), (2, 3));
    assert!(first.people.iter().any(|person| person.name == "wang某"));
    drop(feed);
    for id in ["c", "d"] {
        ask(&portal, &project, id).await;
    }
    // The browser sends its last id; the address still holds the old cursor.
    let mut feed = Feed::open(address, &path, &cookie, Some(cursor)).await;
    assert_eq!(feed.next().await.1.recorded.version(), 4);
    assert_eq!(feed.next().await.1.recorded.version(), 5);
}

#[tokio::test]
async fn the_feed_of_somebody_elses_project_does_not_open() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let path = format!("/live?project={project}&after=0");
    assert_eq!(portal.get(&path, "").await.status, 401);
    assert_eq!(portal.get(&path, &portal.session("zhao").await).await.status, 404);
    assert_eq!(portal.get("/live?project=none&after=0", &portal.session("zhao").await).await.status, 404);
    assert_eq!(portal.get("/live?after=x", &portal.session("zhao").await).await.status, 400);
}

#[tokio::test]
async fn feeds_end_when_the_server_stops() {
    let portal = Portal::open().await;
    let project = portal.project().await;
    let address = serve(&portal).await;
    let mut feed = Feed::open(address, &format!("/live?project={project}&after=1"), &portal.session("wang").await, None).await;
    assert_eq!(feed.line("retry:").await.as_deref(), Some("1000"));
    portal.stop.send(true).unwrap();
    // The chunked body ends with its empty last chunk.
    assert_eq!(feed.line("0").await.as_deref(), Some(""));
}
