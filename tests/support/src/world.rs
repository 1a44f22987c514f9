//! A whole portal for one test: an empty database, a clock that stands still, people of every role.

use crate::people::{CHEN, GU, LI, PASSWORD, Person, SHEN, WANG, ZHAO, ZHOU};
use domain::account::Account;
use domain::catalogue::{Catalogue, Matter};
use domain::guide::Answers;
use domain::id::Id;
use domain::log::Digest;
use domain::project::{Project, Request, consultation, difficulty, matter};
use domain::role::Role;
use service::blob::Blobs;
use service::certificate::Keys;
use service::clock::Clock;
use service::project::{Done, Sent, View};
use service::{Context, Error, Public, Service};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

static CATALOGUE: LazyLock<Arc<Catalogue>> = LazyLock::new(|| Arc::new(service::catalogue::embedded().unwrap()));

/// A portal with its people and its own database and folder.
pub struct World {
    /// The portal's operations.
    pub service: Service,
    /// The address of its database.
    pub url: String,
    folder: tempfile::TempDir,
}

/// Every story runs on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! story {
    ($(#[$doc:meta])* async fn $name:ident($world:ident) $body:block) => {
        $(#[$doc])*
        mod $name {
            #[allow(unused_imports, reason = "not every story needs everything")]
            use super::*;
            async fn tell($world: $crate::world::World) $body
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                tell($crate::world::World::on_sqlite().await).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                tell($crate::world::World::on_postgres().await).await;
            }
        }
    };
}

/// The Chinese sentence of a refusal.
pub fn sentence(error: Error) -> String {
    match error {
        Error::Public(public) => public.sentence().zh,
        Error::Fault(fault) => panic!("a fault: {fault}"),
    }
}

/// Where a portal's contents stand sealed on the disk.
pub fn sealed_at(service: &Service, digest: Digest) -> PathBuf {
    let text = digest.to_string();
    Path::new(service.blobs.name()).join("sealed").join(&text[..2]).join(&text[2..4]).join(text)
}

impl World {
    /// On SQLite.
    pub async fn on_sqlite() -> World {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        World::begin(url, folder).await
    }

    /// On PostgreSQL.
    pub async fn on_postgres() -> World {
        World::begin(World::fresh_postgres().await, tempfile::tempdir().unwrap()).await
    }

    /// The address of an empty database of its own.
    pub async fn fresh_postgres() -> String {
        let base = std::env::var("QUANLIAN_TEST_POSTGRES")
            .expect("QUANLIAN_TEST_POSTGRES names no server: run the tests by `make test` or `scripts/with-postgres.sh cargo test`");
        let name = format!("t_{}", service::random_hex(8));
        sqlx::any::install_default_drivers();
        let admin = sqlx::AnyPool::connect(&base).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&admin).await.unwrap();
        admin.close().await;
        let (server, _) = base.rsplit_once('/').unwrap();
        format!("{server}/{name}")
    }

    /// A portal as an earlier release left it, opened by this one. Without a database it is on SQLite.
    pub async fn of_the_past(release: &str, database: Option<String>) -> World {
        let past = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../service/tests/history").join(release);
        let folder = tempfile::tempdir().unwrap();
        for part in ["documents", "keys"] {
            let copied = std::process::Command::new("cp").arg("-r").args([&past.join(part), folder.path()]).status();
            assert!(copied.unwrap().success());
        }
        // The key that its portal had beside the public ones; nothing was sealed with it.
        let fresh = tempfile::tempdir().unwrap();
        Keys::open(fresh.path()).unwrap();
        std::fs::copy(fresh.path().join("storage.key"), folder.path().join("keys/storage.key")).unwrap();
        let url = database.unwrap_or_else(|| format!("sqlite:{}?mode=rwc", folder.path().join("test.db").display()));
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(&url).await.unwrap();
        // The tables as they were: the migrations up to that release.
        let migrations = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../service/migrations");
        let mut migrator = sqlx::migrate::Migrator::new(migrations).await.unwrap();
        migrator.migrations.to_mut().retain(|migration| migration.version <= release.parse().unwrap());
        migrator.run(&pool).await.unwrap();
        let mut rows = std::fs::read_to_string(past.join("portal.sql")).unwrap();
        if url.starts_with("postgres") {
            // The two write bytes each in its own way.
            rows = rows.replace(", X'", ", '\\x");
        }
        sqlx::raw_sql(sqlx::AssertSqlSafe(rows)).execute(&pool).await.unwrap();
        pool.close().await;
        // A day later.
        let clock = Clock::set_to("2024-09-27T02:00:00.000000Z".parse().unwrap());
        let url = url.trim_end_matches("?mode=rwc").to_string();
        let blobs = Blobs::open(&folder.path().join("documents").display().to_string()).unwrap();
        let keys = Keys::open(&folder.path().join("keys")).unwrap();
        let service = Service::open(&url, blobs, keys, CATALOGUE.clone(), clock).await.unwrap();
        World { service, url, folder }
    }

    async fn begin(url: String, folder: tempfile::TempDir) -> World {
        // Thursday 26 September 2024, ten in the morning in China.
        let clock = Clock::set_to("2024-09-26T02:00:00.000000Z".parse().unwrap());
        let blobs = Blobs::open(&folder.path().join("documents").display().to_string()).unwrap();
        let keys = Keys::open(&folder.path().join("keys")).unwrap();
        let service = Service::open(&url, blobs, keys, CATALOGUE.clone(), clock).await.unwrap();
        let world = World { service, url, folder };
        for person in [WANG, ZHAO, LI, CHEN, GU, ZHOU, SHEN] {
            world.add(person).await;
        }
        world
    }

    /// Where its documents, keys and SQLite database are.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Where contents stand sealed on the disk.
    pub fn sealed_at(&self, digest: Digest) -> PathBuf {
        sealed_at(&self.service, digest)
    }

    /// A second server on the same database.
    pub async fn second_server(&self) -> Service {
        Service::open(&self.url, self.service.blobs.clone(), self.service.keys.clone(), CATALOGUE.clone(), self.service.clock.clone())
            .await
            .unwrap()
    }

    /// Adds somebody.
    pub async fn person(&self, login: &str, role: Role, firm: &str, office: Option<&str>, areas: &[&str], matters: &[&str]) -> Id<Account> {
        self.add(Person { login, role, firm, office, areas, matters }).await
    }

    /// The owner and agents can sign in.
    async fn add(&self, person: Person<'_>) -> Id<Account> {
        let password = (person.login == WANG.login || person.role == Role::Agent).then_some(PASSWORD);
        service::account::add(&self.service, person.account(password)).await.unwrap()
    }

    /// Somebody as an operation of the portal knows them.
    pub async fn as_(&self, login: &str) -> Context {
        self.at(&self.service, login).await
    }

    /// The same at another server.
    pub async fn at(&self, service: &Service, login: &str) -> Context {
        let id = service::account::by_login(&service.db, login).await.unwrap().unwrap();
        service.context(service::account::actor(&service.db, &id).await.unwrap()).at(crate::filing::ORIGIN)
    }

    /// The secret of a session of somebody with a password.
    pub async fn session(&self, login: &str) -> String {
        service::account::sign_in(&self.service.context(None), login, PASSWORD).await.unwrap().0
    }

    /// What that person came in by.
    pub async fn access(&self, login: &str) -> service::account::Access {
        service::account::by_session(&self.service, &self.session(login).await).await.unwrap().unwrap().access
    }

    /// A project of WANG on granted land.
    pub async fn project(&self) -> Id<Project> {
        self.project_with(&[]).await
    }

    /// The same with more answers.
    pub async fn project_with(&self, more: &[(&str, &str)]) -> Id<Project> {
        let answers = [("gross_floor_area_sqm", "30000"), ("total_investment_10k", "20000")].into_iter().chain(more.iter().copied());
        let answers = Answers::from_pairs(&self.service.catalogue, answers).unwrap();
        service::project::open(&self.as_("wang").await, "测试项目", "狮山", answers, Sent::default()).await.unwrap()
    }

    /// Somebody of the office that handles a matter.
    pub async fn office_of(&self, matter: &str) -> Context {
        let office = self.service.catalogue.matter(matter).unwrap().department.clone();
        if office.as_str() == "enterprise" {
            return self.as_("wang").await;
        }
        let login = format!("of-{office}");
        if service::account::by_login(&self.service.db, &login).await.unwrap().is_none() {
            self.person(&login, Role::Department, office.as_str(), Some(office.as_str()), &[], &[]).await;
        }
        self.as_(&login).await
    }

    /// Takes a matter all the way, as an office's own system tells of it: no certificate of the portal comes of it.
    pub async fn finishes(&self, project: &Id<Project>, matter: &str) {
        use matter::Request as M;
        let office = self.office_of(matter).await;
        for request in [M::File, M::Accept, M::Decide, M::Issue] {
            let sent = Sent { at: Some(self.service.clock.now()), ..Sent::default() };
            service::project::request(&office, project, step(matter, request), sent).await.map_err(sentence).unwrap();
        }
    }

    /// Finishes everything that these wait for.
    pub async fn finishes_before(&self, project: &Id<Project>, matters: &[&str]) {
        let catalogue = &self.service.catalogue;
        loop {
            let known = self.sees("chen", project).await.unwrap().project;
            let before = |m: &Id<Matter>| matter::before(&known, catalogue.matter(m.as_str()).unwrap()).decision;
            let mut front: Vec<Id<Matter>> = matters.iter().map(|m| Id::from(*m)).collect();
            let mut i = 0;
            while i < front.len() {
                let more: Vec<_> = before(&front[i]).into_iter().filter(|m| !front.contains(m)).collect();
                front.extend(more);
                i += 1;
            }
            let next = front.iter().find(|m| !matters.contains(&m.as_str()) && before(m).is_empty());
            let Some(next) = next else { return };
            self.finishes(project, next.as_str()).await;
        }
    }

    /// Somebody asks for something; the Chinese sentence, if it is refused.
    pub async fn does(&self, login: &str, project: &Id<Project>, request: Request) -> Result<Done, String> {
        service::project::request(&self.as_(login).await, project, request, Sent::default()).await.map_err(sentence)
    }

    /// A project as somebody sees it.
    pub async fn sees(&self, login: &str, project: &Id<Project>) -> Result<View, Public> {
        service::project::view(&self.as_(login).await, project).await.map_err(Error::into_public)
    }
}

/// A question.
pub fn ask(id: &str, matter: Option<&str>, text: &str) -> Request {
    let request = consultation::Request::Ask { matter: matter.map(Into::into), text: text.into() };
    Request::Consultation { id: id.into(), request }
}
/// An answer to it.
pub fn answer(id: &str, text: &str) -> Request {
    Request::Consultation { id: id.into(), request: consultation::Request::Answer { text: text.into() } }
}
/// A difficulty of no matter.
pub fn raise(id: &str, text: &str) -> Request {
    Request::Difficulty { id: id.into(), request: difficulty::Request::Raise { matter: None, text: text.into() } }
}
/// A step of a matter.
pub fn step(matter: &str, request: matter::Request) -> Request {
    Request::Matter { matter: matter.into(), request }
}
