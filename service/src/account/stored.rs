//! What is stored of passwords: their hashes, sealed for their account. A hash that is copied to another account opens there
//! as little as one that was changed. Hashes from before they were sealed are as they were, until the next sign-in.

use crate::Context;
use crate::crypto::Unopened;
use crate::error::Fault;
use crate::witness::is_here;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::account::Account;
use domain::id::Id;
use sqlx::Row;

/// How a sealed hash begins; others begin with `$`.
pub(crate) const SEALED: &str = "sealed:";

fn place(account: &Id<Account>) -> String {
    format!("account/{account}/password")
}

/// A hash, to be stored for this account.
///
/// # Errors
/// The keys cannot be read.
pub(crate) fn sealed(cx: &Context, account: &Id<Account>, hash: &str) -> Result<String, Fault> {
    let sealed = cx.service.keys.module().seal(hash.as_bytes(), &place(account))?;
    Ok(format!("{SEALED}{}", BASE64.encode(sealed)))
}

/// The hash that is stored for this account; `None` where there is none that holds.
///
/// # Errors
/// The key that it was sealed with is not here.
pub(super) fn opened(cx: &Context, account: &Id<Account>, stored: Option<String>) -> Result<Option<String>, Fault> {
    let Some(text) = stored.as_deref().and_then(|stored| stored.strip_prefix(SEALED)) else { return Ok(stored) };
    let opened = match BASE64.decode(text) {
        Ok(sealed) => cx.service.keys.module().open(&sealed, &place(account)),
        Err(_) => Err(Unopened::NotSealed.into()),
    };
    match opened {
        Ok(hash) => Ok(Some(String::from_utf8(hash)?)),
        Err(fault) if matches!(fault.downcast_ref(), Some(Unopened::NotSealed | Unopened::Changed)) => {
            tracing::error!(%account, "the stored password was changed or is another account's; nobody signs in with it");
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}

/// Seals a hash that is stored unsealed, unless it has been changed since. Gives what is stored of the same hash now: others
/// may have sealed it at the same moment.
///
/// # Errors
/// The database failed, or the keys cannot be read.
pub(crate) async fn seal(cx: &Context, account: &Id<Account>, stored: String) -> Result<String, Fault> {
    if stored.starts_with(SEALED) {
        return Ok(stored);
    }
    let new = sealed(cx, account, &stored)?;
    let done = sqlx::query("update account set password_hash = $1 where id = $2 and password_hash = $3")
        .bind(new.clone())
        .bind(account.to_string())
        .bind(stored.clone())
        .execute(cx.service.db.pool())
        .await?;
    if done.rows_affected() == 1 {
        return Ok(new);
    }
    let row = sqlx::query("select password_hash from account where id = $1").bind(account.to_string());
    let now: Option<String> = row.fetch_one(cx.service.db.pool()).await?.try_get("password_hash")?;
    Ok(match (opened(cx, account, now.clone())?, now) {
        (Some(hash), Some(now)) if hash == stored => now,
        _ => stored,
    })
}

/// Whether the keys of all sealed hashes are here.
///
/// # Errors
/// The database failed, or the keys cannot be read.
pub(crate) async fn all_open(cx: &Context) -> Result<bool, Fault> {
    let rows = sqlx::query("select id, password_hash from account where password_hash like $1")
        .bind(format!("{SEALED}%"))
        .fetch_all(cx.service.db.pool())
        .await?;
    for row in &rows {
        if !is_here(opened(cx, &row.try_get::<String, _>("id")?.into(), row.try_get("password_hash")?))? {
            return Ok(false);
        }
    }
    Ok(true)
}
