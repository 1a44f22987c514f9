//! Reading the log: by stream and cursor, and what stands under a form's key.

use super::Log;
use crate::db::Db;
use crate::error::Fault;
use crate::once::{Before, Once};
use domain::Id;
use domain::log::{Body, Digest, Meta, Recorded, Stream};
use sqlx::Row;
use sqlx::any::AnyRow;

impl Log {
    /// Events of one stream after a cursor, in order; at most `limit`.
    ///
    /// # Errors
    /// The database failed, or an event cannot be read.
    pub async fn read<S: Stream>(&self, id: &Id<S>, after_seq: u64, limit: i64) -> Result<Vec<Recorded<S::Event>>, Fault> {
        let rows = sqlx::query(
            "select seq, stream, version, at, actor, kind, body, hash from event where stream = $1 and seq > $2 order by seq limit $3",
        )
        .bind(S::name(id))
        .bind(i64::try_from(after_seq).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(self.db.pool())
        .await?;
        rows.iter().map(Stored::from_row).map(|stored| stored?.open::<S>()).collect()
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
}

pub(super) fn before(row: &AnyRow, once: Once) -> Result<Before, Fault> {
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

    /// The event, of a stream of kind `S`.
    pub fn open<S: Stream>(self) -> Result<Recorded<S::Event>, Fault> {
        let body: Body<S::Event> = serde_json::from_str(&self.body).map_err(|e| format!("event {} cannot be read: {e}", self.seq))?;
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

pub(super) async fn last_seq(db: &Db) -> Result<u64, Fault> {
    let row = sqlx::query("select coalesce(max(seq), 0) as last from event").fetch_one(db.pool()).await?;
    Ok(row.try_get::<i64, _>("last")?.unsigned_abs())
}
