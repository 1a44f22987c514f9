//! The sheet's documents on disk. One writer task groups waiting writes of all documents into one transaction, as
//! the log's appender does. A write names the last update its writer has seen: if another server was first, nothing
//! is written, and the writer reads what is new and tries again. So every server applies the same updates, and
//! who changed what is known exactly.

use crate::db::Db;
use crate::error::Fault;
use domain::account::Account;
use domain::catalogue::{Field, Form};
use domain::date::Instant;
use domain::id::Id;
use domain::project::Project;
use domain::sheet::document::Document;
use domain::sheet::{Changed, Entries, Entry};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};

/// Most writes that share a transaction.
const GROUP: usize = 256;
/// Updates after which a document is written anew as a whole.
const COMPACT_AFTER: u64 = 500;
/// From the begin of one transaction to that of the next: who writes alone waits for nothing, many share.
const PACE: Duration = Duration::from_millis(8);
/// Rows that one statement writes.
const ROWS: usize = 400;
/// Rows of a history that are given at once.
const HISTORY: i64 = 200;

/// An update with who made it, and what the fields it changed hold after it.
#[derive(Clone, Debug)]
pub struct Update {
    pub author: Id<Account>,
    pub own: bool,
    pub at: Instant,
    pub data: Vec<u8>,
    pub changes: Vec<(Id<Field>, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    /// All are stored; the last one has this number.
    Done { seq: u64 },
    /// Others were stored since.
    Behind,
}

/// A document as it is on disk.
pub struct Loaded {
    pub document: Document,
    pub seq: u64,
    /// Updates since it was last written as a whole.
    pub loose: u64,
}

/// News of a document, from this server or another.
#[derive(Clone, Debug)]
pub enum Told {
    /// Its last update has this number.
    Grown { document: Arc<str>, seq: u64 },
    /// Somebody at another server moved; a frame of presence.
    Presence { document: Arc<str>, frame: Vec<u8> },
}

struct Write {
    document: String,
    project: Id<Project>,
    expected: u64,
    updates: Vec<Update>,
    /// The document as it is after them, where it is time to write it as a whole: everything loose then goes.
    whole: Option<Vec<u8>>,
    reply: oneshot::Sender<Result<Written, String>>,
}

#[derive(Clone)]
pub struct Sheets {
    db: Db,
    queue: mpsc::Sender<Write>,
    news: broadcast::Sender<Told>,
    /// Tells our own notifications from those of other servers.
    server: Arc<str>,
}

/// The channels of the database's notifications.
pub(crate) const GROWN: &str = "quanlian_sheet";
pub(crate) const PRESENCE: &str = "quanlian_presence";

impl Sheets {
    pub(crate) fn start(db: Db) -> Sheets {
        let (queue, waiting) = mpsc::channel(1024);
        let (news, _) = broadcast::channel(4096);
        let server: Arc<str> = crate::random_hex(6).into();
        tokio::spawn(write_forever(db.clone(), waiting, server.clone()));
        let (database, told, us) = (db.clone(), news.clone(), server.clone());
        tokio::spawn(async move {
            database
                .listen(&[GROWN, PRESENCE], move |channel, payload| {
                    let mut parts = payload.splitn(3, ' ');
                    let (Some(from), Some(document), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return };
                    if from == us.as_ref() {
                        return;
                    }
                    let document: Arc<str> = document.into();
                    let news = match channel {
                        GROWN => rest.parse().ok().map(|seq| Told::Grown { document, seq }),
                        _ => from_hex(rest).map(|frame| Told::Presence { document, frame }),
                    };
                    if let Some(news) = news {
                        let _ = told.send(news);
                    }
                })
                .await;
        });
        Sheets { db, queue, news, server }
    }

    /// News of all documents from now on. A receiver that lags looks at the database itself.
    pub fn news(&self) -> broadcast::Receiver<Told> {
        self.news.subscribe()
    }

    /// Tells this server's rooms that somebody else than they has written. (Other servers hear of every write.)
    pub(crate) fn tell_grown(&self, document: &str, seq: u64) {
        let _ = self.news.send(Told::Grown { document: document.into(), seq });
    }

    /// Tells other servers who is where.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tell_presence(&self, document: &str, frame: &[u8]) -> Result<(), Fault> {
        // A notification holds 8000 bytes; presence that is longer is told on this server alone.
        if frame.len() > 3500 {
            return Ok(());
        }
        let payload = format!("{} {document} {}", self.server, to_hex(frame));
        Ok(self.db.notify(PRESENCE, &payload).await?)
    }

    /// How many documents a project has.
    pub(crate) async fn begun(&self, project: &Id<Project>) -> Result<usize, Fault> {
        let row = sqlx::query("select count(*) as n from sheet_document where project = $1")
            .bind(project.to_string())
            .fetch_one(self.db.pool())
            .await?;
        Ok(usize::try_from(row.try_get::<i64, _>("n")?)?)
    }

    /// Makes a document, with its first update if there is one. Whoever is second finds it made.
    pub(crate) async fn create(&self, project: &Id<Project>, section: &str, first: Option<Update>) -> Result<(), Fault> {
        let document = super::document_name(project, section);
        let mut tx = self.db.begin_write().await?;
        let made = sqlx::query("insert into sheet_document (document, project, seq) values ($1, $2, $3) on conflict (document) do nothing")
            .bind(document.clone())
            .bind(project.to_string())
            .bind(i64::from(first.is_some()))
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if let (1, Some(update)) = (made, &first) {
            insert(&mut tx, vec![(&document, 1, update)]).await?;
            change(&mut tx, vec![(&document, project, 1, update)]).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// A document with all its updates; `None` where it was not begun.
    ///
    /// # Errors
    /// The database failed, or what it holds cannot be read.
    pub async fn load(&self, form: &Form, name: &str, section: &str) -> Result<Option<Loaded>, Fault> {
        let row = sqlx::query(
            "select w.compacted, w.state from sheet_document d left join sheet_whole w on w.document = d.document where d.document = $1",
        )
        .bind(name.to_string())
        .fetch_optional(self.db.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let compacted = row.try_get::<Option<i64>, _>("compacted")?.unwrap_or_default().unsigned_abs();
        let document = Document::new(form, section, super::client());
        if let Some(state) = row.try_get::<Option<Vec<u8>>, _>("state")? {
            document.apply(&state).map_err(|_| format!("the sheet {name} cannot be read"))?;
        }
        let updates = self.since(name, compacted).await?;
        let seq = updates.last().map_or(compacted, |(seq, _, _)| *seq);
        document
            .apply_all(updates.iter().map(|(_, _, data)| data.as_slice()))
            .map_err(|_| format!("an update of the sheet {name} cannot be read"))?;
        Ok(Some(Loaded { document, seq, loose: seq - compacted }))
    }

    /// Updates of a document after one of them, with who made them.
    ///
    /// # Errors
    /// The database failed.
    pub async fn since(&self, document: &str, after: u64) -> Result<Vec<(u64, Id<Account>, Vec<u8>)>, Fault> {
        let rows = sqlx::query("select seq, author, data from sheet_update where document = $1 and seq > $2 order by seq")
            .bind(document.to_string())
            .bind(i64::try_from(after)?)
            .fetch_all(self.db.pool())
            .await?;
        rows.iter()
            .map(|row| Ok((row.try_get::<i64, _>("seq")?.unsigned_abs(), row.try_get::<String, _>("author")?.into(), row.try_get("data")?)))
            .collect()
    }

    /// What was changed after an update, for those who look on.
    ///
    /// # Errors
    /// The database failed.
    pub async fn changed_since(&self, document: &str, after: u64) -> Result<Vec<Changed>, Fault> {
        let rows = sqlx::query("select field, seq, author, own, at, value from sheet_change where document = $1 and seq > $2 order by seq")
            .bind(document.to_string())
            .bind(i64::try_from(after)?)
            .fetch_all(self.db.pool())
            .await?;
        rows.iter().map(changed_from_row).collect()
    }

    /// The last update's number.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last(&self, document: &str) -> Result<u64, Fault> {
        let row = sqlx::query("select seq from sheet_document where document = $1")
            .bind(document.to_string())
            .fetch_optional(self.db.pool())
            .await?;
        Ok(row.map(|row| row.try_get::<i64, _>("seq")).transpose()?.unwrap_or_default().unsigned_abs())
    }

    /// Stores updates that follow the one their writer has seen last. Answers once they are on disk.
    ///
    /// # Errors
    /// The database failed; nothing was written.
    pub async fn write(&self, document: &str, project: &Id<Project>, expected: u64, updates: Vec<Update>) -> Result<Written, Fault> {
        self.send(document, project, expected, updates, None).await
    }

    async fn send(
        &self,
        document: &str,
        project: &Id<Project>,
        expected: u64,
        updates: Vec<Update>,
        whole: Option<Vec<u8>>,
    ) -> Result<Written, Fault> {
        let (reply, answer) = oneshot::channel();
        let write = Write { document: document.to_string(), project: project.clone(), expected, updates, whole, reply };
        self.queue.send(write).await.map_err(|_| "the sheets are closed")?;
        Ok(answer.await.map_err(|_| "the sheets stopped before they answered")??)
    }

    /// Writes a document as a whole when many updates have gathered, and lets those go. `whole` holds everything up
    /// to `seq` and nothing after it. By the same writer: two that write at once would wait for each other.
    ///
    /// # Errors
    /// The database failed.
    pub async fn compact(
        &self,
        document: &str,
        project: &Id<Project>,
        seq: u64,
        loose: u64,
        whole: impl FnOnce() -> Vec<u8>,
    ) -> Result<bool, Fault> {
        if loose < COMPACT_AFTER {
            return Ok(false);
        }
        let written = self.send(document, project, seq, Vec::new(), Some(whole())).await?;
        Ok(matches!(written, Written::Done { .. }))
    }

    /// What the fields of a project hold, and who says so.
    ///
    /// # Errors
    /// The database failed.
    pub async fn entries(&self, project: &Id<Project>) -> Result<Entries, Fault> {
        let rows = sqlx::query(
            "select field, seq, author, own, at, value from sheet_change c where project = $1 and seq = \
             (select max(seq) from sheet_change l where l.document = c.document and l.field = c.field)",
        )
        .bind(project.to_string())
        .fetch_all(self.db.pool())
        .await?;
        rows.iter().map(|row| changed_from_row(row).map(|changed| (changed.field, changed.entry))).collect()
    }

    pub(crate) async fn history(&self, document: &str, field: Option<&str>) -> Result<Vec<Changed>, Fault> {
        let rows = match field {
            Some(field) => sqlx::query(
                "select field, seq, author, own, at, value from sheet_change where document = $1 and field = $3 order by seq desc limit $2",
            )
            .bind(document.to_string())
            .bind(HISTORY)
            .bind(field.to_string()),
            None => {
                sqlx::query("select field, seq, author, own, at, value from sheet_change where document = $1 order by seq desc limit $2")
                    .bind(document.to_string())
                    .bind(HISTORY)
            }
        }
        .fetch_all(self.db.pool())
        .await?;
        rows.iter().map(changed_from_row).collect()
    }
}

fn changed_from_row(row: &AnyRow) -> Result<Changed, Fault> {
    let at: String = row.try_get("at")?;
    Ok(Changed {
        field: row.try_get::<String, _>("field")?.into(),
        entry: Entry {
            value: row.try_get("value")?,
            by: row.try_get::<String, _>("author")?.into(),
            at: at.parse().map_err(|_| format!("`{at}` is not an instant"))?,
            seq: row.try_get::<i64, _>("seq")?.unsigned_abs(),
            own: row.try_get::<i64, _>("own")? != 0,
        },
    })
}

async fn write_forever(db: Db, mut waiting: mpsc::Receiver<Write>, server: Arc<str>) {
    let mut group = Vec::with_capacity(GROUP);
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        pace.tick().await;
        while let Some(more) = (group.len() < GROUP).then(|| waiting.try_recv().ok()).flatten() {
            group.push(more);
        }
        // In one order everywhere, so that two servers never wait for each other's documents crosswise.
        group.sort_by(|a, b| a.document.cmp(&b.document));
        match write_group(&db, &group, &server).await {
            Ok(answers) => {
                for (write, answer) in group.drain(..).zip(answers) {
                    let _ = write.reply.send(Ok(answer));
                }
            }
            Err(fault) => {
                let sentence = fault.to_string();
                for write in group.drain(..) {
                    let _ = write.reply.send(Err(sentence.clone()));
                }
            }
        }
    }
}

/// Writes a group in three statements, however many edits it has: what was seen last of each document, the updates,
/// and what the fields hold now.
async fn write_group(db: &Db, group: &[Write], server: &str) -> Result<Vec<Written>, Fault> {
    let mut tx = db.begin_write().await?;
    let mut answers: Vec<Written> = group.iter().map(|_| Written::Behind).collect();
    // A document may have several writers waiting, of rooms and of forms: one at a time, in their order.
    let mut left: Vec<usize> = (0..group.len()).collect();
    while !left.is_empty() {
        let mut round: Vec<usize> = Vec::new();
        let mut later = Vec::new();
        for i in left {
            let again = round.iter().any(|r| group[*r].document == group[i].document);
            if again { later.push(i) } else { round.push(i) }
        }
        left = later;
        let taken = take(&mut tx, round.iter().map(|i| &group[*i])).await?;
        let mut updates = Vec::new();
        for i in round {
            let write = &group[i];
            if taken.contains(&write.document) {
                let seq = write.expected + write.updates.len() as u64;
                db.notify_in(&mut tx, GROWN, &format!("{server} {} {seq}", write.document)).await?;
                answers[i] = Written::Done { seq };
                updates.extend(write.updates.iter().zip(write.expected + 1..).map(|(update, seq)| (write, seq, update)));
                if let Some(whole) = &write.whole {
                    write_whole(&mut tx, &write.document, seq, whole).await?;
                }
            }
        }
        insert(&mut tx, updates.iter().map(|(write, seq, update)| (write.document.as_str(), *seq, *update)).collect()).await?;
        change(&mut tx, updates.into_iter().map(|(write, seq, update)| (write.document.as_str(), &write.project, seq, update)).collect())
            .await?;
    }
    tx.commit().await?;
    Ok(answers)
}

async fn write_whole(tx: &mut AnyConnection, document: &str, seq: u64, whole: &[u8]) -> Result<(), Fault> {
    let n = i64::try_from(seq)?;
    sqlx::query(
        "insert into sheet_whole (document, compacted, state) values ($1, $2, $3) on conflict (document) do update \
         set compacted = excluded.compacted, state = excluded.state where sheet_whole.compacted < excluded.compacted",
    )
    .bind(document.to_string())
    .bind(n)
    .bind(whole.to_vec())
    .execute(&mut *tx)
    .await?;
    sqlx::query("delete from sheet_update where document = $1 and seq <= $2").bind(document.to_string()).bind(n).execute(&mut *tx).await?;
    Ok(())
}

/// `($1, $2), ($3, $4)`: places for so many rows of so many values.
fn places(rows: usize, columns: usize) -> String {
    let row = |r: usize| format!("({})", (1..=columns).map(|c| format!("${}", r * columns + c)).collect::<Vec<_>>().join(", "));
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// Takes the documents' rows for this transaction, on both databases, where nothing was written that the writer has
/// not seen; gives those.
async fn take<'w>(tx: &mut AnyConnection, writes: impl Iterator<Item = &'w Write>) -> Result<HashSet<String>, Fault> {
    let writes: Vec<&Write> = writes.collect();
    let mut taken = HashSet::new();
    for chunk in writes.chunks(ROWS) {
        let text = format!(
            "update sheet_document set seq = w.column3 from (values {}) as w \
             where sheet_document.document = w.column1 and sheet_document.seq = w.column2 returning document",
            places(chunk.len(), 3)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
        for write in chunk {
            let expected = i64::try_from(write.expected)?;
            query = query.bind(write.document.clone()).bind(expected).bind(expected + i64::try_from(write.updates.len())?);
        }
        for row in query.fetch_all(&mut *tx).await? {
            taken.insert(row.try_get("document")?);
        }
    }
    Ok(taken)
}

async fn insert(tx: &mut AnyConnection, updates: Vec<(&str, u64, &Update)>) -> Result<(), Fault> {
    for chunk in updates.chunks(ROWS) {
        let text = format!("insert into sheet_update (document, seq, author, at, data) values {}", places(chunk.len(), 5));
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
        for (document, seq, update) in chunk {
            query = query
                .bind((*document).to_string())
                .bind(i64::try_from(*seq)?)
                .bind(update.author.to_string())
                .bind(update.at.to_string())
                .bind(update.data.clone());
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Document, field, author and minute of a change; and its project, number, update and value.
type Minute<'u> = (&'u str, &'u Id<Field>, &'u Id<Account>, String);
type Last<'u> = (&'u Id<Project>, u64, &'u Update, &'u String);

/// What people made of the fields: one row for each person, field and minute, the last.
async fn change(tx: &mut AnyConnection, updates: Vec<(&str, &Id<Project>, u64, &Update)>) -> Result<(), Fault> {
    let mut last: BTreeMap<Minute<'_>, Last<'_>> = BTreeMap::new();
    for (document, project, seq, update) in updates {
        for (field, value) in &update.changes {
            let minute: String = update.at.to_string().chars().take(16).collect();
            last.insert((document, field, &update.author, minute), (project, seq, update, value));
        }
    }
    let rows: Vec<_> = last.into_iter().collect();
    for chunk in rows.chunks(ROWS) {
        let text = format!(
            "insert into sheet_change (document, field, author, minute, seq, project, own, at, value) values {} \
             on conflict (document, field, author, minute) do update set seq = excluded.seq, own = excluded.own, at = excluded.at, \
             value = excluded.value",
            places(chunk.len(), 9)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
        for ((document, field, author, minute), (project, seq, update, value)) in chunk {
            query = query
                .bind((*document).to_string())
                .bind(field.to_string())
                .bind(author.to_string())
                .bind(minute.clone())
                .bind(i64::try_from(*seq)?)
                .bind(project.to_string())
                .bind(i64::from(update.own))
                .bind(update.at.to_string())
                .bind((*value).clone());
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}
