//! From a command's commit to the event at a client of the live feed, over loopback. Figures: docs/performance.md.

use divan::Bencher;
use domain::project::{Request, consultation};
use server::{AppState, Site, router};
use service::account::{add, sign_in};
use service::clock::Clock;
use service::project::{Sent, open, request};
use service::{Context, Service};
use std::sync::Arc;
use test_support::people::{CHEN, PASSWORD, WANG};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

#[derive(Clone, Copy, Debug)]
enum Database {
    Sqlite,
    Postgres,
}

struct World {
    runtime: Runtime,
    cx: Context,
    project: domain::Id<domain::project::Project>,
    lines: Lines<BufReader<OwnedReadHalf>>,
    _write: OwnedWriteHalf,
    _stop: tokio::sync::watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

fn world(database: Database) -> Result<World, Failed> {
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let url = match database {
        Database::Sqlite => format!("sqlite:{}", folder.path().join("bench.db").display()),
        Database::Postgres => runtime.block_on(test_support::world::World::fresh_postgres()),
    };
    let fault = |e: service::Error| Failed::from(format!("{e:?}"));
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let (cx, project, reader, write) = runtime.block_on(async {
        let catalogue = Arc::new(service::catalogue::embedded().map_err(|m| format!("{m:?}"))?);
        let blobs = service::blob::Blobs::open(&folder.path().join("documents").display().to_string())?;
        let keys = service::certificate::Keys::open(&folder.path().join("keys"))?;
        let service = Service::open(&url, blobs, keys, catalogue, Clock::System).await?;
        add(&service, CHEN.account(None)).await.map_err(fault)?;
        let wang = add(&service, WANG.account(Some(PASSWORD))).await.map_err(fault)?;
        let cx = service.context(service::account::actor(&service.db, &wang).await?);
        let project = open(&cx, "p", "狮山", Default::default(), Sent::default()).await.map_err(fault)?;
        let service::account::Token(token) = sign_in(&cx, WANG.login, PASSWORD).await.map_err(fault)?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let app = router(AppState::new(service, Site::none(), server::Settings::default(), stopping)?);
        tokio::spawn(async move { axum::serve(listener, app).await });
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (read, mut write) = stream.into_split();
        let request = format!("GET /live?project={project}&after=1 HTTP/1.1\r\nHost: localhost\r\nCookie: session={token}\r\n\r\n");
        write.write_all(request.as_bytes()).await?;
        Ok::<_, Failed>((cx, project, BufReader::new(read).lines(), write))
    })?;
    Ok(World { runtime, cx, project, lines: reader, _write: write, _stop: stop, _folder: folder })
}

/// One command, durable, until its event has come over the feed: the commit is part of it.
#[divan::bench(args = [Database::Sqlite, Database::Postgres], sample_count = 200, sample_size = 1)]
fn command_to_client(bencher: Bencher, database: Database) {
    let World { runtime, cx, project, mut lines, _write, _stop, _folder } = world(database).unwrap_or_else(|e| unreachable!("{e}"));
    bencher.bench_local(|| {
        runtime.block_on(async {
            let command = consultation::Request::Ask { matter: None, text: "要交哪些图纸？".into() };
            let command = Request::Consultation { id: service::new_id(), request: command };
            let done = request(&cx, &project, command, Sent::default()).await;
            assert!(done.is_ok());
            while let Ok(Some(line)) = lines.next_line().await {
                if line.starts_with("data:") {
                    return;
                }
            }
            unreachable!("the feed ended");
        });
    });
}
