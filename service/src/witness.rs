//! Witnesses of the storage keys: something sealed with each key that this portal's data may have been sealed with. Where
//! one does not open, the folder of keys is another portal's or from before the last `key rotate`, and the portal does not.

use crate::Service;
use crate::account::stored;
use crate::crypto::Unopened;
use crate::error::Fault;
use crate::sheet::sealed::Piece;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sqlx::Row;

/// What a witness says. It is no secret: that it opens is what counts.
const WORD: &[u8] = b"quanlian storage witness";

fn place(key: &str) -> String {
    format!("witness/{key}")
}

/// Leaves a witness of each storage key that is here and has none.
///
/// # Errors
/// The database failed, or the keys cannot be read.
pub(crate) async fn leave(service: &Service) -> Result<(), Fault> {
    for (key, sealer) in service.keys.module().storage_keys()? {
        let sealed = BASE64.encode(sealer.seal(WORD, &place(&key))?);
        sqlx::query("insert into storage_witness (key, sealed) values ($1, $2) on conflict (key) do nothing")
            .bind(key)
            .bind(sealed)
            .execute(service.db.pool())
            .await?;
    }
    Ok(())
}

/// Whether the keys that are here open all that the portal's data was sealed with.
///
/// # Errors
/// The database failed, or the keys cannot be read.
pub(crate) async fn all_open(service: &Service) -> Result<bool, Fault> {
    let witnesses = sqlx::query("select key, sealed from storage_witness order by key").fetch_all(service.db.pool()).await?;
    if witnesses.is_empty() {
        return Ok(stored::all_open(&service.context(None)).await? && sheets_open(service).await?);
    }
    let sealer = service.keys.sealer()?;
    for row in &witnesses {
        let key: String = row.try_get("key")?;
        let opened = match BASE64.decode(row.try_get::<String, _>("sealed")?) {
            Ok(sealed) => sealer.open(&sealed, &place(&key)),
            Err(_) => Err(Unopened::NotSealed.into()),
        };
        if !is_here(opened)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the key of something sealed is here, by what came of opening it. What was changed says nothing of the keys.
///
/// # Errors
/// The keys could not be used.
pub(crate) fn is_here<T>(opened: Result<T, Fault>) -> Result<bool, Fault> {
    match opened {
        Ok(_) => Ok(true),
        Err(fault) => match fault.downcast_ref() {
            Some(Unopened::NoKey) => Ok(false),
            Some(Unopened::NotSealed | Unopened::Changed) => {
                tracing::error!(%fault, "what tells whether the storage keys are here was changed");
                Ok(true)
            }
            None => Err(fault),
        },
    }
}

/// From before there were witnesses: whether the last rows of the sheets open.
async fn sheets_open(service: &Service) -> Result<bool, Fault> {
    let sealer = service.keys.sealer()?;
    for (whole, sql) in [
        (false, "select document, seq, data from sheet_update where sealed = 1 order by seq desc limit 1"),
        (true, "select document, compacted as seq, state as data from sheet_whole where sealed = 1 order by compacted desc limit 1"),
    ] {
        let Some(row) = sqlx::query(sql).fetch_optional(service.db.pool()).await? else { continue };
        let (document, seq): (String, i64) = (row.try_get("document")?, row.try_get("seq")?);
        let (document, seq) = (document.as_str(), seq.unsigned_abs());
        let piece = if whole { Piece::Whole { document, seq } } else { Piece::Update { document, seq } };
        if !is_here(sealer.open(&row.try_get::<Vec<u8>, _>("data")?, &piece.place()))? {
            return Ok(false);
        }
    }
    Ok(true)
}
