//! The writer of the sheet's documents: one task that groups waiting writes of all of them into one transaction, as
//! the log's appender does.

use super::sealed::{Piece, Pieces};
use super::store::UPDATES_CHANNEL;
use super::update::{Update, WriteOutcome};
use crate::certificate::Keys;
use crate::db::Db;
use crate::error::Fault;
use domain::account::Account;
use domain::catalogue::Field;
use domain::id::Id;
use domain::project::Project;
use sqlx::{AnyConnection, Row};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Most writes that share a transaction.
const GROUP: usize = 256;
/// From the begin of one transaction to that of the next: who writes alone waits for nothing, many share.
const PACE: Duration = Duration::from_millis(8);
/// Rows that one statement writes.
const ROWS: usize = 400;

/// What waits to be written.
pub(super) struct Write {
    pub document: String,
    pub project: Id<Project>,
    pub expected: u64,
    pub updates: Vec<Update>,
    /// The document as it is after them, where it is time to write it as a whole: everything loose then goes.
    pub whole: Option<Vec<u8>>,
    pub reply: oneshot::Sender<Result<WriteOutcome, String>>,
}

pub(super) async fn write_forever(db: Db, keys: Keys, mut waiting: mpsc::Receiver<Write>, server: Arc<str>) {
    let mut group = Vec::with_capacity(GROUP);
    let mut connection: Option<AnyConnection> = None;
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        pace.tick().await;
        while let Some(more) = (group.len() < GROUP).then(|| waiting.try_recv().ok()).flatten() {
            group.push(more);
        }
        // In one order everywhere, so that two servers never wait for each other's documents crosswise.
        group.sort_by(|a, b| a.document.cmp(&b.document));
        match write_group(&db, &keys, &mut connection, &group, &server).await {
            Ok(answers) => {
                for (write, answer) in group.drain(..).zip(answers) {
                    let _ = write.reply.send(Ok(answer));
                }
            }
            Err(fault) => {
                // It may be the connection: the next group gets another.
                connection = None;
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
async fn write_group(
    db: &Db,
    keys: &Keys,
    connection: &mut Option<AnyConnection>,
    group: &[Write],
    server: &str,
) -> Result<Vec<WriteOutcome>, Fault> {
    let pieces = Pieces::of(keys)?;
    let kept = match connection.take() {
        Some(kept) => connection.insert(kept),
        // Out of the pool, which waits for all it gave when it is closed.
        None => connection.insert(db.pool().acquire().await?.detach()),
    };
    let mut tx = db.begin_write_on(kept).await?;
    let mut answers: Vec<WriteOutcome> = group.iter().map(|_| WriteOutcome::Conflict).collect();
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
                db.notify_in(&mut tx, UPDATES_CHANNEL, &format!("{server} {} {seq}", write.document)).await?;
                answers[i] = WriteOutcome::Done { seq };
                updates.extend(write.updates.iter().zip(write.expected + 1..).map(|(update, seq)| (write, seq, update)));
                if let Some(whole) = &write.whole {
                    write_whole(&mut tx, &pieces, &write.document, seq, whole).await?;
                }
            }
        }
        insert(&mut tx, &pieces, updates.iter().map(|(write, seq, update)| (write.document.as_str(), *seq, *update)).collect()).await?;
        own(&mut tx, updates.iter().map(|(write, _, update)| (write.document.as_str(), *update)).collect()).await?;
        let updates = updates.into_iter().map(|(write, seq, update)| (write.document.as_str(), &write.project, seq, update));
        change(&mut tx, &pieces, updates.collect()).await?;
    }
    tx.commit().await?;
    Ok(answers)
}

async fn write_whole(tx: &mut AnyConnection, pieces: &Pieces, document: &str, seq: u64, whole: &[u8]) -> Result<(), Fault> {
    let n = i64::try_from(seq)?;
    sqlx::query(
        "insert into sheet_whole (document, compacted, state, sealed) values ($1, $2, $3, 1) on conflict (document) do update \
         set compacted = excluded.compacted, state = excluded.state, sealed = excluded.sealed where sheet_whole.compacted < excluded.compacted",
    )
    .bind(document.to_string())
    .bind(n)
    .bind(pieces.seal(Piece::Whole { document, seq }, whole)?)
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

pub(super) async fn insert(tx: &mut AnyConnection, pieces: &Pieces, updates: Vec<(&str, u64, &Update)>) -> Result<(), Fault> {
    for chunk in updates.chunks(ROWS) {
        let text = format!("insert into sheet_update (document, seq, author, at, data, sealed) values {}", places(chunk.len(), 6));
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
        for (document, seq, update) in chunk {
            let data = pieces.seal(Piece::Update { document, seq: *seq }, &update.data)?;
            query = query
                .bind((*document).to_string())
                .bind(i64::try_from(*seq)?)
                .bind(update.author.to_string())
                .bind(update.at.to_string())
                .bind(data)
                .bind(1_i64);
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Enters whose the clients are that write for the first time.
pub(super) async fn own(tx: &mut AnyConnection, updates: Vec<(&str, &Update)>) -> Result<(), Fault> {
    let of = |(document, update): &(&str, &Update)| {
        update.clients.iter().map(|client| (document.to_string(), *client, update.author.to_string())).collect::<Vec<_>>()
    };
    let rows: BTreeMap<(String, u64), String> =
        updates.iter().flat_map(of).map(|(document, client, author)| ((document, client), author)).collect();
    let rows: Vec<_> = rows.into_iter().collect();
    for chunk in rows.chunks(ROWS) {
        let text = format!(
            "insert into sheet_writer (document, client, account) values {} on conflict (document, client) do nothing",
            places(chunk.len(), 3)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
        for ((document, client), author) in chunk {
            query = query.bind(document.clone()).bind(i64::try_from(*client)?).bind(author.clone());
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Document, field, author and minute of a change; and its project, number, update and value.
type Minute<'u> = (&'u str, &'u Id<Field>, &'u Id<Account>, String);
type Last<'u> = (&'u Id<Project>, u64, &'u Update, &'u String);

/// What people made of the fields: one row for each person, field and minute, the last.
pub(super) async fn change(tx: &mut AnyConnection, pieces: &Pieces, updates: Vec<(&str, &Id<Project>, u64, &Update)>) -> Result<(), Fault> {
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
            "insert into sheet_change (document, field, author, minute, seq, project, own, at, value, sealed) values {} \
             on conflict (document, field, author, minute) do update set seq = excluded.seq, own = excluded.own, at = excluded.at, \
             value = excluded.value, sealed = excluded.sealed",
            places(chunk.len(), 10)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
        for ((document, field, author, minute), (project, seq, update, value)) in chunk {
            let piece = Piece::Change { document, field: field.as_str(), author: author.as_str(), seq: *seq };
            query = query
                .bind((*document).to_string())
                .bind(field.to_string())
                .bind(author.to_string())
                .bind(minute.clone())
                .bind(i64::try_from(*seq)?)
                .bind(project.to_string())
                .bind(i64::from(update.own))
                .bind(update.at.to_string())
                .bind(pieces.seal_text(piece, value)?)
                .bind(1_i64);
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}
