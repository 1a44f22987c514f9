//! Commands per second with durable commit, beside a bare insert loop on the same database. Figures: docs/performance.md.

use divan::Bencher;
use domain::id::Id;
use domain::project::{Project, Request, consultation};
use service::account::add;
use service::clock::Clock;
use service::project::{Sent, open, request};
use service::{Context, Service};
use std::sync::Arc;
use test_support::people::{CHEN, WANG};
use tokio::runtime::Runtime;

/// Commands sent at once, by as many people, on as many projects.
const AT_ONCE: usize = 32;

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
    service: Service,
    cx: Context,
    projects: Vec<Id<Project>>,
    _folder: tempfile::TempDir,
}

fn fallible(database: Database) -> Result<World, Box<dyn std::error::Error + Send + Sync>> {
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let url = match database {
        Database::Sqlite => format!("sqlite:{}", folder.path().join("bench.db").display()),
        Database::Postgres => runtime.block_on(test_support::world::World::fresh_postgres()),
    };
    let catalogue = Arc::new(service::catalogue::embedded().unwrap_or_else(|m| unreachable!("{m:?}")));
    let (service, cx, projects) = runtime.block_on(async {
        let blobs = service::blob::Blobs::open(&folder.path().join("documents").display().to_string())?;
        let keys = service::certificate::Keys::open(&folder.path().join("keys"))?;
        let service = Service::open(&url, blobs, keys, catalogue, Clock::System).await?;
        let fault = |e: service::Error| format!("{e:?}");
        add(&service, CHEN.account(None)).await.map_err(fault)?;
        let wang = add(&service, WANG.account(None)).await.map_err(fault)?;
        let cx = service.context(service::account::actor(&service.db, &wang).await?);
        let mut projects = Vec::new();
        for i in 0..AT_ONCE {
            projects.push(open(&cx, &format!("p{i}"), "狮山", Default::default(), Sent::default()).await.map_err(fault)?);
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((service, cx, projects))
    })?;
    Ok(World { runtime, service, cx, projects, _folder: folder })
}

fn world(database: Database) -> World {
    fallible(database).unwrap_or_else(|e| unreachable!("{e}"))
}

fn ask() -> Request {
    let command = consultation::Request::Ask { matter: None, text: "要交哪些图纸？".into() };
    Request::Consultation { id: service::new_id(), request: command }
}

/// 32 commands at once, each on its own project: what group commit is for. One iteration is 32 commands.
#[divan::bench(args = [Database::Sqlite, Database::Postgres], sample_count = 20)]
fn thirty_two_commands_at_once(bencher: Bencher, database: Database) {
    let world = world(database);
    bencher.counter(divan::counter::ItemsCount::new(AT_ONCE)).bench_local(|| {
        world.runtime.block_on(async {
            let tasks: Vec<_> = world
                .projects
                .iter()
                .map(|project| {
                    let (cx, project) = (world.cx.clone(), project.clone());
                    tokio::spawn(async move { request(&cx, &project, ask(), Sent::default()).await.is_ok() })
                })
                .collect();
            for task in tasks {
                assert!(task.await.unwrap_or(false));
            }
        });
    });
}

/// One command after the other on one project.
#[divan::bench(args = [Database::Sqlite, Database::Postgres], sample_count = 50)]
fn one_command(bencher: Bencher, database: Database) {
    let world = world(database);
    bencher.bench_local(|| {
        let done = world.runtime.block_on(request(&world.cx, &world.projects[0], ask(), Sent::default()));
        assert!(done.is_ok());
    });
}

/// The yardstick: one bare durable insert of the same size.
#[divan::bench(args = [Database::Sqlite, Database::Postgres], sample_count = 50)]
fn bare_insert(bencher: Bencher, database: Database) {
    let world = world(database);
    let body = "x".repeat(400);
    let create = sqlx::query("create table bare (id text not null primary key, body text not null)");
    assert!(world.runtime.block_on(create.execute(world.service.db.pool())).is_ok());
    bencher.bench_local(|| {
        let insert = sqlx::query("insert into bare (id, body) values ($1, $2)").bind(service::random_hex(8)).bind(body.clone());
        assert!(world.runtime.block_on(insert.execute(world.service.db.pool())).is_ok());
    });
}
