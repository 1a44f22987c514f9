//! What was stored before it was sealed is sealed: contents, password hashes, sheets. In small steps, each of which leaves
//! everything readable: it can be stopped at any moment and run again, also beside a portal that is open.

use crate::account::stored;
use crate::blob::Plain;
use crate::error::Fault;
use crate::sheet::sealed::{Piece, Pieces};
use crate::{Context, Service};
use domain::account::Account;
use domain::id::Id;
use domain::log::Digest;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// Rows that one transaction seals.
const BATCH: usize = 200;
/// The same of rows that may have 4 MiB each.
const BATCH_OF_LARGE: usize = 8;
/// Contents after which it is said how far it is, and their bytes.
const SAY_EVERY: (u64, u64) = (500, 256 * 1024 * 1024);

/// What was sealed so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Done {
    /// Contents that were sealed.
    pub contents: u64,
    /// Contents that were found unsealed.
    pub of: u64,
    /// Bytes of those contents.
    pub bytes: u64,
    /// Hashes of passwords that were sealed.
    pub passwords: u64,
    /// Rows of sheets.
    pub rows: u64,
    /// Contents that are not what their digest says: they stay as they are, for `verify` to name.
    pub changed: Vec<Digest>,
}

/// Seals what is stored unsealed; says now and then how far it is.
///
/// # Errors
/// The database or the store does not answer, the keys cannot be read, or somebody held the tables until the end; the next
/// run goes on.
pub async fn seal_stored(service: &Service, say: &mut (dyn FnMut(&Done) + Send)) -> Result<Done, Fault> {
    let mut done = Done::default();
    passwords(&service.context(None), &mut done).await?;
    sheets(service, &mut done, say).await?;
    contents(service, &mut done, say).await?;
    // What stood in the tables unsealed stands in their free pages until they are written anew. Last: it is the one step
    // that needs a quiet moment.
    service.db.write_anew(&["account", "sheet_update", "sheet_whole", "sheet_change"]).await?;
    Ok(done)
}

async fn contents(service: &Service, done: &mut Done, say: &mut (dyn FnMut(&Done) + Send)) -> Result<(), Fault> {
    let plain = service.blobs.plain().await?;
    done.of = plain.len() as u64;
    let mut said = (0, 0);
    for digest in plain {
        match service.blobs.seal_plain(digest).await? {
            Plain::Sealed(size) => {
                done.contents += 1;
                done.bytes += size;
            }
            Plain::Changed => done.changed.push(digest),
            Plain::Gone => {}
        }
        if done.contents - said.0 >= SAY_EVERY.0 || done.bytes - said.1 >= SAY_EVERY.1 {
            said = (done.contents, done.bytes);
            say(done);
        }
    }
    Ok(())
}

async fn passwords(cx: &Context, done: &mut Done) -> Result<(), Fault> {
    let mut after = String::new();
    loop {
        let rows = sqlx::query(
            "select id, password_hash from account where id > $1 and password_hash is not null and password_hash not like $2 \
             order by id limit $3",
        )
        .bind(after.clone())
        .bind(format!("{}%", stored::SEALED))
        .bind(i64::try_from(BATCH)?)
        .fetch_all(cx.service.db.pool())
        .await?;
        for row in &rows {
            after = row.try_get("id")?;
            let account: Id<Account> = after.clone().into();
            let now = stored::seal(cx, &account, row.try_get("password_hash")?).await?;
            done.passwords += u64::from(now.starts_with(stored::SEALED));
        }
        if rows.len() < BATCH {
            return Ok(());
        }
    }
}

/// The tables of the sheets, in the order they are gone through.
#[derive(Clone, Copy)]
enum Table {
    Update,
    Whole,
    Change,
}

impl Table {
    fn batch(self) -> usize {
        match self {
            Table::Update | Table::Change => BATCH,
            Table::Whole => BATCH_OF_LARGE,
        }
    }
}

async fn sheets(service: &Service, done: &mut Done, say: &mut (dyn FnMut(&Done) + Send)) -> Result<(), Fault> {
    let pieces = Pieces::of(&service.keys)?;
    for table in [Table::Update, Table::Whole, Table::Change] {
        // The key of the last row that was looked at.
        let mut after = Key::default();
        loop {
            let mut tx = service.db.begin_write().await?;
            let rows = unsealed(&mut tx, table, &after).await?;
            for row in &rows {
                after = Key::of(table, row)?;
                done.rows += seal(&mut tx, &pieces, table, &after, row).await?;
            }
            tx.commit().await?;
            if rows.len() < table.batch() {
                break;
            }
            say(done);
        }
    }
    Ok(())
}

/// What names a row, whichever table it is of.
#[derive(Clone, Default)]
struct Key {
    document: String,
    field: String,
    author: String,
    minute: String,
    seq: i64,
}

impl Key {
    fn of(table: Table, row: &AnyRow) -> Result<Key, Fault> {
        let key = Key { document: row.try_get("document")?, seq: row.try_get("seq")?, ..Key::default() };
        Ok(match table {
            Table::Update | Table::Whole => key,
            Table::Change => Key { field: row.try_get("field")?, author: row.try_get("author")?, minute: row.try_get("minute")?, ..key },
        })
    }
}

async fn unsealed(tx: &mut AnyConnection, table: Table, after: &Key) -> Result<Vec<AnyRow>, Fault> {
    let limit = i64::try_from(table.batch())?;
    let query = match table {
        Table::Update => sqlx::query(
            "select document, seq, data from sheet_update where sealed = 0 and (document, seq) > ($1, $2) order by document, seq limit $3",
        )
        .bind(after.document.clone())
        .bind(after.seq)
        .bind(limit),
        Table::Whole => sqlx::query(
            "select document, compacted as seq, state as data from sheet_whole where sealed = 0 and document > $1 order by document limit $2",
        )
        .bind(after.document.clone())
        .bind(limit),
        Table::Change => sqlx::query(
            "select document, field, author, minute, seq, value from sheet_change \
             where sealed = 0 and (document, field, author, minute) > ($1, $2, $3, $4) order by document, field, author, minute limit $5",
        )
        .bind(after.document.clone())
        .bind(after.field.clone())
        .bind(after.author.clone())
        .bind(after.minute.clone())
        .bind(limit),
    };
    Ok(query.fetch_all(tx).await?)
}

/// Seals a row, unless it has been written or merged since it was read.
async fn seal(tx: &mut AnyConnection, pieces: &Pieces, table: Table, key: &Key, row: &AnyRow) -> Result<u64, Fault> {
    let (document, seq) = (key.document.as_str(), key.seq.unsigned_abs());
    let query = match table {
        Table::Update => sqlx::query("update sheet_update set data = $1, sealed = 1 where document = $2 and seq = $3 and sealed = 0")
            .bind(pieces.seal(Piece::Update { document, seq }, &row.try_get::<Vec<u8>, _>("data")?)?),
        Table::Whole => sqlx::query("update sheet_whole set state = $1, sealed = 1 where document = $2 and compacted = $3 and sealed = 0")
            .bind(pieces.seal(Piece::Whole { document, seq }, &row.try_get::<Vec<u8>, _>("data")?)?),
        Table::Change => {
            let piece = Piece::Change { document, field: &key.field, author: &key.author, seq };
            sqlx::query(
                "update sheet_change set value = $1, sealed = 1 where document = $2 and seq = $3 and sealed = 0 \
                 and field = $4 and author = $5 and minute = $6",
            )
            .bind(pieces.seal_text(piece, &row.try_get::<String, _>("value")?)?)
        }
    };
    let query = query.bind(key.document.clone()).bind(key.seq);
    let query = match table {
        Table::Change => query.bind(key.field.clone()).bind(key.author.clone()).bind(key.minute.clone()),
        Table::Update | Table::Whole => query,
    };
    Ok(query.execute(tx).await?.rows_affected())
}
