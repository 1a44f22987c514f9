//! The program itself: its files, its options, its descriptors.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The program, begun by a shell that first sets what it inherits.
fn after(setting: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{setting}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_quanlian")]).args(arguments);
    command.env("LANG", "C").env("RUST_LOG", "warn").stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["LC_ALL", "DATABASE_URL", "QUANLIAN_PUBLIC", "QUANLIAN_KEYS", "QUANLIAN_DOCUMENTS", "QUANLIAN_SECURITY_CONTACT"] {
        command.env_remove(name);
    }
    command
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { [vec![path.clone()], files(&path)].concat() } else { vec![path] }).collect()
}

#[test]
fn what_the_program_writes_is_for_its_account_alone() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("data/q.db").display());
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let add =
        ["account", "add", "--no-password", "--login", "chen", "--name", "陈立", "--role", "lead-officer", "--organisation", "全链办"];
    let done = after("umask 000", &[&["--database", &database], &add[..]].concat()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let written = files(&folder.path().join("data"));
    assert!(written.len() > 1, "{written:?}");
    for file in written {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", file.display());
    }
}

#[test]
fn what_would_open_the_portal_too_wide_is_refused() {
    for (arguments, words) in [
        (&["--listen", "0.0.0.0:0"][..], "say its address with --public"),
        (&["--listen", "0.0.0.0:0", "--demo", "--public", "https://portal.example"], "Everybody knows the passwords of the demonstration"),
        (&["--demo", "--public", "https://portal.example"], "Everybody knows the passwords of the demonstration"),
        (&["--listen", "0.0.0.0:0", "--demo", "--demo-on-any-address"], "say its address with --public"),
        (&["--public", "portal.example"], "expected https://HOST"),
        (&["--public", "https://portal.example/path"], "expected https://HOST"),
        (&["--public", "ftp://portal.example"], "expected https://HOST"),
        (&["--proxy", "everybody"], "is no network"),
        (&["--staff-from", "10.0.0.0/64"], "is no network"),
        (&["--security-contact", "javascript:alert(1)"], "neither a mail address"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("q.db").display());
        let refused = after(":", &[&["serve", "--database", &database], arguments].concat()).output().unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(words), "{arguments:?}: {said}");
        assert!(!folder.path().join("q.db").exists(), "nothing is made");
    }
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn one_address_does_not_take_all_descriptors() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("manifest.json"), r#"{"program":"p","style":"s","preload":{}}"#).unwrap();
    let (site, database) = (folder.path().display().to_string(), format!("sqlite:{}", folder.path().join("q.db").display()));
    let serve = ["serve", "--listen", "127.0.0.1:0", "--site", &site, "--database", &database];
    let mut server = Running(after("ulimit -n 256", &serve).spawn().unwrap());
    let said = BufReader::new(server.0.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let address: std::net::SocketAddr = said.split("http://").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let from = |last: u8| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(([127, 0, 0, last], 0).into()).unwrap();
            let stream = socket.connect(address).await.unwrap().into_std().unwrap();
            stream.set_nonblocking(false).unwrap();
            stream
        })
    };
    let mut held = Vec::new();
    for _ in 0..400 {
        let mut stream = from(2);
        let _ = write!(stream, "GET / HTTP/1.1\r\nX-Slow: ");
        held.push(stream);
    }
    let mut stream = from(1);
    write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(held);
}
