//! Tickets: one opens one socket, once, within seconds. It stands in an address, where nothing that lasts may stand.

use super::access::{by_id, digest};
use super::{Access, By, Holder};
use crate::error::{Error, Fault};
use crate::{Context, Service, limit, random_hex};
use domain::access::TICKET_SECONDS;
use domain::date::Instant;
use domain::limit::Limit;
use sqlx::Row;

/// A ticket as it is given out.
pub struct Ticket {
    /// What the socket is opened with; it is told this once, and only its digest is stored.
    pub text: String,
    /// When it is too late to use it.
    pub expires: Instant,
}

/// Makes a ticket for who came in by this.
///
/// # Errors
/// Too many were asked for.
pub async fn make_ticket(cx: &Context, access: &Access) -> Result<Ticket, Error> {
    limit::take(cx, Limit::Ticket, access.account.as_str()).await?;
    let ticket = Ticket { text: random_hex(32), expires: cx.service.clock.now().plus_seconds(TICKET_SECONDS) };
    sqlx::query("insert into ticket (secret_hash, kind, access, expires_at) values ($1, $2, $3, $4)")
        .bind(digest(&ticket.text))
        .bind(access.by.code().to_string())
        .bind(access.id.clone())
        .bind(ticket.expires.to_string())
        .execute(cx.service.db.pool())
        .await?;
    Ok(ticket)
}

/// Takes a ticket: whose it is, if it is not used, not late, and its session or token holds.
///
/// # Errors
/// The database failed.
pub async fn redeem(service: &Service, text: &str) -> Result<Option<Holder>, Fault> {
    // One statement: of two that come at the same moment one gets it.
    let row = sqlx::query("delete from ticket where secret_hash = $1 returning kind, access, expires_at")
        .bind(digest(text))
        .fetch_optional(service.db.pool())
        .await?;
    let Some(row) = row else { return Ok(None) };
    if row.try_get::<String, _>("expires_at")? <= service.clock.now().to_string() {
        return Ok(None);
    }
    let by = if row.try_get::<String, _>("kind")? == By::Token.code() { By::Token } else { By::Session };
    by_id(service, by, row.try_get("access")?).await
}

/// Lets go of tickets that are late.
pub(crate) async fn clean(cx: &Context) -> Result<(), Error> {
    let now = cx.service.clock.now().to_string();
    sqlx::query("delete from ticket where expires_at <= $1").bind(now).execute(cx.service.db.pool()).await?;
    Ok(())
}
