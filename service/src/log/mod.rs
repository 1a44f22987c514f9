//! The log on disk: one table for streams of every kind. One appender task groups waiting appends into one transaction, takes
//! the lock that orders commits, numbers, commits, then raises a watch. Readers hold a cursor and read the table: replay and
//! live are the same code, and nobody can lag.

mod append;
mod read;

pub(crate) use read::Stored;

use crate::db::Db;
use crate::error::Fault;
use crate::once::{Before, Once};
use crate::projection::Write;
use crate::random_hex;
use append::{Append, append_forever};
use domain::Id;
use domain::account::Account;
use domain::date::Instant;
use domain::log::{Body, Digest, Stream};
use read::last_seq;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot, watch};

/// How often a reader looks without being told: the net under the notifications.
const POLL: Duration = Duration::from_secs(1);

/// The channel other servers hear of a commit on.
const COMMITS_CHANNEL: &str = "quanlian_log";

/// An event to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewEvent {
    pub(crate) at: Instant,
    pub(crate) actor: Id<Account>,
    pub(crate) kind: &'static str,
    /// JSON of a [`Body`].
    pub(crate) body: String,
}

impl NewEvent {
    /// An event of a stream of kind `S`, by `actor`. `assumed`: it is not documented (a replayed case).
    ///
    /// # Errors
    /// The event cannot be written as JSON.
    pub fn of<S: Stream>(event: &S::Event, actor: &Id<Account>, at: Instant, assumed: bool) -> Result<NewEvent, Fault> {
        let body = serde_json::to_string(&Body { audience: S::audience(event), salt: random_hex(16), assumed, event })?;
        Ok(NewEvent { at, actor: actor.clone(), kind: S::kind(event), body })
    }
}

/// The last event of a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Head {
    pub version: u64,
    pub hash: Digest,
}

/// What happened to an append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Appended {
    Done {
        head: Head,
        seq: u64,
    },
    /// Somebody else was first: read, decide and try again.
    Conflict,
    /// The same form was sent before.
    Already(Before),
}

/// The log, open. Cheap to clone; all clones share one appender.
#[derive(Clone)]
pub struct Log {
    db: Db,
    queue: mpsc::Sender<Append>,
    latest_seq: watch::Sender<u64>,
}

impl Log {
    /// Starts the appender and the watch over other servers.
    pub(crate) async fn start(db: Db) -> Result<Log, Fault> {
        let last = last_seq(&db).await?;
        let (queue, waiting) = mpsc::channel(1024);
        let (latest_seq, _) = watch::channel(last);
        let log = Log { db: db.clone(), queue, latest_seq: latest_seq.clone() };
        tokio::spawn(append_forever(db.clone(), waiting, latest_seq.clone()));
        let nudge = Arc::new(Notify::new());
        let (told, database) = (nudge.clone(), db.clone());
        tokio::spawn(async move { database.listen(&[COMMITS_CHANNEL], move |_, _| told.notify_one()).await });
        tokio::spawn(poll_forever(db, nudge, latest_seq));
        Ok(log)
    }

    /// Appends to a stream whose head the caller has seen, with what is written beside it (the read tables' rows), in one
    /// transaction.
    ///
    /// # Errors
    /// The database failed; nothing was written.
    pub(crate) async fn append<S: Stream>(
        &self,
        id: &Id<S>,
        expected: Head,
        events: Vec<NewEvent>,
        beside: Vec<Write>,
        once: Option<Once>,
    ) -> Result<Appended, Fault> {
        let (reply, answer) = oneshot::channel();
        let append = Append { stream: S::name(id), expected, events, beside, once, reply };
        self.queue.send(append).await.map_err(|_| "the log is closed")?;
        Ok(answer.await.map_err(|_| "the log stopped before it answered")??)
    }

    /// Raised after every commit, here or on another server.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.latest_seq.subscribe()
    }

    /// The last sequence number that was committed.
    pub fn last_seen(&self) -> u64 {
        *self.latest_seq.borrow()
    }
}

async fn poll_forever(db: Db, nudge: Arc<Notify>, latest_seq: watch::Sender<u64>) {
    loop {
        // Either a notification of another server, or the slow poll.
        let _ = tokio::time::timeout(POLL, nudge.notified()).await;
        if let Ok(last) = last_seq(&db).await {
            latest_seq.send_if_modified(|known| {
                let more = last > *known;
                *known = last.max(*known);
                more
            });
        }
    }
}
