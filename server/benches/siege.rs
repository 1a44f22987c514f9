//! The portal under siege: idle heads, sockets that never answer, downloads and ranges that nobody reads, all at once on
//! the real program. Prints what a sign-in takes then and what memory the program has; ends with an error when a sign-in takes
//! a second or memory comes to 300 MB.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a bench that meets what it does not expect ends")]
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]

use base64::Engine as _;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const HEADS: usize = 2_000;
const SOCKETS: usize = 600;
const DOWNLOADS: usize = 500;
const RANGES: usize = 12;
const DOCUMENT: usize = 190 * 1024 * 1024;
const PART: usize = 8 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);
/// In MB.
const MOST_MEMORY: u64 = 300;

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Portal {
    address: SocketAddr,
    pid: u32,
}

/// What came back: the head, and as much of the body as was read.
struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<String> {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':')?.1.trim().to_string())
    }
}

impl Portal {
    /// A connection from an address of this machine's own network.
    async fn connect(&self, from: u8) -> Option<TcpStream> {
        let socket = TcpSocket::new_v4().ok()?;
        socket.bind(([127, 0, 0, from], 0).into()).ok()?;
        tokio::time::timeout(PATIENCE, socket.connect(self.address)).await.ok()?.ok()
    }

    fn head(&self, line: &str, headers: &str) -> String {
        let host = self.address;
        format!("{line} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n{headers}\r\n")
    }

    async fn ask(&self, line: &str, headers: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect(1).await.expect("a connection");
        let head = self.head(line, &format!("Connection: close\r\nContent-Length: {}\r\n{headers}", body.len()));
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut bytes = Vec::new();
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("an answer").unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        Answer { head: head.to_string(), body: body.to_string() }
    }

    /// Asks for something and reads no more than the head's first bytes.
    async fn leave_unread(&self, from: u8, line: &str, headers: &str) -> Option<TcpStream> {
        let mut stream = self.connect(from).await?;
        stream.write_all(self.head(line, headers).as_bytes()).await.ok()?;
        Some(stream)
    }

    async fn sign_in(&self, action: &str) -> (u16, Option<String>, Duration) {
        let began = Instant::now();
        let form = "login=qiye&password=quanlian-demo&to=%2Fprojects";
        let kind = "Content-Type: application/x-www-form-urlencoded\r\nAccept: text/html\r\n";
        let answer = self.ask(&format!("POST {action}"), kind, form.as_bytes()).await;
        let cookie = answer.header("set-cookie").and_then(|c| c.split(';').next().map(str::to_string));
        (answer.status(), cookie, began.elapsed())
    }

    /// Memory in MB: now, and the most there was.
    fn memory(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or_default() / 1024
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

fn begin(folder: &std::path::Path) -> (Program, Portal) {
    let database = format!("sqlite:{}", folder.join("siege.db").display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_quanlian"));
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--database", &database]).env("LANG", "C").env("RUST_LOG", "error");
    let mut program = Program(command.stdout(Stdio::piped()).spawn().unwrap());
    let lines = BufReader::new(program.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.into_iter().find(|line| line.contains("http://")).expect("the program says where it is");
    let address = said.split("http://").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let pid = program.0.id();
    (program, Portal { address, pid })
}

fn between<'t>(text: &'t str, before: &str, after: char) -> Option<&'t str> {
    text.split(before).nth(1)?.split(after).next()
}

#[tokio::main]
async fn main() {
    // `cargo bench` and `cargo test --benches` hand on options of their own.
    if std::env::args().any(|a| a == "--test" || a == "--list") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_program, portal) = begin(folder.path());
    let page = portal.ask("GET /sign-in", "Accept: text/html\r\n", b"").await;
    let action = "/rpc/sign_in".to_string();
    assert!(page.body.contains(&format!("action=\"{action}\"")), "the form");
    let (_, cookie, alone) = portal.sign_in(&action).await;
    let cookie = format!("Cookie: {}\r\n", cookie.expect("a session"));
    let list = portal.ask("GET /projects", &format!("{cookie}Accept: text/html\r\n"), b"").await;
    let project = between(&list.body, "href=\"/projects/", '"').expect("a project").to_string();

    // A large document, as people scan them.
    let name = base64::engine::general_purpose::STANDARD.encode("plan.pdf");
    let announced = format!("{cookie}Tus-Resumable: 1.0.0\r\nUpload-Length: {DOCUMENT}\r\nUpload-Metadata: filename {name}\r\n");
    let made = portal.ask(&format!("POST /projects/{project}/uploads"), &announced, b"").await;
    let place = made.header("location").expect("a place for the file");
    let mut contents = vec![b' '; DOCUMENT];
    contents[..9].copy_from_slice(b"%PDF-1.7\n");
    let mut document = None;
    for (i, part) in contents.chunks(PART).enumerate() {
        let headers =
            format!("{cookie}Tus-Resumable: 1.0.0\r\nUpload-Offset: {}\r\nContent-Type: application/offset+octet-stream\r\n", i * PART);
        document = portal.ask(&format!("PATCH {place}"), &headers, part).await.header("quanlian-document");
    }
    let document = document.expect("a document");
    drop(contents);
    let (before, _) = portal.memory();

    let mut held = Vec::new();
    for i in 0..HEADS {
        // Many addresses: one alone is held to its share.
        let from = 2 + (i % 20) as u8;
        if let Some(mut stream) = portal.connect(from).await {
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await;
            held.push(stream);
        }
    }
    let upgrade =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    for i in 0..SOCKETS {
        let line = format!("GET /collab/{project}.land");
        held.extend(portal.leave_unread(30 + (i % 20) as u8, &line, &format!("{cookie}{upgrade}")).await);
    }
    for i in 0..DOWNLOADS {
        let line = format!("GET /projects/{project}/documents.zip");
        held.extend(portal.leave_unread(60 + (i % 20) as u8, &line, &cookie).await);
    }
    for i in 0..RANGES {
        let line = format!("GET /projects/{project}/documents/{document}");
        held.extend(portal.leave_unread(90 + i as u8, &line, &format!("{cookie}Range: bytes=1-\r\n")).await);
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..10 {
        let (status, _, took) = portal.sign_in(&action).await;
        assert!(status == 303, "a sign-in is answered by {status}");
        slowest = slowest.max(took);
    }
    let (now, most) = portal.memory();
    println!(
        "siege: {} connections held; sign-in alone {} ms, under siege at most {} ms; memory {before} MB before, {now} MB under siege, \
         {most} MB at the most",
        held.len(),
        alone.as_millis(),
        slowest.as_millis(),
    );
    assert!(slowest < Duration::from_secs(1), "a sign-in takes {} ms under siege", slowest.as_millis());
    assert!(most < MOST_MEMORY, "{most} MB under siege");
}
