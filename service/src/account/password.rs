//! Passwords: judged, hashed in a queue that has an end, and changed. What is stored of them is in `stored`.

use super::hashing::{hash, is_hash_of};
use super::{Access, known, session, stored};
use crate::Context;
use crate::audit::{self, Entry};
use crate::error::{Error, Fault, Public};
use crate::limit::{self, Going};
use domain::audit::Kind;
use domain::limit::Limit;
use domain::password::{LONGEST, judge};
use domain::text;
use sqlx::Row;
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// A password of a person to be entered.
#[derive(Clone, Debug)]
pub enum Password {
    /// The person's own.
    Plain(String),
    /// Chosen by the operator: the person has to change it at the first sign-in.
    First(String),
    /// One that has been hashed.
    Hashed(String),
}

impl From<&str> for Password {
    fn from(plain: &str) -> Password {
        Password::Plain(plain.to_string())
    }
}

impl Password {
    pub(super) async fn judged_and_hashed(self, cx: &Context, login: &str, name: &str) -> Result<String, Error> {
        let plain = match self {
            Password::Hashed(hash) => return Ok(hash),
            Password::Plain(plain) | Password::First(plain) => plain,
        };
        judge(&plain, login, name).map_err(|why| Public::invalid("password", why))?;
        hashed(cx, plain).await
    }
}

/// As many at a time as there are cores: each takes 19 MiB for a moment.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Arc::new(Semaphore::new(cores))
});

/// One address gets one place in so many of the queue: the others stay for everybody else.
const SHARE: usize = 2;

/// A place in the queue, taken before anything is asked of the database.
pub(super) struct Place {
    _own: Going,
    _of_all: Going,
}

impl Place {
    /// Takes a place, if there is one.
    pub(super) async fn take(cx: &Context) -> Result<Place, Error> {
        let (counts, most) = (&cx.service.counts, Limit::PasswordQueue.at_once());
        let own = counts.begin_at_most(Limit::PasswordQueue, &format!("from {}", cx.network()), most / SHARE);
        let of_all = own.as_ref().and_then(|_| counts.begin(Limit::PasswordQueue, ""));
        match (own, of_all) {
            (Some(own), Some(of_all)) => Ok(Place { _own: own, _of_all: of_all }),
            _ => Err(limit::met(cx, Limit::PasswordQueue, &cx.network(), 2).await),
        }
    }

    /// Waits for the turn. Work that has begun keeps its place until it is done, whoever has gone away.
    async fn work<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let turn = TURNS.clone().acquire_owned().await.map_err(|e| Fault::from(e.to_string()))?;
        let doing = move || {
            let _held = (self, turn);
            work()
        };
        Ok(tokio::task::spawn_blocking(doing).await.map_err(|e| Fault::from(e.to_string()))?)
    }

    /// Whether it is the password of this hash. None: nobody's; costs the same time and is never right.
    pub(super) async fn matches(self, password: &str, hash: Option<String>) -> Result<bool, Error> {
        const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_string());
        let password = password.to_string();
        Ok(self.work(move || is_hash_of(&hash, &password)).await? && known)
    }
}

/// Hashes a password in turn.
pub(crate) async fn hashed(cx: &Context, plain: String) -> Result<String, Error> {
    Ok(Place::take(cx).await?.work(move || hash(&plain)).await??)
}

/// Changes one's own password. All other sessions of the person end; access tokens, which nobody got by the password, stay.
///
/// # Errors
/// The old one is wrong, or was guessed too often; the new one is no good one; a token asks.
pub async fn change_password(cx: &Context, access: &Access, old: &str, new: &str) -> Result<(), Error> {
    super::token::by_hand(access)?;
    let wrong = || Error::from(Public::invalid("old", text!("现在的密码不对。", "The present password is not right.")));
    if domain::password::is_longer(old, LONGEST) {
        return Err(wrong());
    }
    let place = Place::take(cx).await?;
    let row = sqlx::query("select login, name, password_hash from account where id = $1")
        .bind(access.account.to_string())
        .fetch_one(cx.service.db.pool())
        .await?;
    let (login, name): (String, String) = (row.try_get("login")?, row.try_get("name")?);
    judge(new, &login, &name).map_err(|why| Public::invalid("new", why))?;
    if old == new {
        return Err(Public::invalid("new", text!("新密码要与现在的不同。", "The new password has to be another one.")).into());
    }
    // Who has found an open browser can guess here as at the sign-in.
    let tried = super::sign_in::Tried::count(cx, &login).await?;
    let shown: Option<String> = row.try_get("password_hash")?;
    let before = stored::opened(cx, &access.account, shown.clone())?;
    let (true, Some(shown)) = (place.matches(old, before).await?, shown) else {
        audit::record(cx, Kind::SignInFailed, Entry::of(login)).await?;
        return Err(wrong());
    };
    tried.give_back(cx).await?;
    // From before hashes were sealed: it may be sealed at this moment, which is no other password.
    let shown = stored::seal(cx, &access.account, shown).await?;
    let hash = stored::sealed(cx, &access.account, &hashed(cx, new.to_string()).await?)?;
    let mut tx = cx.service.db.begin_write().await?;
    let changed = sqlx::query("update account set password_hash = $1, first_password_at = null where id = $2 and password_hash = $3")
        .bind(hash)
        .bind(access.account.to_string())
        .bind(shown)
        .execute(&mut *tx)
        .await?;
    // The operator has set another one since: that one holds.
    if changed.rows_affected() == 0 {
        tx.rollback().await?;
        return Err(wrong());
    }
    audit::record_in(cx, &mut tx, Kind::PasswordChanged, Entry::of(login)).await?;
    let ended = session::end_all(cx, &mut tx, &access.account, Some(&access.id), "password").await?;
    tx.commit().await?;
    ended.tell(cx);
    Ok(())
}

/// Gives somebody a password, as the operator does who has seen who they are. All their sessions end.
///
/// # Errors
/// There is no such login; the password is no good one.
pub async fn set_password(cx: &Context, login: &str, password: Password) -> Result<(), Error> {
    let service = &cx.service;
    let account = known(&service.db, login).await?;
    let row = sqlx::query("select name from account where id = $1").bind(account.to_string()).fetch_one(service.db.pool()).await?;
    let first = matches!(password, Password::First(_)).then(|| service.clock.now().to_string());
    let hash = password.judged_and_hashed(cx, login, &row.try_get::<String, _>("name")?).await?;
    let hash = stored::sealed(cx, &account, &hash)?;
    let mut tx = service.db.begin_write().await?;
    sqlx::query("update account set password_hash = $1, first_password_at = $2 where id = $3")
        .bind(hash)
        .bind(first)
        .bind(account.to_string())
        .execute(&mut *tx)
        .await?;
    audit::record_in(cx, &mut tx, Kind::PasswordChanged, Entry { account: Some(account.clone()), ..Entry::of(login) }).await?;
    let ended = session::end_all(cx, &mut tx, &account, None, "password").await?;
    tx.commit().await?;
    ended.tell(cx);
    Ok(())
}
