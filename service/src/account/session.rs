//! Sessions: begun by signing in, ended by signing out, by their person, by time, or by what happens to the account.

use super::access::digest;
use super::{Access, By};
use crate::audit::{self, Entry};
use crate::error::{Error, Fault, Public};
use crate::{Context, new_id, random_hex};
use domain::access::{SESSION_IDLE_SECONDS, SESSION_SECONDS, SESSIONS, SessionLine};
use domain::account::Account;
use domain::audit::Kind;
use domain::browser::Browser;
use domain::id::Id;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// A secret, to be kept by the browser or program it was given to.
pub struct Token(pub String);

enum Session {}

/// Begins a session. Where the account has as many as it may, the oldest ends.
///
/// # Errors
/// The database failed.
pub async fn begin_session(cx: &Context, account: &Id<Account>) -> Result<Token, Error> {
    begin(cx, account, None).await?.ok_or_else(|| Public::SignedOut.into())
}

/// The same for who has shown the password of this hash; `None`: it is not the account's any more, or nobody's.
pub(super) async fn begin(cx: &Context, account: &Id<Account>, shown: Option<&str>) -> Result<Option<Token>, Error> {
    let service = &cx.service;
    let now = service.clock.now();
    let secret = random_hex(32);
    let mut tx = service.db.begin_write().await?;
    // This row is everybody's who begins a session of the account: who comes second counts the first.
    let known =
        sqlx::query("update account set signed_in_at = $1 where id = $2 and disabled_at is null and ($3 = '' or password_hash = $3)")
            .bind(now.to_string())
            .bind(account.to_string())
            .bind(shown.unwrap_or_default().to_string())
            .execute(&mut *tx)
            .await?;
    if known.rows_affected() == 0 {
        return Ok(None);
    }
    let open = sqlx::query(
        "select id from session where account = $1 and ended_at is null and expires_at > $2 and last_used_at > $3 \
         order by created_at desc, id desc",
    )
    .bind(account.to_string())
    .bind(now.to_string())
    .bind(now.plus_seconds(-SESSION_IDLE_SECONDS).to_string())
    .fetch_all(&mut *tx)
    .await?;
    let mut too_many = Vec::new();
    for row in open.iter().skip(SESSIONS - 1) {
        let id: String = row.try_get("id")?;
        sqlx::query("update session set ended_at = $1, ended_by = 'too_many' where id = $2")
            .bind(now.to_string())
            .bind(id.clone())
            .execute(&mut *tx)
            .await?;
        record_end(cx, &mut tx, account, "too_many").await?;
        too_many.push(id);
    }
    sqlx::query(
        "insert into session (id, secret_hash, account, address, browser, created_at, last_used_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $6, $7)",
    )
    .bind(new_id::<Session>().to_string())
    .bind(digest(&secret))
    .bind(account.to_string())
    .bind(cx.address.clone())
    .bind(cx.browser.code())
    .bind(now.to_string())
    .bind(now.plus_seconds(SESSION_SECONDS).to_string())
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    service.endings.end(By::Session, too_many);
    Ok(Some(Token(secret)))
}

async fn record_end(cx: &Context, connection: &mut AnyConnection, account: &Id<Account>, why: &str) -> Result<(), Fault> {
    audit::record_in(cx, connection, Kind::SessionEnded, Entry { account: Some(account.clone()), ..Entry::of(why) }).await
}

/// Ends the session of this secret, if it had not ended, and puts that on record.
async fn end_by_secret(cx: &Context, secret: &str, why: &'static str) -> Result<(), Error> {
    let mut tx = cx.service.db.begin_write().await?;
    let row =
        sqlx::query("update session set ended_at = $1, ended_by = $2 where secret_hash = $3 and ended_at is null returning id, account")
            .bind(cx.service.clock.now().to_string())
            .bind(why.to_string())
            .bind(digest(secret))
            .fetch_optional(&mut *tx)
            .await?;
    let Some(row) = row else { return Ok(tx.rollback().await?) };
    let (id, account) = (row.try_get("id")?, row.try_get::<String, _>("account")?.into());
    if why == SIGN_OUT {
        audit::record_in(cx, &mut tx, Kind::SignedOut, Entry { account: Some(account), ..Entry::default() }).await?;
    } else {
        record_end(cx, &mut tx, &account, why).await?;
    }
    tx.commit().await?;
    cx.service.endings.end(By::Session, [id]);
    Ok(())
}

/// Why a session ended that its person has left.
const SIGN_OUT: &str = "sign_out";

/// Ends a session by its own sign-out.
///
/// # Errors
/// The database failed.
pub async fn sign_out(cx: &Context, secret: &str) -> Result<(), Error> {
    end_by_secret(cx, secret, SIGN_OUT).await
}

/// Ends the session a browser had when somebody signs in there anew.
///
/// # Errors
/// The database failed.
pub async fn replace_session(cx: &Context, secret: &str) -> Result<(), Error> {
    end_by_secret(cx, secret, "replaced").await
}

/// Ends one session of the same person.
///
/// # Errors
/// There is none; or a token asks.
pub async fn end_session(cx: &Context, access: &Access, id: &str) -> Result<(), Error> {
    super::token::by_hand(access)?;
    let mut tx = cx.service.db.begin_write().await?;
    let row = sqlx::query(
        "update session set ended_at = $1, ended_by = 'by_hand' where id = $2 and account = $3 and ended_at is null returning id",
    )
    .bind(cx.service.clock.now().to_string())
    .bind(id.to_string())
    .bind(access.account.to_string())
    .fetch_optional(&mut *tx)
    .await?;
    if row.is_none() {
        tx.rollback().await?;
        return Err(Public::NotFound.into());
    }
    record_end(cx, &mut tx, &access.account, "by_hand").await?;
    tx.commit().await?;
    cx.service.endings.end(By::Session, [id.to_string()]);
    Ok(())
}

/// Ends all other sessions of the same person; says how many there were, as the list shows them.
///
/// # Errors
/// A token asks.
pub async fn end_others(cx: &Context, access: &Access) -> Result<usize, Error> {
    super::token::by_hand(access)?;
    let mut tx = cx.service.db.begin_write().await?;
    let ended = end_all(cx, &mut tx, &access.account, Some(&access.id), "by_hand").await?;
    tx.commit().await?;
    Ok(ended.tell(cx))
}

/// Sessions that ended in a transaction.
#[must_use = "open connections hear of it after the commit"]
pub(super) struct Ended {
    ids: Vec<String>,
    open: usize,
}

impl Ended {
    /// Tells open connections, after the commit; says how many sessions had not come to their end by time before.
    pub(super) fn tell(self, cx: &Context) -> usize {
        cx.service.endings.end(By::Session, self.ids);
        self.open
    }
}

/// Ends all sessions of an account but one, within the transaction of what ends them. What nobody used, or was over, before
/// is on record as such.
pub(super) async fn end_all(
    cx: &Context,
    connection: &mut AnyConnection,
    account: &Id<Account>,
    except: Option<&str>,
    why: &str,
) -> Result<Ended, Error> {
    let now = cx.service.clock.now();
    let rows = sqlx::query(
        "update session set ended_at = $1, \
         ended_by = case when expires_at <= $1 then 'maximum' when last_used_at <= $2 then 'idle' else $3 end \
         where account = $4 and ended_at is null and id <> $5 returning id, ended_by",
    )
    .bind(now.to_string())
    .bind(now.plus_seconds(-SESSION_IDLE_SECONDS).to_string())
    .bind(why.to_string())
    .bind(account.to_string())
    .bind(except.unwrap_or_default().to_string())
    .fetch_all(&mut *connection)
    .await?;
    let mut ended = Ended { ids: Vec::new(), open: 0 };
    for row in rows {
        let by: String = row.try_get("ended_by")?;
        record_end(cx, connection, account, &by).await?;
        ended.open += usize::from(by == why);
        ended.ids.push(row.try_get("id")?);
    }
    Ok(ended)
}

/// Ends what has come to its end by time, and lets go of what ended a while ago.
pub(crate) async fn clean(cx: &Context) -> Result<(), Error> {
    let now = cx.service.clock.now();
    let mut tx = cx.service.db.begin_write().await?;
    let over = sqlx::query(
        "update session set ended_at = $1, ended_by = case when expires_at <= $1 then 'maximum' else 'idle' end \
         where ended_at is null and (expires_at <= $1 or last_used_at <= $2) returning id, account, ended_by",
    )
    .bind(now.to_string())
    .bind(now.plus_seconds(-SESSION_IDLE_SECONDS).to_string())
    .fetch_all(&mut *tx)
    .await?;
    let mut ended = Vec::new();
    for row in over {
        let account = row.try_get::<String, _>("account")?.into();
        record_end(cx, &mut tx, &account, &row.try_get::<String, _>("ended_by")?).await?;
        ended.push(row.try_get("id")?);
    }
    tx.commit().await?;
    cx.service.endings.end(By::Session, ended);
    // Whoever follows a session has heard of its end long before.
    let gone = now.plus_seconds(-SESSION_SECONDS).to_string();
    sqlx::query("delete from session where ended_at < $1").bind(gone).execute(cx.service.db.pool()).await?;
    Ok(())
}

/// The open sessions of the same person, the newest first.
///
/// # Errors
/// The database failed.
pub async fn sessions(cx: &Context, access: &Access) -> Result<Vec<SessionLine>, Fault> {
    let now = cx.service.clock.now();
    let rows = sqlx::query(
        "select id, created_at, last_used_at, address, browser from session \
         where account = $1 and ended_at is null and expires_at > $2 and last_used_at > $3 order by created_at desc, id desc",
    )
    .bind(access.account.to_string())
    .bind(now.to_string())
    .bind(now.plus_seconds(-SESSION_IDLE_SECONDS).to_string())
    .fetch_all(cx.service.db.pool())
    .await?;
    let line = |row: &AnyRow| {
        let id: String = row.try_get("id")?;
        Ok(SessionLine {
            this: access.by == By::Session && id == access.id,
            began: super::instant(row, "created_at")?,
            last_used: super::instant(row, "last_used_at")?,
            address: row.try_get("address")?,
            browser: browser(row)?,
            id,
        })
    };
    rows.iter().map(line).collect()
}

/// Where a session of the same person was that has ended: its browser and its address. None: there is none, or it is
/// let go of.
///
/// # Errors
/// The database failed.
pub async fn ended_session(cx: &Context, access: &Access, id: &str) -> Result<Option<(Browser, String)>, Fault> {
    let row = sqlx::query("select address, browser from session where id = $1 and account = $2 and ended_at is not null")
        .bind(id.to_string())
        .bind(access.account.to_string())
        .fetch_optional(cx.service.db.pool())
        .await?;
    row.map(|row| Ok((browser(&row)?, row.try_get("address")?))).transpose()
}

fn browser(row: &AnyRow) -> Result<Browser, Fault> {
    Ok(Browser::from_code(&row.try_get::<String, _>("browser")?))
}
