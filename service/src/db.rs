//! The database: SQLite by default, PostgreSQL by its URL. The only file that knows which.

use crate::error::Fault;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Any, AnyConnection, AnyPool, Connection, Row, SqlSafeStr, Transaction};
use std::path::Path;
use std::time::Duration;

/// Number, name and text of each file of `migrations/`, as `build.rs` lists them.
const MIGRATIONS: &[(i64, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// Brings the tables up to date.
fn migrator() -> Migrator {
    let one = |&(number, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(number, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(one).collect())
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Sqlite,
    Postgres,
}

/// The database, open. Cheap to clone: all clones share its connections.
#[derive(Clone)]
pub struct Db {
    pool: AnyPool,
    kind: Kind,
    url: String,
}

impl Db {
    /// `sqlite:path/to.db` (made on first run) or `postgres://…`.
    ///
    /// # Errors
    /// A sentence that says which database could not be opened and why.
    pub async fn open(url: &str) -> Result<Db, Fault> {
        install_default_drivers();
        let kind = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Kind::Postgres
        } else if url.starts_with("sqlite:") {
            Kind::Sqlite
        } else {
            return Err(format!("`{}` is neither sqlite:FILE nor postgres://…", without_password(url)).into());
        };
        let mut options = AnyPoolOptions::new().acquire_timeout(Duration::from_secs(10));
        let full_url = match kind {
            Kind::Postgres => {
                options = options.max_connections(16);
                url.to_string()
            }
            Kind::Sqlite => {
                let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
                if let Some(folder) = Path::new(path).parent().filter(|p| !p.as_os_str().is_empty()) {
                    std::fs::create_dir_all(folder).map_err(|e| format!("cannot make the folder {}: {e}", folder.display()))?;
                }
                // WAL: readers never wait for the writer. synchronous=FULL: a commit survives a power cut. What is in
                // the WAL is carried over by `carry_over`; only when that is far behind does a writer do it.
                options = options.max_connections(4).after_connect(|connection, _| {
                    Box::pin(async move {
                        sqlx::raw_sql(
                            "pragma busy_timeout = 10000; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; \
                             pragma wal_autocheckpoint = 8192; pragma cache_size = -1000;",
                        )
                        .execute(&mut *connection)
                        .await?;
                        Ok(())
                    })
                });
                format!("sqlite:{path}?mode=rwc")
            }
        };
        let pool = options.connect(&full_url).await.map_err(|e| format!("cannot open the database {}: {e}", without_password(url)))?;
        migrator().run(&pool).await.map_err(|e| format!("cannot bring the tables up to date: {e}"))?;
        if kind == Kind::Sqlite {
            tokio::spawn(carry_over(pool.clone()));
        }
        Ok(Db { pool, kind, url: url.to_string() })
    }

    /// Its connections, for queries that both databases understand.
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Which database it is, for the operator.
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "SQLite",
            Kind::Postgres => "PostgreSQL",
        }
    }

    /// A transaction that reads before it writes: on SQLite it takes its place as the writer at once, since one
    /// that only becomes a writer later may find that it cannot.
    pub(crate) async fn begin_write(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        match self.kind {
            Kind::Sqlite => self.pool.begin_with("begin immediate").await,
            Kind::Postgres => self.pool.begin().await,
        }
    }

    /// The same on a connection that a steady writer keeps for itself: it knows the writer's statements already, and
    /// nobody asks it before each use whether it still lives.
    pub(crate) async fn begin_write_on<'c>(&self, connection: &'c mut AnyConnection) -> Result<Transaction<'c, Any>, sqlx::Error> {
        match self.kind {
            Kind::Sqlite => connection.begin_with("begin immediate").await,
            Kind::Postgres => connection.begin().await,
        }
    }

    /// A transaction that orders commits: while it lives, nobody else appends to the log.
    pub(crate) async fn begin_append(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        let mut tx = self.begin_write().await?;
        if self.kind == Kind::Postgres {
            // Writers wait for each other, readers do not.
            sqlx::query("lock table event in exclusive mode").execute(&mut *tx).await?;
        }
        Ok(tx)
    }

    /// Tells other servers something, at once. On SQLite there are none.
    pub(crate) async fn notify(&self, channel: &str, payload: &str) -> Result<(), sqlx::Error> {
        if self.kind == Kind::Postgres {
            let mut connection = self.pool.acquire().await?;
            self.notify_in(&mut connection, channel, payload).await?;
        }
        Ok(())
    }

    /// The same within a transaction: takes effect with its commit.
    pub(crate) async fn notify_in(&self, connection: &mut AnyConnection, channel: &str, payload: &str) -> Result<(), sqlx::Error> {
        if self.kind == Kind::Postgres {
            sqlx::query("select 1 from (select pg_notify($1, $2)) as told")
                .bind(channel.to_string())
                .bind(payload.to_string())
                .execute(connection)
                .await?;
        }
        Ok(())
    }

    /// Runs `heard` with channel and payload whenever another server tells something. On SQLite there is no such
    /// message: the caller's slow poll is enough.
    pub(crate) async fn listen(&self, channels: &[&str], heard: impl Fn(&str, &str) + Send + 'static) {
        if self.kind == Kind::Sqlite {
            return std::future::pending().await;
        }
        loop {
            if let Ok(mut listener) = sqlx::postgres::PgListener::connect(&self.url).await
                && listener.listen_all(channels.iter().copied()).await.is_ok()
            {
                while let Ok(told) = listener.recv().await {
                    heard(told.channel(), told.payload());
                }
            }
            tracing::warn!("the database's notifications are away; trying again");
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }

    /// Writes tables anew, so that nothing is left in their files of what stood in them before. Who writes to them waits.
    ///
    /// # Errors
    /// The database failed, or somebody held the tables for too long: then what stood in them may be left.
    pub(crate) async fn write_anew(&self, tables: &[&str]) -> Result<(), Fault> {
        // One connection for all of it, closed afterwards: how long it waits is its own.
        let mut connection = self.pool.acquire().await?.detach();
        let done = match self.kind {
            Kind::Sqlite => write_file_anew(&mut connection).await,
            Kind::Postgres => write_tables_anew(&mut connection, tables).await,
        };
        connection.close().await?;
        done.map_err(|fault| {
            format!("what stood in the database before may still be in its files ({fault}): run this again when the portal is quiet").into()
        })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("select 1").execute(&self.pool).await.map(|_| ())
    }

    /// Closes all connections; what comes later fails.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// How long the writing anew of a table waits for who holds it.
const HELD: Duration = Duration::from_secs(5);

/// Everybody who comes later waits behind who waits here: not for longer than that.
async fn write_tables_anew(connection: &mut AnyConnection, tables: &[&str]) -> Result<(), Fault> {
    let wait = format!("set lock_timeout = {}", HELD.as_millis());
    for statement in std::iter::once(wait).chain(tables.iter().map(|table| format!("vacuum full {table}"))) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// How often the write-ahead log is tried, each time for half a second and more.
const ATTEMPTS: usize = 8;

/// All of the file; then what is in the write-ahead log, which still has the pages from before. While somebody reads what
/// stood there, SQLite leaves the log as it is and says so in its answer, not as an error.
async fn write_file_anew(connection: &mut AnyConnection) -> Result<(), Fault> {
    sqlx::raw_sql("vacuum; pragma busy_timeout = 500").execute(&mut *connection).await?;
    for _ in 0..ATTEMPTS {
        let row = sqlx::query("pragma wal_checkpoint(truncate)").fetch_one(&mut *connection).await?;
        if row.try_get::<i64, _>("busy")? == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err("somebody reads from the write-ahead log".into())
}

/// Carries what SQLite has in its write-ahead log over into the database file, aside: left to the writers, one commit
/// in thirty would wait for it.
async fn carry_over(pool: AnyPool) {
    let mut pause = tokio::time::interval(Duration::from_secs(1));
    pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !pool.is_closed() {
        pause.tick().await;
        if let Err(error) = sqlx::query("pragma wal_checkpoint(passive)").execute(&pool).await
            && !pool.is_closed()
        {
            tracing::warn!(%error, "the write-ahead log is not carried over");
        }
    }
}

/// A URL as it may be shown.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(super::without_password("postgres://me:secret@host/db"), "postgres://…@host/db");
        assert_eq!(super::without_password("sqlite:data/q.db"), "sqlite:data/q.db");
    }
}
