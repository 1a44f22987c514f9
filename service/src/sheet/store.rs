//! The sheet's documents on disk. A write names the last update its maker has seen: if another server was first,
//! nothing is written, and the maker reads what is new and tries again. So every server applies the same updates, and
//! who changed what is known exactly. What they hold is stored sealed.

use super::sealed::{Piece, Pieces};
use super::update::{Loaded, SheetNotification, Update, WriteOutcome};
use super::writer::{self, Write};
use crate::certificate::Keys;
use crate::db::Db;
use crate::error::Fault;
use domain::account::Account;
use domain::catalogue::Form;
use domain::id::Id;
use domain::project::Project;
use domain::sheet::document::Document;
use domain::sheet::{Changed, Entries, Entry, scan};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, oneshot};

/// Updates after which a document is written anew as a whole.
const COMPACT_AFTER: u64 = 500;
/// The update that does nothing.
const NOTHING: [u8; 2] = [0, 0];
/// Rows of a history that are given at once.
const HISTORY: i64 = 200;

/// The documents of all data sheets, on disk. Cheap to clone.
#[derive(Clone)]
pub struct Sheets {
    db: Db,
    keys: Keys,
    queue: mpsc::Sender<Write>,
    news: broadcast::Sender<SheetNotification>,
    /// Tells our own notifications from those of other servers.
    server: Arc<str>,
}

/// The channels of the database's notifications.
pub(crate) const UPDATES_CHANNEL: &str = "quanlian_sheet";
pub(crate) const PRESENCE: &str = "quanlian_presence";

impl Sheets {
    pub(crate) fn start(db: Db, keys: Keys) -> Sheets {
        let (queue, waiting) = mpsc::channel(1024);
        let (news, _) = broadcast::channel(4096);
        let server: Arc<str> = crate::random_hex(6).into();
        tokio::spawn(writer::write_forever(db.clone(), keys.clone(), waiting, server.clone()));
        let (database, told, us) = (db.clone(), news.clone(), server.clone());
        tokio::spawn(async move {
            database
                .listen(&[UPDATES_CHANNEL, PRESENCE], move |channel, payload| {
                    let mut parts = payload.splitn(3, ' ');
                    let (Some(from), Some(document), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return };
                    if from == us.as_ref() {
                        return;
                    }
                    let document: Arc<str> = document.into();
                    let news = match channel {
                        UPDATES_CHANNEL => rest.parse().ok().map(|seq| SheetNotification::Updated { document, seq }),
                        _ => from_hex(rest).map(|frame| SheetNotification::Presence { document, frame }),
                    };
                    if let Some(news) = news {
                        let _ = told.send(news);
                    }
                })
                .await;
        });
        Sheets { db, keys, queue, news, server }
    }

    /// News of all documents from now on. A receiver that lags looks at the database itself.
    pub fn news(&self) -> broadcast::Receiver<SheetNotification> {
        self.news.subscribe()
    }

    /// Tells this server's rooms that somebody else than they has written. (Other servers hear of every write.)
    pub(crate) fn notify_update(&self, document: &str, seq: u64) {
        let _ = self.news.send(SheetNotification::Updated { document: document.into(), seq });
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
            let pieces = Pieces::of(&self.keys)?;
            writer::insert(&mut tx, &pieces, vec![(&document, 1, update)]).await?;
            writer::own(&mut tx, vec![(&document, update)]).await?;
            writer::change(&mut tx, &pieces, vec![(&document, project, 1, update)]).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// A document with all its updates; `None` where it was not begun.
    ///
    /// # Errors
    /// The database failed, or what it holds cannot be read.
    pub async fn load(&self, form: &Form, name: &str, section: &str) -> Result<Option<Loaded>, Fault> {
        loop {
            let row = sqlx::query(
                "select w.compacted, w.state, w.sealed from sheet_document d left join sheet_whole w on w.document = d.document where d.document = $1",
            )
            .bind(name.to_string())
            .fetch_optional(self.db.pool())
            .await?;
            let Some(row) = row else { return Ok(None) };
            let compacted = row.try_get::<Option<i64>, _>("compacted")?.unwrap_or_default().unsigned_abs();
            // Merged into the whole between the two looks: again.
            let Some(updates) = self.since(name, compacted).await? else { continue };
            let document = Document::new(form, section, super::client());
            let mut gaps = false;
            if let Some(state) = row.try_get::<Option<Vec<u8>>, _>("state")? {
                let piece = Piece::Whole { document: name, seq: compacted };
                let sealed = row.try_get::<Option<i64>, _>("sealed")?.unwrap_or_default();
                let state = Pieces::of(&self.keys)?.open(piece, state, sealed)?;
                gaps |= scan::of_stored(&state).is_ok_and(|scanned| scanned.gaps);
                document.apply(&state).map_err(|_| format!("the sheet {name} cannot be read"))?;
            }
            let seq = updates.last().map_or(compacted, |(seq, _, _)| *seq);
            document
                .apply_all(updates.iter().map(|(_, _, data)| data.as_slice()))
                .map_err(|_| format!("an update of the sheet {name} cannot be read"))?;
            let mut writers = self.writers(name).await?;
            for (_, author, data) in &updates {
                let scanned = scan::of_stored(data).unwrap_or_default();
                gaps |= scanned.gaps;
                // Updates of an earlier release say by their author whose their clients are.
                for client in scanned.blocks.keys() {
                    writers.entry(*client).or_insert_with(|| author.clone());
                }
            }
            return Ok(Some(Loaded { document, seq, loose: seq - compacted, writers, gaps }));
        }
    }

    /// Whose the clients of a document are.
    ///
    /// # Errors
    /// The database failed.
    pub async fn writers(&self, document: &str) -> Result<HashMap<u64, Id<Account>>, Fault> {
        let rows = sqlx::query("select client, account from sheet_writer where document = $1")
            .bind(document.to_string())
            .fetch_all(self.db.pool())
            .await?;
        rows.iter().map(|row| Ok((row.try_get::<i64, _>("client")?.unsigned_abs(), row.try_get::<String, _>("account")?.into()))).collect()
    }

    /// Updates of a document after one of them, with who made them; `None` where not all of them are there one by one
    /// any more: the document has to be loaded.
    ///
    /// # Errors
    /// The database failed.
    pub async fn since(&self, document: &str, after: u64) -> Result<Option<Vec<(u64, Id<Account>, Vec<u8>)>>, Fault> {
        let rows = sqlx::query("select seq, author, data, sealed from sheet_update where document = $1 and seq > $2 order by seq")
            .bind(document.to_string())
            .bind(i64::try_from(after)?)
            .fetch_all(self.db.pool())
            .await?;
        if rows.is_empty() {
            return Ok((self.last(document).await? <= after).then(Vec::new));
        }
        let pieces = Pieces::of(&self.keys)?;
        let read = |row: &AnyRow| -> Result<_, Fault> {
            let seq = row.try_get::<i64, _>("seq")?.unsigned_abs();
            let mut data = pieces.open(Piece::Update { document, seq }, row.try_get("data")?, row.try_get("sealed")?)?;
            // An earlier release stored what strangers sent as it came. What cannot be decoded safely is passed over.
            if let Err(why) = scan::of_stored(&data) {
                tracing::error!(document, seq, ?why, "a stored update of a sheet is hostile and is passed over");
                data = NOTHING.to_vec();
            }
            Ok((seq, row.try_get::<String, _>("author")?.into(), data))
        };
        let updates = rows.iter().map(read).collect::<Result<Vec<_>, Fault>>()?;
        Ok(updates.first().is_some_and(|(first, _, _)| *first == after + 1).then_some(updates))
    }

    /// What was changed after an update, for those who look on.
    ///
    /// # Errors
    /// The database failed.
    pub async fn changed_since(&self, document: &str, after: u64) -> Result<Vec<Changed>, Fault> {
        let rows = sqlx::query(
            "select document, field, seq, author, own, at, value, sealed from sheet_change where document = $1 and seq > $2 order by seq",
        )
        .bind(document.to_string())
        .bind(i64::try_from(after)?)
        .fetch_all(self.db.pool())
        .await?;
        self.changed(&rows)
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
    pub async fn write(&self, document: &str, project: &Id<Project>, expected: u64, updates: Vec<Update>) -> Result<WriteOutcome, Fault> {
        self.send(document, project, expected, updates, None).await
    }

    async fn send(
        &self,
        document: &str,
        project: &Id<Project>,
        expected: u64,
        updates: Vec<Update>,
        whole: Option<Vec<u8>>,
    ) -> Result<WriteOutcome, Fault> {
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
        Ok(matches!(written, WriteOutcome::Done { .. }))
    }

    /// What the fields of a project hold, and who says so.
    ///
    /// # Errors
    /// The database failed.
    pub async fn entries(&self, project: &Id<Project>) -> Result<Entries, Fault> {
        let rows = sqlx::query(
            "select document, field, seq, author, own, at, value, sealed from sheet_change c where project = $1 and seq = \
             (select max(seq) from sheet_change l where l.document = c.document and l.field = c.field)",
        )
        .bind(project.to_string())
        .fetch_all(self.db.pool())
        .await?;
        Ok(self.changed(&rows)?.into_iter().map(|changed| (changed.field, changed.entry)).collect())
    }

    pub(crate) async fn history(&self, document: &str, field: Option<&str>) -> Result<Vec<Changed>, Fault> {
        let rows = match field {
            Some(field) => sqlx::query(
                "select document, field, seq, author, own, at, value, sealed from sheet_change \
                 where document = $1 and field = $3 order by seq desc limit $2",
            )
            .bind(document.to_string())
            .bind(HISTORY)
            .bind(field.to_string()),
            None => sqlx::query(
                "select document, field, seq, author, own, at, value, sealed from sheet_change \
                 where document = $1 order by seq desc limit $2",
            )
            .bind(document.to_string())
            .bind(HISTORY),
        }
        .fetch_all(self.db.pool())
        .await?;
        self.changed(&rows)
    }

    fn changed(&self, rows: &[AnyRow]) -> Result<Vec<Changed>, Fault> {
        // The keys are not looked at for nothing.
        let Some(_) = rows.first() else { return Ok(Vec::new()) };
        let pieces = Pieces::of(&self.keys)?;
        rows.iter().map(|row| changed_from_row(&pieces, row)).collect()
    }
}

fn changed_from_row(pieces: &Pieces, row: &AnyRow) -> Result<Changed, Fault> {
    let (document, field, author): (String, String, String) = (row.try_get("document")?, row.try_get("field")?, row.try_get("author")?);
    let (at, seq): (String, u64) = (row.try_get("at")?, row.try_get::<i64, _>("seq")?.unsigned_abs());
    let piece = Piece::Change { document: &document, field: &field, author: &author, seq };
    Ok(Changed {
        entry: Entry {
            value: pieces.open_text(piece, row.try_get("value")?, row.try_get("sealed")?)?,
            at: at.parse().map_err(|_| format!("`{at}` is not an instant"))?,
            seq,
            own: row.try_get::<i64, _>("own")? != 0,
            by: author.into(),
        },
        field: field.into(),
    })
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}
