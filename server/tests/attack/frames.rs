//! What a Yjs client may send to a sheet, over a real socket: nothing ends the server, nothing is written in another's
//! name, nothing that was acknowledged vanishes.

use axum::body::Bytes;
use domain::id::Id;
use domain::project::Project;
use domain::role::Role;
use domain::sheet::document::Document;
use domain::sheet::protocol::Frame;
use futures::{SinkExt, StreamExt};
use service::account::{NewAccount, add};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;
use test_support::portal::Portal;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use yrs::{ReadTxn, StateVector, Transact};

const PATIENCE: Duration = Duration::from_secs(20);

async fn serve(portal: &Portal) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = portal.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A client of a section that nobody here wrote a page for.
struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    document: Document,
    portal: service::Service,
    refusals: Vec<String>,
    stored: u64,
    /// Clients that are said to be here.
    here: BTreeSet<u64>,
}

enum Heard {
    Frame(Frame),
    Closed(String),
}

impl Client {
    async fn join(portal: &Portal, address: SocketAddr, project: &Id<Project>, cookie: &str, number: u64) -> Client {
        let mut request = format!("ws://{address}/collab/{project}.land?told=1").into_client_request().unwrap();
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        let document = Document::new(&portal.service.catalogue.form, "land", number);
        let mut client =
            Client { socket, document, portal: portal.service.clone(), refusals: Vec::new(), stored: 0, here: BTreeSet::new() };
        client.say(Frame::Have(StateVector::default())).await;
        client.until(|frame| matches!(frame, Frame::Update(_))).await;
        client
    }

    async fn say(&mut self, frame: Frame) {
        self.socket.send(Message::Binary(Bytes::from(frame.encode()))).await.unwrap();
    }

    async fn hear(&mut self) -> Heard {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("the server speaks or closes");
            match message {
                Some(Ok(Message::Binary(bytes))) => {
                    let frame = Frame::decode(&bytes).unwrap();
                    match &frame {
                        Frame::Update(update) => self.document.apply(update).unwrap(),
                        Frame::Denied(why) => self.refusals.push(why.clone()),
                        Frame::Presence(list) => self.here.extend(list.iter().map(|p| p.client)),
                        Frame::Stored(stored) => self.stored = self.stored.max(stored.frames),
                        _ => {}
                    }
                    return Heard::Frame(frame);
                }
                Some(Ok(Message::Close(close))) => return Heard::Closed(close.map(|c| c.reason.to_string()).unwrap_or_default()),
                Some(Ok(_)) => {}
                Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) | None => return Heard::Closed(String::new()),
                Some(Err(error)) => panic!("{error}"),
            }
        }
    }

    async fn until(&mut self, wanted: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            match self.hear().await {
                Heard::Frame(frame) if wanted(&frame) => return frame,
                Heard::Frame(_) => {}
                Heard::Closed(why) => panic!("the connection was closed: {why}"),
            }
        }
    }

    /// Sends bytes as an update and waits for what comes of them.
    async fn send(&mut self, update: Vec<u8>) -> Result<(), String> {
        let (refused, stored) = (self.refusals.len(), self.stored);
        self.say(Frame::Update(update)).await;
        loop {
            match self.hear().await {
                Heard::Closed(why) => return Err(why),
                Heard::Frame(_) if self.refusals.len() > refused => return Err(self.refusals[refused].clone()),
                Heard::Frame(Frame::Stored(_)) if self.stored > stored => return Ok(()),
                Heard::Frame(_) => {}
            }
        }
    }

    /// Writes as a page does: the difference it makes to its own document.
    fn write(&self, field: &str, to: &str) -> Vec<u8> {
        let before = self.document.state();
        let field = self.document.field(field).unwrap().clone();
        self.document.set(&mut self.document.doc.transact_mut(), &field, to);
        self.document.doc.transact().encode_diff_v1(&before)
    }

    fn text(&self, field: &str) -> String {
        self.document.value(self.document.field(field).unwrap())
    }

    async fn on_disk(&self, project: &Id<Project>, field: &str) -> String {
        let name = service::sheet::document_name(project, "land");
        let loaded = self.portal.sheets.load(&self.portal.catalogue.form, &name, "land").await.unwrap().unwrap();
        loaded.document.value(loaded.document.field(field).unwrap())
    }
}

/// One block of a client, from a clock on; `body` begins with the block's first byte.
fn block(client: u64, clock: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1, 1];
    let mut n = client;
    while n > 0x7f {
        bytes.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes.push(clock);
    bytes.extend_from_slice(body);
    bytes.push(0);
    bytes
}

fn in_field(kind: u8, field: &str, contents: &[u8]) -> Vec<u8> {
    [&[kind, 1, field.len() as u8], field.as_bytes(), contents].concat()
}

fn nested(depth: usize) -> Vec<u8> {
    let value = [&[1][..], &[117, 1].repeat(depth), &[117, 0]].concat();
    block(77, 0, &in_field(8, "site_area", &value))
}

async fn supervisor(portal: &Portal) {
    let new = NewAccount {
        login: "duban".into(),
        name: "督办".into(),
        role: Role::Supervisor,
        firm: "督办室".into(),
        office: None,
        password: Some("correct horse".into()),
        areas: Vec::new(),
        matters: Vec::new(),
    };
    add(&portal.service, new).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nested_values_end_nothing_from_readers_and_writers_alike() {
    let portal = Portal::open().await;
    supervisor(&portal).await;
    let (address, project) = (serve(&portal).await, portal.project().await);
    let wang = portal.session("wang").await;
    let mut owner = Client::join(&portal, address, &project, &wang, 1).await;
    for login in [portal.session("duban").await, wang] {
        for depth in [1, 600, 6_050, 6_200, 200_000] {
            let mut client = Client::join(&portal, address, &project, &login, 77).await;
            let refused = client.send(nested(depth)).await.unwrap_err();
            assert!(!refused.is_empty(), "{login} {depth}");
        }
        // The same in the options of a document within.
        let mut client = Client::join(&portal, address, &project, &login, 77).await;
        let options = [&[1, b'g'][..], &[118, 1, 1, b'k'].repeat(5_000), &[126]].concat();
        client.send(block(77, 0, &in_field(9, "site_area", &options))).await.unwrap_err();
    }
    owner.send(owner.write("site_address", "科技城一号")).await.unwrap();
    assert_eq!(owner.on_disk(&project, "site_address").await, "科技城一号");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_earlier_release_stored_is_looked_over_when_it_is_read() {
    let portal = Portal::open().await;
    let (address, project) = (serve(&portal).await, portal.project().await);
    let wang = portal.session("wang").await;
    let mut owner = Client::join(&portal, address, &project, &wang, 1).await;
    owner.send(owner.write("site_address", "科技城一号")).await.unwrap();
    let name = service::sheet::document_name(&project, "land");
    let last = portal.service.sheets.last(&name).await.unwrap();
    let update = service::sheet::Update {
        author: "somebody".into(),
        clients: Vec::new(),
        own: false,
        at: portal.service.clock.now(),
        data: nested(6_050),
        changes: Vec::new(),
    };
    portal.service.sheets.write(&name, &project, last, vec![update]).await.unwrap();
    // A room that has to load it, and a reader who is told of it.
    assert_eq!(owner.on_disk(&project, "site_address").await, "科技城一号");
    owner.send(owner.write("site_address", "科技城二号")).await.unwrap();
    let mut again = Client::join(&portal, address, &project, &wang, 3).await;
    assert_eq!(again.text("site_address"), "科技城二号");
    again.send(again.write("site_address", "科技城三号")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_takes_the_next_clocks_of_another() {
    let portal = Portal::open().await;
    let (address, project) = (serve(&portal).await, portal.project().await);
    let wang = portal.session("wang").await;
    let mut owner = Client::join(&portal, address, &project, &wang, 1001).await;
    owner.send(owner.write("site_address", "一")).await.unwrap();
    // The agent of the project may write every field of the enterprise; it is another person's clock all the same.
    let li = portal.session("li").await;
    let agent = |number| Client::join(&portal, address, &project, &li, number);
    for (what, update) in [
        ("an empty block", block(1001, 1, &[0, 5])),
        ("a gap", block(1001, 1, &[10, 5])),
        ("a deleted block", block(1001, 1, &in_field(1, "site_address", &[5]))),
        ("a text", block(1001, 1, &in_field(4, "site_address", &[3, b'a', b'b', b'c']))),
        ("a text that begins in what is known", block(1001, 0, &in_field(4, "site_address", &[3, b'a', b'b', b'c']))),
    ] {
        let mut client = agent(2002).await;
        client.send(update).await.expect_err(what);
    }
    // Clocks that are not there yet cannot be deleted in advance, nor jumped over.
    let mut client = agent(2002).await;
    client.say(Frame::Update(vec![0, 1, 0xe9, 7, 1, 1, 5])).await;
    client.until(|frame| matches!(frame, Frame::Have(_))).await;
    owner.send(owner.write("site_address", "一二三")).await.unwrap();
    assert_eq!(owner.on_disk(&project, "site_address").await, "一二三");
    // The person's own other tab may bring what the first could not send.
    let late = owner.write("site_address", "一二三四");
    let mut tab = Client::join(&portal, address, &project, &wang, 1002).await;
    tab.send(late).await.unwrap();
    assert_eq!(owner.on_disk(&project, "site_address").await, "一二三四");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_here_is_its_persons_before_it_writes() {
    let portal = Portal::open().await;
    let (address, project) = (serve(&portal).await, portal.project().await);
    let wang = portal.session("wang").await;
    let mut owner = Client::join(&portal, address, &project, &wang, 1001).await;
    let here = domain::sheet::protocol::Presence { client: 1001, clock: 1, state: "{}".into() };
    owner.say(Frame::Presence(vec![here])).await;
    let li = portal.session("li").await;
    let mut agent = Client::join(&portal, address, &project, &li, 2002).await;
    while !agent.here.contains(&1001) {
        agent.until(|_| true).await;
    }
    let forged = block(1001, 0, &in_field(4, "site_address", &[1, b'x']));
    assert_eq!(agent.send(forged).await.unwrap_err(), "this is another person's writing");
    owner.send(owner.write("site_address", "真")).await.unwrap();
    assert_eq!(owner.on_disk(&project, "site_address").await, "真");
}

/// Writing is use of the session, also for somebody whose connection breaks all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_is_not_signed_out_however_often_they_come_anew() {
    let portal = Portal::open().await;
    let (address, project) = (serve(&portal).await, portal.project().await);
    let wang = portal.session("wang").await;
    for n in 0..4 {
        portal.service.clock.advance_seconds(3000);
        let mut client = Client::join(&portal, address, &project, &wang, 1001 + n).await;
        client.send(client.write("site_address", &format!("第{n}稿"))).await.unwrap();
    }
    assert_eq!(portal.get("/projects", &wang).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_hold_what_they_are_for_and_a_section_does_not_grow_without_end() {
    let portal = Portal::open().await;
    let (address, project) = (serve(&portal).await, portal.project().await);
    let wang = portal.session("wang").await;
    let join = |number| Client::join(&portal, address, &project, &wang, number);
    let long = "字".repeat(4_001);
    let sized = |text: &str| {
        let (mut bytes, mut n) = (Vec::new(), text.len());
        while n > 0x7f {
            bytes.push((n & 0x7f) as u8 | 0x80);
            n >>= 7;
        }
        bytes.push(n as u8);
        [&bytes[..], text.as_bytes()].concat()
    };
    let values = |count: u8, text: &str| [&[count][..], &[&[119][..], &sized(text)].concat().repeat(usize::from(count))].concat();
    for (what, body) in [
        ("a long value", in_field(8, "site_area", &values(1, &long))),
        ("many values", in_field(8, "site_area", &values(100, "1"))),
        ("a long text", in_field(4, "site_address", &sized(&long))),
        ("a value in a text", in_field(8, "site_address", &values(1, "x"))),
        ("a text in a value", in_field(4, "site_area", &sized("x"))),
        ("an object", in_field(8, "site_area", &[1, 118, 0])),
        ("a mark of style", in_field(6, "site_address", &[1, b'b', 4, b't', b'r', b'u', b'e'])),
        ("a nested type", in_field(7, "site_address", &[2])),
        ("a field of an office", in_field(8, "land_price", &values(1, "1"))),
        ("no field", in_field(4, "nothing", &sized("x"))),
    ] {
        let mut client = join(77).await;
        client.send(block(77, 0, &body)).await.expect_err(what);
    }
    // Sixty values of nearly a megabyte each were taken before.
    let mut client = join(78).await;
    let large = values(1, &"a".repeat(900_000));
    client.send(block(78, 0, &in_field(8, "site_area", &large))).await.unwrap_err();
    let joined = join(79).await;
    assert!(joined.document.whole().len() < 10_000);
}
