//! Who adds to an upload: one request at a time, on whichever server. What is added is entered only by who holds the claim.

use super::upload::Upload;
use crate::blob::SEALED_PART;
use crate::error::{Error, Fault, Public};
use crate::{Context, random_hex};
use domain::log::Digest;
use sqlx::Row;

/// Seconds a claim holds. It is renewed while there is work; when its server is gone the upload goes on after so long.
pub(super) const LEASE: i64 = 120;

/// The right to add to an upload.
pub(super) struct Claim<'a> {
    cx: &'a Context,
    upload: &'a Upload,
    token: String,
}

/// A part of a file, as it is entered.
pub(super) struct Part {
    pub begins: u64,
    pub length: u64,
    pub name: String,
    pub digest: Digest,
}

/// Why adding to an upload came to no end.
#[derive(Debug)]
pub(super) enum Interrupted {
    /// Somebody else has the claim now, or the upload went on or is gone.
    ClaimLost,
    /// The operation failed.
    Failed(Error),
}

impl<E: InError> From<E> for Interrupted {
    fn from(error: E) -> Interrupted {
        Interrupted::Failed(error.into())
    }
}

/// What an operation fails by.
pub(super) trait InError: Into<Error> {}
impl InError for Error {}
impl InError for Public {}
impl InError for Fault {}
impl InError for sqlx::Error {}

impl<'a> Claim<'a> {
    /// Claims an upload that stands where it was seen; `None`: somebody else has it, or it went on.
    pub async fn take(cx: &'a Context, upload: &'a Upload) -> Result<Option<Claim<'a>>, Fault> {
        let now = cx.service.clock.now();
        let token = random_hex(8);
        let done = sqlx::query(
            "update upload set claim = $1, claimed_at = $2 where id = $3 and received = $4 and finished_at is null \
             and (claim is null or claimed_at < $5)",
        )
        .bind(token.clone())
        .bind(now.to_string())
        .bind(upload.id.clone())
        .bind(i64::try_from(upload.received)?)
        .bind(now.plus_seconds(-LEASE).to_string())
        .execute(cx.service.db.pool())
        .await?;
        Ok((done.rows_affected() == 1).then_some(Claim { cx, upload, token }))
    }

    /// A name for a part that nobody else writes to.
    pub fn name(&self, begins: u64) -> String {
        format!("{begins:020}-{}{SEALED_PART}", self.token)
    }

    /// Holds the claim for as long again.
    ///
    /// # Errors
    /// `ClaimLost`.
    pub async fn renew(&self) -> Result<(), Interrupted> {
        let done = sqlx::query("update upload set claimed_at = $1 where id = $2 and claim = $3 and finished_at is null")
            .bind(self.cx.service.clock.now().to_string())
            .bind(self.upload.id.clone())
            .bind(self.token.clone())
            .execute(self.cx.service.db.pool())
            .await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(Interrupted::ClaimLost) }
    }

    /// Enters a part whose bytes are kept, and moves the upload on; unless it is the last, the claim ends with it.
    ///
    /// # Errors
    /// `ClaimLost`, and the part is not entered.
    pub async fn enter(&self, part: &Part, last: bool) -> Result<(), Interrupted> {
        let mut tx = self.cx.service.db.begin_write().await?;
        let moved = "update upload set received = $1, claim = case when $2 = 1 then claim else null end, claimed_at = $3 \
                     where id = $4 and claim = $5 and received = $6 and finished_at is null";
        let done = sqlx::query(moved)
            .bind(i64::try_from(part.begins + part.length).map_err(Fault::from)?)
            .bind(i64::from(last))
            .bind(self.cx.service.clock.now().to_string())
            .bind(self.upload.id.clone())
            .bind(self.token.clone())
            .bind(i64::try_from(part.begins).map_err(Fault::from)?)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            tx.rollback().await?;
            return Err(Interrupted::ClaimLost);
        }
        sqlx::query("insert into upload_part (upload, part, begins, length, name, digest) values ($1, $2, $3, $4, $5, $6)")
            .bind(self.upload.id.clone())
            .bind(i64::try_from(self.upload.parts + 1).map_err(Fault::from)?)
            .bind(i64::try_from(part.begins).map_err(Fault::from)?)
            .bind(i64::try_from(part.length).map_err(Fault::from)?)
            .bind(part.name.clone())
            .bind(part.digest.to_string())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The parts that make the file, in their order.
    ///
    /// # Errors
    /// They do not make the whole of it.
    pub async fn parts(&self) -> Result<Vec<Part>, Fault> {
        let rows = sqlx::query("select begins, length, name, digest from upload_part where upload = $1 order by part")
            .bind(self.upload.id.clone())
            .fetch_all(self.cx.service.db.pool())
            .await?;
        let mut at = 0;
        let mut parts = Vec::with_capacity(rows.len());
        for row in rows {
            let digest: String = row.try_get("digest")?;
            let part = Part {
                begins: row.try_get::<i64, _>("begins")?.unsigned_abs(),
                length: row.try_get::<i64, _>("length")?.unsigned_abs(),
                name: row.try_get("name")?,
                digest: Digest::parse(&digest).ok_or_else(|| format!("`{digest}` is no digest"))?,
            };
            if part.begins != at {
                return Err(format!("a part of the upload {} is missing at {at}", self.upload.id).into());
            }
            at += part.length;
            parts.push(part);
        }
        if at != self.upload.length() {
            return Err(format!("parts of the upload {} are missing: {at} of {} bytes", self.upload.id, self.upload.length()).into());
        }
        Ok(parts)
    }

    /// Gives the claim back; the upload stays as it is.
    pub async fn release(&self) -> Result<(), Fault> {
        sqlx::query("update upload set claim = null where id = $1 and claim = $2")
            .bind(self.upload.id.clone())
            .bind(self.token.clone())
            .execute(self.cx.service.db.pool())
            .await?;
        Ok(())
    }
}
