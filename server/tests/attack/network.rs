//! Peers that take connections, time and memory and give nothing.

mod program;
mod requests;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use axum::routing::get;
use domain::limit::Limit;
use server::Settings;
use server::serve::{Config, Timeouts};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use test_support::portal::Portal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Nothing here takes longer, on a machine with much to do.
const PATIENCE: Duration = Duration::from_secs(60);

fn quick() -> Timeouts {
    let millis = Duration::from_millis;
    Timeouts { idle: millis(2000), body: millis(300), send: millis(400), silence: millis(400), ping: millis(500), ..Timeouts::default() }
}

/// A portal behind our own accept loop.
struct Served {
    portal: Portal,
    address: SocketAddr,
    ended: JoinHandle<()>,
}

async fn served(settings: Settings, with: impl FnOnce(Router) -> Router, set: impl FnOnce(&mut Config)) -> Served {
    let portal = Portal::with(settings.clone()).await;
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().unwrap().port()));
    let mut config = Config {
        timeouts: quick(),
        settings: Arc::new(settings),
        service: portal.service.clone(),
        most: 10_000,
        most_of_address: 10_000,
        stopping: portal.stop.subscribe(),
    };
    set(&mut config);
    let ended = tokio::spawn(server::serve::serve(listener, with(portal.router.clone()), config));
    Served { portal, address, ended }
}

impl Served {
    fn open(&self) -> usize {
        self.portal.service.counts.going(Limit::Connections, "")
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// From another address of this machine.
    async fn connect_from(&self, from: [u8; 4]) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    async fn ask(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        rest(&mut stream).await
    }
}

/// All that still comes; the end may be a hard one.
async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut all)).await.expect("it ends");
    String::from_utf8_lossy(&all).into_owned()
}

async fn until(mut holds: impl FnMut() -> bool) {
    let look = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.expect("it comes to hold");
}

const HEALTH: &str = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_half_sent_heads_leave_room_and_are_let_go() {
    let served = served(Settings::default(), |r| r, |c| (c.most, c.most_of_address) = (300, 64)).await;
    let half = async |stream: &mut TcpStream| {
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await;
    };
    let mut held = Vec::new();
    // From one address …
    for _ in 0..1000 {
        let mut stream = served.connect_from([127, 0, 0, 2]).await;
        half(&mut stream).await;
        held.push(stream);
        assert!(served.portal.service.counts.going(Limit::ConnectionsOfAddress, "127.0.0.2") <= 64);
    }
    assert!(served.ask(HEALTH).await.starts_with("HTTP/1.1 200"), "others are served meanwhile");
    // … and from many.
    for i in 0..1000_u32 {
        let mut stream = served.connect_from([127, 0, 1, u8::try_from(i % 250).unwrap() + 1]).await;
        half(&mut stream).await;
        held.push(stream);
        assert!(served.open() <= 300);
    }
    let mut turned_away = 0;
    for mut stream in held {
        let said = rest(&mut stream).await;
        turned_away += usize::from(said.starts_with("HTTP/1.1 503") && said.contains("retry-after: "));
    }
    assert!(turned_away >= 1000, "{turned_away}");
    until(|| served.open() == 0).await;
    assert!(served.ask(HEALTH).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_connection_kept_open_for_nothing_is_let_go() {
    let served = served(Settings::default(), |r| r, |c| c.timeouts.idle = Duration::from_millis(300)).await;
    let mut silent = served.connect().await;
    assert_eq!(rest(&mut silent).await, "");
    // After an answer hyper's own limit would not run.
    let answered = served.ask("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answered.starts_with("HTTP/1.1 200"), "{answered}");
    let half = served.ask("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /he").await;
    assert!(half.starts_with("HTTP/1.1 200"), "{half}");
    until(|| served.open() == 0).await;
}

#[tokio::test]
async fn an_address_has_its_connections_and_a_proxy_those_of_many() {
    let few = |c: &mut Config| c.most_of_address = 2;
    let served_ = served(Settings::default(), |r| r, few).await;
    let (first, _second) = (served_.connect().await, served_.connect().await);
    until(|| served_.open() == 2).await;
    let refused = rest(&mut served_.connect().await).await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("\r\nretry-after: 10\r\n"), "{refused}");
    assert!(refused.contains("此网络地址的连接太多"), "{refused}");
    drop(first);
    until(|| served_.open() == 1).await;
    assert!(served_.ask(HEALTH).await.starts_with("HTTP/1.1 200"));

    let proxies = Settings { proxies: vec!["127.0.0.1/32".parse().unwrap()], ..Settings::default() };
    let served_ = served(proxies, |r| r, few).await;
    let mut many = Vec::new();
    for _ in 0..5 {
        many.push(served_.connect().await);
    }
    assert!(served_.ask(HEALTH).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_trickles_ends_with_408() {
    let served = served(Settings::default(), |r| r, |_| ()).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n",
        crate::doors::path("sign_in")
    );
    let (mut read, mut write) = served.connect().await.into_split();
    write.write_all(head.as_bytes()).await.unwrap();
    let trickle = tokio::spawn(async move {
        let mut each = tokio::time::interval(Duration::from_millis(20));
        while write.write_all(b"login=").await.is_ok() {
            each.tick().await;
        }
    });
    let mut said = vec![0; 12];
    tokio::time::timeout(PATIENCE, read.read_exact(&mut said)).await.expect("an answer").unwrap();
    assert_eq!(String::from_utf8_lossy(&said), "HTTP/1.1 408");
    until(|| served.open() == 0).await;
    trickle.abort();
    // One that comes at once is answered for what it is.
    let whole = format!("{}{}", head.replace("Content-Length", "Connection: close\r\nContent-Length"), "x".repeat(100_000));
    let said = served.ask(&whole).await;
    assert!(said.starts_with("HTTP/1.1 ") && !said.starts_with("HTTP/1.1 408"), "{said}");
}

/// Counts what is made of it, and tells when it is dropped.
struct Large {
    made: Arc<AtomicUsize>,
    _dropped: oneshot::Sender<()>,
}

const LARGE: usize = 200 << 20;
const PIECE: usize = 64 << 10;

/// A route that answers once with 200 MB.
fn large() -> (impl FnOnce(Router) -> Router, Arc<AtomicUsize>, oneshot::Receiver<()>) {
    let made = Arc::new(AtomicUsize::new(0));
    let (dropped, gone) = oneshot::channel();
    let large = Arc::new(std::sync::Mutex::new(Some(Large { made: made.clone(), _dropped: dropped })));
    let answer = move || {
        let large = large.lock().unwrap().take().unwrap();
        let stream = futures::stream::unfold(large, |large| async move {
            let before = large.made.fetch_add(PIECE, Ordering::Relaxed);
            (before < LARGE).then(|| (Ok::<_, std::io::Error>(Bytes::from(vec![7; PIECE])), large))
        });
        std::future::ready(Body::from_stream(stream))
    };
    (move |router: Router| router.merge(Router::new().route("/large", get(answer))), made, gone)
}

#[tokio::test]
async fn a_large_answer_that_nobody_reads_is_given_up() {
    let (route, made, gone) = large();
    let served = served(Settings::default(), route, |_| ()).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let _ = tokio::time::timeout(PATIENCE, gone).await.expect("the answer is given up");
    until(|| served.open() == 0).await;
    assert!(made.load(Ordering::Relaxed) < LARGE / 4, "what the system keeps for the peer, and little more");

    let (route, _, _gone) = large();
    let served = self::served(Settings::default(), route, |_| ()).await;
    let whole = served.ask("GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(whole.len() >= LARGE, "who reads it gets it");
}

#[tokio::test]
async fn a_large_answer_unread_over_http2_is_given_up_too() {
    let (route, made, gone) = large();
    let served = served(Settings::default(), route, |_| ()).await;
    let io = hyper_util::rt::TokioIo::new(served.connect().await);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut client, connection) = hyper::client::conn::http2::handshake::<_, _, Body>(executor, io).await.unwrap();
    let connection = tokio::spawn(connection);
    let ask = |path: &str| Request::get(format!("http://localhost{path}")).body(Body::empty()).unwrap();
    assert_eq!(client.send_request(ask("/health")).await.unwrap().status(), 200);
    // The connection is read, the answer is not.
    let unread = client.send_request(ask("/large")).await.unwrap();
    let _ = tokio::time::timeout(PATIENCE, gone).await.expect("the answer is given up");
    let _ = tokio::time::timeout(PATIENCE, connection).await.expect("the connection ends");
    assert!(made.load(Ordering::Relaxed) < LARGE / 4);
    drop(unread);
}

#[tokio::test]
async fn addresses_and_heads_have_a_length() {
    let served = served(Settings::default(), |r| r, |_| ()).await;
    let long = |n: usize| format!("GET /guide?x={} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "x".repeat(n));
    assert!(served.ask(&long(9000)).await.starts_with("HTTP/1.1 414"));
    assert!(!served.ask(&long(7000)).await.starts_with("HTTP/1.1 414"));
    let head = format!("GET /health HTTP/1.1\r\nHost: localhost\r\nX-Much: {}\r\n\r\n", "x".repeat(100_000));
    let mut stream = served.connect().await;
    let _ = stream.write_all(head.as_bytes()).await;
    let mut status = vec![0; 12];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&status), "HTTP/1.1 431");
}

#[tokio::test]
async fn the_live_feed_stays_open_until_the_server_stops() {
    let served = served(Settings::default(), |r| r, |c| c.timeouts.idle = Duration::from_millis(200)).await;
    let (project, cookie) = (served.portal.project().await, served.portal.session("wang").await);
    let mut feed = served.connect().await;
    let request = format!("GET /live?project={project}&after=1 HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n");
    feed.write_all(request.as_bytes()).await.unwrap();
    // Longer than a connection without a request may be.
    let other = served.ask("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(other.starts_with("HTTP/1.1 200"));
    until(|| served.open() == 1).await;
    let half = served.connect().await;
    until(|| served.open() == 2).await;
    served.portal.stop.send(true).unwrap();
    let said = rest(&mut feed).await;
    assert!(said.contains("retry: 1000") && said.ends_with("0\r\n\r\n"), "{said}");
    tokio::time::timeout(PATIENCE, served.ended).await.expect("the server ends").unwrap();
    drop(half);
}

#[tokio::test]
async fn what_goes_on_when_the_server_stops_comes_to_its_end() {
    let (go_on, waiting) = oneshot::channel::<()>();
    let (begun, has_begun) = oneshot::channel::<()>();
    let once = Arc::new(std::sync::Mutex::new(Some((begun, waiting))));
    let slow = move || {
        let (begun, waiting) = once.lock().unwrap().take().unwrap();
        async move {
            begun.send(()).unwrap();
            waiting.await.unwrap();
            "done"
        }
    };
    let served = served(Settings::default(), |r| r.merge(Router::new().route("/slow", get(slow))), |_| ()).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    has_begun.await.unwrap();
    served.portal.stop.send(true).unwrap();
    let address = served.address;
    let refused = async { while TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, refused).await.expect("nobody is let in any more");
    go_on.send(()).unwrap();
    assert!(rest(&mut stream).await.ends_with("done"));
    served.ended.await.unwrap();
}

/// A browser's WebSocket, as far as its handshake.
async fn socket(served: &Served, project: &str, cookie: &str) -> TcpStream {
    let mut stream = served.connect().await;
    let request = format!(
        "GET /collab/{project}.project HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    while !said.ends_with(b"\r\n\r\n") {
        said.push(stream.read_u8().await.unwrap());
    }
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(said.starts_with("HTTP/1.1 101"), "{said}");
    stream
}

#[tokio::test]
async fn a_socket_that_is_silent_ends_and_one_that_speaks_stays() {
    let served = served(Settings::default(), |r| r, |c| c.timeouts.idle = Duration::from_millis(200)).await;
    let (project, cookie) = (served.portal.project().await.to_string(), served.portal.session("wang").await);
    let mut speaking = socket(&served, &project, &cookie).await;
    let mut silent = socket(&served, &project, &cookie).await;
    // A masked ping with no contents, again and again, until the silent one has been let go.
    let (mut read, mut write) = speaking.split();
    let mut each = tokio::time::interval(Duration::from_millis(50));
    let speak = async {
        loop {
            each.tick().await;
            write.write_all(&[0x89, 0x80, 1, 2, 3, 4]).await.unwrap();
        }
    };
    let listen = async {
        let mut said = [0; 1024];
        while read.read(&mut said).await.unwrap() > 0 {}
    };
    tokio::select! {
        _ = rest(&mut silent) => {}
        () = speak => {}
        () = listen => panic!("the one that speaks was let go"),
    }
    until(|| served.open() == 1).await;
    drop(speaking);
    until(|| served.open() == 0).await;
}
