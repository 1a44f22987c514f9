//! The log on disk. One appender task groups waiting appends into one transaction, takes the lock
//! that orders commits, numbers, commits, then raises a watch. Readers hold a cursor and read the
//! table: replay and live are the same code, and nobody can lag.

use crate::db::Db;
use crate::error::Fault;
use crate::once::{Before, Once};
use crate::project_card::Rows;
use domain::account::Account;
use domain::date::Instant;
use domain::log::{Body, Digest, Meta, Recorded, link};
use domain::{Id, project};
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, Row, Transaction};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot, watch};

/// Most appends that share a transaction.
const GROUP: usize = 256;
/// How often a reader looks without being told: the net under the notifications.
const POLL: Duration = Duration::from_secs(1);

/// The channel other servers hear of a commit on.
const GROWN: &str = "quanlian_log";

/// An event to be written.
#[derive(Clone, Debug)]
pub struct Fact {
    pub at: Instant,
    pub actor: Id<Account>,
    pub kind: &'static str,
    /// JSON of a [`Body`].
    pub body: String,
}

/// The last event of a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Head {
    pub version: u64,
    pub hash: Digest,
}

/// What happened to an append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Appended {
    Done {
        head: Head,
        seq: u64,
    },
    /// Somebody else was first: read, decide and try again.
    Conflict,
    /// The same form was sent before.
    Already(Before),
}

struct Append {
    stream: String,
    expected: Head,
    facts: Vec<Fact>,
    rows: Rows,
    once: Option<Once>,
    reply: oneshot::Sender<Result<Appended, String>>,
}

#[derive(Clone)]
pub struct Log {
    db: Db,
    queue: mpsc::Sender<Append>,
    grown: watch::Sender<u64>,
}

impl Log {
    /// Starts the appender and the watch over other servers.
    pub(crate) async fn start(db: Db) -> Result<Log, Fault> {
        let last = last_seq(&db).await?;
        let (queue, waiting) = mpsc::channel(1024);
        let (grown, _) = watch::channel(last);
        let log = Log { db: db.clone(), queue, grown: grown.clone() };
        tokio::spawn(append_forever(db.clone(), waiting, grown.clone()));
        let nudge = Arc::new(Notify::new());
        let (told, database) = (nudge.clone(), db.clone());
        tokio::spawn(async move { database.listen(&[GROWN], move |_, _| told.notify_one()).await });
        tokio::spawn(poll_forever(db, nudge, grown));
        Ok(log)
    }

    /// Appends to a stream whose head the caller has seen, with the read tables' rows, in one transaction.
    ///
    /// # Errors
    /// The database failed; nothing was written.
    pub async fn append(&self, stream: &str, expected: Head, facts: Vec<Fact>, rows: Rows, once: Option<Once>) -> Result<Appended, Fault> {
        let (reply, answer) = oneshot::channel();
        let append = Append { stream: stream.to_string(), expected, facts, rows, once, reply };
        self.queue.send(append).await.map_err(|_| "the log is closed")?;
        Ok(answer.await.map_err(|_| "the log stopped before it answered")??)
    }

    /// Raised after every commit, here or on another server.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.grown.subscribe()
    }

    /// Events of one stream after a cursor, in order; at most `limit`.
    ///
    /// # Errors
    /// The database failed, or an event cannot be read.
    pub async fn read(&self, stream: &str, after_seq: u64, limit: i64) -> Result<Vec<Recorded<project::Event>>, Fault> {
        let rows = sqlx::query(
            "select seq, stream, version, at, actor, kind, body, hash from event where stream = $1 and seq > $2 order by seq limit $3",
        )
        .bind(stream.to_string())
        .bind(i64::try_from(after_seq).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(self.db.pool())
        .await?;
        rows.iter().map(Stored::from_row).map(|stored| stored?.open()).collect()
    }

    /// What stands under a form's key.
    ///
    /// # Errors
    /// The database failed.
    pub async fn done_before(&self, once: Once) -> Result<Option<Before>, Fault> {
        let row = sqlx::query("select version, asked from command where key = $1")
            .bind(once.key.to_string())
            .fetch_optional(self.db.pool())
            .await?;
        row.map(|row| before(&row, once)).transpose()
    }

    /// The last sequence number that was committed.
    pub fn last_seen(&self) -> u64 {
        *self.grown.borrow()
    }
}

fn before(row: &AnyRow, once: Once) -> Result<Before, Fault> {
    let same = row.try_get::<Option<String>, _>("asked")?.is_none_or(|asked| asked == once.asked.to_string());
    Ok(if same { Before::Same { version: row.try_get::<i64, _>("version")?.unsigned_abs() } } else { Before::Other })
}

/// An event as its row holds it.
pub(crate) struct Stored {
    pub seq: u64,
    pub meta: Meta,
    pub body: String,
    pub hash: String,
}

impl Stored {
    pub fn from_row(row: &AnyRow) -> Result<Stored, Fault> {
        let number = |name: &str| -> Result<u64, Fault> { Ok(u64::try_from(row.try_get::<i64, _>(name)?)?) };
        let at: String = row.try_get("at")?;
        let seq = number("seq")?;
        Ok(Stored {
            seq,
            meta: Meta {
                stream: row.try_get("stream")?,
                version: number("version")?,
                at: at.parse().map_err(|_| format!("event {seq}: `{at}` is not an instant"))?,
                actor: Id::from(row.try_get::<String, _>("actor")?),
                kind: row.try_get("kind")?,
            },
            body: row.try_get("body")?,
            hash: row.try_get("hash")?,
        })
    }

    pub fn open(self) -> Result<Recorded<project::Event>, Fault> {
        let body: Body<project::Event> = serde_json::from_str(&self.body).map_err(|e| format!("event {} cannot be read: {e}", self.seq))?;
        let hash = Digest::parse(&self.hash).ok_or_else(|| format!("event {}: its hash is not one", self.seq))?;
        Ok(Recorded::Open {
            meta: self.meta,
            seq: self.seq,
            audience: body.audience,
            assumed: body.assumed,
            event: body.event,
            body: self.body,
            hash,
        })
    }
}

async fn last_seq(db: &Db) -> Result<u64, Fault> {
    let row = sqlx::query("select coalesce(max(seq), 0) as last from event").fetch_one(db.pool()).await?;
    Ok(row.try_get::<i64, _>("last")?.unsigned_abs())
}

async fn poll_forever(db: Db, nudge: Arc<Notify>, grown: watch::Sender<u64>) {
    loop {
        // Either a notification of another server, or the slow poll.
        let _ = tokio::time::timeout(POLL, nudge.notified()).await;
        if let Ok(last) = last_seq(&db).await {
            grown.send_if_modified(|known| {
                let more = last > *known;
                *known = last.max(*known);
                more
            });
        }
    }
}

/// What the appender remembers between transactions, valid while nobody else has written.
#[derive(Default)]
struct Memory {
    last: u64,
    heads: HashMap<String, Head>,
}

async fn append_forever(db: Db, mut waiting: mpsc::Receiver<Append>, grown: watch::Sender<u64>) {
    let mut memory = Memory::default();
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let written = write_group(&db, &mut memory, &group).await;
        match written {
            Ok(answers) => {
                grown.send_if_modified(|known| {
                    let more = memory.last > *known;
                    *known = memory.last.max(*known);
                    more
                });
                for (append, answer) in group.drain(..).zip(answers) {
                    let _ = append.reply.send(Ok(answer));
                }
            }
            // One bad append must not fail its neighbours: each alone.
            Err(_) if group.len() > 1 => {
                for append in group.drain(..) {
                    memory = Memory::default();
                    let one = std::slice::from_ref(&append);
                    let answer = write_group(&db, &mut memory, one).await.map(|mut a| a.remove(0)).map_err(|e| e.to_string());
                    let _ = append.reply.send(answer);
                }
                grown.send_modify(|known| *known = memory.last.max(*known));
            }
            Err(error) => {
                memory = Memory::default();
                for append in group.drain(..) {
                    let _ = append.reply.send(Err(error.to_string()));
                }
            }
        }
    }
}

/// Writes a group in one transaction: all of it or nothing.
async fn write_group(db: &Db, memory: &mut Memory, group: &[Append]) -> Result<Vec<Appended>, Fault> {
    let mut tx = db.begin_append().await?;
    let row = sqlx::query("select coalesce(max(seq), 0) as last from event").fetch_one(&mut *tx).await?;
    let mut seq = row.try_get::<i64, _>("last")?.unsigned_abs();
    if seq != memory.last || memory.heads.len() > 10_000 {
        memory.heads.clear();
    }
    let mut heads: HashMap<&str, Head> = HashMap::new();
    let mut answers = Vec::with_capacity(group.len());
    for append in group {
        let known = heads.get(append.stream.as_str()).or_else(|| memory.heads.get(&append.stream)).copied();
        let head = match known {
            Some(head) => head,
            None => stream_head(&mut tx, &append.stream).await?,
        };
        heads.insert(&append.stream, head);
        let answer = write_one(&mut tx, append, head, &mut seq).await?;
        if let Appended::Done { head, .. } = answer {
            heads.insert(&append.stream, head);
        }
        answers.push(answer);
    }
    db.notify_in(&mut tx, GROWN, "").await?;
    tx.commit().await?;
    memory.last = seq;
    memory.heads.extend(heads.into_iter().map(|(stream, head)| (stream.to_string(), head)));
    Ok(answers)
}

async fn stream_head(tx: &mut Transaction<'static, Any>, stream: &str) -> Result<Head, Fault> {
    let row = sqlx::query("select version, hash from event where stream = $1 order by version desc limit 1")
        .bind(stream.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(Head::default()) };
    let hash: String = row.try_get("hash")?;
    Ok(Head {
        version: u64::try_from(row.try_get::<i64, _>("version")?)?,
        hash: Digest::parse(&hash).ok_or_else(|| format!("the last hash of {stream} is not one: run `quanlian verify`"))?,
    })
}

async fn write_one(tx: &mut AnyConnection, append: &Append, mut head: Head, seq: &mut u64) -> Result<Appended, Fault> {
    if let Some(once) = append.once {
        let row =
            sqlx::query("select version, asked from command where key = $1").bind(once.key.to_string()).fetch_optional(&mut *tx).await?;
        if let Some(row) = row {
            return Ok(Appended::Already(before(&row, once)?));
        }
    }
    if head != append.expected {
        return Ok(Appended::Conflict);
    }
    for fact in &append.facts {
        *seq += 1;
        let meta = Meta {
            stream: append.stream.clone(),
            version: head.version + 1,
            at: fact.at,
            actor: fact.actor.clone(),
            kind: fact.kind.into(),
        };
        head = Head { version: meta.version, hash: link(head.hash, meta.digest(&fact.body)) };
        sqlx::query("insert into event (seq, stream, version, at, actor, kind, body, hash) values ($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(i64::try_from(*seq)?)
            .bind(meta.stream)
            .bind(i64::try_from(meta.version)?)
            .bind(meta.at.to_string())
            .bind(meta.actor.to_string())
            .bind(meta.kind)
            .bind(fact.body.clone())
            .bind(head.hash.to_string())
            .execute(&mut *tx)
            .await?;
    }
    append.rows.write(tx).await?;
    if let (Some(once), Some(last)) = (append.once, append.facts.last()) {
        sqlx::query("insert into command (key, stream, version, at, asked) values ($1, $2, $3, $4, $5)")
            .bind(once.key.to_string())
            .bind(append.stream.clone())
            .bind(i64::try_from(head.version)?)
            .bind(last.at.to_string())
            .bind(once.asked.to_string())
            .execute(&mut *tx)
            .await?;
    }
    Ok(Appended::Done { head, seq: *seq })
}
