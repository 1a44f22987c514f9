//! `cargo xtask dev`: what is edited is on the page soon.
//!
//! Both sides are built in profiles without optimisation, at the same time (their profiles have different names, so that neither
//! cargo waits for the other). Every change ends in the same three steps: build what changed, start the server anew, write a new
//! number to `dev.txt` of the site. Open pages ask for that number (`reload.js`, which is added to the loader here and nowhere else).

use crate::site::{Purpose, Site};
use notify::{EventKind, RecursiveMode, Watcher};
use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What is compiled, and what is only copied and bundled.
const COMPILED: [&str; 7] = ["app", "catalogue", "domain", "server", "service", "Cargo.toml", "Cargo.lock"];
const COPIED: [&str; 2] = ["public", "style"];
/// An editor writes a file in several steps: wait until it is done.
const QUIET: Duration = Duration::from_millis(40);
/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// Serves until it is stopped.
pub fn run(root: &Path, target: &Path, arguments: &[&str]) -> Result<()> {
    let address = listen(arguments)?;
    // Before anything is built.
    drop(TcpListener::bind(address).map_err(|error| {
        format!("cannot listen on {address}: {error}. Is it running already? Choose another: make dev ARGS=\"--listen 127.0.0.1:3001\"")
    })?);
    let portal = Portal {
        site: Site::new(root, target, Purpose::Development),
        root: root.to_path_buf(),
        target: target.to_path_buf(),
        address,
        arguments: arguments.iter().map(ToString::to_string).collect(),
    };
    // Watching begins before building: what is saved meanwhile is built next.
    let (changes, _watcher) = watch(root)?;
    say("building both sides without optimisation; the first time takes minutes, later only what changed is built");
    let mut server = None;
    let mut change = Some(Change { compiled: true });
    loop {
        if let Some(change) = change.take() {
            let began = now();
            match portal.renew(change, &mut server) {
                Ok(()) => say(&format!("{} after {:.1} s", portal.url(), began.elapsed().as_secs_f32())),
                // The server of before goes on, if there is one.
                Err(error) => say(&format!("not built: {error}")),
            }
        }
        change = next(&changes, server.as_mut())?;
    }
}

/// Something was saved: only files that are copied, or also what has to be compiled.
#[derive(Clone, Copy)]
struct Change {
    compiled: bool,
}

struct Portal {
    site: Site,
    root: PathBuf,
    target: PathBuf,
    address: SocketAddr,
    arguments: Vec<String>,
}

impl Portal {
    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Builds, starts the server anew and lets open pages know.
    fn renew(&self, change: Change, server: &mut Option<Child>) -> Result<()> {
        if change.compiled {
            self.compile()?;
        }
        self.site.write()?;
        if let Some(mut before) = server.take() {
            // At once: the database is made for it, and open pages would hold a friendly end up.
            let _ = before.kill();
            before.wait()?;
        }
        *server = Some(self.start()?);
        self.await_answer(server.as_mut())?;
        let build = std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_millis();
        fs::write(self.site.folder().join("dev.txt"), build.to_string())?;
        Ok(())
    }

    /// Both sides at the same time; what has not changed costs a look.
    fn compile(&self) -> Result<()> {
        let mut browser = self.site.compile().spawn()?;
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let server = Command::new(cargo).args(["build", "--locked", "--bin", "quanlian"]).current_dir(&self.root).status()?;
        let browser = browser.wait()?;
        match (server.success(), browser.success()) {
            (true, true) => Ok(()),
            (false, _) => Err("the server did not compile".into()),
            (true, false) => Err("the browser's program did not compile".into()),
        }
    }

    /// On a database of its own, so that a portal of `make run` and its data are left alone.
    fn start(&self) -> Result<Child> {
        let data = self.target.join("dev").join("data");
        fs::create_dir_all(&data)?;
        let mut serve = Command::new(self.target.join("debug").join("quanlian"));
        serve.arg("serve").arg("--demo").arg("--site").arg(self.site.folder());
        if !self.arguments.iter().any(|a| a.starts_with("--database")) && std::env::var_os("DATABASE_URL").is_none() {
            serve.arg("--database").arg(format!("sqlite:{}", data.join("quanlian.db").display()));
        }
        Ok(serve.args(&self.arguments).current_dir(&self.root).stdin(Stdio::null()).spawn()?)
    }

    fn await_answer(&self, mut server: Option<&mut Child>) -> Result<()> {
        let began = now();
        while began.elapsed() < PATIENCE {
            if self.is_healthy() {
                return Ok(());
            }
            if let Some(status) = server.as_mut().and_then(|server| server.try_wait().ok().flatten()) {
                return Err(format!("the server ended: {status}").into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("the server does not answer at {}/health", self.url()).into())
    }

    fn is_healthy(&self) -> bool {
        let ask = || -> std::io::Result<bool> {
            let mut peer = TcpStream::connect_timeout(&self.address, Duration::from_secs(1))?;
            peer.set_read_timeout(Some(Duration::from_secs(3)))?;
            write!(peer, "GET /health HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address)?;
            let mut head = [0; 12];
            peer.read_exact(&mut head)?;
            Ok(&head == b"HTTP/1.1 200")
        };
        ask().unwrap_or(false)
    }
}

/// The address among the arguments of `serve`, or the one it takes by itself.
fn listen(arguments: &[&str]) -> Result<SocketAddr> {
    let mut given = "127.0.0.1:3000";
    for (place, argument) in arguments.iter().enumerate() {
        if *argument == "--listen" {
            given = arguments.get(place + 1).ok_or("--listen needs an address, such as 127.0.0.1:3001")?;
        } else if let Some(address) = argument.strip_prefix("--listen=") {
            given = address;
        }
    }
    given.parse().map_err(|error| format!("--listen {given}: {error}").into())
}

/// Hears which sources are saved.
fn watch(root: &Path) -> Result<(Receiver<Change>, notify::RecommendedWatcher)> {
    let (tell, changes) = channel();
    let compiled = COMPILED.map(|name| root.join(name));
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        for path in event.paths.iter().filter(|path| is_source(path)) {
            let _ = tell.send(Change { compiled: compiled.iter().any(|place| path.starts_with(place)) });
        }
    })?;
    for name in COMPILED.iter().chain(&COPIED) {
        watcher.watch(&root.join(name), RecursiveMode::Recursive)?;
    }
    Ok((changes, watcher))
}

/// Not what an editor leaves beside a file while it is open.
fn is_source(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    !(name.starts_with('.') || name.starts_with('#') || name.ends_with('~') || name.ends_with(".swp") || name == "4913")
}

/// Waits for a change and for the end of the changes that come with it; says meanwhile if the server ends by itself.
fn next(changes: &Receiver<Change>, server: Option<&mut Child>) -> Result<Option<Change>> {
    let mut server = server;
    let mut change = loop {
        match changes.recv_timeout(Duration::from_secs(1)) {
            Ok(change) => break change,
            Err(RecvTimeoutError::Disconnected) => return Err("the watcher has ended".into()),
            Err(RecvTimeoutError::Timeout) => {
                if let Some(status) = server.as_mut().and_then(|server| server.try_wait().ok().flatten()) {
                    say(&format!("the server ended: {status}; it starts again after the next change"));
                    server = None;
                }
            }
        }
    };
    while let Ok(more) = changes.recv_timeout(QUIET) {
        change.compiled |= more.compiled;
    }
    Ok(Some(change))
}

#[expect(clippy::disallowed_methods, reason = "a build tool measures what it does; the portal's clock is in service")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::print_stderr, reason = "a build tool talks to the terminal")]
fn say(sentence: &str) {
    eprintln!("dev: {sentence}");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    #[test]
    fn the_address_is_the_one_that_serve_will_take() {
        assert_eq!(listen(&[]).unwrap().port(), 3000);
        assert_eq!(listen(&["--demo", "--listen", "127.0.0.1:3001"]).unwrap().port(), 3001);
        assert_eq!(listen(&["--listen=[::1]:3002"]).unwrap().port(), 3002);
        assert!(listen(&["--listen"]).is_err());
        assert!(listen(&["--listen", "3001"]).unwrap_err().to_string().contains("3001"));
    }

    #[test]
    fn what_an_editor_leaves_beside_a_file_is_no_source() {
        for name in [".lib.rs.swp", "lib.rs~", "#lib.rs#", ".#lib.rs", "4913"] {
            assert!(!is_source(&Path::new("app/src").join(name)), "{name}");
        }
        assert!(is_source(Path::new("app/src/lib.rs")) && is_source(Path::new("style/pages/home.css")));
    }
}
